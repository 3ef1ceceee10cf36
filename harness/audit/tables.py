"""Tables of one row a token: in memory where they are small, on disk where they take gigabytes, as in wide models."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile

import numpy as np

from harness.audit.matrices import folded
from harness.audit.values import AT_ONCE, Floats, Ids, Values, runs
from harness.errors import StorageError

MOST_BYTES = 1 << 28
"""Tables up to this size are held in memory."""


@dataclass(frozen=True)
class Stored:
    """Rows of a checkpoint's matrix, read when asked for."""

    values: Values
    name: str
    ids: Ids
    """Rows of the matrix, in the table's order."""
    gains: Floats
    """What each column is multiplied with."""

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.ids), self.values.tensors[self.name].shape[1]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, some: slice | Ids) -> Floats:
        return folded(self.values.rows(self.name, self.ids[some]), self.gains)


class Scratch:
    """A table in a file without a name, which is gone with the process however that ends.

    It lies where TMPDIR says. StorageError where there is no room, or no such folder.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        with self._kept():
            self._file = TemporaryFile(buffering=0)  # noqa: SIM115 (closed with the table)
        weakref.finalize(self, self._file.close)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, some: slice | Ids) -> Floats:
        rows = np.empty((len(self._numbers(some)), self.shape[1]), np.float32)
        for start, run in runs(self._numbers(some)):
            room = rows[start : start + len(run)].data.cast("B")
            with self._kept():
                self._file.seek(run[0] * 4 * self.shape[1])
                while room and (read := self._file.readinto(room)):
                    room = room[read:]
            if room:
                raise IndexError(f"rows {run[0]} to {run[-1]} were never written")
        return rows

    def __setitem__(self, some: slice | Ids, rows: Floats) -> None:
        for start, run in runs(self._numbers(some)):
            left = np.ascontiguousarray(rows[start : start + len(run)], np.float32).data.cast("B")
            with self._kept():
                self._file.seek(run[0] * 4 * self.shape[1])
                while left:
                    left = left[self._file.write(left) :]

    def _numbers(self, some: slice | Ids) -> Ids:
        return np.arange(*some.indices(len(self))) if isinstance(some, slice) else some

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            size = 4 * self.shape[0] * self.shape[1] / 1e9
            raise StorageError(
                f"a table of {size:.1f} GB cannot be kept under {os.environ.get('TMPDIR', 'TMPDIR or /tmp')}:"
                f" {error.strerror or error}",
                "free space on that disk, or set TMPDIR to a folder on another, and run the same command again",
            ) from error


Table = Floats | Stored | Scratch
"""Rows by `table[some]`."""


def stored(values: Values, name: str, ids: Ids, gains: Floats) -> Table:
    """Rows of a matrix of the checkpoint, times gains."""
    table = Stored(values, name, ids, gains)
    if not _is_large(table.shape):
        return table[:]
    return _unpacked(table) if name in values.packed else table


def _unpacked(table: Stored) -> Scratch:
    """Packed rows are unpacked once, in the order in which they are packed."""
    unpacked, order = Scratch(table.shape), np.argsort(table.ids, kind="stable")
    each = max(1, AT_ONCE // table.shape[1])
    for start in range(0, len(order), each):
        unpacked[order[start : start + each]] = table[order[start : start + each]]
    return unpacked


def like(table: Table) -> Floats | Scratch:
    """An empty table of the same shape."""
    shape = table.shape[0], table.shape[1]
    return Scratch(shape) if _is_large(shape) else np.empty(shape, np.float32)


def _is_large(shape: tuple[int, int]) -> bool:
    return 4 * shape[0] * shape[1] > MOST_BYTES
