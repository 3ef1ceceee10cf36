"""The preflight's checklist: what a model and each task will be asked like, in words that a reader can check.

What must not be stops the run (preflight.py); here stands what was looked at and found.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harness.hashing import sha256_text
from harness.plan.model import Thinking
from harness.records import Check
from harness.request import Generation, Request
from harness.score.planning import Plan, Planner
from harness.score.tokens import Tokenizer

SYLLABLES = "".join(map(chr, range(0xAC00, 0xD7A4)))
"""Every precomposed Hangul syllable."""
EXAMPLE = [{"role": "user", "content": "안녕하세요?"}]
MODEL = "model"


def checklist(
    requests: Sequence[Request],
    planner: Planner,
    tokenizer: Tokenizer,
    max_model_len: int,
    thinking: Thinking | None,
) -> list[Check]:
    """One check a line: the model's first, then each task's."""
    by_task: dict[str, list[tuple[Request, Plan]]] = {}
    for request in requests:
        by_task.setdefault(request.task, []).append((request, planner.plan(request)))
    checks = [*_of_model(by_task, tokenizer, thinking)]
    for task, asked in by_task.items():
        checks += _of_task(task, asked, tokenizer, max_model_len, thinking)
    return checks


def _of_model(
    by_task: Mapping[str, Sequence[tuple[Request, Plan]]], tokenizer: Tokenizer, thinking: Thinking | None
) -> Iterator[Check]:
    yield _bos([plan for asked in by_task.values() for _, plan in asked], tokenizer)
    yield from _template(tokenizer)
    yield _thinking(tokenizer, thinking)
    back = tokenizer.decode(tokenizer.encode_prompt(SYLLABLES))
    lost = sum(one != other for one, other in zip(SYLLABLES, back.strip(), strict=False))
    whole = back.strip() == SYLLABLES
    yield Check(
        of=MODEL,
        name="Hangul round trip",
        ok=whole,
        found=f"all {len(SYLLABLES)} syllables" if whole else f"{lost or 'some'} of {len(SYLLABLES)} syllables change",
    )
    apart = tokenizer.encode_prompt(unicodedata.normalize("NFD", "한글")) != tokenizer.encode_prompt("한글")
    yield Check(
        of=MODEL,
        name="NFC",
        ok=True,
        found="decomposed Hangul is another text to the tokenizer" if apart else "the tokenizer composes Hangul itself",
    )


def _bos(plans: Sequence[Plan], tokenizer: Tokenizer) -> Check:
    if tokenizer.bos is None:
        return Check(of=MODEL, name="BOS", ok=True, found="the tokenizer has none")
    starts = Counter(_times(next(iter(plan.calls.values())).prompt[:2], tokenizer.bos) for plan in plans if plan.calls)
    wanted = 1 if tokenizer.adds_bos or tokenizer.should_add_bos else 0
    found = ", ".join(f"{times} time{'s' * (times != 1)} in {n} prompts" for times, n in sorted(starts.items()))
    return Check(of=MODEL, name="BOS", ok=not set(starts) - {wanted, 1}, found=f"{found} ({_named(tokenizer)})")


def _times(start: Sequence[int], bos: int) -> int:
    return 0 if start[:1] != [bos] else 2 if start == [bos, bos] else 1


def _named(tokenizer: Tokenizer) -> str:
    return "the tokenizer adds it" if tokenizer.adds_bos else "the tokenizer adds none"


def _template(tokenizer: Tokenizer) -> Iterator[Check]:
    text = tokenizer.template_text
    if text is None:
        yield Check(of=MODEL, name="chat template", ok=True, found="none")
        return
    rendered = tokenizer.chat_template(EXAMPLE)
    yield Check(
        of=MODEL, name="chat template", ok=True, found=f"sha256 {sha256_text(text)[:16]}; an example: {rendered!r}"
    )


def _thinking(tokenizer: Tokenizer, thinking: Thinking | None) -> Check:
    if thinking is None:
        known = "the template knows the flag" if tokenizer.knows_thinking else "the template knows no such flag"
        return Check(of=MODEL, name="thinking", ok=True, found=f"off; {known}")
    found = f"on; up to {thinking.max_tokens} tokens, ended by {thinking.end!r}; stop strings count behind it"
    return Check(of=MODEL, name="thinking", ok=tokenizer.knows_thinking, found=found)


def _of_task(
    task: str,
    asked: Sequence[tuple[Request, Plan]],
    tokenizer: Tokenizer,
    max_model_len: int,
    thinking: Thinking | None,
) -> Iterator[Check]:
    calls = [call for _, plan in asked for call in plan.calls.values()]
    longest = max((call for call in calls), key=lambda call: call.length, default=None)
    if longest is not None:
        found = f"{longest.prompt_length} + {longest.length - longest.prompt_length} of {max_model_len} tokens"
        fits = longest.length <= max_model_len
        yield Check(of=task, name="longest prompt + answer", ok=fits, found=found)
    shapes = Counter(call.shape for call in {call.key: call for call in calls}.values())
    found = ", ".join(f"{n} {shape}" for shape, n in sorted(shapes.items()))
    yield Check(of=task, name="calls", ok=True, found=f"{len(asked)} requests: {found}")
    yield from _stops(task, [request.ask for request, _ in asked if isinstance(request.ask, Generation)], tokenizer)
    if thinking is not None and any(not isinstance(request.ask, Generation) for request, _ in asked):
        yield Check(of=task, name="thinking", ok=False, found="choices are scored without any thinking before them")
    other = sum(not unicodedata.is_normalized("NFC", request.ask.context) for request, _ in asked)
    yield Check(of=task, name="NFC", ok=not other, found=f"{other} prompts are not in NFC" if other else "all prompts")


def _stops(task: str, asks: Sequence[Generation], tokenizer: Tokenizer) -> Iterator[Check]:
    if not asks:
        return
    stops = list(dict.fromkeys(stop for ask in asks for stop in ask.until))
    shown = ", ".join(map(repr, stops)) or "none of the task's"
    budget = max(ask.max_tokens for ask in asks)
    end = f", and the end token {tokenizer.end_text!r}" if tokenizer.end_text else ""
    yield Check(of=task, name="stop strings", ok=bool(stops or end), found=f"{shown}{end}; at most {budget} tokens")
