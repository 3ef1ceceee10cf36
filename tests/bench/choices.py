"""Multiple choice: items a second, ours over lm-eval's, and whether the scores are the same."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.request import Loglikelihood, LoglikelihoodAnswer, Request
from harness.score import Journal, Scorer
from tests.bench import lmeval
from tests.bench.engine import Served
from tests.bench.items import Item
from tests.bench.result import Case, Other

TOLERANCE_PER_TOKEN = 1e-4
"""Nats."""
CONCURRENCIES = (1, 4, 8, 16)
"""At which local-completions is tried on a few items, to be measured at the best."""
BUDGET_S = {"local-completions": 780.0, "hf": 90.0, "vllm": 60.0}


def measure(served: Served, items: Sequence[Item], *, aim: float, quick: bool) -> Case:
    """Ours first, on a cold cache; then the others on the same server, or on their own with the server idle."""
    ours, seconds, details = _ours(served, items)
    print(f"  ours: {len(items) / seconds:.3g} items/s", flush=True)  # noqa: T201
    others, scores = {}, {}
    concurrency, rates = lmeval.best_concurrency(served, items[: 2 if quick else 4], (1, 8) if quick else CONCURRENCIES)
    found = lmeval.timed(lmeval.local_completions(served, concurrency), items, BUDGET_S["local-completions"])
    others["local-completions"] = _other(found, concurrency=concurrency, items_per_s_at=rates)
    scores["local-completions"] = found.scores
    for name in ("hf", "vllm"):
        if quick:
            others[name] = Other(value=None, skipped="quick")
            continue
        try:
            alone = lmeval.in_own_process(name, served, items, BUDGET_S[name])
        except RuntimeError as error:
            others[name] = Other(value=None, skipped=str(error))
        else:
            others[name], scores[name] = _other(alone), alone.scores
    rate = len(items) / seconds
    largest = {name: _largest(served, items, ours, theirs) for name, theirs in scores.items()}
    differing = {name: _differing(ours, theirs) for name, theirs in scores.items()}
    return Case(
        ours=rate,
        others=others,
        ratio=rate / found.rate,
        compared_with="local-completions",
        scores_equal=largest["local-completions"] <= TOLERANCE_PER_TOKEN and not differing["local-completions"],
        unit="items/s",
        aim=aim,
        details={
            **details,
            "largest_difference_per_token_nats": largest,
            "items_with_another_choice": differing,
            "tokens_sent_by_local_completions_per_item": _echoed_tokens(served, items),
        },
    )


def _other(timed: lmeval.Timed, **measured: Any) -> Other:
    return Other(
        value=timed.rate, measured={"items": len(timed.scores), "seconds": round(timed.seconds, 2), **measured}
    )


def _ours(served: Served, items: Sequence[Item]) -> tuple[lmeval.Scores, float, dict[str, Any]]:
    requests = [
        Request("bench", str(number), 0, 0, Loglikelihood(item.context, item.choices))
        for number, item in enumerate(items)
    ]
    with TemporaryDirectory() as folder, Journal.open(Path(folder, "journal.sqlite")) as journal:
        scorer = Scorer(served.tokenizer, journal, served.engine, "0" * 64)
        before, began = served.counters(), time.monotonic()
        answers = scorer.answer(requests, served.endpoint, lambda *_: None)
        seconds, after = time.monotonic() - began, served.counters()
    spent = {name: after[name] - before[name] for name in after}
    computed = spent["prompt_tokens_total"] - spent["prefix_cache_hits_total"]
    scores = [answer.logprobs for answer in answers if isinstance(answer, LoglikelihoodAnswer)]
    if len(scores) < len(items):
        raise RuntimeError(f"{len(items) - len(scores)} of our items failed: {answers}")
    return (
        scores,
        seconds,
        {
            "items": len(items),
            "seconds": round(seconds, 2),
            "concurrency": served.engine.concurrency,
            "prompt_tokens_per_item": round(spent["prompt_tokens_total"] / len(items), 1),
            "prefilled_tokens_per_item": round(computed / len(items), 1),
            "generated_tokens_per_item": round(spent["generation_tokens_total"] / len(items), 1),
        },
    )


def _largest(served: Served, items: Sequence[Item], ours: lmeval.Scores, theirs: lmeval.Scores) -> float:
    """Largest difference of two log-likelihoods, by token of the continuation."""
    return max(
        abs(one - other) / len(tokens)
        for item, own, others in zip(items, ours, theirs, strict=False)
        for one, other, tokens in zip(
            own, others, served.tokenizer.encode_choices(item.context, item.choices)[1], strict=True
        )
    )


def _differing(ours: lmeval.Scores, theirs: lmeval.Scores) -> int:
    """Items of which the two choose differently. A tie closer than the tolerance is no difference."""
    pairs = zip(ours, theirs, strict=False)
    return sum(
        own.index(max(own)) != other.index(max(other))
        and not math.isclose(own[other.index(max(other))], max(own), abs_tol=1e-3)
        for own, other in pairs
    )


def _echoed_tokens(served: Served, items: Sequence[Item]) -> float:
    lengths = [
        len(context) + len(choice)
        for item in items
        for context, choices in [served.tokenizer.encode_choices(item.context, item.choices)]
        for choice in choices
    ]
    return round(sum(lengths) / len(items), 1)
