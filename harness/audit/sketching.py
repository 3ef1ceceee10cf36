"""Making a sketch: deterministic, so that whoever gets the full weights can make it again and compare."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from harness.audit.analytic import telling
from harness.audit.audit import examined
from harness.audit.finding import Component
from harness.audit.pair import Body
from harness.audit.sketch import (
    DIGEST_BYTES,
    HEAD,
    LEAST,
    MOST_SCALE,
    SHARE,
    TOKEN_BYTES,
    SketchedUnits,
    SketchHead,
    packed,
    payload_digest,
    token_hash,
)
from harness.audit.subject import open_subject, reading
from harness.audit.units import Units, halves, parts_of
from harness.audit.values import Floats, Ids
from harness.errors import ConfigError

TOKENS_PER_DIMENSION = 4
"""Token vectors that are kept, for each dimension of the stream: enough to fit a rotation and to test it."""
MOST_UNITS, FEWEST_UNITS = 32, 4
"""Units of a part that are kept, as the budget allows."""
MOST_DIGESTS = 100_000
"""Tensors whose digests are kept, the largest first."""

Tensors = dict[str, npt.NDArray[np.generic]]


def make_sketch(name: str, folder: Path, seed: int, notify: Callable[[str], None]) -> tuple[SketchHead, bytes]:
    """The sketch of the checkpoint in `folder`, as its head and the file's bytes.

    Equal weights and seeds give equal bytes. Who knows the seed knows which units to change so that nothing is found.

    CheckpointError for a damaged checkpoint; ConfigError where it holds nothing that could be sketched.
    """
    with reading(folder):
        return _sketched(Body(open_subject(name, folder)), seed, notify)


def _sketched(body: Body, seed: int, notify: Callable[[str], None]) -> tuple[SketchHead, bytes]:
    budget = max(LEAST, int(SHARE * body.subject.bytes))
    draw = Draw(seed)
    tensors = _tokens(body, draw, budget // 2)
    tensors |= _digests(body)
    left = budget - sum(value.nbytes for value in tensors.values())
    units, tables = _units(body, draw, left, notify)
    if not units and not len(tensors["rows"]):
        raise ConfigError(
            f"{body.subject.folder} holds no layers and no embedding that are recognised: there is nothing to sketch",
            "compare the full weights",
        )
    tensors |= tables
    head = SketchHead(
        checkpoint=examined(body).model_copy(update={"sketch": True}), bytes=body.subject.bytes, units=tuple(units),
        seed=seed, payload_sha256=payload_digest(tensors),
    )  # fmt: skip
    said = np.frombuffer(head.model_dump_json().encode(), np.uint8)
    return head, save({**tensors, HEAD: said}, {"format": "sketch of a checkpoint, for harness audit"})


@dataclass(frozen=True)
class Draw:
    """Samples that depend on nothing but the seed and what they are drawn for."""

    seed: int

    def order(self, among: Ids, what: str) -> Ids:
        """All of them in a drawn order: any beginning of it is a sample."""
        drawn: Ids = np.random.default_rng([self.seed, *what.encode()]).permutation(among)
        return drawn


def _tokens(body: Body, draw: Draw, budget: int) -> Tensors:
    """Hashes of all tokens, and the vectors of some that a tokenizer names."""
    embedding = body.anatomy.embedding
    if embedding is None:
        nothing = _stored("vectors", np.zeros((0, 1), np.float32))
        return {"tokens": np.zeros(0, np.uint64), "rows": np.zeros(0, np.int64), **nothing}
    count, width = body.subject.tensors[embedding].shape
    hashes = np.zeros(count, np.uint64)
    for token, row in (body.vocabulary or {}).items():
        if row < count:
            hashes[row] = token_hash(token)
    named = np.flatnonzero(hashes) if body.vocabulary is not None else np.arange(count)
    room = (budget - count * TOKEN_BYTES) // (width + 4 + 8)
    rows = np.sort(draw.order(named, "tokens")[: max(0, min(TOKENS_PER_DIMENSION * width, room))])
    return {"tokens": hashes, "rows": rows, **_stored("vectors", _moderate(body.subject.values.rows(embedding, rows)))}


def _moderate(vectors: Floats) -> Floats:
    """Vectors whose scale, which no comparison sees, is none that a sketch could not hold."""
    largest = float(np.abs(vectors).max(initial=0))
    return vectors if largest <= MOST_SCALE else np.asarray(vectors / np.exp2(np.floor(np.log2(largest))), np.float32)


def _digests(body: Body) -> Tensors:
    """Digest and size of every tensor whose identity would mean anything."""
    subject = body.subject
    sizes = {
        name: math.prod(subject.tensors[name].shape)
        for names in body.anatomy.members.values()
        for name in names
        if telling(subject.values, name)
    }
    kept = sorted(sizes, key=lambda name: (-sizes[name], subject.digests[name]))[:MOST_DIGESTS]
    names = [np.frombuffer(bytes.fromhex(subject.digests[name])[:DIGEST_BYTES], np.uint8) for name in kept]
    return {
        "digests": np.stack(names) if names else np.zeros((0, DIGEST_BYTES), np.uint8),
        "sizes": np.array([sizes[name] for name in kept], np.int64),
    }


@dataclass(frozen=True)
class Kept:
    """The kept units of one part of one layer."""

    component: Component
    layer: int
    units: Units
    of: int


def _units(body: Body, draw: Draw, budget: int, notify: Callable[[str], None]) -> tuple[list[SketchedUnits], Tensors]:
    """Some units of every part of every layer, as many as the budget allows."""
    kept = list(_kept(body, draw, notify))
    rows = [(len(halves(one.units)), one.units.first.shape[1] + 4, len(one.units)) for one in kept]
    count = next(
        (count for count in range(MOST_UNITS, FEWEST_UNITS, -1) if _bytes(rows, count) <= budget), FEWEST_UNITS
    )
    found: list[SketchedUnits] = []
    tables: dict[Component, list[Floats]] = {}
    for one in kept:
        table = tables.setdefault(one.component, [])
        matrices = [matrix[:count] for matrix in halves(one.units)]
        found.append(
            SketchedUnits(
                component=one.component,
                layer=one.layer,
                part=one.units.part,
                of=one.of,
                signed=one.units.signed,
                matrices=len(matrices),
                first_row=sum(map(len, table)),
                count=len(matrices[0]),
            )
        )
        table += matrices
    stored: Tensors = {}
    for component, table in tables.items():
        stored |= _stored(component, np.concatenate(table))
    return found, stored


def _bytes(rows: Sequence[tuple[int, int, int]], count: int) -> int:
    return sum(matrices * width * min(count, units) for matrices, width, units in rows)


def _kept(body: Body, draw: Draw, notify: Callable[[str], None]) -> Iterator[Kept]:
    """At most MOST_UNITS units of every part, in a drawn order: any beginning of it is a sample too."""
    for component, stack in body.anatomy.stacks.items():
        for layer, block in enumerate(stack.blocks):
            notify(f"layer {layer + 1} of {len(stack.blocks)} of the {component}")
            for part in parts_of(stack, block, body.subject.values):
                chosen = draw.order(np.arange(len(part)), f"{component}.{layer}.{part.part}")[:MOST_UNITS]
                yield Kept(component, layer, part.units(chosen), len(part))


def _stored(name: str, rows: Floats) -> Tensors:
    codes, scale = packed(rows)
    return {f"{name}.codes": codes, f"{name}.scale": scale}
