"""Ranks of entrants by their totals, and how sure they are. A higher total is better; the best has rank 1."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from harness.stats.clusters import Values
from harness.stats.multiplicity import critical_of

TIE = 1e-9
"""Totals this near are equal."""


@dataclass(frozen=True)
class RankIntervals:
    """Ranks that hold the true ranks of all entrants together at their level."""

    low: NDArray[np.intp]
    """Best rank each entrant may have, shape (E,)."""
    high: NDArray[np.intp]
    """Worst rank, shape (E,)."""
    above: NDArray[np.bool_]
    """[i, j]: i surely lies above j, shape (E, E)."""


def rank_intervals(estimates: Values, replicates: Values, level: float, centres: Values | None = None) -> RankIntervals:
    """Mogstad, Romano, Shaikh & Wilhelm (2024, Review of Economic Studies 91), simultaneous over all entrants.

    Every two totals are compared by the studentised difference of their joint replicates, step-down max-T (Romano &
    Wolf 2005) over all pairs and both directions. Best rank: 1 + how many surely lie above; worst: E - how many surely
    lie below. estimates: (E,), replicates: (B, E), centres: what they spread about, (E,), the estimates where None
    (`Replicates.centre`). A pair whose difference does not vary is taken as it is observed.
    """
    above = surely_above(estimates, replicates, level, centres)
    return RankIntervals(1 + above.sum(axis=0), len(estimates) - above.sum(axis=1), above)


def surely_above(
    estimates: Values, replicates: Values, level: float, centres: Values | None = None
) -> NDArray[np.bool_]:
    """[i, j]: whether i surely lies above j, shape (E, E); arguments as in `rank_intervals`."""
    found = np.zeros((len(estimates), len(estimates)), dtype=bool)
    pairs = np.array(list(combinations(range(len(estimates)), 2)), dtype=int).reshape(-1, 2)
    if len(pairs) == 0:
        return found
    gaps, about = (_gaps(each, pairs) for each in (estimates, estimates if centres is None else centres))
    for index in _step_down(gaps, about, _gaps(replicates, pairs), level):
        first, second = pairs[index] if gaps[index] > 0 else pairs[index][::-1]
        found[first, second] = True
    return found


def _gaps(totals: Values, pairs: NDArray[np.intp]) -> Values:
    return np.asarray(totals[..., pairs[:, 0]] - totals[..., pairs[:, 1]])


def _step_down(gaps: Values, centres: Values, replicates: Values, level: float) -> NDArray[np.intp]:
    """Which of K differences are surely not 0: those beyond the quantile of the largest are set aside, and again.

    A difference that lies on the other side of 0 than its centre settles nothing.
    """
    spread = replicates.std(axis=0, ddof=1)
    spread = np.where(spread > TIE, spread, 0.0)
    reach = np.where(gaps * centres > 0, np.abs(centres), 0.0) / np.where(spread > 0, spread, 1.0)
    scores = np.where(spread > 0, reach, np.where(np.abs(gaps) > TIE, np.inf, 0.0))
    deviations = replicates - centres
    left = np.ones(len(gaps), dtype=bool)
    while left.any():
        beyond = left & (scores > critical_of(deviations[:, left], spread[left], level))
        if not beyond.any():
            break
        left &= ~beyond
    return np.flatnonzero(~left)


def rank_probabilities(replicates: Values) -> Values:
    """[e, r]: share of resamples, shape (B, E), in which entrant e has rank r + 1; who tie share their ranks equally.

    It says how often another draw of items like these would rank so if the observed totals were the true ones.
    """
    count = replicates.shape[1]
    shares = np.zeros((count, count))
    for entrant in range(count):
        gap = replicates - replicates[:, [entrant]]
        better, equal = (gap > TIE).sum(axis=1), (np.abs(gap) <= TIE).sum(axis=1)
        for rank in range(count):
            held = (better <= rank) & (rank < better + equal)
            shares[entrant, rank] = (held / equal).mean()
    return shares


def last_probabilities(replicates: Values) -> Values:
    """Share of resamples, shape (B, E), in which each entrant has the lowest total, shape (E,); ties are shared."""
    lowest = replicates <= replicates.min(axis=1, keepdims=True) + TIE
    return np.asarray((lowest / lowest.sum(axis=1, keepdims=True)).mean(axis=0))


def stays(totals: Values, passed: NDArray[np.bool_], keep: int) -> NDArray[np.bool_]:
    """Who is among the `keep` highest totals of those who passed; who ties with the last of them stays.

    totals, passed: (..., E), any leading axes (resamples); the result has their shape.
    """
    held = np.where(passed, totals, -np.inf)
    better = (held[..., None, :] > held[..., :, None] + TIE).sum(axis=-1)
    return np.asarray(passed & (better < keep))


def p_reversal(observed: NDArray[np.generic], replicated: NDArray[np.generic]) -> Values:
    """Share of resamples, (B, E), in which a decision, (E,), comes out otherwise. Shape (E,)."""
    return np.asarray((replicated != observed).mean(axis=0))
