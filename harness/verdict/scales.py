"""From a value to points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.plan import PointItem
from harness.plan.points import AsPoints, Capped, PerHundred, Relative
from harness.records import Number

Values = NDArray[np.float64]


def points(item: PointItem, values: Values, reference: Values | None = None) -> Values:
    """Points of values of any shape; NaN stays NaN. `reference`: what a relative scale divides by, broadcastable."""
    scale = item.scale
    if isinstance(scale, AsPoints):
        return values
    if isinstance(scale, PerHundred):
        return item.points * values / 100
    if isinstance(scale, Capped):
        return item.points * np.minimum(values / scale.target, 1)
    if isinstance(scale, Relative):
        against = np.array(np.nan) if reference is None else reference
        shares = values / np.where(against > 0, against, np.nan)
        return np.asarray(item.points * (np.minimum(shares, 1) if scale.cap else shares))
    low, high = item.span or (0.0, 1.0)
    return item.points * (values - low) / (high - low)


def scaled(item: PointItem, number: Number | None) -> Number | None:
    """A number and its interval in points, for a scale that looks at nobody else; every such scale is monotone."""
    if number is None:
        return None
    ends = [None if end is None else _one(item, end) for end in (number.value, number.low, number.high)]
    return number.model_copy(update=dict(zip(("value", "low", "high"), ends, strict=True)))


def _one(item: PointItem, value: float) -> float:
    return float(points(item, np.array(value)))
