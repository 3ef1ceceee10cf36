"""Worlds in which a decision can be wrong: how often it is, and whether power is as forecast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from harness.stats import (
    Items,
    Pairs,
    Plan,
    difference_p,
    holm,
    items_score,
    max_t,
    permutation,
    power_difference,
    power_floor,
    power_ratio,
    proportion,
    rank_intervals,
    ratio_p,
    resample,
    two_sided_p,
)
from harness.stats.clusters import Values
from tests.statistics.simulate import LEVEL, SEED

Rng = np.random.Generator
ENTRANTS = 5
RESAMPLES = 500


@dataclass(frozen=True)
class Check:
    """An event whose chance is bounded or forecast."""

    name: str
    bound: float
    """The most that is allowed, or what was forecast."""
    forecast: bool
    happens: Callable[[Rng], bool]
    """Draw a world, say whether the event happened."""


def measured(check: Check, repeats: int) -> float:
    """Share of draws in which the event happened."""
    rng = np.random.default_rng([SEED, *check.name.encode()])
    return sum(check.happens(rng) for _ in range(repeats)) / repeats


def everything() -> Iterator[Check]:
    """All checks of the table."""
    yield from false_eliminations()
    yield from ranks()
    yield from forecasts()


def false_eliminations() -> Iterator[Check]:
    """Five entrants, all exactly at every threshold: does any of them surely fail a gate, or surely pass it?"""
    for n, size in ((60, 1), (200, 1), (300, 6)):
        where = f"{ENTRANTS} entrants × floor and ratio, n = {n}" + (f", clusters of {size}" if size > 1 else "")
        yield Check(f"Holm, any elimination: {where}", 1 - LEVEL, False, lambda rng, n=n, s=size: _gates(rng, n, s)[0])
        if n == 200:
            name = f"Holm, any wrong verdict: {where}"
            yield Check(name, 1 - LEVEL, False, lambda rng, n=n, s=size: _gates(rng, n, s)[1])
    for n in (60, 200):
        name = f"max-T, any wrong verdict: {ENTRANTS} entrants × 2 floors, n = {n}"
        yield Check(name, 1 - LEVEL, False, lambda rng, n=n: _max_t(rng, n))
    for name, p_value in (("permutation", _permuted), ("paired difference", difference_p)):
        check = f"{name} test of equal models, clusters of 4, n = 80"
        yield Check(check, 1 - LEVEL, False, lambda rng, of=p_value: _equal(rng, of))


def ranks() -> Iterator[Check]:
    """Simultaneous rank intervals that miss a true rank, and eliminations among equals."""
    for shares in ((0.5,) * 5, (0.5, 0.5, 0.6, 0.6, 0.7), (0.9, 0.92, 0.94, 0.96, 0.98)):
        for n in (60, 300):
            name = f"rank intervals miss a rank: {'/'.join(map(str, shares))}, n = {n}"
            yield Check(name, 1 - LEVEL, False, lambda rng, n=n, shares=shares: _misses(rng, n, shares))
    yield Check(
        "rank: any of 5 equals surely leaves, keep 4, n = 300", 1 - LEVEL, False, lambda rng: _leaves(rng, 300, keep=4)
    )


def forecasts() -> Iterator[Check]:
    """Chance that a gate is settled, against what was forecast."""
    for truth, n in ((0.55, 400), (0.5, 150), (0.68, 300), (0.93, 200)):
        minimum = 0.6 if truth < 0.9 else 0.98
        forecast = power_floor(truth, minimum, Plan(n), LEVEL)
        yield Check(
            f"floor {minimum} settled: truth {truth}, n = {n}",
            forecast,
            True,
            lambda rng, t=truth, n=n, m=minimum: _settles_floor(rng, t, m, n),
        )
    for truth, reference, n, shared in ((0.55, 0.7, 300, 0.5), (0.6, 0.7, 400, 0.8), (0.8, 0.75, 500, 0.5)):
        agreement = _agreement(truth, reference, shared)
        yield Check(
            f"ratio 0.95 settled: {truth} / {reference}, agreement {agreement:.2f}, n = {n}",
            power_ratio(truth, reference, 0.95, agreement, Plan(n), LEVEL),
            True,
            lambda rng, t=truth, r=reference, n=n, s=shared: ratio_p([_pair(rng, t, r, n, s)], 0.95) <= 1 - LEVEL,
        )
        yield Check(
            f"difference settled: {truth} and {reference}, agreement {agreement:.2f}, n = {n}",
            power_difference(truth, reference, agreement, Plan(n), LEVEL),
            True,
            lambda rng, t=truth, r=reference, n=n, s=shared: difference_p([_pair(rng, t, r, n, s)]) <= 1 - LEVEL,
        )


def _gates(rng: Rng, n: int, size: int) -> tuple[bool, bool]:
    """Whether any gate is failed, and whether any is settled at all, where all lie at their thresholds."""
    labels = np.arange(n) // size
    clusters = tuple(map(str, labels)) if size > 1 else None
    chances = rng.beta(2, 2, labels[-1] + 1)[labels] if size > 1 else np.full(n, 0.5)
    luck = rng.random(n)
    answers = [_like(rng, luck, chances) for _ in range(ENTRANTS + 1)]
    reference, p_values, downward = answers[0], [], []
    for own in answers[1:]:
        graded = Items(tuple(map(str, range(n))), own, clusters, True)
        p_values.append(two_sided_p(lambda level, graded=graded: items_score(graded, level), 0.5) or 0.0)
        p_values.append(ratio_p([Pairs(own, reference, clusters, True, 1.0)], 1.0) or 0.0)
        downward += [own.mean() < 0.5, own.mean() < reference.mean()]
    rejected = holm(p_values, 1 - LEVEL).rejected
    return bool((rejected & np.array(downward)).any()), bool(rejected.any())


def _like(rng: Rng, luck: Values, chances: Values | float, shared: float = 0.5) -> Values:
    """0/1 answers that share half of their luck with others."""
    own = np.where(rng.random(len(luck)) < shared, luck, rng.random(len(luck)))
    return (own < chances).astype(float)


def _tasks(rng: Rng, n: int, shares: tuple[float, ...], count: int) -> list[list[Items]]:
    ids = tuple(map(str, range(n)))
    lucks = [rng.random(n) for _ in range(count)]
    return [[Items(ids, _like(rng, luck, share), None, True) for share in shares] for luck in lucks]


def _max_t(rng: Rng, n: int) -> bool:
    found = resample(_tasks(rng, n, (0.5,) * ENTRANTS, 2), RESAMPLES, rng)
    suites = np.hstack([found.weighted(np.eye(2)[task]) for task in (0, 1)])
    seen = np.hstack([found.value(np.eye(2)[task]) for task in (0, 1)])
    centres = np.hstack([found.centre(np.eye(2)[task]) for task in (0, 1)])
    intervals = max_t(seen, suites, LEVEL, centres)
    return bool(((intervals.low > 0.5) | (intervals.high < 0.5)).any())


def _permuted(tasks: list[Pairs]) -> float:
    return permutation(tasks, RESAMPLES, np.random.default_rng(int(1e6 * tasks[0].first.mean())))


def _equal(rng: Rng, p_value: Callable[[list[Pairs]], float | None]) -> bool:
    labels = np.arange(80) // 4
    chances = rng.beta(2, 2, 20)[labels]
    luck = rng.random(80)
    task = Pairs(_like(rng, luck, chances), _like(rng, luck, chances), list(labels), True, 1.0)
    return (p_value([task]) or 0.0) <= 1 - LEVEL


def _ranked(rng: Rng, n: int, shares: tuple[float, ...]) -> np.ndarray:
    weights = np.array([20.0, 10.0])
    found = resample(_tasks(rng, n, shares, 2), RESAMPLES, rng)
    return rank_intervals(found.value(weights), found.weighted(weights), LEVEL, found.centre(weights)).above


def _misses(rng: Rng, n: int, shares: tuple[float, ...]) -> bool:
    """A true rank is missed exactly where someone is said to lie above one who is not below."""
    truth = np.array(shares)
    return bool((_ranked(rng, n, shares) & (truth[:, None] <= truth)).any())


def _leaves(rng: Rng, n: int, keep: int) -> bool:
    return bool((_ranked(rng, n, (0.5,) * ENTRANTS).sum(axis=0) >= keep).any())


def _settles_floor(rng: Rng, truth: float, minimum: float, n: int) -> bool:
    found = proportion((rng.random(n) < truth).astype(float), None, LEVEL)
    assert found.low is not None
    assert found.high is not None
    return found.high < minimum if truth < minimum else found.low > minimum


def _pair(rng: Rng, first: float, second: float, n: int, shared: float) -> Pairs:
    luck = rng.random(n)
    ours = (luck < first).astype(float)
    return Pairs(ours, _like(rng, luck, second, shared), None, True, 1.0)


def _agreement(first: float, second: float, shared: float) -> float:
    """Correlation of two answers that share their luck on so many items."""
    both = shared * min(first, second) + (1 - shared) * first * second
    return (both - first * second) / (first * (1 - first) * second * (1 - second)) ** 0.5


def table(found: list[tuple[Check, float]]) -> str:
    """As Markdown, in per cent."""
    lines = ["| event | bound or forecast | measured |", "|---|---|---|"]
    for check, share in found:
        bound = f"{100 * check.bound:.1f}" if check.forecast else f"≤ {100 * check.bound:.0f}"
        lines.append(f"| {check.name} | {bound} | {100 * share:.1f} |")
    return "\n".join(lines)
