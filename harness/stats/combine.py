"""Weighted sums of independent estimates."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.records import Number


def combine(numbers: Sequence[Number], weights: Sequence[float]) -> Number:
    """The sum of weight × number, of estimates that share no items.

    Weights are positive and used as given. The interval is MOVER's (Zou & Donner 2008): each arm is the root of the
    summed squares of the weighted arms, so that it needs no variance and keeps the asymmetry of Wilson's. `n` is the
    sum. A number without an interval (imported) leaves the sum without one. ValueError for no numbers, unequal counts
    or levels, a weight that is not positive.
    """
    if not numbers or len(numbers) != len(weights):
        raise ValueError(f"{len(numbers)} numbers for {len(weights)} weights")
    if not all(weight > 0 for weight in weights):
        raise ValueError(f"weights must be positive: {list(weights)}")
    value = math.fsum(weight * number.value for number, weight in zip(numbers, weights, strict=True))
    levels = {number.level for number in numbers}
    if None in levels:
        return Number(value=value)
    if len(levels) > 1:
        raise ValueError(f"intervals of different levels cannot be combined: {sorted(map(str, levels))}")
    down = [weight * arms(number)[0] for number, weight in zip(numbers, weights, strict=True)]
    up = [weight * arms(number)[1] for number, weight in zip(numbers, weights, strict=True)]
    return Number(
        value=value,
        low=value - math.hypot(*down),
        high=value + math.hypot(*up),
        level=numbers[0].level,
        n=sum(number.n or 0 for number in numbers),
    )


def arms(number: Number) -> tuple[float, float]:
    """How far the interval reaches below and above the value; ValueError where it has no two-sided interval."""
    if number.low is None or number.high is None:
        raise ValueError(f"{number.value} has no interval")
    return number.value - number.low, number.high - number.value
