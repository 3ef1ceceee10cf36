"""How large a mean score is and how surely: intervals for 0/1 and for graded items, clustered or not."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Literal

import numpy as np
from scipy.special import ndtri, stdtrit

from harness.records import Number
from harness.stats.binomial import Tails, share_interval
from harness.stats.clusters import Clusters, Values

Estimand = Literal["population", "fixed"]
"""What a score speaks of: items like those asked, or these very items, where only the noise of repeats counts."""

NO_VARIANCE = 1e-15
"""Variances of a mean below this are rounding errors."""


def proportion(
    scores: Sequence[float] | Values, clusters: Sequence[Hashable] | None, level: float, tails: Tails = "score"
) -> Number:
    """Share of items answered rightly, with Wilson's interval (or exact tails) at the effective number of items.

    scores: 0 or 1 each, shape (n,), n >= 1; clusters: a label an item, None where items are independent; level: in
    (0, 1). `n` counts items. Independent items give Wilson's interval itself. Clustered ones give it at
    n / design effect, the effect never below 1, with the clusters' degrees of freedom (Korn & Graubard 1998;
    compared by Dean & Pagano 2015). ValueError for an empty list or a score that is neither 0 nor 1.
    """
    values = _checked(scores)
    if not np.isin(values, (0.0, 1.0)).all():
        raise ValueError("a proportion takes scores of 0 and 1; use mean() for others")
    groups = Clusters.of(clusters, len(values))
    return _number(values, _effective(values, groups, level, binary=True), level, tails)


def mean(
    scores: Sequence[float] | Values, clusters: Sequence[Hashable] | None, level: float, tails: Tails = "score"
) -> Number:
    """Mean of scores in [0, 1], with a score interval at the effective number of items.

    Shapes, `n` and errors as in `proportion`. An interval of Wilson's form at value (1 - value) / variance items keeps
    within [0, 1] and is asymmetric near its ends, where the symmetric t interval covers far too little (methods.md).
    """
    values = _checked(scores)
    groups = Clusters.of(clusters, len(values))
    return _number(values, _effective(values, groups, level, binary=False), level, tails)


def fixed_mean(scores: Sequence[float] | Values, noise: Values | None, level: float, tails: Tails = "score") -> Number:
    """Mean over this fixed test: only the noise that repeats show counts, its variance summed over items (Miller 2024).

    noise: variance of each item's score, shape (n,); None where every item was asked once, which shows no noise: no
    interval. The interval has Wilson's form, as in `mean`, and a t quantile at `noise_freedom`; repeats that all agree
    leave it no width. Errors as in `mean`.
    """
    values = _checked(scores)
    value = float(values.mean())
    if noise is None:
        return Number(value=value, n=len(values))
    variance = float(noise.sum()) / len(values) ** 2
    if variance < NO_VARIANCE:
        return Number(value=value, low=value, high=value, level=level, n=len(values))
    tail = (1 + level) / 2
    inflation = float((stdtrit(noise_freedom(noise), tail) / ndtri(tail)) ** 2)
    return _number(values, value * (1 - value) / (variance * inflation), level, tails)


def noise_freedom(variances: Values) -> float:
    """Degrees of freedom of a sum of estimated variances, as if each rested on two repeats (Satterthwaite 1946)."""
    return float(variances.sum() ** 2 / (variances**2).sum()) if variances.any() else np.inf


def _checked(scores: Sequence[float] | Values) -> Values:
    values = np.asarray(scores, dtype=float)
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(f"scores must be a list of at least one number; they have the shape {values.shape}")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"scores must lie in [0, 1]; they reach from {values.min()} to {values.max()}")
    return values


def _effective(values: Values, groups: Clusters, level: float, *, binary: bool) -> float:
    """How many independent 0/1 items these items are worth.

    What the scores show (1 / `shown`) is averaged with the worst case of clusters that hold copies of one 0/1 item
    (1 / `groups.effective`), as if one item's worth of information spoke for the worst case: scores near 0 or 1 show
    little of their variance, equal scores nothing.
    """
    worst = 1 / groups.effective
    uncertainty = values.mean() * (1 - values.mean())
    if groups.count < 2:
        return groups.effective
    variance = groups.covariance(values, values)
    if variance < NO_VARIANCE and not (binary and uncertainty > NO_VARIANCE):
        return groups.effective
    shown = variance / (uncertainty + variance)
    if binary:
        shown = max(shown, 1 / len(values))
    shown *= _inflation(groups, level, binary=binary)
    weight = 4 * groups.effective * uncertainty
    return float((weight + 1) / (weight * shown + worst))


def _inflation(groups: Clusters, level: float, *, binary: bool) -> float:
    """What estimating the variance costs: squared ratio of the t quantile to that of independent 0/1 items."""
    tail = (1 + level) / 2
    usual = stdtrit(len(groups.codes) - 1, tail) if binary else ndtri(tail)
    return float((stdtrit(groups.degrees_of_freedom, tail) / usual) ** 2)


def _number(values: Values, effective: float, level: float, tails: Tails) -> Number:
    value = float(values.mean())
    low, high = share_interval(value * effective, effective, level, tails)
    return Number(
        value=value, low=max(0.0, min(low, value)), high=min(1.0, max(high, value)), level=level, n=len(values),
        effective=effective,
    )  # fmt: skip
