"""A layer's matrices as rows of the residual stream, whatever way a family stores them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.audit.parts import Block, Stack
from harness.audit.values import AT_ONCE, Doubles, Floats, Ids, Values

BEYOND = 2.0**118
"""Once gains are folded in, no value of a working model is as large."""
TINY, HUGE = 1e-30, 1e30
"""Squares of lengths that 32 bits hold with all their digits; others are summed again in 64."""


def gain(stack: Stack, block: Block, role: str, values: Values) -> Floats:
    """The norm's gain per dimension; ones where the layer has none."""
    return _vector(stack, block, role, values, stack.norm_offset)


def gain_after(stack: Stack, block: Block, part: Literal["attention", "ffn"], values: Values) -> Floats:
    """What is done to what a part of the layer writes: the gain of a norm behind it, and a scale of its own."""
    scale = _vector(stack, block, f"scale_{part}", values, 0.0)
    return folded(gain(stack, block, f"norm_after_{part}", values), scale)


def _vector(stack: Stack, block: Block, role: str, values: Values, offset: float) -> Floats:
    """A vector of the stream's width, however it is laid out."""
    name = block.roles.get(role)
    if name is None or math.prod(values.tensors[name].shape) != stack.width:
        return np.ones(stack.width, np.float32)
    return values.whole(name).reshape(-1) + np.float32(offset)


def reading(stack: Stack, matrix: Floats, *, writes: bool = False) -> Floats | None:
    """The matrix as (units, width), whichever way it is stored; None where no side is the stream's width."""
    across = is_across(stack, matrix.shape, writes=writes)
    return None if across is None else matrix.T if across else matrix


def is_across(stack: Stack, shape: Sequence[int], *, writes: bool = False) -> bool | None:
    """Whether a matrix stands as (width, units); None where no side is the stream's width."""
    if len(shape) != 2 or stack.width not in shape:
        return None
    return writes != stack.transposed if shape[0] == shape[1] else shape[1] != stack.width


def read(stack: Stack, rows: Floats, gains: Floats) -> Floats:
    """What rows, which are changed, read from the stream: norm gains folded in and, where the norm takes the mean out,
    without it.
    """
    rows = folded(rows, gains)
    if stack.centred:
        rows -= rows.mean(1, keepdims=True, dtype=np.float64).astype(np.float32)
    return rows


def folded(rows: Floats, gains: Floats) -> Floats:
    """Rows, which are changed, times gains, and no larger than sums and products of them allow."""
    with np.errstate(over="ignore"):
        rows *= gains
    return np.clip(rows, -BEYOND, BEYOND, out=rows)


def unit(rows: Floats) -> Floats:
    """Rows of length 1; rows of zeros stay."""
    with np.errstate(over="ignore"):
        length = np.linalg.norm(rows, axis=1)
    odd = np.flatnonzero(~((length > TINY**0.5) & (length < HUGE**0.5)))
    if len(odd):
        length = length.astype(np.float64)
        length[odd] = np.sqrt(squared(rows[odd].astype(np.float64)))
    made: Floats = (rows / np.where(length > 0, length, 1)[:, None]).astype(np.float32)
    return made


def lengths(rows: Floats) -> Doubles:
    """Of every row; 1 for rows of zeros."""
    squares = squared(rows)
    return np.asarray(np.sqrt(np.where(squares > 0, squares, 1)))


def squared(rows: npt.NDArray[np.floating]) -> Doubles:
    """Square of every row's length. Whoever scales units by large powers of two changes no digit of it."""
    with np.errstate(over="ignore"):
        squares: Doubles = np.einsum("ij,ij->i", rows, rows).astype(np.float64)
    odd = np.flatnonzero(~((squares > TINY) & (squares < HUGE)))
    if len(odd) and rows.dtype != np.float64:
        squares[odd] = squared(rows[odd].astype(np.float64))
    return squares


@dataclass(frozen=True)
class Matrix:
    """A matrix of a layer as rows of the residual stream, (units, width), read when asked for, a part at a time."""

    stack: Stack
    values: Values
    name: str
    gains: Floats
    """(width,)"""
    units: range
    """Those of the stored units that are meant: a matrix may hold gate and up."""
    across: bool
    """Whether it stands as (width, units)."""
    writes: bool = False
    slice_: int | None = None
    """Which of a stack of matrices."""

    def __len__(self) -> int:
        return len(self.units)

    def rows(self, chosen: Ids) -> Floats:
        """Rows of these units, (chosen, width)."""
        if not self.across and self.slice_ is None and len(self) * self.stack.width > AT_ONCE:
            few = self.values.rows(self.name, np.array(self.units)[chosen])
            return read(self.stack, few, self.gains) if self._is_centred else folded(few, self.gains)
        found = np.empty((len(chosen), self.stack.width), np.float32)
        for units, dimensions, block in self._blocks():
            here = np.flatnonzero((chosen >= units.start) & (chosen < units.stop))
            found[here, dimensions] = block[chosen[here] - units.start]
        return found

    def products(self, vectors: Floats) -> Floats:
        """Of vectors (n, width) with every unit's row, (n, units)."""
        return self._with(vectors)[0]

    def cosines(self, vectors: Floats) -> Floats:
        """The same with rows of unit length; 0 with rows of zeros."""
        products, squares = self._with(vectors)
        products /= np.sqrt(np.where(squares > 0, squares, 1))
        return products

    def sums(self, weights: Floats) -> Floats:
        """Sums of the units' rows by weights (n, units), (n, width)."""
        total = np.zeros((len(weights), self.stack.width), np.float32)
        for units, dimensions, block in self._blocks():
            total[:, dimensions] += weights[:, units] @ block
        return total

    def _with(self, vectors: Floats) -> tuple[Floats, Doubles]:
        """Products, and the square of every row's length."""
        products, squares = np.zeros((len(vectors), len(self)), np.float32), np.zeros(len(self))
        for units, dimensions, block in self._blocks():
            products[:, units] += vectors[:, dimensions] @ block.T
            squares[units] += squared(block)
        return products, squares

    @property
    def _is_centred(self) -> bool:
        return self.stack.centred and not self.writes

    def _blocks(self) -> Iterator[tuple[slice, slice, Floats]]:
        """Parts as the stream is read: which units, which dimensions of the stream, values (units, dimensions)."""
        parts = list(self.values.spans(self.name, self.slice_))
        total = np.zeros((len(self), 1), np.float32)
        if self._is_centred and self.across and len(parts) > 1:
            total = np.sum([block.sum(1, keepdims=True) for _, _, block in self._folded(parts)], axis=0)
        for units, dimensions, block in self._folded(parts):
            if self._is_centred:
                block -= (
                    block.mean(1, keepdims=True) if len(parts) == 1 or not self.across else total / self.stack.width
                )
            yield units, dimensions, block

    def _folded(self, parts: Sequence[tuple[int, int]]) -> Iterator[tuple[slice, slice, Floats]]:
        """The same with gains folded in and no more."""
        start, stop, step = self.units.start, self.units.stop, self.units.step
        for first, count in parts:
            if self.across:
                dimensions = slice(first, first + count)
                stored = self.values.span(self.name, first, count, self.slice_)[:, start:stop:step].T
                yield slice(0, len(self)), dimensions, folded(stored, self.gains[dimensions])
                continue
            low = max(0, -((start - first) // step))
            high = min(len(self), -((start - first - count) // step))
            if low < high:
                rows = self.values.span(self.name, start + low * step, (high - 1 - low) * step + 1, self.slice_)[::step]
                yield slice(low, high), slice(0, self.stack.width), folded(rows, self.gains)
