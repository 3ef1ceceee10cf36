"""Bases of two residual streams brought together: as they stand, or by a rotation that tokens or layers determine."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from harness.audit.finding import LEFT_OUT, Component, Finding
from harness.audit.matrices import unit
from harness.audit.rows import crossed, polar
from harness.audit.tables import Table
from harness.audit.values import Floats, Ids

MEMORY_GIB = 4.0
"""What an audit may take."""
MATRICES, BESIDE_GIB = 7, 0.5
"""Matrices of width x width in 64 bits that are held at once when two streams are brought together; all beside them."""

FrameName = Literal["as stored", "by vocabulary", "by patches", "by layers"]


def widest(memory_gib: float) -> int:
    """The widest streams that are turned within so much memory: 8,192 in 4 GiB."""
    return math.isqrt(int(max(0.0, memory_gib - BESIDE_GIB) * 2**30) // (8 * MATRICES))


def memory_for(width: int) -> int:
    """What streams of this width need to be turned, whole GiB."""
    return math.ceil(8 * MATRICES * width**2 / 2**30 + BESIDE_GIB)


def left_out(component: Component, candidate: str, method: str, width: int, memory_gib: float) -> Finding:
    """What is said where the memory does not suffice: then no evidence is no conclusion either."""
    return Finding(
        component=component, candidate=candidate, method=method, strength="not_comparable",
        statement=f"to turn a stream of {width:,} dimensions takes {memory_for(width)} GiB of memory, and"
        f" {memory_gib:g} were given", details={LEFT_OUT: True},
    )  # fmt: skip


@dataclass(frozen=True)
class Frame:
    """How vectors of the audited stream are expressed in the candidate's."""

    name: FrameName
    rotation: Floats | None
    """(audited width, candidate's width); None: as stored, for streams of one width."""
    without: Callable[[int], Floats | None] | None = None
    """For a rotation that the layers determined: one that has not seen the given layer, None where there is none."""

    def bring(self, vectors: Floats) -> Floats:
        """Rows of the audited stream in the candidate's basis, of unit length."""
        if self.rotation is None:
            return vectors
        return unit(vectors @ self.rotation)


def procrustes(ours: Table, theirs: Table, tokens: Ids | None = None) -> Floats:
    """The (semi-)orthogonal R that brings `ours` (tokens, width) nearest to `theirs`: U Vᵀ of oursᵀ theirs.

    Rows, those of the given `tokens` or all, are centred and given unit length first, so that frequent tokens do not
    decide alone.
    """
    return polar(crossed(ours, theirs, tokens))
