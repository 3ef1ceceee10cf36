"""How samples count: by their own scores, or as the rules say for outcomes and for missing answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.plan import Scoring, Task
from harness.records import Sample

Values = NDArray[np.float64]

AS_SCORED = Scoring()
JUDGED = ("refused", "unparsed", "truncated")
"""Outcomes in which the grader, not the answer's content, made the score."""


def counted(samples: Sequence[Sample], task: Task, scoring: Scoring) -> tuple[Sequence[Sample], Task]:
    """Samples and task as the rules count them. What failed stays without a score, whatever the rules say."""
    if scoring == AS_SCORED:
        return samples, task
    scored = [_scored(sample, scoring) for sample in samples]
    graded = any(score not in (0, 1, "missing") for score in scoring.outcomes.values())
    counting = task.model_copy(update={"binary": task.binary and not graded})
    return _answered(scored, counting, scoring) if scoring.missing == "leave_out" else (scored, counting)


@dataclass(frozen=True)
class Judged:
    """How far other judgements of the grader could have moved each item's score."""

    up: Values
    """Shape (items,)."""
    down: Values


def judged(samples: Sequence[Sample], ids: Sequence[str]) -> Judged:
    """Answers that the grader could not read, or took for refused or cut off, by item, as the rules count them."""
    ends = {name: [0.0, 0.0, 0] for name in ids}
    for sample in samples:
        end = ends[sample.item_id]
        end[2] += 1
        if sample.outcome in JUDGED and sample.score is not None:
            end[0] += 1 - sample.score
            end[1] += sample.score
    up, down = (np.array([end[side] / max(end[2], 1) for end in ends.values()]) for side in (0, 1))
    return Judged(up, down)


def _scored(sample: Sample, scoring: Scoring) -> Sample:
    if sample.outcome not in ("refused", "unparsed", "truncated"):
        return sample
    score = scoring.outcomes.get(sample.outcome)
    if score is None:
        return sample
    if score == "missing":
        return sample.model_copy(update={"outcome": "failed", "score": None})
    return sample.model_copy(update={"score": float(score)})


def _answered(samples: Sequence[Sample], task: Task, scoring: Scoring) -> tuple[Sequence[Sample], Task]:
    """Only items whose every repeat has a score, where enough are left."""
    repeats: dict[str, int] = {}
    for sample in samples:
        repeats[sample.item_id] = repeats.get(sample.item_id, 0) + (sample.score is not None)
    whole = {item for item, count in repeats.items() if count == task.repeats}
    if not whole or len(whole) < scoring.least_answered * task.items:
        return samples, task
    return [sample for sample in samples if sample.item_id in whole], task.model_copy(update={"items": len(whole)})
