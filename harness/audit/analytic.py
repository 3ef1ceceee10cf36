"""Tensors that are worked out, not learned: constants, sines, windows, filter banks. That two models hold the same
says nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.audit.values import Floats

FEWEST_DISTINCT = 32
"""Distinct values that a tensor needs before being identical means anything."""
RESIDUE = 1e-3
"""How far a table of sines may be from its recurrence."""
COARSE_RESIDUE = {"BF16": 1e-2, "F16": 2e-3}
"""The same where values are rounded to fewer digits: four roundings of a column's largest value."""
FEWEST_PLACES = 3
"""Places along a side below which anything is a sinusoid."""
MOST_PLACES, MOST_ACROSS = 1 << 14, 1 << 10
"""Places of a picture that are looked at, and those in one of its rows."""
MOSTLY_ZERO = 0.5
"""Least share of zeros in a bank of filters."""

Doubles = npt.NDArray[np.float64]


def residue(dtype: str) -> float:
    """How far a table of this type may be from what it is rounded from."""
    return COARSE_RESIDUE.get(dtype, RESIDUE)


def is_telling(values: Floats, most: float = RESIDUE) -> bool:
    """Whether being identical means anything: not for what is worked out, to within `most`."""
    if has_few_values(values):
        return False
    table = np.squeeze(values).astype(np.float64)
    if table.ndim == 1:
        return not (_is_window(table, most) or _is_geometric(table, most) or _is_counted(table, most))
    if table.ndim == 3:
        return not _is_grid(table, most)
    if table.ndim != 2 or min(table.shape) < FEWEST_PLACES:
        return True
    return not (is_sines(table, most) or _is_filled_grid(table, most) or _is_filter_bank(table))


def has_few_values(values: Floats) -> bool:
    """Whether it holds fewer distinct values than being identical needs."""
    return len(np.unique(values.reshape(-1)[:100_000])) < FEWEST_DISTINCT


def is_sines(table: npt.NDArray[Any], most: float = RESIDUE) -> bool:
    """Whether every column is a sampled sinusoid, to within `most`: x(t+1) + x(t-1) = 2 cos(w) x(t)."""
    exact = table.astype(np.float64)
    around, middle = exact[2:] + exact[:-2], exact[1:-1]
    energy = (middle**2).sum(0)
    factor = (around * middle).sum(0) / np.where(energy > 0, energy, 1)
    # Column by column: beside one that is far larger, learned values would look as small as rounding errors.
    residues = np.abs(around - factor * middle).max(0) / np.maximum(np.abs(exact).max(0), 1e-30)
    return bool(np.all(residues < most) and np.all(np.abs(factor) <= 2 + most))


def _is_filled_grid(table: Doubles, most: float) -> bool:
    """Positions of a picture, row by row in one table, with or without places of nothing before them."""
    filled = table[int(np.argmax(np.any(table != 0, axis=1))) :][:MOST_PLACES]
    return any(_is_grid(grid, most) for grid in _grids(filled, most))


def _grids(table: Doubles, most: float) -> list[Doubles]:
    """The table as (rows, columns, dimensions), for numbers of columns that its first dimension allows."""
    first, found = table[:, :1], []
    for across in range(FEWEST_PLACES, min(MOST_ACROSS, len(table) // FEWEST_PLACES) + 1):
        rows = len(table) // across
        if any(_constant(first[: rows * across].reshape(rows, across, 1), axis, most).all() for axis in (0, 1)):
            found.append(table[: rows * across].reshape(rows, across, -1))
    return found


def _is_grid(grid: Doubles, most: float) -> bool:
    """Whether every dimension is a sinusoid along one side of the grid and constant along the other."""
    if min(grid.shape[:2]) < FEWEST_PLACES:
        return False
    along, across = _constant(grid, 1, most), _constant(grid, 0, most)
    if not np.all(along | across):
        return False
    sides = [side for side in (grid[:, 0, along], grid[0][:, across & ~along]) if side.size]
    return all(is_sines(side, most) for side in sides)


def _constant(grid: Doubles, axis: int, most: float) -> npt.NDArray[np.bool_]:
    """Which dimensions do not change along an axis."""
    largest = np.maximum(np.abs(grid).max((0, 1)), 1e-30)
    return np.asarray(np.ptp(grid, axis=axis).max(0) <= most * largest)


def _is_window(values: Doubles, most: float) -> bool:
    """Whether it reads the same from both ends, with or without its first value (Hann, Hamming, Kaiser ...)."""
    largest = float(np.abs(values).max())
    return any(np.abs(some - some[::-1]).max() <= most * largest for some in (values, values[1:]))


def _is_geometric(values: Doubles, most: float) -> bool:
    """Whether every value is the one before it times the same, as frequencies of positions are."""
    if not (np.all(values > 0) or np.all(values < 0)):
        return False
    steps = np.diff(np.log(np.abs(values)))
    return bool(np.ptp(steps) <= most)


def _is_counted(values: Doubles, most: float) -> bool:
    """Whether its steps are all the same, as numbers of places are."""
    steps = np.diff(values)
    return bool(np.ptp(steps) <= most * np.abs(steps).max())


def _is_filter_bank(table: Doubles) -> bool:
    """Whether it is mostly zeros, never negative, and one run along every row or every column, as mel filters are."""
    if table.min() < 0 or np.mean(table == 0) < MOSTLY_ZERO:
        return False
    return any(_are_runs(side != 0) for side in (table, table.T))


def _are_runs(filled: npt.NDArray[np.bool_]) -> bool:
    starts = filled[:, 0].astype(int) + np.count_nonzero(filled[:, 1:] & ~filled[:, :-1], axis=1)
    return bool(np.all(starts <= 1))
