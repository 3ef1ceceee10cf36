"""Numbers as readers see them, in English and Korean: one way of rounding everywhere."""

from __future__ import annotations

from collections.abc import Callable

from harness.plan import Lang
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


def more_or_less(value: float) -> str:
    """A difference in points, with its sign: +1.2, −4.3, 0.0."""
    shown = f"{value:+.1f}"
    return "0.0" if shown in ("+0.0", "-0.0") else shown.replace("-", "−")


def plain(value: float) -> str:
    """A number of no known unit, three significant digits."""
    return f"{value:.3g}"


def share_of(kind: str) -> Style:
    """How the numbers of a gate of this kind are written."""
    return percent if kind in ("floor", "safety", "ratio", "noninferiority") else plain


def interval(number: Number, style: Style, between: str = "–") -> str:
    """The interval as `low–high`, its unit once; a dash where the number has no sampling model."""
    if number.low is None:
        return NOTHING
    low, high = style(number.low), "∞" if number.high is None else style(number.high)
    return f"{low.removesuffix('%') if high.endswith('%') else low}{between}{high}"


def with_interval(number: Number, style: Style, lang: Lang) -> str:
    """A number and how sure it is: 22.3% (95% interval 18.6–27.2%)."""
    value = style(number.value)
    if number.level is None:
        return f"{value}(신뢰구간 없음)" if lang == "ko" else f"{value} (without an interval)"
    # Between signs a dash would be read as one of them.
    between = "–" if style is not more_or_less else " ~ " if lang == "ko" else " to "
    level, spread = f"{100 * number.level:.4g}%", interval(number, style, between)
    return f"{value}({level} 신뢰구간 {spread})" if lang == "ko" else f"{value} ({level} interval {spread})"
