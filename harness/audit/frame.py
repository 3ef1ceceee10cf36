"""Bases of two residual streams brought together: as they stand, or by a rotation that tokens or layers determine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from harness.audit.matrices import unit
from harness.audit.rows import crossed, polar
from harness.audit.tables import Table
from harness.audit.values import Floats, Ids

FrameName = Literal["as stored", "by vocabulary", "by patches", "by layers"]


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
