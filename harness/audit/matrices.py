"""A layer's matrices as rows of the residual stream, whatever way a family stores them."""

from __future__ import annotations

import numpy as np

from harness.audit.parts import Block, Stack
from harness.audit.values import Floats, Values


def gain(stack: Stack, block: Block, role: str, values: Values) -> Floats:
    """The norm's gain per dimension; ones where the layer has none."""
    name = block.roles.get(role)
    stored = None if name is None else values.whole(name)
    if stored is None or stored.shape != (stack.width,):
        return np.ones(stack.width, np.float32)
    return stored + np.float32(stack.norm_offset)


def reading(stack: Stack, matrix: Floats, *, writes: bool = False) -> Floats | None:
    """The matrix as (units, width), whichever way it is stored; None where no side is the stream's width."""
    if matrix.ndim != 2 or stack.width not in matrix.shape:
        return None
    if matrix.shape[0] == matrix.shape[1]:
        return matrix.T if writes != stack.transposed else matrix
    return matrix if matrix.shape[1] == stack.width else matrix.T


def read(stack: Stack, rows: Floats, gains: Floats) -> Floats:
    """What rows read from the stream: norm gains folded in and, where the norm takes the mean out, without it."""
    folded = rows * gains
    return folded - folded.mean(1, keepdims=True) if stack.centred else folded


def unit(rows: Floats) -> Floats:
    """Rows of length 1; rows of zeros stay."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    made: Floats = (rows / np.where(length > 0, length, 1)).astype(np.float32)
    return made
