"""What a round can tell apart before anything is spent: the chance that a gate is settled, and items needed.

Normal approximations of this package's own intervals: a gate is settled where the two-sided interval leaves its
threshold out. Pass a family's level (`multiplicity.bonferroni`) to forecast entrants × gates together. Levels and
powers lie in (0, 1), shares in [0, 1]; ValueError otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from harness.stats.clusters import Clusters, Values
from harness.stats.pairs import PRIOR

MOST_ITEMS = 10_000_000
"""Where a search for items ends."""
NEAR = 1e-6
"""Shares are not searched nearer than this to a threshold."""


@dataclass(frozen=True)
class Plan:
    """How many items a task would ask."""

    items: int
    design_effect: float = 1.0
    """How many items count as one: 1 where they are independent."""

    @property
    def effective(self) -> float:
        """Independent items that they are worth."""
        return self.items / self.design_effect


@dataclass(frozen=True)
class Detectable:
    """The nearest truths on either side of a threshold that would be settled; None: not even the end of the scale."""

    below: float | None
    above: float | None


def design_effect(scores: Values, clusters: Sequence[Hashable] | None) -> float:
    """How many items count as one, from scores, shape (n,), that some model got; at least 1."""
    return Clusters.of(clusters, len(scores)).design_effect(np.asarray(scores, dtype=float))


def power_floor(truth: float, minimum: float, plan: Plan, level: float = 0.95) -> float:
    """Chance that a gate's interval leaves `minimum` out on the side of `truth` (Chow et al. 2008, section 4.1)."""
    _check(truth, minimum, level)
    claimed, true = (math.sqrt(share * (1 - share) / plan.effective) for share in (minimum, truth))
    return _settled(abs(truth - minimum), _normal(level) * claimed, true)


def power_ratio(
    truth: float, reference: float, minimum: float, agreement: float, plan: Plan, level: float = 0.95
) -> float:
    """Chance that the paired ratio interval leaves `minimum` out on the side of truth / reference.

    truth, reference: shares of right items; agreement: correlation of both models' scores on one item.
    """
    _check(truth, reference, level)
    size = plan.effective
    own, other = truth * (1 - truth), reference * (1 - reference)
    spread = own + minimum**2 * other - 2 * minimum * agreement * math.sqrt(own * other)
    held = size + PRIOR
    distance = (size * (truth - minimum * reference) + PRIOR / 2 * (1 - minimum)) / held
    estimated = math.sqrt(size * spread + PRIOR / 4 * (1 + minimum**2)) / held
    side = math.copysign(1.0, truth - minimum * reference)
    return _settled(side * distance, _normal(level) * estimated, math.sqrt(size * max(spread, 0.0)) / held)


def power_difference(first: float, second: float, agreement: float, plan: Plan, level: float = 0.95) -> float:
    """Chance that the paired difference of two models is told from 0, with the right sign; as in `power_ratio`."""
    return power_ratio(first, second, 1.0, agreement, plan, level)


def detectable_floor(minimum: float, plan: Plan, level: float = 0.95, power: float = 0.8) -> Detectable:
    """The highest share below `minimum` and the lowest above it that are settled with this power."""
    return _detectable(lambda truth: power_floor(truth, minimum, plan, level), minimum, power)


def detectable_ratio(
    reference: float, minimum: float, agreement: float, plan: Plan, level: float = 0.95, power: float = 0.8
) -> Detectable:
    """The nearest ratios to a reference below and above `minimum` that are settled with this power."""
    threshold = min(minimum * reference, 1.0)
    found = _detectable(lambda truth: power_ratio(truth, reference, minimum, agreement, plan, level), threshold, power)
    return Detectable(*(None if end is None else end / reference for end in (found.below, found.above)))


def detectable_difference(
    share: float, agreement: float, plan: Plan, level: float = 0.95, power: float = 0.8
) -> float | None:
    """How far a model must lie below one of `share` to be told from it; above it where nothing below is."""
    found = _detectable(lambda truth: power_difference(truth, share, agreement, plan, level), share, power)
    gaps = [abs(end - share) for end in (found.below, found.above) if end is not None]
    return gaps[0] if gaps else None


def items_floor(
    truth: float, minimum: float, level: float = 0.95, power: float = 0.8, design_effect: float = 1.0
) -> int | None:
    """Fewest items that settle a floor with this power; None where ten million are too few."""
    return _fewest(lambda plan: power_floor(truth, minimum, plan, level), power, design_effect)


def items_ratio(
    truth: float,
    reference: float,
    minimum: float,
    agreement: float,
    level: float = 0.95,
    power: float = 0.8,
    design_effect: float = 1.0,
) -> int | None:
    """As `items_floor` for a ratio to a reference."""
    if math.isclose(truth, minimum * reference):
        return None
    return _fewest(lambda plan: power_ratio(truth, reference, minimum, agreement, plan, level), power, design_effect)


def items_difference(
    first: float, second: float, agreement: float, level: float = 0.95, power: float = 0.8, design_effect: float = 1.0
) -> int | None:
    """As `items_floor` for two models to be told apart."""
    return items_ratio(first, second, 1.0, agreement, level, power, design_effect)


def total_detectable(
    weights: Sequence[float],
    shares: Sequence[float],
    items: Sequence[int],
    agreement: float,
    design_effects: Sequence[float],
    level: float = 0.95,
    power: float = 0.8,
) -> float:
    """Points between two entrants' totals that are told from 0 with this power.

    By task, shapes (T,): weights in points, shares of right items about which both lie, items, design effects.
    """
    variances = [
        weight**2 * 2 * share * (1 - share) * (1 - agreement) * effect / count
        for weight, share, count, effect in zip(weights, shares, items, design_effects, strict=True)
    ]
    return (_normal(level) + float(ndtri(power))) * math.sqrt(math.fsum(variances))


def _settled(distance: float, half: float, spread: float) -> float:
    """Chance that a normal estimate `distance` from a threshold lies more than `half` beyond it."""
    if spread == 0:
        return float(distance > half)
    return float(ndtr((distance - half) / spread))


def _detectable(power_at: Callable[[float], float], threshold: float, power: float) -> Detectable:
    return Detectable(
        _boundary(power_at, threshold - NEAR, 0.0, power), _boundary(power_at, threshold + NEAR, 1.0, power)
    )


def _boundary(power_at: Callable[[float], float], near: float, end: float, power: float) -> float | None:
    """The share between a threshold and an end of the scale at which the power is reached."""
    if not 0 < near < 1 or power_at(end) < power:
        return None
    if power_at(near) >= power:
        return near
    return float(brentq(lambda share: power_at(share) - power, near, end, xtol=1e-9))


def _fewest(power_of: Callable[[Plan], float], power: float, effect: float) -> int | None:
    high = 1
    while power_of(Plan(high, effect)) < power:
        high *= 2
        if high > MOST_ITEMS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if power_of(Plan(middle, effect)) < power else (low, middle)
    return high


def _normal(level: float) -> float:
    return float(ndtri((1 + level) / 2))


def _check(first: float, second: float, level: float) -> None:
    if not (0 <= first <= 1 and 0 <= second <= 1 and 0 < level < 1):
        raise ValueError(f"shares and levels lie between 0 and 1: {first}, {second}, {level}")
