"""The fewest changes that meet several demands at once: an integer programme, with what is proven of its answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from harness.stats.clusters import Values

NODES = 100
"""Nodes of the search; a limit of time would make the answer depend on the machine."""
CELLS = 4_000_000
"""Demands × kinds of changes above which nothing is searched."""
ROUNDING = 1e-9
DIGITS = 12
"""Gains that agree to so many digits are of one kind."""


@dataclass(frozen=True)
class Cover:
    """How many changes meet all demands."""

    least: int
    """No fewer do."""
    most: int
    """So many do; equal to `least` where the search was finished."""


def cover(gains: Values, gaps: Values, needed: int = 0, choice: NDArray[np.bool_] | None = None) -> Cover | None:
    """The fewest of N changes whose gains reach every gap; None where all of them together do not.

    gains: (K, N), not negative: what each change adds to each of K margins; gaps: (K,), what is to be reached. Of the
    demands marked in `choice`, (K,), `needed` have to be met, whichever; all of the others.
    """
    optional = np.zeros(len(gaps), bool) if choice is None else choice
    kinds, counts = _kinds(gains)
    plain = _one_by_one(kinds, counts, gaps, optional, needed)
    if plain is None or plain.least == plain.most or kinds.size > CELLS:
        return plain
    return _searched(kinds, counts, gaps, optional, needed, plain)


def _kinds(gains: Values) -> tuple[Values, Values]:
    """Unlike columns, (K, M), and how many changes are of each kind, (M,)."""
    found, counts = np.unique(np.round(gains, DIGITS), axis=1, return_counts=True)
    return found, counts.astype(float)


def _one_by_one(kinds: Values, counts: Values, gaps: Values, optional: NDArray[np.bool_], needed: int) -> Cover | None:
    """Bounds from each demand alone: the hardest is a least, all together are a most."""
    alone = np.array([_alone(row, counts, gap) for row, gap in zip(kinds, gaps, strict=True)])
    every = [*alone[~optional], *sorted(alone[optional])[:needed]]
    if optional.sum() < needed or not np.isfinite(every).all():
        return None
    return Cover(int(max(every, default=0)), int(sum(every)))


def _alone(row: Values, counts: Values, gap: float) -> float:
    """The fewest changes that reach one gap, the largest gains first; infinite where all do not."""
    if gap <= ROUNDING:
        return 0.0
    order = np.argsort(-row, kind="stable")
    reached = np.cumsum(row[order] * counts[order])
    at = int(np.searchsorted(reached, gap - ROUNDING, side="left"))
    if at == len(order):
        return math.inf
    before, taken = (float(reached[at - 1]), float(counts[order][:at].sum())) if at else (0.0, 0.0)
    return taken + math.ceil((gap - ROUNDING - before) / float(row[order][at]))


def _searched(
    kinds: Values, counts: Values, gaps: Values, optional: NDArray[np.bool_], needed: int, plain: Cover
) -> Cover:
    """Integers x (changes of each kind) and, for a demand that may be left, y: whether it is met."""
    free = np.flatnonzero(optional)
    scale = np.where(kinds.max(axis=1) > 0, kinds.max(axis=1), 1.0)
    slack = np.zeros((len(gaps), len(free)))
    slack[free, np.arange(len(free))] = -gaps[free] / scale[free]
    demands = np.hstack([kinds / scale[:, None], slack])
    least = np.where(optional, 0.0, (gaps - ROUNDING) / scale)
    chosen = np.concatenate([np.zeros(len(counts)), np.ones(len(free))])
    found = milp(
        np.concatenate([np.ones(len(counts)), np.zeros(len(free))]),
        integrality=np.ones(len(counts) + len(free), dtype=int),
        bounds=Bounds(0, np.concatenate([counts, np.ones(len(free))])),
        constraints=[LinearConstraint(demands, least), LinearConstraint(chosen[None], needed)],
        options={"node_limit": NODES},
    )
    proven = plain.least if found.mip_dual_bound is None else math.ceil(found.mip_dual_bound - 1e-6)
    reached = plain.most
    if found.x is not None and _meets(found.x, kinds, gaps, optional, needed):
        reached = min(reached, int(np.round(found.x[: len(counts)]).sum()))
    return Cover(min(max(proven, plain.least), reached), reached)


def _meets(solution: Values, kinds: Values, gaps: Values, optional: NDArray[np.bool_], needed: int) -> bool:
    """Whether the solution does it beyond the solver's tolerance."""
    met = kinds @ np.round(solution[: kinds.shape[1]]) >= gaps - ROUNDING
    return bool(met[~optional].all() and met[optional].sum() >= needed)
