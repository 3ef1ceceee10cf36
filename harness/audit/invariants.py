"""Of every layer, matrices (width, width) that turn with the stream and know no order, scale or mixing of units.

Sums over units of u uᵀ (and of what a unit reads times what it writes), projectors on what each head reads and writes,
products of a head's outputs with its values and of its keys with its queries. A disguise that leaves the model's
function as it is leaves all of them as they are, but for the rotation of the stream.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.audit.parts import Block, Stack
from harness.audit.projections import Projections, Side
from harness.audit.units import Units, halves, parts_of
from harness.audit.values import Floats, Values

MODERATE = 1e12
"""Values up to this, and as far below 1, have squares that 32 bits hold."""
SMALL = 1e-10
"""Squares of singular values below this share of the largest are rounding."""

HEADS: Mapping[str, Side] = {"qq": "query", "kk": "key", "vv": "value", "oo": "output"}
SHARED: tuple[Side, ...] = ("key", "value")
"""Sides of as many heads as there are keys."""
PRODUCTS: tuple[tuple[str, Side, Side], ...] = (("vo", "value", "output"), ("kq", "key", "query"))
"""Kind, the side whose heads are shared, and the side that asks."""

Invariants = Mapping[str, Floats]
"""By kind; kinds of two letters that differ are not symmetric."""


def of_attention(stack: Stack, block: Block, values: Values) -> Invariants:
    """Projectors on queries, keys, values and outputs of all heads, and both products."""
    parts = Projections(stack, block, values)
    found = dict(of_heads(parts))
    for kind, shared, asking in PRODUCTS:
        product = _product(parts, shared, asking)
        if product is not None:
            found[kind] = product
    return found


def of_heads(parts: Projections, turn: Floats | None = None) -> Invariants:
    """Projectors on queries, keys, values and outputs of all heads (qq, kk, vv, oo), in the basis of `turn`."""
    found = {kind: of_side(parts, side, turn) for kind, side in HEADS.items()}
    return {kind: projector for kind, projector in found.items() if projector is not None}


def of_side(parts: Projections, side: Side, turn: Floats | None = None) -> Floats | None:
    """The projector of one side; None where it cannot be read or spans nothing."""
    heads = parts.key_heads if side in SHARED else parts.query_heads
    spanned = _spanned(parts.read(side), heads) if parts.count(side) else None
    if spanned is None:
        return None
    brought: Floats = spanned if turn is None else spanned @ turn
    projector: Floats = brought.T @ brought
    return projector


def _spanned(rows: Floats, heads: int) -> Floats | None:
    """Orthonormal rows for each head, one head after another: any mixing inside a head leaves their planes as they are.

    None where no head spans a plane, as before any training where outputs start at zero.
    """
    count = heads if len(rows) % heads == 0 else 1
    bases = [_basis(head) for head in np.split(rows, count)]
    telling = [basis for basis in bases if 1 < len(basis) < rows.shape[1]]
    return np.concatenate(telling) if telling else None


def _basis(head: Floats) -> Floats:
    """Orthonormal rows that span the head's; those that numbers cannot tell from nothing are left out."""
    rows = head.astype(np.float64)
    sizes, vectors = np.linalg.eigh(rows @ rows.T)
    kept = sizes > SMALL * max(float(sizes[-1]), 1e-30)
    basis: Floats = ((vectors[:, kept] / np.sqrt(sizes[kept])).T @ rows).astype(np.float32)
    return basis


def _product(parts: Projections, shared: Side, asking: Side) -> Floats | None:
    """Sum over query heads of the key head's rowsᵀ times the query head's rows."""
    has, asked = parts.count(shared), parts.count(asking)
    if not has or not asked or asked % has or has % parts.key_heads:
        return None
    summed = parts.read(asking).reshape(parts.key_heads, asked // has, has // parts.key_heads, -1).sum(1)
    with np.errstate(over="ignore", invalid="ignore"):
        product: Floats = parts.read(shared).T @ summed.reshape(has, -1)
    return product if np.isfinite(product).all() else None


def of_feed_forward(stack: Stack, block: Block, values: Values, experts: frozenset[str] | None = None) -> Invariants:
    """Second moments of gates, ups and downs of all units, and of what their linear half reads with what they write;
    of large mixtures, of these experts.
    """
    found: dict[str, Floats] = {}
    for part in parts_of(stack, block, values, experts):
        if part.signed:
            for kind, moment in _moments(part.units()).items():
                found[kind] = found[kind] + moment if kind in found else moment
    return found


def _moments(units: Units) -> Invariants:
    letters = "gud" if len(units.second) == 2 else "ud"
    sides = dict(zip(letters, halves(units), strict=True))
    return {kind + kind: rows.T @ rows for kind, rows in sides.items()} | {"ud": sides["u"].T @ sides["d"]}


def turned(matrix: Floats, turn: Floats) -> Floats:
    """The matrix in the basis that the rotation leads to."""
    return np.asarray(turn.T @ matrix @ turn, np.float32)


def normal(matrix: Floats) -> Floats:
    """Without its share of the identity, which no rotation moves, and of length 1."""
    largest = float(np.abs(matrix).max(initial=0))
    if largest > MODERATE or 0 < largest < 1 / MODERATE:
        matrix = matrix / np.float32(largest)
    centred = matrix - np.eye(len(matrix), dtype=np.float32) * np.float32(np.trace(matrix) / len(matrix))
    scaled: Floats = (centred / max(float(np.linalg.norm(centred)), 1e-30)).astype(np.float32)
    return scaled
