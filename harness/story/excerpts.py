"""A bounded, seeded choice of answers that earned no point."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from harness.records import Outcome, Sample
from harness.story.visible import visible

PER_OUTCOME = 2
"""Excerpts of each outcome, per task and model."""
TEXT_LIMIT = 400
"""Characters of an answer that are shown."""
LOST: tuple[Outcome, ...] = ("wrong", "refused", "unparsed", "truncated", "failed")


@dataclass(frozen=True)
class Excerpt:
    """One answer, safe to show."""

    item_id: str
    repeat: int
    outcome: Outcome
    target: str
    response: str | None
    cause: str | None


def choose_excerpts(samples: Sequence[Sample], seed: str) -> list[Excerpt]:
    """Up to `PER_OUTCOME` samples of each lost outcome, drawn by `seed`, in the ledger's order."""
    chosen: list[Sample] = []
    for outcome in LOST:
        candidates = [sample for sample in samples if sample.outcome == outcome]
        rng = random.Random(f"{seed}/{outcome}")  # noqa: S311 - a repeatable choice, not a secret
        drawn = rng.sample(range(len(candidates)), min(PER_OUTCOME, len(candidates)))
        chosen += [candidates[index] for index in sorted(drawn)]
    return [_excerpt(sample) for sample in chosen]


def _excerpt(sample: Sample) -> Excerpt:
    return Excerpt(
        item_id=visible(sample.item_id, TEXT_LIMIT),
        repeat=sample.repeat,
        outcome=sample.outcome,
        target=visible(sample.target, TEXT_LIMIT),
        response=None if sample.response is None else visible(sample.response, TEXT_LIMIT),
        cause=None if sample.cause is None else visible(sample.cause, TEXT_LIMIT),
    )
