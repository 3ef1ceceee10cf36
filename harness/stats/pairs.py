"""Two models' scores on the same items, and what both weighted means vary by together."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from harness.stats.clusters import Clusters, Values
from harness.stats.estimate import Estimand, noise_freedom

PRIOR = 4.0
"""Pseudo-items that are added, answered by both models with a fair coin each (see `joint`)."""


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
    noise: tuple[Values, Values] | None = None
    """Variance of each item's mean over repeats, of both models, shapes (n,); None where asked once."""


@dataclass(frozen=True)
class Joint:
    """Both models' weighted means, their covariance matrix and its degrees of freedom."""

    first: float
    """Weighted sum of the first model's means, pulled towards a half by the pseudo-items."""
    second: float
    first_seen: float
    """The same as observed."""
    second_seen: float
    variance_first: float
    variance_second: float
    covariance: float
    freedom: float
    """Degrees of freedom; infinite: normal."""
    weight: float
    """Sum of the weights: neither mean can be larger."""
    n: int

    def variance(self, ratio: float) -> float:
        """Variance of first - ratio × second."""
        own = self.variance_first + ratio**2 * self.variance_second
        return max(own - 2 * ratio * self.covariance, 0.0)

    def critical(self, level: float) -> float:
        """Two-sided quantile."""
        tail = (1 + level) / 2
        return float(ndtri(tail) if math.isinf(self.freedom) else stdtrit(self.freedom, tail))

    def p_value(self, distance: float, ratio: float) -> float:
        """Two-sided p-value of first - ratio × second lying `distance` from what is claimed."""
        spread = math.sqrt(self.variance(ratio))
        if spread == 0:
            return 1.0 if distance == 0 else 0.0
        score = -abs(distance) / spread
        return float(min(1.0, 2 * stdtr(min(self.freedom, 1e9), score)))


def joint(tasks: Sequence[Pairs], estimand: Estimand = "population") -> Joint | None:
    """Sum the tasks up. None for a fixed test asked once, which shows no noise.

    `population`: clustered covariances (CR2) of the two means, and four pseudo-items in all, each answered by both
    models with a fair coin: +2 right and +2 wrong for each model (Agresti & Coull 1998), +1 to both discordant counts
    (Bonett & Price 2012). They go to the tasks by their share of the worst-case variance, count as effective items
    where items come in clusters, and keep an interval from vanishing where models agree on (nearly) every item.
    """
    _check(tasks)
    if estimand == "fixed":
        return _fixed(tasks)
    groups = [Clusters.of(task.clusters, len(task.first)) for task in tasks]
    worst = [task.weight**2 / each.effective for task, each in zip(tasks, groups, strict=True)]
    shares = [each / math.fsum(worst) for each in worst]
    parts = [_part(task, each, share) for task, each, share in zip(tasks, groups, shares, strict=True)]
    first, second, variance_first, variance_second, covariance = (
        math.fsum(column) for column in zip(*parts, strict=True)
    )
    return Joint(
        first=first,
        second=second,
        first_seen=_weighted(tasks, [task.first for task in tasks]),
        second_seen=_weighted(tasks, [task.second for task in tasks]),
        variance_first=variance_first,
        variance_second=variance_second,
        covariance=covariance,
        freedom=1 / math.fsum(share**2 / _freedom(each) for share, each in zip(shares, groups, strict=True)),
        weight=math.fsum(task.weight for task in tasks),
        n=sum(len(task.first) for task in tasks),
    )


def _part(task: Pairs, groups: Clusters, share: float) -> tuple[float, float, float, float, float]:
    """Both means, their variances and covariance, weighted, of one task with its share of the pseudo-items."""
    effect = max(groups.design_effect(task.first), groups.design_effect(task.second))
    items, added = len(task.first) / effect, PRIOR * share
    kept = items / (items + added)
    pull = added / 2 / (items + added)
    own = (kept * task.weight) ** 2
    coin = task.weight**2 * added / 4 / (items + added) ** 2
    if groups.count < 2:
        # One cluster shows nothing of its spread: the largest that a score in [0, 1] can have.
        spread = (own / 4 + coin, own / 4 + coin, 0.0)
    else:
        spread = (
            own * groups.covariance(task.first, task.first) + coin,
            own * groups.covariance(task.second, task.second) + coin,
            own * groups.covariance(task.first, task.second),
        )
    means = [task.weight * (kept * float(scores.mean()) + pull) for scores in (task.first, task.second)]
    return means[0], means[1], spread[0], spread[1], spread[2]


def _freedom(groups: Clusters) -> float:
    return groups.degrees_of_freedom if groups.count > 1 else 1.0


def _fixed(tasks: Sequence[Pairs]) -> Joint | None:
    if all(task.noise is None for task in tasks):
        return None
    # Beside tasks whose noise is known, one that was asked once counts as exact (as in `scores.beside`).
    noise = [(np.zeros(len(task.first)),) * 2 if task.noise is None else task.noise for task in tasks]
    first, second = (_weighted(tasks, [getattr(task, side) for task in tasks]) for side in ("first", "second"))
    squares = [(task.weight / len(task.first)) ** 2 for task in tasks]
    variances = [
        np.concatenate([square * each[side] for square, each in zip(squares, noise, strict=True)]) for side in (0, 1)
    ]
    return Joint(
        first=first,
        second=second,
        first_seen=first,
        second_seen=second,
        variance_first=float(variances[0].sum()),
        variance_second=float(variances[1].sum()),
        covariance=0.0,
        freedom=noise_freedom(np.concatenate(variances)),
        weight=math.fsum(task.weight for task in tasks),
        n=sum(len(task.first) for task in tasks),
    )


def _weighted(tasks: Sequence[Pairs], scores: Sequence[Values]) -> float:
    return math.fsum(task.weight * float(np.mean(each)) for task, each in zip(tasks, scores, strict=True))


def _check(tasks: Sequence[Pairs]) -> None:
    if not tasks:
        raise ValueError("nothing to compare")
    for task in tasks:
        if len(task.first) != len(task.second):
            raise ValueError(f"pairs of {len(task.first)} and {len(task.second)} scores")
        if not task.weight > 0:
            raise ValueError(f"weights must be positive: {task.weight}")
        for scores in (task.first, task.second):
            if len(scores) == 0 or not ((scores >= 0) & (scores <= 1)).all():
                raise ValueError("scores must lie in [0, 1], at least one of them")
