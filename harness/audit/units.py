"""The units of a layer as vectors of the residual stream, norm gains folded in: what a disguise cannot change freely.

A unit is one hidden neuron of a feed-forward block (gate, up, down), or one dimension of a head's values (value,
output) or of its queries and keys. Order, scale and sign of units are free to whoever disguises a model; that a unit
reads from and writes to the same directions of the residual stream is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from harness.audit.matrices import Matrix, gain, gain_after, is_across, lengths, read, reading, unit
from harness.audit.parts import Block, FeedForward, Fusion, Stack
from harness.audit.projections import Projections, Side, per_key_head
from harness.audit.values import Floats, Ids, Values

MOST_EXPERTS = 4
"""Experts of a layer that are compared; the record's notes say where a model has more."""
MIXED_SIGNS, SPREAD = 0.05, 1.0
"""Share of values of the rarer sign, and spread of the logarithms of sizes, beyond which a vector is no norm's."""
MOST_BYTES = 1 << 28
"""Cosines of a part's units that are held at once."""
EXPERTS = "experts."
VALUES: tuple[Side, ...] = ("value", "output")
QUERIES: tuple[Side, ...] = ("query", "key")
"""Sides of an attention whose rows belong together: the first chooses the match."""


class Rows(Protocol):
    """Rows of the stream, one a unit, that are worked out or read when asked for."""

    def __len__(self) -> int: ...

    def rows(self, chosen: Ids, /) -> Floats:
        """Rows of these units, (chosen, width)."""
        ...

    def cosines(self, vectors: Floats, /) -> Floats:
        """Of vectors (n, width) with every unit's row made one of unit length, (n, units)."""
        ...


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


