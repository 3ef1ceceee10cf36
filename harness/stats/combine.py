"""Weighted sums of independent estimates."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.records import Number
from harness.stats.binomial import Tails, share_interval

Part = tuple[Number, float]
"""A number and its weight."""


def combine(numbers: Sequence[Number], weights: Sequence[float], tails: Tails = "score") -> Number:
    """The sum of weight × number, of estimates that share no items.

    Weights are positive and used as given. The interval is MOVER's (Zou & Donner 2008): each arm is the root of the
    summed squares of the weighted arms, so that it needs no variance and keeps the asymmetry of Wilson's. Means of
    items (those with `effective`) reach at least as far as `pooled` says, by the tails that they have. `n` is the sum.
    A number without an interval (imported) leaves the sum without one. ValueError for no numbers, unequal counts or
    levels, a weight that is not positive.
    """
    if not numbers or len(numbers) != len(weights):
        raise ValueError(f"{len(numbers)} numbers for {len(weights)} weights")
    if not all(weight > 0 for weight in weights):
        raise ValueError(f"weights must be positive: {list(weights)}")
    parts = list(zip(numbers, weights, strict=True))
    value = math.fsum(weight * number.value for number, weight in parts)
    levels = {number.level for number in numbers}
    if None in levels:
        return Number(value=value)
    if len(levels) > 1:
        raise ValueError(f"intervals of different levels cannot be combined: {sorted(map(str, levels))}")
    means = [part for part in parts if part[0].effective is not None]
    others = [part for part in parts if part[0].effective is None]
    below, above = _arms(means)
    if len(means) > 1:
        below, above = map(max, zip((below, above), pooled(means, tails), strict=True))
    down, up = _arms(others)
    return Number(
        value=value,
        low=value - math.hypot(below, down),
        high=value + math.hypot(above, up),
        level=numbers[0].level,
        n=sum(number.n or 0 for number in numbers),
        effective=_effective(means) if means and not others and math.isclose(math.fsum(weights), 1) else None,
    )


def pooled(means: Sequence[Part], tails: Tails) -> tuple[float, float]:
    """How far the interval of all these means' items together reaches below and above their sum.

    A task whose items are all right has no arm above, so that the arms of many tasks near 1 miss what they all may
    hide: five entrants at a floor of 0.98 on 13 tasks of 48 items, held together, are falsely eliminated in 25 cases of
    100 by MOVER alone (methods.md). Together the items show it.
    """
    whole = math.fsum(weight for _, weight in means)
    share = math.fsum(weight * number.value for number, weight in means) / whole
    items, level = _effective(means), means[0][0].level
    if level is None:
        raise ValueError("means without an interval cannot be pooled")
    low, high = share_interval(share * items, items, level, tails)
    return whole * (share - low), whole * (high - share)


def _effective(means: Sequence[Part]) -> float:
    """Independent 0/1 items that the weighted mean is worth.

    What the tasks show of their variance is averaged with the worst case of items that are all alike, as if one item's
    worth of information spoke for it (as in `estimate`). A task's own variance lacks 1 / items of it, which the common
    share's supplies: right where tasks are equally hard, too large by at most that where they are not.
    """
    if len(means) == 1:
        return means[0][0].effective or 1.0
    whole = math.fsum(weight for _, weight in means)
    known = [(number.value, number.effective or 1.0, weight / whole) for number, weight in means]
    share = math.fsum(weight * value for value, _, weight in known)
    uncertainty = max(0.0, share * (1 - share))
    worst = math.fsum(weight**2 / items for _, items, weight in known)
    shown = math.fsum(weight**2 / items * (value * (1 - value) + uncertainty / items) for value, items, weight in known)
    information = 4 * uncertainty / worst
    return (information + 1) / (4 * shown / worst + worst)


def arms(number: Number) -> tuple[float, float]:
    """How far the interval reaches below and above the value; ValueError where it has no two-sided interval."""
    if number.low is None or number.high is None:
        raise ValueError(f"{number.value} has no interval")
    return number.value - number.low, number.high - number.value


def _arms(parts: Sequence[Part]) -> tuple[float, float]:
    reaching = [(weight * below, weight * above) for number, weight in parts for below, above in [arms(number)]]
    return math.hypot(*(below for below, _ in reaching)), math.hypot(*(above for _, above in reaching))
