"""Panels: how far raters agree, means that know their raters, and raters who stand apart.

Ratings have the shape (R raters, U units), NaN where a rater gave none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from harness.records import Number
from harness.stats.clusters import Values
from harness.stats.estimate import Estimand

Rng = np.random.Generator
Metric = Literal["nominal", "ordinal", "interval", "ratio"]
"""What the numbers on a rating scale mean."""

FEWEST_RATERS = 4
"""Of fewer raters none can be said to stand apart."""


@dataclass(frozen=True)
class Outlier:
    """A rater who stands apart."""

    rater: int
    score: float
    """Robust z-score of the rater's bias (signed) or disagreement, whichever is larger."""


def alpha(ratings: Values, metric: Metric = "interval") -> float | None:
    """Krippendorff's alpha (2011, 'Computing Krippendorff's alpha-reliability'): 1 agreement, 0 chance.

    None where no unit has two ratings or all ratings are equal: there is nothing to tell agreement from.
    """
    counts, values = _counts(ratings)
    return _alpha(_coincidences(counts).sum(axis=0), values, metric) if len(counts) else None


def alpha_interval(ratings: Values, metric: Metric, level: float, resamples: int, rng: Rng) -> Number | None:
    """Alpha with the percentile interval of resampled units; `n` counts units with two ratings or more."""
    counts, values = _counts(ratings)
    seen = alpha(ratings, metric)
    if seen is None or len(counts) < 2:
        return None if seen is None else Number(value=seen, n=len(counts))
    each = _coincidences(counts)
    drawn = rng.multinomial(len(each), np.full(len(each), 1 / len(each)), size=resamples)
    found = [_alpha(np.tensordot(times, each, 1), values, metric) for times in drawn]
    low, high = np.quantile([value for value in found if value is not None], [(1 - level) / 2, (1 + level) / 2])
    return Number(value=seen, low=min(float(low), seen), high=max(float(high), seen), level=level, n=len(counts))


def rater_mean(scores: Values, level: float, raters: Estimand = "population") -> list[Number]:
    """Each column's mean over raters with a t interval, n = raters; scores: (R, E), NaN where missing.

    `fixed`: the panel itself is what counts; its mean has no sampling model. ValueError for a column without ratings.
    """
    return [_rater_mean(column[~np.isnan(column)], level, raters) for column in scores.T]


def rater_difference(first: Values, second: Values, level: float) -> Number:
    """Mean over raters, who rated both, of their difference: shapes (R,). A rater's severity leaves it."""
    gaps = first - second
    return _rater_mean(gaps[~np.isnan(gaps)], level, "population")


def crossed_mean(scores: Values, level: float) -> Number:
    """Grand mean where every rater rated every unit and both are samples; scores: (R, U), complete.

    Two-way random effects without replication: variance (MS raters + MS units - MS error) / RU, Satterthwaite's degrees
    of freedom (Searle, Casella & McCulloch 1992, chapter 4). `n` counts ratings.
    """
    raters, units = scores.shape
    if raters < 2 or units < 2 or np.isnan(scores).any():
        raise ValueError("a crossed mean takes at least two raters who all rated the same two units or more")
    grand = float(scores.mean())
    by_rater, by_unit = scores.mean(axis=1) - grand, scores.mean(axis=0) - grand
    rest = scores - grand - by_rater[:, None] - by_unit
    freedoms = np.array([raters - 1, units - 1, (raters - 1) * (units - 1)], dtype=float)
    squares = np.array([units * (by_rater**2).sum(), raters * (by_unit**2).sum(), (rest**2).sum()]) / freedoms
    variance = max(squares[0] + squares[1] - squares[2], squares[2])
    freedom = variance**2 / (squares**2 / freedoms).sum() if variance > 0 else 1.0
    half = float(stdtrit(max(freedom, 1.0), (1 + level) / 2) * math.sqrt(variance / scores.size))
    return Number(value=grand, low=grand - half, high=grand + half, level=level, n=scores.size)