@dataclass(frozen=True)
class Part:
    """Units that are still where the checkpoint keeps them; the rest as in `Units`."""

    part: str
    matrices: tuple[Rows, ...]
    signed: bool
    heads: int = 1

    def __len__(self) -> int:
        return len(self.matrices[0])

    def units(self, chosen: Ids | None = None) -> Units:
        """Those of these numbers, or all."""
        numbers = np.arange(len(self)) if chosen is None else chosen
        first, *second = (unit(matrix.rows(numbers)) for matrix in self.matrices)
        return Units(self.part, first, tuple(second), self.signed, self.heads)

    def similarities(self, many: Sequence[Units]) -> Iterator[list[Floats]]:
        """For each of these units, matrix by matrix, cosines with all of the part's, (units, part's units).

        What is asked together is read once: as many as their cosines take MOST_BYTES.
        """
        each = 4 * len(self) * len(self.matrices)
        most, group = max(1, MOST_BYTES // max(1, each)), 0
        groups: list[list[Units]] = [[]]
        for one in many:
            if groups[-1] and group + len(one) > most:
                groups.append([])
                group = 0
            groups[-1].append(one)
            group += len(one)
        for together in groups:
            yield from self._similarities(together)

    def _similarities(self, many: Sequence[Units]) -> list[list[Floats]]:
        found: list[list[Floats]] = [[] for _ in many]
        for number, matrix in enumerate(self.matrices):
            having = [(index, halves(one)[number]) for index, one in enumerate(many) if number < len(halves(one))]
            if having:
                ends = np.cumsum([len(rows) for _, rows in having])[:-1]
                cosines = matrix.cosines(np.concatenate([rows for _, rows in having]))
                for (index, _), part in zip(having, np.split(cosines, ends), strict=True):
                    found[index].append(part)
        return found


def parts_of(
    stack: Stack, block: Block, values: Values, experts: frozenset[str] | None = None, *, most: int = MOST_EXPERTS
) -> list[Part]:
    """Every part of a layer that can be read as units; of its experts those of these names, else at most so many."""
    chosen = drawn(block.feed_forwards, most, stack.seed) if experts is None else experts
    found = [_feed_forward(stack, block, part, values) for part in among(block.feed_forwards, chosen)]
    return [part for part in found if part is not None] + _attention(Projections(stack, block, values))


def readable(stack: Stack, block: Block, values: Values) -> set[str]:
    """Names of a layer's tensors that are read as units, or as what chooses among experts; none where the stream is
    changed in ways that no name tells before they read it.
    """
    if any(_changes(values.whole(name).reshape(-1)) for name in block.unknown):
        return set()
    found: set[str] = set()
    for part in block.feed_forwards:
        if gated(stack, block, part, values) is not None:
            found |= {name for name in (part.gate, part.up, part.down) if name is not None}
    if "router" in block.roles:
        found.add(block.roles["router"])
    return found | set(Projections(stack, block, values).names())


def _changes(vector: Floats) -> bool:
    """Whether a vector over the stream turns signs, or differs in size by more than gains of norms do."""
    below = float(np.mean(vector < 0))
    sizes = np.log(np.maximum(np.abs(vector).astype(np.float64), 1e-300))
    return min(below, 1 - below) > MIXED_SIGNS or float(np.std(sizes)) > SPREAD


def values_in(stack: Stack, values: Values) -> int:
    """How many values of a stack's tensors are read."""
    names = {name for block in stack.blocks for name in readable(stack, block, values)}
    return sum(math.prod(values.tensors[name].shape) for name in names)


def among(parts: Sequence[FeedForward], experts: frozenset[str] | None) -> Sequence[FeedForward]:
    """These experts and all that is no expert; all experts where none are named."""
    return [part for part in parts if experts is None or part.part in experts or not is_expert(part)]


def drawn(parts: Sequence[FeedForward], most: int, seed: int) -> frozenset[str]:
    """Experts of a layer: all, or where there are too many, together with the shared ones, some drawn by chance."""
    routed = sorted(filter(is_expert, parts), key=_number)
    if len(parts) <= most or not routed:
        return frozenset(part.part for part in routed)
    rng = np.random.default_rng([seed, *routed[0].down.encode()])  # others in every layer
    some = rng.choice(len(routed), max(1, most - len(parts) + len(routed)), replace=False)
    return frozenset(routed[index].part for index in some)


def drawn_for_both(ours: Stack, theirs: Stack) -> frozenset[str] | None:
    """The same experts in all layers of two models, for what is summed over layers; None where all are taken."""
    blocks = [block.feed_forwards for stack in (ours, theirs) for block in stack.blocks]
    mixtures = [parts for parts in blocks if any(map(is_expert, parts))]
    if max(map(len, mixtures), default=0) <= MOST_EXPERTS:
        return None
    return drawn(min(mixtures, key=len), MOST_EXPERTS, ours.seed)


def is_expert(part: FeedForward) -> bool:
    return part.part.startswith(EXPERTS)


def _number(part: FeedForward) -> int:
    return int(part.part.removeprefix(EXPERTS))


def router_rows(stack: Stack, block: Block, values: Values) -> Floats | None:
    """What each expert's score reads from the stream, (experts, width) of unit length; None without a router."""
    name = block.roles.get("router")
    rows = None if name is None else reading(stack, values.whole(name))
    return None if rows is None else unit(read(stack, rows, gain(stack, block, "norm_ffn", values)))


def gated(stack: Stack, block: Block, part: FeedForward, values: Values) -> tuple[Matrix | None, Matrix, Matrix] | None:
    """Gate (None where one matrix reads), up and down as rows of the stream, gains folded in; None if unreadable."""
    before, after = gain(stack, block, "norm_ffn", values), gain_after(stack, block, "ffn", values)
    up = _matrix(stack, values, part.up, part.slice_, before)
    down = _matrix(stack, values, part.down, part.slice_, after, writes=True)
    if up is None or down is None:
        return None
    gate = None if part.gate is None else _matrix(stack, values, part.gate, part.slice_, before)
    if part.fused != "no" and len(up) % 2 == 0:
        gate, up = (replace(up, units=units) for units in _parted(len(up), part.fused))
    if len(up) != len(down) or (gate is not None and len(gate) != len(up)):
        return None
    return gate, up, down


def _parted(units: int, fused: Fusion) -> tuple[range, range]:
    """Which rows are gate's, and which up's."""
    if fused == "alternating":
        return range(0, units, 2), range(1, units, 2)
    return range(units // 2), range(units // 2, units)


def _matrix(
    stack: Stack, values: Values, name: str, slice_: int | None, gains: Floats, *, writes: bool = False
) -> Matrix | None:
    shape = values.tensors[name].shape
    shape = shape if slice_ is None else shape[1:]
    across = is_across(stack, shape, writes=writes)
    if across is None:
        return None
    return Matrix(stack, values, name, gains, range(shape[1 if across else 0]), across, writes, slice_)


def _feed_forward(stack: Stack, block: Block, part: FeedForward, values: Values) -> Part | None:
    found = gated(stack, block, part, values)
    return None if found is None else Part(part.part, tuple(one for one in found if one is not None), signed=True)


def _attention(parts: Projections) -> list[Part]:
    """Values with what their heads write, and queries with keys."""
    found: list[Part] = []
    for name, sides, count in (("value", VALUES, parts.count("value")), ("query", QUERIES, parts.count("key"))):
        if count and all(_fits(parts, side, count) for side in sides):
            rows = tuple(_Heads(parts, side, count) for side in sides)
            found.append(Part(name, rows, signed=False, heads=parts.key_heads))
    return found


def _fits(parts: Projections, side: Side, count: int) -> bool:
    """Whether the side has as many rows, or as many for each of the heads that share a key head."""
    has = parts.count(side)
    return has == count or (has > 0 and has % count == 0 and count % parts.key_heads == 0)


@dataclass(frozen=True)
class _Heads:
    """One side of a layer's attention as `count` rows: those of heads that share a key head are summed."""

    parts: Projections
    side: Side
    count: int

    def __len__(self) -> int:
        return self.count

    def rows(self, chosen: Ids) -> Floats:
        return self._all()[chosen]

    def cosines(self, vectors: Floats) -> Floats:
        rows = self._all()
        products: Floats = vectors @ rows.T
        products /= lengths(rows)
        return products

    def _all(self) -> Floats:
        rows = per_key_head(self.parts.read(self.side), self.count, self.parts.key_heads)
        if rows is None:
            raise ValueError(f"{self.count} {self.side} rows were counted and cannot be read")
        return rows


def halves(units: Units) -> Sequence[Floats]:
    """All matrices of the units: the first chooses the match, the others are tested."""
    return (units.first, *units.second)
