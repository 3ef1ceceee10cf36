"""From items to task, suite and points."""

from __future__ import annotations

from collections.abc import Sequence

from harness.plan import Suite, Task
from harness.records import Number, Sample, TaskResult
from harness.stats.binomial import Tails
from harness.stats.clusters import Values
from harness.stats.combine import combine
from harness.stats.estimate import Estimand, fixed_mean, mean, proportion
from harness.stats.items import Items, items
from harness.stats.pairs import Pairs


def task_score(samples: Sequence[Sample], task: Task, level: float) -> Number | None:
    """Mean over a task's items, in [0, 1]; None where a sample failed or is missing. Errors as in `items`."""
    return items_score(items(samples, task), level)


def items_score(
    graded: Items | None, level: float, estimand: Estimand = "population", tails: Tails = "score"
) -> Number | None:
    """`task_score` from the items; None where there are none.

    `fixed`: of these very items, so that only the noise of repeats counts; asked once, it has no interval.
    """
    if graded is None:
        return None
    if estimand == "fixed":
        return fixed_mean(graded.scores, graded.noise, level, tails)
    estimate = proportion if graded.binary else mean
    return estimate(graded.scores, graded.clusters, level, tails)


def suite_score(task_results: Sequence[TaskResult], suite: Suite, level: float) -> Number | None:
    """Weighted mean of a suite's tasks, in [0, 1]; None where a task is missing or has no score.

    Tasks share no items and count as independent. ValueError where a score's level is not `level`.
    """
    scores = {result.task: result.score for result in task_results}
    return suite_mean([scores.get(task.name) for task in suite.tasks], suite, level)


def suite_mean(scores: Sequence[Number | None], suite: Suite, level: float, tails: Tails = "score") -> Number | None:
    """`suite_score` from the tasks' scores, in the suite's order of tasks, which have such tails."""
    known = [score for score in scores if score is not None]
    if len(known) < len(suite.tasks):
        return None
    if any(score.level not in (level, None) for score in known):
        raise ValueError(f"a task of {suite.name} has an interval of another level than {level}")
    return combine(beside(known), weights(suite), tails)


def beside(scores: Sequence[Number]) -> list[Number]:
    """Scores to be summed: a fixed test's task asked once counts as exact beside those whose noise is known.

    Without that the noise that is known would be lost.
    """
    levels = [score.level for score in scores if score.level is not None]
    if not levels:
        return list(scores)
    return [
        score if score.level is not None
        else Number(value=score.value, low=score.value, high=score.value, level=levels[0], n=score.n)
        for score in scores
    ]  # fmt: skip


def weights(suite: Suite) -> list[float]:
    """Each task's share of the suite's mean; they sum to 1."""
    total = sum(task.weight for task in suite.tasks)
    return [task.weight / total for task in suite.tasks]


def points(score: Number | None, most: float) -> Number | None:
    """Points earned by a mean: `most` × score; None where there is no score."""
    return None if score is None else combine([score], [most])


def pairs(first: Sequence[Items], second: Sequence[Items], factors: Sequence[float]) -> list[Pairs] | None:
    """Two models' tasks side by side, each with its weight; None where they were not asked the same items."""
    tasks = list(zip(first, second, factors, strict=True))
    if any(ours.ids != theirs.ids or ours.clusters != theirs.clusters for ours, theirs, _ in tasks):
        return None
    return [
        Pairs(ours.scores, theirs.scores, ours.clusters, ours.binary and theirs.binary, factor, _noise(ours, theirs))
        for ours, theirs, factor in tasks
    ]


def _noise(ours: Items, theirs: Items) -> tuple[Values, Values] | None:
    return None if ours.noise is None or theirs.noise is None else (ours.noise, theirs.noise)
