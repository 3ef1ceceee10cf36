"""Rows of two tables that belong together, such as vectors of the same tokens: whitened, turned, held side by side.

Tables of wide models take hundreds of megabytes each, so all of it goes a few rows at a time; and decompositions are
those of symmetric matrices, the cheapest there are for what has the size of width x width.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from harness.audit.matrices import unit
from harness.audit.tables import Table, like
from harness.audit.values import Doubles, Floats, Ids

AT_ONCE = 2048
"""Rows that are worked on together."""
ROUNDING = 1e-10
"""Variances below this share of the largest are rounding."""
ROUNDING_OF_PRODUCTS = 1e-13
"""The same for squares of singular values of products that were summed from 32-bit values."""


def white(rows: Table) -> Table:
    """Rows of unit length whose directions all have the same variance, in the basis in which they stand."""
    centre, offset = mean(rows), np.zeros(rows.shape[1])
    for some in _split(len(rows)):
        offset += unit(rows[some] - centre).sum(0, dtype=np.float64) / len(rows)
    squares = np.zeros((rows.shape[1],) * 2)
    for some in _split(len(rows)):
        shifted = unit(rows[some] - centre) - offset
        squares += shifted.T @ shifted
    root = _inverse_root(squares, ROUNDING)
    whitened = like(rows)
    for some in _split(len(rows)):
        whitened[some] = ((unit(rows[some] - centre) - offset) @ root).astype(np.float32)
    return whitened


def crossed(ours: Table, theirs: Table, tokens: Ids | None = None) -> Doubles:
    """oursᵀ theirs of rows centred and of unit length, (width, other width); of the given `tokens`, or all."""
    means, total = (mean(ours, tokens), mean(theirs, tokens)), np.zeros((ours.shape[1], theirs.shape[1]))
    for some in _split(len(ours), tokens):
        total += unit(ours[some] - means[0]).T @ unit(theirs[some] - means[1])
    return total


def polar(matrix: npt.NDArray[np.floating]) -> Floats:
    """The nearest (semi-)orthogonal matrix, U Vᵀ; directions that the matrix does not determine are left out."""
    wide, exact = matrix.shape[0] <= matrix.shape[1], np.asarray(matrix, np.float64)
    squares = exact @ exact.T if wide else exact.T @ exact
    root = _inverse_root(squares, ROUNDING_OF_PRODUCTS)
    turned: Floats = (root @ exact if wide else exact @ root).astype(np.float32)
    return turned


def closeness(ours: Table, theirs: Table, turn: Floats | None = None, tokens: Ids | None = None) -> float:
    """Median cosine of centred rows in one basis, `ours` turned into it; of the given `tokens`, or all."""
    means = mean(ours, tokens), mean(theirs, tokens)
    return float(np.median(_cosines(ours, theirs, means, turn, tokens)))


def least_alike(left: Table, right: Table, turn: Floats | None, share: float) -> float:
    """Of rows that are whitened already: the cosine that this share of them stays below."""
    nothing = np.zeros(1, np.float32)
    return float(np.quantile(_cosines(left, right, (nothing, nothing), turn, None), share))


def correlations(left: Table, right: Table) -> Floats:
    """Of every dimension of one whitened table with every one of another, (width, other width)."""
    total = _products(left, right, None)
    ours, theirs = _lengths(left), _lengths(right)
    scaled: Floats = (total / ours[:, None] / theirs).astype(np.float32)
    return scaled


def held_out_correlations(left: Table, right: Table, fitted: Ids, tested: Ids) -> Doubles:
    """Of the directions that are most alike on the `fitted` rows of two whitened tables, one after the other: their
    correlations on the `tested` rows, (narrower width,).
    """
    u, v = _directions(_products(left, right, fitted))
    sums = [np.zeros(u.shape[1]) for _ in range(5)]
    for some in _split(len(left), tested):
        one, other = (left[some] @ u).astype(np.float64), (right[some] @ v).astype(np.float64)
        for total, more in zip(sums, (one, other, one * one, other * other, one * other), strict=True):
            total += more.sum(0)
    ours, theirs, our_squares, their_squares, both = (total / max(1, len(tested)) for total in sums)
    spread = np.sqrt(np.maximum(our_squares - ours**2, 0) * np.maximum(their_squares - theirs**2, 0))
    return np.asarray((both - ours * theirs) / np.where(spread > 0, spread, 1))


def nearest(vectors: Floats, rows: Table, centre: Floats, into: Floats) -> Ids:
    """For each vector the row with the highest cosine, once rows are centred and brought into the vectors' basis."""
    best, found = np.full(len(vectors), -np.inf, np.float32), np.zeros(len(vectors), np.int64)
    for some in _split(len(rows)):
        brought = unit(np.asarray((rows[some] - centre) @ into, np.float32))
        cosines = np.asarray(vectors @ brought.T, np.float32)
        place = cosines.argmax(1)
        highest = cosines[np.arange(len(vectors)), place]
        better = highest > best
        best[better], found[better] = highest[better], place[better] + some.start
    return found


