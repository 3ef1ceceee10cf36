"""A panel's scores as numbers: rater-aware intervals, draws, and what is odd about the raters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.plan import PanelMean
from harness.records import Number
from harness.stats import rater_mean, rater_replicates
from harness.verdict.inputs import Panel

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Rated:
    """One source's view of a panel."""

    raters: tuple[str, ...]
    entrants: tuple[str, ...]
    scores: Values
    """Mean over the criteria that count, shape (raters, entrants); NaN where a rater left one out."""
    whole: NDArray[np.bool_]
    """Entrants with every score that the rules ask for, shape (entrants,)."""
    spread: Literal["population", "fixed"]
    means: Values
    """Shape (entrants,); NaN for who lacks a score that the rules ask for."""
    draws: Values
    """Shape (resamples, entrants); the numbers themselves where the raters are all that count."""

    def number(self, entrant: str, level: float) -> Number | None:
        """Mean over raters; None where a score is missing that the rules ask for, or for who is no entrant."""
        if entrant not in self.entrants or not self.whole[self.entrants.index(entrant)]:
            return None
        at = self.entrants.index(entrant)
        return rater_mean(self.scores[:, at : at + 1], level, self.spread)[0]


def together(views: Sequence[tuple[Rated, float]], entrant: str, level: float) -> Number | None:
    """The weighted sum of several views of one panel: what a rater gives here and there hangs together.

    Summed by rater where all views have the same raters; else as if they hung together entirely. None where one has no
    number.
    """
    numbers = [view.number(entrant, level) for view, _ in views]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return None
    first = views[0][0]
    if all((view.raters, view.spread) == (first.raters, first.spread) for view, _ in views):
        summed = np.sum([weight * view.scores[:, view.entrants.index(entrant)] for view, weight in views], axis=0)
        return rater_mean(summed[:, None], level, first.spread)[0]
    weights = [weight for _, weight in views]
    value, low, high = (
        sum(weight * end for weight, end in zip(weights, ends, strict=True))
        for ends in zip(*((each.value, *_ends(each)) for each in known), strict=True)
    )
    return Number(value=value, low=low, high=high, level=level, n=max(each.n or 0 for each in known))


def _ends(number: Number) -> tuple[float, float]:
    """Both ends; the value itself where raters are all that count."""
    if number.low is None or number.high is None:
        return number.value, number.value
    return number.low, number.high


def rated(panel: Panel, source: PanelMean, resamples: int, seed: int) -> Rated:
    """The entrants' means over a panel's raters."""
    scores, raters = ratings(panel, source), panel.raters
    if source.missing == "leave_out":
        there = np.asarray(~np.isnan(scores).any(axis=1))
        scores, raters = scores[there], tuple(rater for rater, kept in zip(raters, there, strict=True) if kept)
    whole = np.asarray((~np.isnan(scores)).all(axis=0) & (len(scores) >= source.least_raters))
    means = np.full(len(panel.entrants), np.nan)
    if whole.any():
        means[whole] = scores[:, whole].mean(axis=0)
    draws = np.tile(means, (resamples, 1))
    if whole.any() and source.raters == "population":
        draws[:, whole] = rater_replicates(scores[:, whole], resamples, np.random.default_rng(seed))
    return Rated(raters, panel.entrants, scores, whole, source.raters, means, draws)


def ratings(panel: Panel, source: PanelMean) -> Values:
    """Each rater's mean over the criteria that count, shape (raters, entrants); NaN where one is missing."""
    chosen = [panel.criteria.index(name) for name in source.criteria or panel.criteria]
    means: Values = panel.scores[:, :, chosen].mean(axis=2)
    return means
