"""Tensors that are worked out, not learned: constants, sines, windows, filter banks. That two models hold the same
says nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from harness.audit.values import Doubles, Floats, Values

FEWEST_DISTINCT = 32
"""Distinct values that a tensor needs before being identical means anything."""
RESIDUE = 1e-3
"""How far a formula may be from what is stored, as a share of how much that varies."""
ROUNDING, COARSE_ROUNDING = 1e-6, {"BF16": 1e-2, "F16": 2e-3}
"""What rounding adds, as a share of the largest value: four roundings of 32 and of 16 bits."""
FEWEST_PLACES = 6
"""Places along a side below which anything is a sinusoid."""
MOST_PLACES, MOST_ACROSS, MOST_GRIDS = 1 << 14, 1 << 10, 4
"""Places of a picture that are looked at, those in one of its rows, and such layouts of a table."""
MOSTLY_ZERO = 0.5
"""Least share of zeros in a bank of filters."""
A_DECADE = float(np.log(10))


def rounding(dtype: str) -> float:
    """Four roundings of a value of this type, as a share of it."""
    return COARSE_ROUNDING.get(dtype, ROUNDING)


def is_telling(values: Floats, rounding: float = ROUNDING) -> bool:
    """Whether being identical means anything: not for what is worked out and then rounded."""
    if has_few_values(values):
        return False
    table = np.squeeze(values).astype(np.float64)
    if table.ndim == 1:
        return not (_is_window(table, rounding) or _is_geometric(table, rounding) or _is_counted(table, rounding))
    if table.ndim == 3:
        return not _is_grid(table, rounding)
    if table.ndim != 2 or min(table.shape) < FEWEST_PLACES:
        return True
    return not (is_sines(table, rounding) or _is_filled_grid(table, rounding) or _is_filter_bank(table))


def telling(values: Values, name: str) -> bool:
    """The same of a tensor of a checkpoint, by its beginning."""
    return is_telling(values.beginning(name), rounding(values.tensors[name].dtype))


def has_few_values(values: Floats) -> bool:
    """Whether it holds fewer distinct values than being identical needs."""
    return len(np.unique(values.reshape(-1)[:100_000])) < FEWEST_DISTINCT


def is_sines(table: npt.NDArray[Any], rounding: float = ROUNDING) -> bool:
    """Whether every column is a sampled sinusoid about some mean, on both sides of rows of zeros (padding).

    x(t+1) + x(t-1) - 2m = 2 cos(w) (x(t) - m).
    """
    exact = table.astype(np.float64)
    ends = np.flatnonzero(~np.any(exact != 0, axis=1))
    parts = [part[np.any(part != 0, axis=1)] for part in np.split(exact, ends)]
    long = [part for part in parts if len(part) >= FEWEST_PLACES]
    return sum(map(len, long)) > 0 and all(_are_sinusoids(part, rounding) for part in long)


def _are_sinusoids(table: Doubles, rounding: float) -> bool:
    around, middle = table[2:] + table[:-2], table[1:-1]
    means = around.mean(0), middle.mean(0)
    moved, shifted = around - means[0], middle - means[1]
    energy = (shifted**2).sum(0)
    factor = np.clip((moved * shifted).sum(0) / np.where(energy > 0, energy, 1), -2, 2)
    # Column by column: beside one that is far larger, learned values would look as small as rounding errors.
    residues = np.abs(moved - factor * shifted).max(0)
    return bool(np.all(residues <= _tolerance(table, rounding)))


def _tolerance(table: Doubles, rounding: float) -> Doubles:
    """How far values may be from a formula, by column: little of what they vary by, and how they are rounded."""
    return np.asarray(RESIDUE * np.ptp(table, axis=0) + rounding * np.abs(table).max(0))


def _is_filled_grid(table: Doubles, rounding: float) -> bool:
    """Positions of a picture, row by row in one table, with or without places of nothing before them."""
    filled = table[int(np.argmax(np.any(table != 0, axis=1))) :][:MOST_PLACES]
    return any(_is_grid(grid, rounding) for grid in _grids(filled, rounding))


def _grids(table: Doubles, rounding: float) -> list[Doubles]:
    """The table as (rows, columns, dimensions), for numbers of columns that its first and last dimension allow."""
    found: list[Doubles] = []
    for across in range(FEWEST_PLACES, min(MOST_ACROSS, len(table) // FEWEST_PLACES) + 1):
        rows = len(table) // across
        ends = table[: rows * across, [0, -1]].reshape(rows, across, 2)
        if np.all(_constant(ends, 0, rounding) | _constant(ends, 1, rounding)):
            found.append(table[: rows * across].reshape(rows, across, -1))
        if len(found) == MOST_GRIDS:
            break
    return found


def _is_grid(grid: Doubles, rounding: float) -> bool:
    """Whether every dimension is a sinusoid along one side of the grid and constant along the other."""
    if min(grid.shape[:2]) < FEWEST_PLACES:
        return False
    along, across = _constant(grid, 1, rounding), _constant(grid, 0, rounding)
    if not np.all(along | across):
        return False
    sides = [side for side in (grid[:, 0, along], grid[0][:, across & ~along]) if side.size]
    return all(is_sines(side, rounding) for side in sides)


def _constant(grid: Doubles, axis: int, rounding: float) -> npt.NDArray[np.bool_]:
    """Which dimensions do not change along an axis."""
    flat = grid.reshape(-1, grid.shape[-1])
    return np.asarray(np.ptp(grid, axis=axis).max(0) <= _tolerance(flat, rounding))


def _is_window(values: Doubles, rounding: float) -> bool:
    """Whether it reads the same from both ends, with or without its first value (Hann, Hamming, Kaiser ...)."""
    return any(np.abs(some - some[::-1]).max() <= _tolerance(values, rounding) for some in (values, values[1:]))


def _is_geometric(values: Doubles, rounding: float) -> bool:
    """Whether every value is the one before it times the same, as frequencies of positions are."""
    if not (np.all(values > 0) or np.all(values < 0)):
        return False
    logs = np.log(np.abs(values))
    return bool(np.ptp(logs) >= A_DECADE and np.ptp(np.diff(logs)) <= RESIDUE + 2 * rounding)


def _is_counted(values: Doubles, rounding: float) -> bool:
    """Whether its steps are all the same, as numbers of places are."""
    return bool(np.ptp(np.diff(values)) <= 2 * _tolerance(values, rounding) / len(values))


def _is_filter_bank(table: Doubles) -> bool:
    """Whether it is mostly zeros, never negative, and one run along every row or every column, as mel filters are."""
    if table.min() < 0 or np.mean(table == 0) < MOSTLY_ZERO:
        return False
    return any(_are_runs(side != 0) for side in (table, table.T))


def _are_runs(filled: npt.NDArray[np.bool_]) -> bool:
    starts = filled[:, 0].astype(int) + np.count_nonzero(filled[:, 1:] & ~filled[:, :-1], axis=1)
    return bool(np.all(starts <= 1))
