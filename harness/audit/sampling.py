"""Some units of every layer of the audited checkpoint, in a candidate's basis: what is held of it in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.audit.frame import Frame
from harness.audit.matrices import unit
from harness.audit.parts import Stack
from harness.audit.units import EXPERTS, Units, halves, parts_of, router_rows
from harness.audit.values import Floats, Ids, Values

MOST_BYTES, FEWEST_UNITS = 1 << 30, 8
"""Units of all layers that are held at once, and how many of a part are held whether they fit or not."""


@dataclass(frozen=True)
class Sampled:
    """Units of the audited checkpoint that are compared: all, or evenly spread ones of a large layer."""

    units: Units
    rows: Ids
    """Their numbers."""
    of: int
    """How many there are."""

    def some(self, count: int) -> Sampled:
        """At most so many of them, as many of every head."""
        kept = _spread(len(self.rows), self.units.heads, count)
        first, *second = (rows[kept] for rows in halves(self.units))
        return Sampled(replace(self.units, first=first, second=tuple(second)), self.rows[kept], self.of)


@dataclass(frozen=True)
class Layer:
    """What is held of one layer of the audited checkpoint, in the candidate's basis."""

    sampled: tuple[Sampled, ...]
    routes: Floats | None
    """What sends tokens to each of its experts among these, in their order, (experts, width); None without a router."""

    def some(self, count: int) -> Layer:
        """At most so many units of every part."""
        return Layer(tuple(one.some(count) for one in self.sampled), self.routes)

    @property
    def bytes(self) -> int:
        return sum(rows.nbytes for one in self.sampled for rows in halves(one.units))


def _spread(units: int, heads: int, count: int) -> Ids:
    """Numbers of at most `count` units, evenly spread, as many of every head and one at least."""
    inside = units // heads
    offsets = np.unique(np.linspace(0, inside - 1, min(inside, max(1, min(units, count) // heads))).astype(np.int64))
    return (np.arange(heads)[:, None] * inside + offsets).reshape(-1)


def held_layers(stack: Stack, values: Values, frame: Frame, read: int, most: int) -> dict[int, Layer]:
    """Of the `read` units of every part of every layer at most `most`; fewer where they take more than MOST_BYTES."""
    held: dict[int, Layer] = {}
    for number in range(len(stack.blocks)):
        held[number] = sampled_layer(stack, number, values, frame, read).some(most)
        while most > FEWEST_UNITS and sum(layer.bytes for layer in held.values()) > MOST_BYTES:
            most //= 2
            held = {at: layer.some(most) for at, layer in held.items()}
    return held


def sampled_layer(stack: Stack, number: int, values: Values, frame: Frame, most: int) -> Layer:
    """At most so many units of every part."""
    block, sampled = stack.blocks[number], []
    for part in parts_of(stack, block, values):
        rows = _spread(len(part), part.heads, most)
        units = part.units(rows)
        first, *second = (frame.bring(vectors) for vectors in halves(units))
        sampled.append(Sampled(replace(units, first=first, second=tuple(second)), rows, len(part)))
    return Layer(tuple(sampled), _routes(router_rows(stack, block, values), sampled, frame))


def _routes(router: Floats | None, sampled: Sequence[Sampled], frame: Frame) -> Floats | None:
    numbers = [_number(one.units.part) for one in sampled if one.units.part.startswith(EXPERTS)]
    if router is None or not numbers or max(numbers) >= len(router):
        return None
    return unit(frame.bring(router[numbers]))


def _number(part: str) -> int:
    return int(part.removeprefix(EXPERTS))