def rater_replicates(scores: Values, resamples: int, rng: Rng) -> Values:
    """Column means under resampled raters, the same raters for every column; scores: (R, E), result: (B, E).

    Deviations are scaled to the unbiased variance and to Student's t, since a panel has few raters.
    """
    raters = len(scores)
    given = ~np.isnan(scores)
    if raters < 2 or not given.any(axis=0).all():
        raise ValueError("resampling raters takes at least two of them and a rating in every column")
    seen = np.nanmean(scores, axis=0)
    drawn = rng.multinomial(raters, np.full(raters, 1 / raters), size=resamples).astype(float)
    weights = drawn @ given
    shift = np.divide(
        drawn @ np.where(given, scores - seen, 0.0), weights, out=np.zeros_like(weights), where=weights > 0
    )
    stretch = np.sqrt(raters / rng.chisquare(raters - 1, resamples))
    return np.asarray(seen + stretch[:, None] * shift)


def outlying_raters(ratings: Values, threshold: float = 3.5) -> list[Outlier]:
    """Raters whose bias or disagreement with the units' medians has a robust z-score beyond the threshold.

    Modified z-scores by median absolute deviation (Iglewicz & Hoaglin 1993). Empty for fewer than four raters.
    """
    given = ~np.isnan(ratings)
    there = np.flatnonzero(given.any(axis=1))
    if len(there) < FEWEST_RATERS:
        return []
    rated = ratings[there][:, given.any(axis=0)]
    gaps = rated - np.nanmedian(rated, axis=0)
    bias = _robust(np.nanmean(gaps, axis=1))
    apart = np.maximum(_robust(np.sqrt(np.nanmean(gaps**2, axis=1))), 0.0)
    scores = np.where(np.abs(bias) >= apart, bias, apart)
    return [Outlier(int(there[at]), float(scores[at])) for at in np.flatnonzero(np.abs(scores) > threshold)]


def _rater_mean(ratings: Values, level: float, raters: Estimand) -> Number:
    if len(ratings) == 0:
        raise ValueError("no rater gave a score")
    value, count = float(ratings.mean()), len(ratings)
    if raters == "fixed" or count < 2:
        return Number(value=value, n=count)
    half = float(stdtrit(count - 1, (1 + level) / 2) * ratings.std(ddof=1) / math.sqrt(count))
    return Number(value=value, low=value - half, high=value + half, level=level, n=count)


def _counts(ratings: Values) -> tuple[NDArray[np.intp], Values]:
    """How many raters gave each unit each value, shape (units with two ratings or more, V), and the values, (V,)."""
    kept = ratings[:, (~np.isnan(ratings)).sum(axis=0) > 1]
    values = np.unique(kept[~np.isnan(kept)])
    return (kept[:, :, None] == values).sum(axis=0), values


def _coincidences(counts: NDArray[np.intp]) -> Values:
    """Pairs of values within each unit, each unit weighing as many as its ratings: shape (U, V, V)."""
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(counts.shape[1])
    return np.asarray(pairs / (counts.sum(axis=1) - 1)[:, None, None])


def _alpha(coincidences: Values, values: Values, metric: Metric) -> float | None:
    totals = coincidences.sum(axis=1)
    distances = _distances(values, totals, metric)
    expected = float(totals @ distances @ totals) / (totals.sum() - 1)
    return None if expected <= 0 else 1 - float((coincidences * distances).sum()) / expected


def _distances(values: Values, totals: Values, metric: Metric) -> Values:
    """Squared distance of every two values, shape (V, V); `totals`: how often each was given."""
    gap = values[:, None] - values
    if metric == "nominal":
        return np.asarray(gap != 0, dtype=float)
    if metric == "interval":
        return np.asarray(gap**2)
    if metric == "ratio":
        size = values[:, None] + values
        return np.asarray(np.divide(gap, size, out=np.zeros_like(gap), where=size != 0) ** 2)
    middle = np.cumsum(totals) - totals / 2
    return np.asarray((middle[:, None] - middle) ** 2)


def _robust(values: Values | Sequence[float]) -> Values:
    """Modified z-scores; where more than half are equal, by the mean absolute deviation."""
    gaps = np.asarray(values) - np.median(values)
    spread = 1.4826 * np.median(np.abs(gaps)) or 1.2533 * np.abs(gaps).mean()
    return np.asarray(gaps / spread if spread > 0 else gaps * 0.0)