def _directions(product: Doubles) -> tuple[Floats, Floats]:
    """Singular vectors as columns, those of the larger side from those of the smaller."""
    if product.shape[0] > product.shape[1]:
        v, u = _directions(product.T)
        return u, v
    _, vectors = _eigen(product @ product.T)
    others = product.T @ vectors
    others /= np.maximum(np.linalg.norm(others, axis=0), 1e-30)
    return vectors.astype(np.float32), others.astype(np.float32)


def _products(left: Table, right: Table, tokens: Ids | None) -> Doubles:
    """leftᵀ right as they stand, of some rows."""
    total = np.zeros((left.shape[1], right.shape[1]))
    for some in _split(len(left), tokens):
        total += left[some].T @ right[some]
    return total


def _cosines(
    ours: Table, theirs: Table, means: tuple[Floats, Floats], turn: Floats | None, tokens: Ids | None
) -> Doubles:
    found: list[Floats] = []
    for some in _split(len(ours), tokens):
        one: Floats = ours[some] - means[0]
        brought: Floats = one if turn is None else one @ turn
        other: Floats = theirs[some] - means[1]
        found.append((unit(brought) * unit(other)).sum(1))
    return np.concatenate(found).astype(np.float64)


def _eigen(squares: Doubles) -> tuple[Doubles, Doubles]:
    """Eigenvalues, rising, and vectors of a symmetric matrix, which is lost: its transpose is taken without a copy."""
    sizes, vectors = eigh(squares.T, overwrite_a=True, check_finite=False)
    return sizes, vectors


def _inverse_root(squares: Doubles, rounding: float) -> Doubles:
    """The symmetric inverse square root of a positive matrix, which is lost; nothing where there is only rounding."""
    sizes, vectors = _eigen(squares)
    first = np.searchsorted(sizes, rounding * max(float(sizes[-1]), 1e-30), side="right")
    kept = vectors[:, first:]
    return np.asarray((kept / np.sqrt(sizes[first:])) @ kept.T)


def _lengths(rows: Table) -> Doubles:
    """Of every column; 1 for those of nothing."""
    squares = np.zeros(rows.shape[1])
    for some in _split(len(rows)):
        squares += np.square(rows[some]).sum(0, dtype=np.float64)
    return np.asarray(np.sqrt(np.where(squares > 0, squares, 1)))


def mean(rows: Table, tokens: Ids | None = None) -> Floats:
    """Of the given `tokens`, or all, (width,)."""
    total = np.zeros(rows.shape[1])
    for some in _split(len(rows), tokens):
        total += rows[some].sum(0, dtype=np.float64)
    centre: Floats = (total / max(1, len(rows) if tokens is None else len(tokens))).astype(np.float32)
    return centre


def _split(count: int, tokens: Ids | None = None) -> Iterator[Any]:
    """A few rows after another."""
    for start in range(0, count if tokens is None else len(tokens), AT_ONCE):
        yield slice(start, min(count, start + AT_ONCE)) if tokens is None else tokens[start : start + AT_ONCE]
