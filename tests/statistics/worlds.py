"""Worlds with a known truth: how each kind of number arises, and what it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy.stats import norm

from harness.records import Number
from harness.stats import (
    Items,
    Pairs,
    combine,
    crossed_mean,
    difference,
    fixed_mean,
    mean,
    percentile,
    proportion,
    rater_difference,
    rater_mean,
    ratio,
    resample,
)
from tests.statistics.simulate import LEVEL, Draw, Rng, World

Of = Callable[[list[Pairs], float, float], tuple[Number | None, float]]
"""A comparison of pairs whose true shares are given: the estimate and the truth."""

RESAMPLES = 400


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
    of: Of,
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


def near(sizes: Sequence[int]) -> Iterator[World]:
    """Two models that differ on few items: `more` and `less` are the shares that only one of them answers rightly."""
    for where, together in (("near-identical models", 1), ("near-identical models, clusters of 6", 6)):
        for n in sizes:
            for more, less in ((0.03, 0.03), (0.06, 0.03), (0.02, 0.08)):
                for name, of in (("difference", _difference), ("ratio", _ratio)):
                    yield World(f"{name}, {where}", n, f"{more} vs {less}", _alike(n, more, less, together, of))


def bootstraps(sizes: Sequence[int]) -> Iterator[World]:
    """Totals of three tasks and the difference of two models' totals, by joint resampling."""
    for n in sizes:
        for shares in ((0.5, 0.5, 0.5), (0.05, 0.3, 0.9), (0.95, 0.95, 0.98)):
            cell = "/".join(map(str, shares))
            yield World("bootstrap total, 3 tasks", n, cell, _resampled(n, shares, (20.0, 10.0, 5.0), paired=False))
            yield World(
                "bootstrap difference of totals", n, cell, _resampled(n, shares, (20.0, 10.0, 5.0), paired=True)
            )


def panels(sizes: Sequence[int]) -> Iterator[World]:
    """`n` raters of different severity."""
    for n in sizes:
        yield World("rater mean", n, "normal", _rated(n, paired=False))
        yield World("rater difference", n, "normal", _rated(n, paired=True))
        yield World("crossed mean, raters and 8 units", n, "normal", _crossed(n))


def fixed(sizes: Sequence[int]) -> Iterator[World]:
    """These very items, 5 repeats each: only the repeats vary."""
    for n in sizes:
        for p in (0.1, 0.5, 0.9):
            yield World("fixed test, 5 repeats: mean", n, f"{p}", _fixed_mean(n, p))
            yield World("fixed test, 5 repeats: difference", n, f"{p}", _fixed_difference(n, p))


def _alike(
    n: int,
    more: float,
    less: float,
    together: int,
    of: Of,
) -> Draw:
    labels = np.arange(n) // together
    common = 0.5

    def draw(rng: Rng) -> tuple[Number | None, float]:
        own, shared = rng.random(n), rng.random(n // together + 1)[labels]
        fate = np.where(rng.random(n) < 0.5, own, shared) if together > 1 else own
        first = (fate < common) | ((fate >= common) & (fate < common + more))
        second = (fate < common) | ((fate >= 1 - less) & (fate < 1))
        clusters = list(labels) if together > 1 else None
        task = Pairs(first.astype(float), second.astype(float), clusters, True, 3.0)
        return of([task], common + more, common + less)

    return draw


def _resampled(n: int, shares: Sequence[float], weights: tuple[float, ...], *, paired: bool) -> Draw:
    """Two models that share half of their luck."""
    ids = tuple(map(str, range(n)))

    def row(rng: Rng, share: float) -> list[Items]:
        luck = rng.random(n)
        lucks = [luck, np.where(rng.random(n) < 0.5, luck, rng.random(n))]
        return [Items(ids, (each < share).astype(float), None, True) for each in lucks]

    def draw(rng: Rng) -> tuple[Number, float]:
        found = resample([row(rng, share) for share in shares], RESAMPLES, rng)
        totals, seen = found.weighted(np.array(weights)), found.value(np.array(weights))
        if paired:
            totals, seen = totals[:, :1] - totals[:, 1:], seen[:1] - seen[1:]
        low, high = percentile(totals[:, :1], LEVEL)
        value = float(seen[0])
        number = Number(value=value, low=min(float(low[0]), value), high=max(float(high[0]), value), level=LEVEL)
        return number, 0.0 if paired else float(np.dot(weights, shares))

    return draw


def _rated(n: int, *, paired: bool) -> Draw:
    def draw(rng: Rng) -> tuple[Number, float]:
        severity = rng.normal(0, 1, n)
        scores = severity[:, None] + np.array([7.0, 6.5]) + rng.normal(0, 0.7, (n, 2))
        if paired:
            return rater_difference(scores[:, 0], scores[:, 1], LEVEL), 0.5
        return rater_mean(scores, LEVEL)[0], 7.0

    return draw


def _crossed(n: int) -> Draw:
    def draw(rng: Rng) -> tuple[Number, float]:
        raters, units = rng.normal(0, 1, n), rng.normal(0, 0.7, 8)
        return crossed_mean(7 + raters[:, None] + units + rng.normal(0, 0.5, (n, 8)), LEVEL), 7.0

    return draw


def _repeated(rng: Rng, chances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scores = rng.binomial(5, chances) / 5
    return scores, scores * (1 - scores) / 4  # the sample variance of five 0/1 draws over 5


def _fixed_mean(n: int, p: float) -> Draw:
    chances = np.random.default_rng(n).beta(2 * p, 2 * (1 - p), n)
    return lambda rng: (fixed_mean(*_repeated(rng, chances), LEVEL), float(chances.mean()))


def _fixed_difference(n: int, p: float) -> Draw:
    first, second = (np.random.default_rng([n, model]).beta(2 * p, 2 * (1 - p), n) for model in (0, 1))

    def draw(rng: Rng) -> tuple[Number, float]:
        (ours, noise), (theirs, other) = _repeated(rng, first), _repeated(rng, second)
        task = Pairs(ours, theirs, None, False, 3.0, (noise, other))
        return difference([task], LEVEL, "fixed"), float(3 * (first - second).mean())

    return draw


def everything() -> Iterator[World]:
    """All worlds of the table."""
    sizes, shares = (20, 60, 200, 500), (0.05, 0.3, 0.5, 0.9, 0.95)
    yield from proportions(sizes, shares, (0.1, 0.3, 0.8))
    yield from means(sizes, shares)
    yield from sums(sizes)
    yield from comparisons(sizes, (0.0, 0.5, 0.9))
    yield from near((60, 200, 500))
    yield from bootstraps(sizes)
    yield from panels((5, 20, 60))
    yield from fixed(sizes)
