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
MARGIN = 1e-5
"""Solver's tolerance, in changes of the largest gain."""
DIGITS = 12
"""Gains that agree to so many digits are of one kind."""


@dataclass(frozen=True)
class Cover:
    """How many changes meet all demands."""

    least: int
    """No fewer do."""
    most: int
    """So many do; equal to `least` where the search was finished."""


def cover(
    gains: Values,
    gaps: Values,
    needed: int = 0,
    choice: NDArray[np.bool_] | None = None,
    strict: NDArray[np.bool_] | None = None,
) -> Cover | None:
    """The fewest of N changes whose gains reach every gap; None where all of them together do not.

    gains: (K, N), not negative: what each change adds to each of K margins; gaps: (K,), what is to be reached, and
    exceeded where `strict`. Of the demands marked in `choice`, (K,), `needed` have to be met, whichever; all others.
    """
    optional = np.zeros(len(gaps), bool) if choice is None else choice
    beyond = np.zeros(len(gaps), bool) if strict is None else strict
    kinds, counts = _kinds(gains)
    demands = _Demands(kinds, counts, gaps + np.where(beyond, ROUNDING, -ROUNDING), beyond, optional, needed)
    plain = _one_by_one(demands)
    return plain if plain is None or plain.least == plain.most or kinds.size > CELLS else _searched(demands, plain)


@dataclass(frozen=True)
class _Demands:
    kinds: Values
    """Unlike columns of gains, shape (K, M)."""
    counts: Values
    """How many changes are of each kind, shape (M,)."""
    reach: Values
    """What each demand must reach, rounding considered, shape (K,)."""
    strict: NDArray[np.bool_]
    optional: NDArray[np.bool_]
    needed: int


def _kinds(gains: Values) -> tuple[Values, Values]:
    """Unlike columns, (K, M), and how many changes are of each kind, (M,)."""
    found, counts = np.unique(np.round(gains, DIGITS), axis=1, return_counts=True)
    return found, counts.astype(float)


def _one_by_one(demands: _Demands) -> Cover | None:
    """Bounds from each demand alone: the hardest is a least, all together are a most."""
    alone = np.array([_alone(row, demands.counts, at) for row, at in zip(demands.kinds, demands.reach, strict=True)])
    every = [*alone[~demands.optional], *sorted(alone[demands.optional])[: demands.needed]]
    if demands.optional.sum() < demands.needed or not np.isfinite(every).all():
        return None
    return Cover(int(max(every, default=0)), int(min(sum(every), demands.counts.sum())))


def _alone(row: Values, counts: Values, reach: float) -> float:
    """The fewest changes that reach one demand, the largest gains first; infinite where all do not."""
    if reach <= 0:
        return 0.0
    order = np.argsort(-row, kind="stable")
    reached = np.cumsum(row[order] * counts[order])
    at = int(np.searchsorted(reached, reach, side="left"))
    if at == len(order):
        return math.inf
    before, taken = (float(reached[at - 1]), float(counts[order][:at].sum())) if at else (0.0, 0.0)
    return taken + math.ceil((reach - before) / float(row[order][at]))


def _searched(demands: _Demands, plain: Cover) -> Cover:
    """Integers x (changes of each kind) and, for a demand that may be left, y: whether it is met."""
    kinds, counts, free = demands.kinds, demands.counts, np.flatnonzero(demands.optional)
    scale = np.where(kinds.max(axis=1) > 0, kinds.max(axis=1), 1.0)
    # What must be exceeded is exceeded by more than the solver's tolerance.
    reach = demands.reach / scale + np.where(demands.strict, MARGIN, 0.0)
    slack = np.zeros((len(reach), len(free)))
    slack[free, np.arange(len(free))] = -reach[free]
    chosen = np.concatenate([np.zeros(len(counts)), np.ones(len(free))])
    found = milp(
        1 - chosen,
        integrality=np.ones(len(chosen), dtype=int),
        bounds=Bounds(0, np.concatenate([counts, np.ones(len(free))])),
        constraints=[
            LinearConstraint(np.hstack([kinds / scale[:, None], slack]), np.where(demands.optional, 0.0, reach)),
            LinearConstraint(chosen[None], demands.needed),
        ],
        options={"node_limit": NODES},
    )
    proven = plain.least if found.mip_dual_bound is None else math.ceil(found.mip_dual_bound - MARGIN)
    reached = plain.most
    if found.x is not None and _meets(np.round(found.x[: len(counts)]), demands):
        reached = min(reached, int(np.round(found.x[: len(counts)]).sum()))
    return Cover(min(max(proven, plain.least), reached), reached)


def _meets(solution: Values, demands: _Demands) -> bool:
    """Whether so many of each kind do it beyond the solver's tolerance."""
    met = demands.kinds @ solution >= demands.reach
    return bool(met[~demands.optional].all() and met[demands.optional].sum() >= demands.needed)
