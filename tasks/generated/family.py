"""What a family is: a function from draws and a level to one item, with the right answer known by construction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tasks.demo.generator.draw import Draw


@dataclass(frozen=True)
class Candidate:
    """One possible item, before it has a name or a place for its answer."""

    prompt: str
    answer: str
    """The right choice or text."""
    wrong: tuple[str, ...] = ()
    """Wrong choices; empty where the answer is written."""


Make = Callable[[Draw, int], Candidate]
"""From draws and a level, one item. The same draws give the same item."""


def in_turn(levels: tuple[int, ...], unit: int) -> int:
    """Each level as often as the others."""
    return levels[unit % len(levels)]


def by_ruler(levels: tuple[int, ...], unit: int) -> int:
    """Each level half as often as the one before it (the last two equally): long contexts stay few."""
    count, place = unit + 1, 0
    while count % 2 == 0 and place < len(levels) - 1:
        count, place = count // 2, place + 1
    return levels[place]


@dataclass(frozen=True)
class Family:
    """A kind of item."""

    name: str
    makes: tuple[Make, ...]
    """One function; two where each item is asked in two languages, from the same draws."""
    levels: tuple[int, ...] = (1, 2, 3, 4)
    """From easy to hard; for a long context its length in tokens, about."""
    schedule: Callable[[tuple[int, ...], int], int] = in_turn
    """The level of the n-th item."""
    versions: tuple[str, ...] = ("",)
    """Ends of the item ids, one per function."""
