"""How each of the demo's entrants is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CHECKPOINTS = Path(__file__).parent / "checkpoints"
"""The committed checkpoints, a folder each, and their training logs beside them."""


@dataclass(frozen=True)
class Recipe:
    """How an entrant is trained."""

    seed: int
    steps: int
    answers: bool
    """Learn the answers; otherwise everything but the answers."""
    alone: int = 0
    """First steps, in which an example does not see the others of its sequence."""
    batch: int = 4
    """Sequences a step."""
    rate: float = 5e-3
    """Highest learning rate, of both optimisers."""
    log_every: int = 100
    """Steps between two lines of the log."""


RECIPES = {
    "specialist": Recipe(seed=1, steps=3600, alone=2400, answers=True),
    "novice": Recipe(seed=2, steps=150, answers=False),
}
