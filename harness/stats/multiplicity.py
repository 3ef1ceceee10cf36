"""Error control over many comparisons at once: entrants × gates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from harness.records import Number
from harness.stats.bootstrap import quantile
from harness.stats.clusters import Values

LEAST_P = 1e-12
"""p-values below this are not told apart."""
LEAST_ERRORS = 1e-6
"""A threshold within so many standard errors of the value is the value."""


@dataclass(frozen=True)
class Holm:
    """What Holm's step-down test says of K comparisons."""

    rejected: NDArray[np.bool_]
    """Shape (K,)."""
    adjusted: Values
    """Adjusted p-values, shape (K,)."""
    levels: Values
    """Level, shape (K,), at which a comparison's own interval leaves its threshold out exactly where it is rejected."""


@dataclass(frozen=True)
class Simultaneous:
    """Intervals that hold all K truths together at their level."""

    low: Values
    high: Values
    critical: float
    """Standard errors on either side."""


def holm(p_values: Sequence[float] | Values, familywise: float) -> Holm:
    """Holm (1979): family-wise error at most `familywise` whatever the dependence. p_values: two-sided, shape (K,).

    The k-th smallest is held against familywise / (K - k + 1) until one is too large; all after it share its level.
    ValueError where a p-value or `familywise` is not in [0, 1].
    """
    given = np.asarray(p_values, dtype=float)
    if not ((given >= 0) & (given <= 1)).all() or not 0 < familywise < 1:
        raise ValueError(f"p-values and the error rate lie in [0, 1]: {given.tolist()}, {familywise}")
    if len(given) == 0:
        return Holm(np.zeros(0, bool), given, given)
    order = np.argsort(given, kind="stable")
    left = len(given) - np.arange(len(given))
    adjusted, levels = np.empty(len(given)), np.empty(len(given))
    adjusted[order] = np.minimum(np.maximum.accumulate(left * given[order]), 1.0)
    rejected = adjusted <= familywise
    levels[order] = 1 - familywise / np.maximum(left, len(given) - min(int(rejected.sum()), len(given) - 1))
    return Holm(rejected, adjusted, levels)


def bonferroni(level: float, count: int) -> float:
    """Level of each of `count` intervals that hold together at `level`, whatever their dependence."""
    if count < 1:
        raise ValueError("there is nothing to hold together")
    return 1 - (1 - level) / count


def two_sided_p(interval: Callable[[float], Number | None], threshold: float) -> float | None:
    """The p-value of `threshold`: 1 - the level whose interval ends there. `interval` takes a level.

    None where it has no sampling model. Nested intervals are assumed; p below 1e-12 is returned as 1e-12.
    """
    if (found := interval(0.5)) is None or found.level is None:
        return None

    def left_out(errors: float) -> float:
        """Positive where the interval of so many standard errors leaves the threshold out."""
        number = interval(1 - 2 * float(ndtr(-errors)))
        if number is None or number.low is None:
            return -1.0
        beyond = number.low - threshold
        return max(beyond, -np.inf if number.high is None else threshold - number.high)

    most = -float(ndtri(LEAST_P / 2))
    if left_out(LEAST_ERRORS) <= 0:
        return 1.0
    if left_out(most) > 0:
        return LEAST_P
    return 2 * float(ndtr(-brentq(left_out, LEAST_ERRORS, most, xtol=1e-9)))


def max_t(estimates: Values, replicates: Values, level: float, centres: Values | None = None) -> Simultaneous:
    """Simultaneous intervals from joint replicates: centre ± critical × standard error, and the estimate within.

    estimates: (K,); replicates: (B, K), whose standard deviations are the standard errors; critical: the quantile of
    the largest studentised deviation (Romano & Wolf 2005); centres: what the replicates spread about, (K,), the
    estimates where None (`Replicates.centre`). Replicates that do not vary keep their estimate.
    """
    about = estimates if centres is None else centres
    spread = replicates.std(axis=0, ddof=1)
    critical = critical_of(replicates - about, spread, level)
    half = critical * spread
    ends = np.minimum(about - half, estimates), np.maximum(about + half, estimates)
    low, high = (np.where(spread > 0, end, estimates) for end in ends)
    return Simultaneous(low, high, critical)


def max_t_normal(
    estimates: Values, covariance: Values, level: float, rng: np.random.Generator, resamples: int = 20_000
) -> Simultaneous:
    """`max_t` for estimates that are jointly normal with a known covariance, shape (K, K) (Hothorn et al. 2008)."""
    spread = np.sqrt(np.diag(covariance))
    drawn = rng.multivariate_normal(np.zeros(len(spread)), covariance, resamples, method="eigh")
    critical = critical_of(drawn, spread, level)
    return Simultaneous(estimates - critical * spread, estimates + critical * spread, critical)


def critical_of(deviations: Values, spread: Values, level: float) -> float:
    """Quantile of the largest of K deviations, (B, K), in standard errors, (K,); one of 0 does not count."""
    largest = (np.abs(deviations) / np.where(spread > 0, spread, np.inf)).max(axis=1)
    return float(quantile(largest, [level])[0])
