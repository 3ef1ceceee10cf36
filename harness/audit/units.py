"""The units of a layer as vectors of the residual stream, norm gains folded in: what a disguise cannot change freely.

A unit is one hidden neuron of a feed-forward block (gate, up, down), or one dimension of a head's values (value,
output) or of its queries and keys. Order, scale and sign of units are free to whoever disguises a model; that a unit
reads from and writes to the same directions of the residual stream is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.audit.parts import Block, FeedForward, Stack
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

    def __len__(self) -> int:
        return len(self.first)


def units_of(stack: Stack, block: Block, values: Values) -> list[Units]:
    """Every part of a layer that can be read as units."""
    found = [_feed_forward(stack, block, part, values) for part in _some(block.feed_forwards)]
    return [units for units in [*found, *_attention(stack, block, values)] if units is not None]


def _some(parts: Sequence[FeedForward]) -> Sequence[FeedForward]:
    """All blocks of a dense layer; of many experts a few, those of the same numbers in every model."""
    if len(parts) <= MOST_EXPERTS:
        return parts
    shared = [part for part in parts if part.part == "shared"]
    return [*shared, *parts[: MOST_EXPERTS - len(shared)]]


def gain(stack: Stack, block: Block, role: str, values: Values) -> Floats:
    """The norm's gain per dimension; ones where the layer has none."""
    name = block.roles.get(role)
    stored = None if name is None else values.whole(name)
    if stored is None or stored.shape != (stack.width,):
        return np.ones(stack.width, np.float32)
    return stored + np.float32(stack.norm_offset)


def _feed_forward(stack: Stack, block: Block, part: FeedForward, values: Values) -> Units | None:
    before, after = gain(stack, block, "norm_ffn", values), gain(stack, block, "norm_after_ffn", values)
    up = _reading(_matrix(values, part.up, part.slice_), stack.width)
    down = _reading(_matrix(values, part.down, part.slice_), stack.width, writes=True)
    if up is None or down is None:
        return None
    gate: Floats | None = None
    if part.fused:
        gate, up = np.split(up, 2) if len(up) % 2 == 0 else (None, up)
    elif part.gate is not None:
        gate = _reading(_matrix(values, part.gate, part.slice_), stack.width)
    if len(up) != len(down) or (gate is not None and len(gate) != len(up)):
        return None
    if gate is None:
        return Units(part.part, _unit(up * before), (_unit(down * after),), signed=True)
    return Units(part.part, _unit(gate * before), (_unit(up * before), _unit(down * after)), signed=True)


def _attention(stack: Stack, block: Block, values: Values) -> list[Units]:
    query, key, value = _projections(stack, block, values)
    output = block.roles.get("output")
    before, after = gain(stack, block, "norm_in", values), gain(stack, block, "norm_after_attention", values)
    found: list[Units] = []
    if value is not None and output is not None:
        writes = _reading(values.whole(output), stack.width, writes=True)
        shared = None if writes is None else _per_key_head(stack, writes, len(value))
        if shared is not None:
            found.append(Units("value", _unit(value * before), (_unit(shared * after),), signed=False))
    if query is not None and key is not None:
        asked = _per_key_head(stack, query, len(key))
        if asked is not None:
            found.append(Units("query", _unit(asked * before), (_unit(key * before),), signed=False))
    return found


def _projections(stack: Stack, block: Block, values: Values) -> tuple[Floats | None, Floats | None, Floats | None]:
    """Query, key and value rows, split where they are fused."""
    if "qkv" in block.roles:
        fused = _reading(values.whole(block.roles["qkv"]), stack.width)
        return (None, None, None) if fused is None else _split(stack, fused, block.roles["qkv"])
    query, key, value = (
        None if role not in block.roles else _reading(values.whole(block.roles[role]), stack.width)
        for role in ("query", "key", "value")
    )
    return query, key, value


def _split(stack: Stack, fused: Floats, name: str) -> tuple[Floats | None, Floats | None, Floats | None]:
    """Fused rows: one after the other, or (InternLM2, NeoX, BLOOM) interleaved by head group."""
    heads, kv_heads = stack.heads or 1, stack.kv_heads or stack.heads or 1
    size, left = divmod(len(fused), heads + 2 * kv_heads)
    if left:
        return None, None, None
    if "wqkv" in name.lower() or "query_key_value" in name.lower():
        groups = fused.reshape(kv_heads, heads // kv_heads + 2, size, -1)
        query, key, value = groups[:, :-2], groups[:, -2], groups[:, -1]
        width = fused.shape[1]
        return query.reshape(-1, width), key.reshape(-1, width), value.reshape(-1, width)
    query, key, value = np.split(fused, [heads * size, (heads + kv_heads) * size])
    return query, key, value


def _per_key_head(stack: Stack, rows: Floats, wanted: int) -> Floats | None:
    """Rows of query heads summed over the heads that share a key head: the sum is blind to their order."""
    if len(rows) == wanted:
        return rows
    groups, left = divmod(len(rows), wanted)
    kv_heads = stack.kv_heads or 1
    if left or wanted % kv_heads:
        return None
    summed: Floats = rows.reshape(kv_heads, groups, wanted // kv_heads, -1).sum(1).reshape(wanted, -1)
    return summed


def _matrix(values: Values, name: str, slice_: int | None) -> Floats:
    return values.whole(name) if slice_ is None else values.rows(name, np.array([slice_]))[0]


def _reading(matrix: Floats, width: int, *, writes: bool = False) -> Floats | None:
    """The matrix as (units, width), whichever way it is stored; None where no side is the stream's width."""
    if matrix.ndim != 2 or width not in matrix.shape:
        return None
    if matrix.shape[0] == matrix.shape[1]:
        return matrix.T if writes else matrix
    return matrix if matrix.shape[1] == width else matrix.T


def _unit(rows: Floats) -> Floats:
    """Rows of length 1; rows of zeros stay."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = (rows / np.where(length > 0, length, 1)).astype(np.float32)
    return unit


def halves(units: Units) -> Sequence[Floats]:
    """All matrices of the units."""
    return (units.first, *units.second)
