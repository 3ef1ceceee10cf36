"""From samples to one score an item."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.errors import VerificationError
from harness.plan import Task
from harness.records import Sample
from harness.stats.clusters import Values


@dataclass(frozen=True)
class Items:
    """One task of one model, an entry an item, ordered by id: equal whatever the order of the samples."""

    ids: tuple[str, ...]
    scores: Values
    """Mean over an item's repeats, in [0, 1], shape (n,)."""
    clusters: tuple[str, ...] | None
    """Cluster of each item; None where all are independent."""
    binary: bool
    """Whether every score is 0 or 1 by design: a 0/1 metric, asked once."""
    noise: Values | None = None
    """Variance of each item's mean over its repeats, shape (n,); None where every item was asked once."""


def items(samples: Sequence[Sample], task: Task) -> Items | None:
    """The items of a task, repeats averaged; None where a sample failed, is missing or too many.

    Repeats are not independent of one another: averaging them first leaves one score an item (Miller 2024).
    VerificationError where an item and repeat is there twice, a score is not in [0, 1] (or not 0 or 1, though the task
    says so), or an item's repeats lie in different clusters.
    """
    by_item = _by_item(samples, task)
    complete = len(by_item) == task.items and all(len(group) == task.repeats for group in by_item.values())
    if not complete or any(sample.score is None for sample in samples):
        return None
    ids = tuple(sorted(by_item))
    return Items(
        ids=ids,
        scores=np.array([_average(by_item[name]) for name in ids]),
        clusters=_clusters([by_item[name] for name in ids], task),
        binary=task.binary and task.repeats == 1,
        noise=np.array([_noise(by_item[name]) for name in ids]) if task.repeats > 1 else None,
    )


def _by_item(samples: Sequence[Sample], task: Task) -> dict[str, list[Sample]]:
    groups: dict[str, list[Sample]] = {}
    seen: set[tuple[str, int]] = set()
    for sample in samples:
        if (sample.item_id, sample.repeat) in seen:
            raise VerificationError(f"{task.name}: item {sample.item_id!r}, repeat {sample.repeat} is there twice")
        seen.add((sample.item_id, sample.repeat))
        _check_score(sample, task)
        groups.setdefault(sample.item_id, []).append(sample)
    return groups


def _check_score(sample: Sample, task: Task) -> None:
    if (sample.score is None) != (sample.outcome == "failed"):
        raise VerificationError(
            f"{task.name}: item {sample.item_id!r} ended as {sample.outcome} with the score {sample.score}"
        )
    if sample.score is None:
        return
    if not 0 <= sample.score <= 1 or (task.binary and sample.score not in (0, 1)):
        allowed = "0 or 1" if task.binary else "in [0, 1]"
        raise VerificationError(f"{task.name}: item {sample.item_id!r} has the score {sample.score}, not {allowed}")


def _average(repeats: Sequence[Sample]) -> float:
    return math.fsum(sample.score or 0.0 for sample in repeats) / len(repeats)


def _noise(repeats: Sequence[Sample]) -> float:
    return statistics.variance(sample.score or 0.0 for sample in repeats) / len(repeats)


def _clusters(groups: Sequence[Sequence[Sample]], task: Task) -> tuple[str, ...] | None:
    labels = []
    for group in groups:
        names = {sample.cluster for sample in group}
        if len(names) > 1:
            raise VerificationError(f"{task.name}: item {group[0].item_id!r} lies in several clusters")
        labels.append(names.pop())
    if all(label is None for label in labels):
        return None
    return tuple(
        f"item:{group[0].item_id}" if label is None else f"cluster:{label}"
        for group, label in zip(groups, labels, strict=True)
    )
