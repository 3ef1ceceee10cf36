"""All families, and how a seed becomes items.

Item number i depends on the seed, the family and i alone, but for one rule: a prompt that already stands in the
list is drawn again. So the same seed gives the same bytes on any machine, and fewer items are the beginning of more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator

from tasks.demo.generator.draw import Draw
from tasks.generated.families import ALL
from tasks.generated.family import Candidate, Family

FAMILIES: dict[str, Family] = {family.name: family for family in ALL}

ATTEMPTS = 100
"""Draws for one item that all gave a prompt that is already there: then the seed has no more."""

Row = dict[str, object]


class Exhausted(Exception):  # noqa: N818  the family is at its end, nothing failed
    """A seed has fewer different items than were asked for."""

    def __init__(self, largest: int) -> None:
        super().__init__(f"no more than {largest} different items")
        self.largest = largest


def generate(name: str, seed: int | str, n: int, levels: Collection[int] | None = None) -> Iterator[Row]:
    """The first `n` items, or the first `n` of the given levels. Exhausted where the seed has fewer."""
    family = FAMILIES[name]
    chosen = family.levels if levels is None else tuple(level for level in family.levels if level in set(levels))
    seen: set[bytes] = set()
    count = unit = 0
    while count < n and chosen:
        level = family.schedule(family.levels, unit)
        if level in chosen:
            for row in _unit(family, seed, unit, level, seen)[: n - count]:
                yield row
                count += 1
        unit += 1


def _unit(family: Family, seed: int | str, unit: int, level: int, seen: set[bytes]) -> list[Row]:
    """One item, or one in each of two languages."""
    for attempt in range(ATTEMPTS):
        made = [make(Draw(seed, family.name, unit, attempt), level) for make in family.makes]
        keys = {hashlib.sha256(one.prompt.encode()).digest() for one in made}
        if len(keys) == len(made) and not keys & seen:
            seen |= keys
            return [_row(family, seed, unit, level, *one) for one in zip(made, family.versions, strict=True)]
    raise Exhausted(len(seen))


def _row(family: Family, seed: int | str, unit: int, level: int, made: Candidate, version: str) -> Row:
    mark = hashlib.sha256(f"{seed}".encode()).hexdigest()[:8]
    row: Row = {"item_id": f"{family.name}-{mark}-{unit + 1:05d}{version}", "prompt": made.prompt}
    if not made.wrong:
        return row | {"choices": None, "target": made.answer, "level": level}
    choices = Draw(seed, family.name, unit, "choices").shuffled(made.wrong)
    place = _place(family.name, seed, unit, len(choices) + 1)
    choices.insert(place, made.answer)
    return row | {"choices": choices, "target": place, "level": level}


def _place(name: str, seed: int | str, unit: int, places: int) -> int:
    """In each run of as many items as there are places, every place once, mixed."""
    run, turn = divmod(unit, places)
    return Draw(seed, name, "places", run).shuffled(range(places))[turn]
