"""What the entrants of a round are audited against."""

from __future__ import annotations

from pydantic import Field

from harness.plan.base import Frozen
from harness.plan.model import Model

MEMORY_GIB = 4.0
"""What an audit may take where nothing is said."""

MOST_MEMORY_GIB = 1 << 20
"""More than any machine has."""


class Audit(Frozen):
    """The independence audit that `harness eval` makes of every entrant whose weights are open."""

    candidates: tuple[Model, ...] = Field(min_length=1)
    """Models that an entrant may descend from, each with its owner; an entrant is never held against itself."""
    nulls: tuple[Model, ...] = ()
    """Models known to be independent of each other: what pairs of them reach supports nothing."""
    memory_gib: float = Field(MEMORY_GIB, ge=1, le=MOST_MEMORY_GIB)
    """What an audit may take; streams too wide to be turned within it are compared as they are stored."""
