"""Two models on the same items: the difference and the ratio of their weighted means.

Each model's mean has an interval of its own (`estimate`); the arms are joined by MOVER, less what the two models have
in common on the same items (Newcombe 1998, method 10; Zou & Donner 2008; for the ratio Donner & Zou 2012). The ratio's
interval holds exactly those r for which the interval of first - r × second holds 0: a pairing-aware Fieller interval
whose arms are Wilson's, so that it neither degenerates nor loses coverage near 0 and 1.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from harness.records import Number
from harness.stats.clusters import Clusters, Values
from harness.stats.combine import arms
from harness.stats.estimate import NO_VARIANCE, mean, proportion


@dataclass(frozen=True)
class Pairs:
    """Two models' scores on the same n items of one task."""

    first: Values
    """Shape (n,), in [0, 1]."""
    second: Values
    """Shape (n,), in [0, 1]."""
    clusters: Sequence[Hashable] | None
    """A label an item; None where items are independent."""
    binary: bool
    """Whether every score is 0 or 1."""
    weight: float
    """Weight of the task's mean, positive."""


@dataclass(frozen=True)
class _Side:
    """Squared arms of both weighted sums towards one end of the difference, and what they have in common."""

    first: float
    second: float
    common: float

    def reach(self) -> float:
        """Arm of first - second."""
        return math.sqrt(max(self.first + self.second - 2 * self.common, 0.0))


@dataclass(frozen=True)
class _Joint:
    first: float
    """Weighted sum of the first model's means."""
    second: float
    below: _Side
    """First falls, second rises."""
    above: _Side
    n: int


def difference(tasks: Sequence[Pairs], level: float) -> Number:
    """Weighted sum over tasks of the first model's mean less the second's; `n` counts items.

    Weights are used as given: the result is in their unit, within ± their sum. ValueError for no tasks, unequal
    lengths and whatever `estimate` refuses.
    """
    joint = _joint(tasks, level)
    value = joint.first - joint.second
    return Number(
        value=value, low=value - joint.below.reach(), high=value + joint.above.reach(), level=level, n=joint.n
    )


def ratio(tasks: Sequence[Pairs], level: float) -> Number | None:
    """The first model's weighted mean over the second's; None where the second's is 0.

    `high` is null (with a level) where the second's mean is not clearly above 0: the ratio has no upper bound.
    Errors as in `difference`.
    """
    joint = _joint(tasks, level)
    if joint.second <= 0:
        return None
    return Number(value=joint.first / joint.second, low=_lowest(joint), high=_highest(joint), level=level, n=joint.n)


def _joint(tasks: Sequence[Pairs], level: float) -> _Joint:
    if not tasks:
        raise ValueError("nothing to compare")
    estimates = [(task, *_estimates(task, level)) for task in tasks]
    parts = [(task.weight, _correlation(task), arms(first), arms(second)) for task, first, second in estimates]
    return _Joint(
        first=math.fsum(task.weight * first.value for task, first, _ in estimates),
        second=math.fsum(task.weight * second.value for task, _, second in estimates),
        below=_side([(weight, common, first[0], second[1]) for weight, common, first, second in parts]),
        above=_side([(weight, common, first[1], second[0]) for weight, common, first, second in parts]),
        n=sum(len(task.first) for task in tasks),
    )


def _side(parts: Sequence[tuple[float, float, float, float]]) -> _Side:
    """From weight, correlation and both arms of each task."""
    return _Side(
        first=math.fsum((weight * first) ** 2 for weight, _, first, _ in parts),
        second=math.fsum((weight * second) ** 2 for weight, _, _, second in parts),
        common=math.fsum(weight**2 * common * first * second for weight, common, first, second in parts),
    )


def _estimates(task: Pairs, level: float) -> tuple[Number, Number]:
    if len(task.first) != len(task.second):
        raise ValueError(f"pairs of {len(task.first)} and {len(task.second)} scores")
    if not task.weight > 0:
        raise ValueError(f"weights must be positive: {task.weight}")
    estimate = proportion if task.binary else mean
    return estimate(task.first, task.clusters, level), estimate(task.second, task.clusters, level)


def _correlation(task: Pairs) -> float:
    """Correlation of the two means, lowered as if two more items disagreed (as Bonett & Price 2012 do).

    Two models that agree on every one of n items do not show that they would agree on all others. The correction stops
    at 0, where there is nothing in common to lower.
    """
    groups = Clusters.of(task.clusters, len(task.first))
    if groups.count < 2:
        return 0.0
    variances = groups.covariance(task.first, task.first) * groups.covariance(task.second, task.second)
    if variances < NO_VARIANCE**2:
        return 0.0
    seen = groups.covariance(task.first, task.second) / math.sqrt(variances)
    lowered = (groups.effective * seen - 2) / (groups.effective + 2)
    return max(lowered, min(seen, 0.0), -1.0)


def _lowest(joint: _Joint) -> float:
    """The r at which first - r second - its lower arm is 0: the smaller root of a r² - 2 b r + c."""
    square, cross, constant = _quadratic(joint, joint.below)
    if constant <= 0:
        return 0.0
    root = math.sqrt(max(cross**2 - square * constant, 0.0))
    return min(constant / (cross + root), joint.first / joint.second)


def _highest(joint: _Joint) -> float | None:
    """The r at which first - r second + its upper arm is 0: the larger root; None where there is none."""
    square, cross, constant = _quadratic(joint, joint.above)
    if square <= NO_VARIANCE:
        return None
    root = math.sqrt(max(cross**2 - square * constant, 0.0))
    return max((cross + root) / square, joint.first / joint.second)


def _quadratic(joint: _Joint, side: _Side) -> tuple[float, float, float]:
    return (
        joint.second**2 - side.second,
        joint.first * joint.second - side.common,
        joint.first**2 - side.first,
    )
