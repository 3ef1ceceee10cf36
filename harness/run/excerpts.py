"""A bounded, seeded choice of samples whose prompts are kept for readers."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from harness.records import Excerpt, Outcome, Sample
from harness.request import Request

QUOTAS: Mapping[Outcome, int] = {
    "wrong": 3,
    "unparsed": 3,
    "scored": 3,
    "failed": 2,
    "truncated": 1,
    "refused": 1,
    "correct": 2,
}
"""Samples of each outcome, per task: 12 at most, since a task whose answers are `scored` has none right or wrong."""

PROMPT_LIMIT = 20_000
"""Characters that are kept of a prompt: its beginning and, the question being there, its end."""


def choose_excerpts(samples: Sequence[Sample], requests: Sequence[Request], seed: str) -> list[Excerpt]:
    """The chosen samples of one task with their prompts, in the order of `QUOTAS`, then of the items."""
    contexts: dict[str, dict[int, str]] = {}
    for request in requests:
        contexts.setdefault(request.item_id, {})[request.index] = request.ask.context
    return [_excerpt(sample, contexts.get(sample.item_id, {})) for sample in _chosen(samples, seed)]


def _chosen(samples: Sequence[Sample], seed: str) -> list[Sample]:
    chosen: list[Sample] = []
    for outcome, quota in QUOTAS.items():
        candidates = [sample for sample in samples if sample.outcome == outcome]
        rng = random.Random(f"{seed}/{outcome}")  # noqa: S311 - a repeatable choice, not a secret
        drawn = rng.sample(range(len(candidates)), min(quota, len(candidates)))
        chosen += [candidates[index] for index in sorted(drawn)]
    return chosen


def _excerpt(sample: Sample, contexts: Mapping[int, str]) -> Excerpt:
    prompts = [contexts[index] for index in sorted(contexts)]
    kept = [_kept(prompt, PROMPT_LIMIT // len(prompts)) for prompt in prompts]
    left_out = sum(map(len, prompts)) - sum(len(part) for parts in kept for part in parts)
    shown = tuple("\n[…]\n".join(parts) for parts in kept)
    return Excerpt(item_id=sample.item_id, repeat=sample.repeat, prompts=shown, left_out=left_out)


def _kept(prompt: str, limit: int) -> tuple[str, ...]:
    """The whole prompt, or its first and last characters."""
    return (prompt,) if len(prompt) <= limit else (prompt[: limit // 2], prompt[-(limit // 2) :])
