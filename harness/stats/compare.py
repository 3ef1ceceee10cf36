"""Two models on the same items: the difference and the ratio of their weighted means, and tests of equality.

The interval of the difference is that of the paired, clustered difference, t-distributed, with the pseudo-items of
`pairs.joint`. The ratio's interval holds exactly those r for which the same interval of first - r × second holds 0
(Fieller 1954): what two models have in common on the same items leaves both, however alike they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from harness.records import Number
from harness.stats.clusters import Clusters, Values
from harness.stats.estimate import NO_VARIANCE, Estimand
from harness.stats.pairs import Joint, Pairs, joint

CHUNK = 4_000_000
"""Signs drawn at once by `permutation`."""


@dataclass(frozen=True)
class McNemar:
    """The fourfold table of two models' answers, and how likely so uneven a one is if both are equally good."""

    first_only: int
    """Items that only the first model answered rightly."""
    second_only: int
    p_value: float
    """Exact, two-sided."""


def difference(tasks: Sequence[Pairs], level: float, estimand: Estimand = "population") -> Number:
    """Weighted sum over tasks of the first model's mean less the second's; `n` counts items.

    Weights are used as given: the result is in their unit, within ± their sum. A fixed test asked once gives a value
    without an interval. ValueError for no tasks, unequal lengths, scores outside [0, 1], weights that are not positive.
    """
    found = joint(tasks, estimand)
    if found is None:
        return Number(value=_seen(tasks)[0] - _seen(tasks)[1], n=sum(len(task.first) for task in tasks))
    value, centre = found.first_seen - found.second_seen, found.first - found.second
    half = found.critical(level) * math.sqrt(found.variance(1.0))
    return Number(
        value=value,
        low=min(value, max(-found.weight, centre - half)),
        high=max(value, min(found.weight, centre + half)),
        level=level,
        n=found.n,
    )


def ratio(tasks: Sequence[Pairs], level: float, estimand: Estimand = "population") -> Number | None:
    """The first model's weighted mean over the second's; None where the second's is 0.

    `high` is null (with a level) where the second's mean is not clearly above 0: the ratio has no upper bound. A fixed
    test asked once gives a value without an interval. Errors as in `difference`.
    """
    found = joint(tasks, estimand)
    first, second = _seen(tasks)
    if second <= NO_VARIANCE:
        return None
    value = first / second
    if found is None:
        return Number(value=value, n=sum(len(task.first) for task in tasks))
    low, high = _fieller(found, found.critical(level))
    high = None if high is None else max(high, value)
    return Number(value=value, low=min(low, value), high=high, level=level, n=found.n)


def difference_p(tasks: Sequence[Pairs], margin: float = 0.0, estimand: Estimand = "population") -> float | None:
    """Two-sided p-value of first - second = margin: 1 - the largest level whose interval leaves the margin out.

    None for a fixed test asked once, which has no sampling model. Errors as in `difference`.
    """
    found = joint(tasks, estimand)
    return None if found is None else found.p_value(found.first - found.second - margin, 1.0)


def ratio_p(tasks: Sequence[Pairs], threshold: float, estimand: Estimand = "population") -> float | None:
    """Two-sided p-value of first = threshold × second; None and errors as in `difference_p`."""
    found = joint(tasks, estimand)
    return None if found is None else found.p_value(found.first - threshold * found.second, threshold)


def mcnemar(first: Values, second: Values) -> McNemar:
    """Exact test of two models on the same independent 0/1 items, shapes (n,) (McNemar 1947; binomial, two-sided)."""
    if len(first) != len(second) or not np.isin([first, second], (0.0, 1.0)).all():
        raise ValueError("McNemar's test takes as many scores of 0 and 1 of both models")
    ours, theirs = int((first > second).sum()), int((second > first).sum())
    p_value = binomtest(ours, ours + theirs).pvalue if ours + theirs else 1.0
    return McNemar(ours, theirs, float(p_value))


def permutation(tasks: Sequence[Pairs], resamples: int, rng: np.random.Generator) -> float:
    """Two-sided p-value of equal models: how often swapping both within whole clusters gives as large a difference.

    Exact in level whatever the distribution, where clusters are independent (Fisher 1935); the observed order counts as
    one of the resamples (Phipson & Smyth 2010). Errors as in `difference`.
    """
    joint(tasks)
    sums = np.concatenate([_cluster_differences(task) for task in tasks])
    seen = abs(sums.sum()) - NO_VARIANCE
    rows, reached = max(1, CHUNK // len(sums)), 0
    for start in range(0, resamples, rows):
        signs = rng.integers(0, 2, (min(rows, resamples - start), len(sums)), dtype=np.int8)
        swapped = 2 * (signs @ sums) - sums.sum()
        reached += int((np.abs(swapped) >= seen).sum())
    return (reached + 1) / (resamples + 1)


def _cluster_differences(task: Pairs) -> Values:
    groups = Clusters.of(task.clusters, len(task.first))
    differences = task.weight / len(task.first) * (task.first - task.second)
    sums: Values = np.bincount(groups.codes, differences, groups.count).astype(float)
    return sums[sums != 0] if (sums != 0).any() else sums[:1]


def _seen(tasks: Sequence[Pairs]) -> tuple[float, float]:
    return (
        math.fsum(task.weight * float(task.first.mean()) for task in tasks),
        math.fsum(task.weight * float(task.second.mean()) for task in tasks),
    )


def _fieller(found: Joint, critical: float) -> tuple[float, float | None]:
    """Both ends of |first - r second| <= critical × its standard error: the roots of a r² - 2 b r + c."""
    square = found.second**2 - critical**2 * found.variance_second
    cross = found.first * found.second - critical**2 * found.covariance
    constant = found.first**2 - critical**2 * found.variance_first
    root = math.sqrt(max(cross**2 - square * constant, 0.0))
    low = constant / (cross + root) if constant > 0 and cross + root > 0 else 0.0
    return low, (cross + root) / square if square > NO_VARIANCE else None
