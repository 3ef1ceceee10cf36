"""How samples count: by their own scores, or as the rules say for outcomes and for missing answers."""

from __future__ import annotations

from collections.abc import Sequence

from harness.plan import Scoring, Task
from harness.records import Sample

AS_SCORED = Scoring()


def counted(samples: Sequence[Sample], task: Task, scoring: Scoring) -> tuple[Sequence[Sample], Task]:
    """Samples and task as the rules count them. What failed stays without a score, whatever the rules say."""
    if scoring == AS_SCORED:
        return samples, task
    scored = [_scored(sample, scoring) for sample in samples]
    graded = any(score not in (0, 1, "missing") for score in scoring.outcomes.values())
    counting = task.model_copy(update={"binary": task.binary and not graded})
    return _answered(scored, counting, scoring) if scoring.missing == "leave_out" else (scored, counting)


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
