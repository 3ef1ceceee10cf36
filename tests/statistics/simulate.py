"""How often an interval covers the truth of a world: by drawing, or exactly where the draws can be counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from harness.records import Number
from harness.stats import Tails, proportion

LEVEL = 0.95
SEED = 20260115

Rng = np.random.Generator
Draw = Callable[[Rng], tuple[Number | None, float]]
"""One sample of a world: the estimate (None: there is none) and the truth."""


@dataclass(frozen=True)
class World:
    """A way to draw samples, with the name of its row and column in the table."""

    row: str
    n: int
    cell: str
    draw: Draw

    @property
    def name(self) -> str:
        """What tells it from every other world."""
        return f"{self.row}, n={self.n}, {self.cell}"


@dataclass(frozen=True)
class Coverage:
    """Share of intervals that hold the truth, and their mean width."""

    share: float
    width: float


def simulate(world: World, repeats: int, batch: int = 0) -> Coverage:
    """Draw and count. A missing estimate claims nothing and counts as covering; so does a missing upper end.

    Batches are independent of one another.
    """
    rng = np.random.default_rng([SEED + batch, *f"{world.row}{world.n}{world.cell}".encode()])
    held, widths = 0, []
    for _ in range(repeats):
        number, truth = world.draw(rng)
        if number is None or number.low is None:
            held += 1
            continue
        high = np.inf if number.high is None else number.high
        held += number.low <= truth <= high
        widths.append(high - number.low)
    return Coverage(held / repeats, float(np.mean(widths)) if widths else np.nan)


MIDDLE = np.arange(0.05, 0.951, 0.01)
ENDS = np.concatenate([np.arange(0.005, 0.05, 0.005), np.arange(0.955, 1.0, 0.005)])
"""Shares of right items: 0.05 to 0.95, and nearer to the ends of the scale."""


def exact_coverage(n: int, shares: np.ndarray, tails: Tails = "score") -> list[float]:
    """Coverage of the proportion of n independent items at each share: no simulation needed."""
    numbers = [proportion([1.0] * k + [0.0] * (n - k), None, LEVEL, tails) for k in range(n + 1)]
    lows, highs = np.array([[number.low, number.high] for number in numbers], dtype=float).T
    return [float(binom.pmf(np.arange(n + 1), n, p) @ ((lows <= p) & (p <= highs))) for p in shares]


def out_of_reach(n: int, shares: np.ndarray, least: float = 0.94, most: float = 0.96) -> float:
    """Share of truths at which no interval whatever, of n independent 0/1 items, covers between `least` and `most`.

    An interval covers a truth for some run of counts (it moves up with the count), so its coverage there is the chance
    of that run: what no run reaches, no method does.
    """
    return float(np.mean([not _reached(binom.cdf(np.arange(n + 1), n, p), least, most) for p in shares]))


def _reached(chances: np.ndarray, least: float, most: float) -> bool:
    below = np.concatenate([[0.0], chances])
    runs = below[None, :] - below[:, None]
    return bool(((runs >= least) & (runs <= most)).any())


@dataclass(frozen=True)
class Row:
    """Coverage of one kind of interval at one size, over all its settings."""

    row: str
    n: int
    mean: float
    least: float
    greatest: float
    settings: int
    draws: int
    """In each setting; 0: exact."""


EXACT: tuple[tuple[str, np.ndarray, Tails], ...] = (
    ("proportion, independent items (exact)", MIDDLE, "score"),
    ("proportion, independent items, below 0.05 and above 0.95 (exact)", ENDS, "score"),
    ("proportion by exact tails, independent items (exact)", MIDDLE, "exact"),
    ("proportion by exact tails, independent items, below 0.05 and above 0.95 (exact)", ENDS, "exact"),
)
SIZES = (20, 60, 200, 500)


def rows(measured: Sequence[tuple[World, float]], draws: int) -> list[Row]:
    """The exact coverages, then the worlds' by row and size."""
    found = [_row(row, n, exact_coverage(n, shares, tails), 0) for row, shares, tails in EXACT for n in SIZES]
    drawn: dict[tuple[str, int], list[float]] = {}
    for world, share in measured:
        drawn.setdefault((world.row, world.n), []).append(share)
    return found + [_row(row, n, shares, draws) for (row, n), shares in drawn.items()]


def _row(row: str, n: int, shares: Sequence[float], draws: int) -> Row:
    return Row(row, n, float(np.mean(shares)), min(shares), max(shares), len(shares), draws)
