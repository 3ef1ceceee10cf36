"""Worlds in which a decision can be wrong: how often it is, and whether power is as forecast."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from harness.records import Number
from harness.stats import (
    Items,
    Pairs,
    Plan,
    combine,
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


def measured(check: Check, repeats: int, batch: int = 0) -> float:
    """Share of draws in which the event happened; batches are independent of one another."""
    rng = np.random.default_rng([SEED + batch, *check.name.encode()])
    return sum(check.happens(rng) for _ in range(repeats)) / repeats


def everything() -> Iterator[Check]:
    """All checks of the table."""
    yield from false_eliminations()
    yield from ranks()
    yield from forecasts()


def false_eliminations() -> Iterator[Check]:
    """Five entrants, all exactly at every threshold: does any of them surely fail a gate, or surely pass it?"""
    for n, size, share in ((60, 1, 0.5), (60, 1, 0.98), (200, 1, 0.5), (200, 1, 0.95), (300, 6, 0.5), (300, 6, 0.9)):
        where = f"{ENTRANTS} entrants × floor and ratio, {_where(n, size, share)}"
        for at, what in enumerate(("elimination", "wrong verdict")):
            yield Check(
                f"Holm, any {what}: {where}",
                1 - LEVEL,
                False,
                lambda rng, n=n, size=size, share=share, at=at: _gates(rng, n, size, share)[at],
            )
    for n in (60, 200):
        name = f"Holm, any wrong verdict: {ENTRANTS} entrants × ratio 0.95 to a reference of 0.98, n = {n}"
        yield Check(name, 1 - LEVEL, False, lambda rng, n=n: _ratios(rng, n, 0.98, 0.95))
    for n, share in ((60, 0.5), (60, 0.95)):
        name = f"Holm, any elimination: {ENTRANTS} totals at the least points, 3 tasks, {_where(n, 1, share)}"
        yield Check(name, 1 - LEVEL, False, lambda rng, n=n, share=share: _totals_below(rng, n, share))
    for n, size in ((60, 1), (200, 1), (300, 6)):
        name = f"max-T, any wrong verdict: {ENTRANTS} entrants × 2 floors, {_where(n, size, 0.5)}"
        yield Check(name, 1 - LEVEL, False, lambda rng, n=n, size=size: _max_t(rng, n, size))
    for name, p_value in (("permutation", _permuted), ("paired difference", difference_p)):
        check = f"{name} test of equal models, clusters of 4, n = 80"
        yield Check(check, 1 - LEVEL, False, lambda rng, of=p_value: _equal(rng, of))


def many_tasks() -> Iterator[Check]:
    """Five entrants, the means of many tasks exactly at their floor: is any of them eliminated? Not in the table."""
    for tasks, n, share in ((6, 48, 0.9), (13, 48, 0.98), (45, 20, 0.95)):
        name = f"Bonferroni, any elimination: {ENTRANTS} means of {tasks} tasks, {_where(n, 1, share)}"
        yield Check(name, 1 - LEVEL, False, lambda rng, many=tasks, n=n, share=share: _many_tasks(rng, many, n, share))


def ranks() -> Iterator[Check]:
    """Simultaneous rank intervals that miss a true rank, and eliminations among equals."""
    for shares in ((0.5,) * 5, (0.5, 0.5, 0.6, 0.6, 0.7), (0.9,) * 5, (0.9, 0.92, 0.94, 0.96, 0.98)):
        for n, size in ((60, 1), (200, 1), (300, 6)):
            shown = "/".join(map(str, shares))
            name = f"rank intervals miss a rank: {shown}, n = {n}{_in_clusters(size)}"
            yield Check(
                name, 1 - LEVEL, False, lambda rng, n=n, size=size, shares=shares: _misses(rng, n, size, shares)
            )
    for n in (60, 300):
        name = f"rank: any of 5 equals surely leaves, keep 4, n = {n}"
        yield Check(name, 1 - LEVEL, False, lambda rng, n=n: _leaves(rng, n, keep=4))


def _where(n: int, size: int, share: float) -> str:
    return f"truth {share}, n = {n}{_in_clusters(size)}"


def _in_clusters(size: int) -> str:
    return f", clusters of {size}" if size > 1 else ""


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


def _gates(rng: Rng, n: int, size: int, share: float) -> tuple[bool, bool]:
    """Whether any gate is failed, and whether any is settled at all, where all lie at their thresholds."""
    field = _field(rng, n, size, (share,) * (ENTRANTS + 1))
    reference, p_values, downward = field[0].scores, [], []
    for graded in field[1:]:
        p_values.append(two_sided_p(lambda level, of=graded: items_score(of, level, tails="exact"), share) or 0.0)
        p_values.append(ratio_p([Pairs(graded.scores, reference, graded.clusters, True, 1.0)], 1.0) or 0.0)
        downward += [graded.scores.mean() < share, graded.scores.mean() < reference.mean()]
    rejected = holm(p_values, 1 - LEVEL).rejected
    return bool((rejected & np.array(downward)).any()), bool(rejected.any())


def _ratios(rng: Rng, n: int, reference: float, minimum: float) -> bool:
    """Whether any ratio is settled, where all lie at the threshold."""
    theirs, *field = _field(rng, n, 1, (reference, *(minimum * reference,) * ENTRANTS))
    found = [ratio_p([Pairs(each.scores, theirs.scores, None, True, 1.0)], minimum) or 0.0 for each in field]
    return bool(holm(found, 1 - LEVEL).rejected.any())


def _totals_below(rng: Rng, n: int, share: float) -> bool:
    """Whether any total of three tasks of unequal weight surely lies below the points that all truly have."""
    weights = np.array([20.0, 10.0, 5.0])
    tasks = [_field(rng, n, 1, (share,) * ENTRANTS) for _ in weights]
    p_values, downward = [], []
    for entrant in range(ENTRANTS):
        own = [task[entrant] for task in tasks]
        p_values.append(two_sided_p(lambda level, own=own: _sum(own, weights, level), share * weights.sum()) or 0.0)
        downward.append(_sum(own, weights, LEVEL).value < share * weights.sum())
    return bool((holm(p_values, 1 - LEVEL).rejected & np.array(downward)).any())


def _many_tasks(rng: Rng, tasks: int, n: int, share: float) -> bool:
    """Whether any mean of many tasks surely lies below its floor, where all lie at it; Holm begins with Bonferroni."""
    level, found = 1 - (1 - LEVEL) / ENTRANTS, False
    for right in rng.binomial(n, share, (ENTRANTS, tasks)):
        numbers = [proportion(np.arange(n) < each, None, level, "exact") for each in right]
        high = combine(numbers, [1 / tasks] * tasks, "exact").high
        found |= high is not None and high < share - 1e-9
    return found


def _sum(tasks: list[Items], weights: Values, level: float) -> Number:
    numbers = [proportion(task.scores, task.clusters, level, "exact") for task in tasks]
    return combine(numbers, list(weights), "exact")


def _like(rng: Rng, luck: Values, chances: Values | float, shared: float = 0.5) -> Values:
    """0/1 answers that share half of their luck with others."""
    own = np.where(rng.random(len(luck)) < shared, luck, rng.random(len(luck)))
    return (own < chances).astype(float)


def _field(rng: Rng, n: int, size: int, shares: tuple[float, ...]) -> list[Items]:
    """One task, answered by models with these true shares; items of a cluster are alike (ICC 1/5)."""
    ids, labels = tuple(map(str, range(n))), np.arange(n) // size
    luck = rng.random(n)
    if size == 1:
        return [Items(ids, _like(rng, luck, share), None, True) for share in shares]
    clusters, moods = tuple(map(str, labels)), rng.random(labels[-1] + 1)
    chances = [beta.ppf(moods, 4 * share, 4 * (1 - share))[labels] for share in shares]
    return [Items(ids, _like(rng, luck, each), clusters, True) for each in chances]


def _max_t(rng: Rng, n: int, size: int) -> bool:
    found = resample([_field(rng, n, size, (0.5,) * ENTRANTS) for _ in range(2)], RESAMPLES, rng)
    suites = np.hstack([found.weighted(np.eye(2)[task]) for task in (0, 1)])
    seen, centres = (np.hstack([of(np.eye(2)[task]) for task in (0, 1)]) for of in (found.value, found.centre))
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


def _ranked(rng: Rng, n: int, size: int, shares: tuple[float, ...]) -> np.ndarray:
    weights = np.array([20.0, 10.0])
    found = resample([_field(rng, n, size, shares) for _ in weights], RESAMPLES, rng)
    return rank_intervals(found.value(weights), found.weighted(weights), LEVEL, found.centre(weights)).above


def _misses(rng: Rng, n: int, size: int, shares: tuple[float, ...]) -> bool:
    """A true rank is missed exactly where someone is said to lie above one who is not below."""
    truth = np.array(shares)
    return bool((_ranked(rng, n, size, shares) & (truth[:, None] <= truth)).any())


def _leaves(rng: Rng, n: int, keep: int) -> bool:
    return bool((_ranked(rng, n, 1, (0.5,) * ENTRANTS).sum(axis=0) >= keep).any())


def _settles_floor(rng: Rng, truth: float, minimum: float, n: int) -> bool:
    found = proportion((rng.random(n) < truth).astype(float), None, LEVEL, "exact")
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
