"""Worlds with a known truth, and how often an interval covers it.

.venv/bin/python -m tests.statistics.simulate [REPEATS]     prints the table of docs/methods.md
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, norm

from harness.records import Number
from harness.stats import Pairs, combine, difference, mean, proportion, ratio

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


@dataclass(frozen=True)
class Coverage:
    """Share of intervals that hold the truth, and their mean width."""

    share: float
    width: float


def simulate(world: World, repeats: int) -> Coverage:
    """Draw and count. A missing estimate claims nothing and counts as covering; so does a missing upper end."""
    rng = np.random.default_rng([SEED, *f"{world.row}{world.n}{world.cell}".encode()])
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


def exact_wilson(n: int) -> list[float]:
    """Coverage of the proportion of n independent items at p = 0.05, 0.06 … 0.95: no simulation needed."""
    numbers = [proportion([1.0] * k + [0.0] * (n - k), None, LEVEL) for k in range(n + 1)]
    lows, highs = np.array([[number.low, number.high] for number in numbers], dtype=float).T
    shares = np.arange(0.05, 0.951, 0.01)
    return [float(binom.pmf(np.arange(n + 1), n, p) @ ((lows <= p) & (p <= highs))) for p in shares]


def proportions(sizes: Sequence[int], shares: Sequence[float], correlations: Sequence[float]) -> Iterator[World]:
    """0/1 items in clusters of 5, alike to the degree `icc` (beta-binomial)."""
    for icc in correlations:
        for n in sizes:
            for p in shares:
                yield World(f"proportion, clusters of 5, ICC {icc}", n, f"{p}", _clustered(n, p, icc))


def means(sizes: Sequence[int], shares: Sequence[float]) -> Iterator[World]:
    """Graded items: averages of 5 repeats, skewed scores, narrow scores; clustered ones."""
    for n in sizes:
        for p in shares:
            yield World("mean, 5 repeats an item", n, f"{p}", _graded(n, p, 1.0, repeats=5))
            yield World("mean, skewed scores", n, f"{p}", _graded(n, p, 0.5))
            yield World("mean, narrow scores", n, f"{p}", _graded(n, p, 10.0))
            yield World("mean, clusters of 5", n, f"{p}", _graded_clusters(n, p))


def sums(sizes: Sequence[int]) -> Iterator[World]:
    """Points over three tasks of different difficulty and weight."""
    for n in sizes:
        for shares in ((0.5, 0.5, 0.5), (0.05, 0.3, 0.9), (0.95, 0.95, 0.98)):
            yield World("combine, 3 tasks", n, "/".join(map(str, shares)), _summed(n, shares, (20.0, 10.0, 5.0)))


def comparisons(sizes: Sequence[int], shared: Sequence[float]) -> Iterator[World]:
    """Difference and ratio of two models; `shared`: share of items on which both depend on one draw."""
    for clustered in (False, True):
        where = "clusters of 4" if clustered else "independent items"
        for n in sizes:
            for first, second in ((0.5, 0.5), (0.3, 0.6), (0.95, 0.9), (0.1, 0.3)):
                for share in shared:
                    for name, of in (("difference", _difference), ("ratio", _ratio)):
                        draw = _compared(n, first, second, share, clustered=clustered, of=of)
                        yield World(f"{name}, {where}", n, f"{first} vs {second}, {share}", draw)


def _clustered(n: int, p: float, icc: float) -> Draw:
    labels = list(np.arange(n) % (n // 5))

    def draw(rng: Rng) -> tuple[Number, float]:
        chances = rng.beta(p * (1 / icc - 1), (1 - p) * (1 / icc - 1), n // 5)
        return proportion((rng.random(n) < chances[labels]).astype(float), labels, LEVEL), p

    return draw


def _graded(n: int, p: float, spread: float, repeats: int = 0) -> Draw:
    def draw(rng: Rng) -> tuple[Number, float]:
        scores = rng.beta(p * spread, (1 - p) * spread, n)
        return mean(rng.binomial(repeats, scores) / repeats if repeats else scores, None, LEVEL), p

    return draw


def _graded_clusters(n: int, p: float) -> Draw:
    labels = list(np.arange(n) % (n // 5))

    def draw(rng: Rng) -> tuple[Number, float]:
        centres = rng.beta(p * 3, (1 - p) * 3, n // 5)[labels]
        return mean(rng.binomial(4, centres) / 4, labels, LEVEL), p

    return draw


def _summed(n: int, shares: tuple[float, ...], weights: tuple[float, ...]) -> Draw:
    truth = float(np.dot(shares, weights))

    def draw(rng: Rng) -> tuple[Number, float]:
        numbers = [proportion((rng.random(n) < share).astype(float), None, LEVEL) for share in shares]
        return combine(numbers, weights), truth

    return draw


def _compared(
    n: int,
    first: float,
    second: float,
    shared: float,
    *,
    clustered: bool,
    of: Callable[[list[Pairs], float, float], tuple[Number | None, float]],
) -> Draw:
    """Two tasks of weights 2 and 1, n items each."""
    labels = np.arange(n) // 4

    def levels(rng: Rng) -> np.ndarray:
        if not clustered:
            return rng.random(n)
        return norm.cdf((rng.normal(size=n // 4 + 1)[labels] + rng.normal(size=n)) / 2**0.5)

    def task(rng: Rng, weight: float) -> Pairs:
        ours, theirs = levels(rng), levels(rng)
        theirs = np.where(rng.random(n) < shared, ours, theirs)
        clusters = list(labels) if clustered else None
        return Pairs((ours < first).astype(float), (theirs < second).astype(float), clusters, True, weight)

    return lambda rng: of([task(rng, 2.0), task(rng, 1.0)], first, second)


def _difference(tasks: list[Pairs], first: float, second: float) -> tuple[Number | None, float]:
    return difference(tasks, LEVEL), 3 * (first - second)


def _ratio(tasks: list[Pairs], first: float, second: float) -> tuple[Number | None, float]:
    return ratio(tasks, LEVEL), first / second


def everything() -> Iterator[World]:
    """All worlds of the table."""
    sizes, shares = (20, 60, 200, 500), (0.05, 0.3, 0.5, 0.9, 0.95)
    yield from proportions(sizes, shares, (0.1, 0.3, 0.8))
    yield from means(sizes, shares)
    yield from sums(sizes)
    yield from comparisons(sizes, (0.0, 0.5, 0.9))


def table(repeats: int) -> str:
    """Least, mean and greatest coverage of each row and n, as Markdown."""
    found: dict[tuple[str, int], list[float]] = {}
    for n in (20, 60, 200, 500):
        found["proportion, independent items (exact)", n] = exact_wilson(n)
    for world in everything():
        found.setdefault((world.row, world.n), []).append(simulate(world, repeats).share)
    rows = list(dict.fromkeys(row for row, _ in found))
    sizes = sorted({n for _, n in found})
    lines = ["| interval | " + " | ".join(f"n = {n}" for n in sizes) + " |", "|---" * (len(sizes) + 1) + "|"]
    lines += [f"| {row} | " + " | ".join(_cell(found[row, n]) for n in sizes) + " |" for row in rows]
    return "\n".join(lines)


def _cell(shares: Sequence[float]) -> str:
    return f"{100 * np.mean(shares):.1f} ({100 * min(shares):.1f}–{100 * max(shares):.1f})"


if __name__ == "__main__":
    sys.stdout.write(table(int(sys.argv[1]) if len(sys.argv) > 1 else 2000) + "\n")
