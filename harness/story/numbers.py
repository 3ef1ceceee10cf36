"""Numbers as readers see them: one way of rounding everywhere."""

from __future__ import annotations

from collections.abc import Callable

from harness.records import Number

NOTHING = "–"

Style = Callable[[float], str]


def percent(value: float) -> str:
    """A share as a percentage with one decimal: 0.4125 → 41.3%."""
    return f"{value * 100:.1f}%"


def percent_of_rule(value: float) -> str:
    """A threshold as its rule writes it: 35%, 62.5%."""
    return percent(value).replace(".0%", "%")


def points(value: float) -> str:
    """Points with one decimal."""
    return f"{value:.1f}"


def plain(value: float) -> str:
    """A number of no known unit, three significant digits."""
    return f"{value:.3g}"


def share_of(kind: str) -> Style:
    """How the numbers of a gate of this kind are written."""
    return percent if kind in ("floor", "ratio") else plain


def interval(number: Number, style: Style) -> str:
    """The interval as `low–high`; a dash where the number has no sampling model."""
    if number.low is None or number.high is None:
        return NOTHING
    return f"{style(number.low)}–{style(number.high)}"
