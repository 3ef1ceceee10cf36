"""Wrong numbers that stand around a right one."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.demo.generator.draw import Draw

NEAR = 9
"""How far a wrong number lies from the right one at most, unless it is a likely mistake."""


def around(
    draw: Draw, right: int, likely: Iterable[int], *, count: int = 3, least: int = 0, most: int | None = None
) -> list[int]:
    """Different wrong numbers from `least` to `most`, likely mistakes first.

    How many of them lie below the right one is drawn first: its rank among the choices says little.
    """
    top = right + NEAR if most is None else most
    near = draw.shuffled(range(max(least, right - NEAR), min(top, right + NEAR) + 1))
    able = [value for value in dict.fromkeys((*likely, *near)) if least <= value <= top and value != right]
    lower, upper = [value for value in able if value < right], [value for value in able if value > right]
    below = draw.between(max(0, count - len(upper)), min(count, len(lower)))
    return lower[:below] + upper[: count - below]
