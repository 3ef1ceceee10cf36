"""The units of a layer as vectors of the residual stream, norm gains folded in: what a disguise cannot change freely.

A unit is one hidden neuron of a feed-forward block (gate, up, down), or one dimension of a head's values (value,
output) or of its queries and keys. Order, scale and sign of units are free to whoever disguises a model; that a unit
reads from and writes to the same directions of the residual stream is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.audit.matrices import gain, read, reading, unit
from harness.audit.parts import Block, FeedForward, Stack
from harness.audit.projections import per_key_head, projections
from harness.audit.values import Floats, Values

MOST_EXPERTS = 4
"""Experts of a layer that are compared; the record's notes say where a model has more."""


@dataclass(frozen=True)
class Units:
    """Units of one part of one layer: row i of every matrix belongs to unit i. Rows have unit length."""

    part: str
    """ffn, experts.N, value, query."""
    first: Floats
    """(units, width): gate, value or query; chooses the match."""
    second: tuple[Floats, ...]
    """Matrices (units, width) that are tested: up and down, output, or key."""
    signed: bool
    """Whether the sign of `first` is fixed by the non-linearity behind it."""
    heads: int = 1
    """Heads that the units form, one after the other."""

    def __len__(self) -> int:
        return len(self.first)


def units_of(
    stack: Stack, block: Block, values: Values, experts: frozenset[str] | None = None, *, most: int = MOST_EXPERTS
) -> list[Units]:
    """Every part of a layer that can be read as units; of its experts those of these names, else at most so many."""
    chosen = _some(block.feed_forwards, most) if experts is None else [
        part for part in block.feed_forwards if part.part in experts or not part.part.startswith("experts.")
    ]  # fmt: skip
    found = [_feed_forward(stack, block, part, values) for part in chosen]
    return [units for units in [*found, *_attention(stack, block, values)] if units is not None]


def _some(parts: Sequence[FeedForward], most: int) -> Sequence[FeedForward]:
    """All blocks of a dense layer; of many experts a few, those of the same numbers in every model."""
    if len(parts) <= most:
        return parts
    shared = [part for part in parts if not part.part.startswith("experts.")]
    routed = sorted((part for part in parts if part.part.startswith("experts.")), key=_number)
    return [*shared, *routed[: max(1, most - len(shared))]]


def _number(part: FeedForward) -> int:
    return int(part.part.removeprefix("experts."))


def router_rows(stack: Stack, block: Block, values: Values) -> Floats | None:
    """What each expert's score reads from the stream, (experts, width) of unit length; None without a router."""
    name = block.roles.get("router")
    rows = None if name is None else reading(stack, values.whole(name))
    return None if rows is None else unit(read(stack, rows, gain(stack, block, "norm_ffn", values)))


def gated(stack: Stack, block: Block, part: FeedForward, values: Values) -> tuple[Floats | None, Floats, Floats] | None:
    """Gate (None where one matrix reads), up and down as rows of the stream, gains folded in; None if unreadable."""
    before, after = gain(stack, block, "norm_ffn", values), gain(stack, block, "norm_after_ffn", values)
    up = reading(stack, _matrix(values, part.up, part.slice_))
    down = reading(stack, _matrix(values, part.down, part.slice_), writes=True)
    if up is None or down is None:
        return None
    gate, up = _parted(stack, part, up, values)
    if len(up) != len(down) or (gate is not None and len(gate) != len(up)):
        return None
    return None if gate is None else read(stack, gate, before), read(stack, up, before), down * after


def _feed_forward(stack: Stack, block: Block, part: FeedForward, values: Values) -> Units | None:
    found = gated(stack, block, part, values)
    if found is None:
        return None
    gate, up, down = found
    if gate is None:
        return Units(part.part, unit(up), (unit(down),), signed=True)
    return Units(part.part, unit(gate), (unit(up), unit(down)), signed=True)


def _parted(stack: Stack, part: FeedForward, up: Floats, values: Values) -> tuple[Floats | None, Floats]:
    """Gate (None where there is none) and up."""
    if part.fused == "no":
        return (None if part.gate is None else reading(stack, _matrix(values, part.gate, part.slice_))), up
    if len(up) % 2:
        return None, up
    if part.fused == "alternating":
        return up[0::2], up[1::2]
    gate, rest = np.split(up, 2)
    return gate, rest


def _attention(stack: Stack, block: Block, values: Values) -> list[Units]:
    parts = projections(stack, block, values)
    found: list[Units] = []
    if parts.value is not None and parts.output is not None:
        written = per_key_head(parts.output, len(parts.value), parts.key_heads)
        if written is not None:
            found.append(Units("value", unit(parts.value), (unit(written),), signed=False, heads=parts.key_heads))
    if parts.query is not None and parts.key is not None:
        asked = per_key_head(parts.query, len(parts.key), parts.key_heads)
        if asked is not None:
            found.append(Units("query", unit(asked), (unit(parts.key),), signed=False, heads=parts.key_heads))
    return found


def _matrix(values: Values, name: str, slice_: int | None) -> Floats:
    return values.whole(name) if slice_ is None else values.rows(name, np.array([slice_]))[0]


def halves(units: Units) -> Sequence[Floats]:
    """All matrices of the units."""
    return (units.first, *units.second)
