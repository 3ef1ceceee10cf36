"""One rotation that turns every matrix of one list into its partner of another: R with A_i R = R B_i for all i.

X -> sum of A_i X B_iᵀ + A_iᵀ X B_i is, but for R, a positive map; its leading eigenvector is then P R with P positive
definite (Perron and Frobenius for positive maps: Evans and Høegh-Krohn, J. London Math. Soc. 17, 1978), whose polar
factor is R. So power iteration finds R from any start, exactly where the partners are exact, and where training has
moved them as long as their likeness is above about one over the root of their number.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.audit.rows import polar
from harness.audit.values import Floats

Partners = Sequence[tuple[Floats, Floats]]
"""(width, width) of the audited stream and of the candidate's, each of length 1 and without trace."""
MOST_STEPS, ROUGH_STEPS = 60, 30
SETTLED = 1e-3
"""Change of the iterate, of length 1, at which it is left."""
POLISH = 8
SEED = 20250321


def rotation(partners: Partners, *, finished: bool = True) -> Floats:
    """(audited width, candidate's width), orthogonal, up to its sign, which no pair of matrices determines.

    Not `finished`, it is good enough to tell which of many partners belong together.
    """
    ours, theirs = _both_ways(partners)
    width, other = ours.shape[1], theirs.shape[2]
    turn = np.random.default_rng(SEED).normal(size=(width, other)).astype(np.float32)
    turn /= np.linalg.norm(turn)
    for _ in range(MOST_STEPS if finished else ROUGH_STEPS):
        moved = _applied(ours, theirs, turn)
        moved /= max(float(np.linalg.norm(moved)), 1e-30)
        change = float(np.linalg.norm(moved - turn))
        turn = moved
        if change < SETTLED:
            break
    return _polished(polar(turn), ours, theirs) if finished else polar(turn)


def polished(turn: Floats, partners: Partners) -> Floats:
    """A rotation that is nearly right, fitted to these partners among rotations alone."""
    return _polished(turn, *_both_ways(partners))


def _polished(turn: Floats, ours: Floats, theirs: Floats) -> Floats:
    for _ in range(POLISH):
        turn = polar(_applied(ours, theirs, turn))
    return turn


def likeness(turn: Floats, partners: Partners) -> float:
    """Mean cosine of the partners under a rotation."""
    return float(np.mean([np.sum((turn.T @ ours @ turn) * theirs) for ours, theirs in partners]))


def _both_ways(partners: Partners) -> tuple[Floats, Floats]:
    """Stacked A_i (n, d, d) and B_iᵀ (n, e, e), transposes beside what is not symmetric."""
    ours: list[Floats] = []
    theirs: list[Floats] = []
    for one, other in partners:
        ours.append(one)
        theirs.append(other.T)
        if not np.allclose(one, one.T, atol=1e-6):
            ours.append(one.T)
            theirs.append(other)
    return np.stack(ours), np.stack(theirs)


def _applied(ours: Floats, theirs: Floats, turn: Floats) -> Floats:
    """Sum of A_i X B_iᵀ as two large products."""
    count, width, _ = ours.shape
    other = theirs.shape[2]
    left = (ours.reshape(count * width, width) @ turn).reshape(count, width, other)
    moved = left.transpose(1, 0, 2).reshape(width, count * other) @ theirs.reshape(count * other, other)
    return np.asarray(moved, np.float32)
