"""Tensor values as float32: any dtype of safetensors, quantised weights with their scales, whole or by rows."""

from __future__ import annotations

import errno
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.audit import packed
from harness.checkpoint.tensors import Tensor

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

PLAIN = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I8": "<i1", "U8": "<u1", "I16": "<i2", "I32": "<i4", "I64": "<i8"}
WHOLE = frozenset({"I8", "U8", "I16", "I32", "I64"})
"""Types that codes and their states come in."""
WEIGHTS = frozenset({"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "I8"})
"""Types that weights come in; the others hold indices, masks and packed codes."""
AT_ONCE = 1 << 24
"""Values that are read, or unpacked, at once where all of a tensor is not needed: 64 MiB of them."""
SCALES = ("_scale_inv", "_scale", ".scale", "_scales", ".scales")
SCALED = frozenset({"F8_E4M3", "F8_E5M2", "I8"})
"""Types of codes that a scale multiplies: what lies beside other types is no scale, whatever its name."""
SHARING = 4
"""Codes that share a scale, at least."""
EXPONENTS = frozenset({"F8_E8M0", "U8"})
"""Types of scales that are powers of 2 (Microscaling's 8 bits)."""
LARGEST = float(np.finfo(np.float32).max)
"""Doubles are taken as no larger; what its scale makes larger is damage."""


def _float8(exponent_bits: int, bias: int, *, infinities: bool) -> Floats:
    """The value of each of the 256 codes of an 8-bit float; codes of NaN and infinity give NaN."""
    mantissa_bits = 7 - exponent_bits
    codes = np.arange(256)
    exponent = (codes >> mantissa_bits) & (2**exponent_bits - 1)
    fraction = (codes & (2**mantissa_bits - 1)) / 2**mantissa_bits
    value = np.where(exponent == 0, fraction * 2.0 ** (1 - bias), (1 + fraction) * 2.0 ** (exponent - bias))
    last = 2**exponent_bits - 1
    bad = exponent == last if infinities else (codes & 0x7F) == 0x7F
    signed = np.where(codes >= 128, -value, value)
    return np.where(bad, np.nan, signed).astype(np.float32)


FLOAT8 = {"F8_E4M3": _float8(4, 7, infinities=False), "F8_E5M2": _float8(5, 15, infinities=True)}
TOPS = {"I8": 128.0, **{dtype: float(np.nanmax(values)) for dtype, values in FLOAT8.items()}}
"""The largest value of a code."""


class Values:
    """The values of one checkpoint's tensors, read when asked for. Nothing is mapped: mapped pages count as memory."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.stored = tensors
        self._last: tuple[str, npt.NDArray[Any]] = ("", np.zeros(0))
        self.packed = packed.find(tensors, self._codes)
        self.tensors = {**tensors, **{name: one.tensor for name, one in self.packed.items()}}
        """Those that are packed, as they are unpacked."""

    @cached_property
    def parts(self) -> frozenset[str]:
        """Names of tensors that are no weights of their own: parts of packed ones, and scales of codes."""
        scaled = ((name, self.scale(name)) for name in self.stored)
        scales = {scale for name, scale in scaled if scale is not None and self._is_smaller(scale, name)}
        return frozenset(scales.union(*(one.parts for one in self.packed.values())))

    def _is_smaller(self, scale: str, codes: str) -> bool:
        return SHARING * math.prod(self.stored[scale].shape) <= math.prod(self.stored[codes].shape)

    def whole(self, name: str) -> Floats:
        """All values, dequantised, in the tensor's shape."""
        tensor = self.tensors[name]
        return self.span(name, 0, _length(tensor)).reshape(tensor.shape)

    def span(self, name: str, first: int, count: int, slice_: int | None = None) -> Floats:
        """`count` rows from `first` on (slices of the first axis); of a stack of matrices, of the one at `slice_`."""
        tensor = self.tensors[name]
        if name in self.packed:
            unpack = self.packed[name].values
            if slice_ is None:
                return _bounded(unpack(self._codes, first, count))
            return _bounded(unpack(self._codes, slice_, 1)[0, first : first + count])
        if slice_ is None:
            stored = _codes(tensor, first, count)
        else:
            rows, *inner = tensor.shape[1:]
            stored = _codes(replace(tensor, shape=(tensor.shape[0] * rows, *inner)), slice_ * rows + first, count)
        return self._scaled(name, _floats(stored, tensor.dtype), np.arange(first, first + count), slice_)

    def rows(self, name: str, rows: Ids) -> Floats:
        """Some rows of a matrix (or slices of the first axis), in the order of `rows`."""
        tensor = self.tensors[name]
        values = np.empty((len(rows), *tensor.shape[1:]), np.float32)
        if name not in self.packed:
            for start, run in runs(rows):
                values[start : start + len(run)] = _floats(_codes(tensor, run[0], len(run)), tensor.dtype)
            return self._scaled(name, values, rows)
        for first, count in self.spans(name):  # what is packed is unpacked a part at a time
            here = np.flatnonzero((rows >= first) & (rows < first + count))
            if len(here):
                low, high = int(rows[here].min()), int(rows[here].max()) + 1
                values[here] = self.span(name, low, high - low)[rows[here] - low]
        return values

    def spans(self, name: str, slice_: int | None = None) -> Iterator[tuple[int, int]]:
        """First row and number of rows of parts of at most AT_ONCE values, or of one row."""
        shape = self.tensors[name].shape if slice_ is None else self.tensors[name].shape[1:]
        for part in _parts(shape or (1,), AT_ONCE):
            yield part.start, part.stop - part.start

    def beginning(self, name: str, most: int = 1 << 20) -> Floats:
        """The first rows of a tensor, at most so many values (one row at least), in its number of dimensions."""
        shape = self.tensors[name].shape
        if not shape:
            return self.whole(name)
        rows = max(1, most // max(1, math.prod(shape[1:])))
        return self.rows(name, np.arange(min(rows, shape[0]), dtype=np.int64))

    def not_finite(self) -> Iterator[Tensor]:
        """Weights that are NaN or infinite by the largest of their scales; each may be sound as it is stored."""
        for name, tensor in self.tensors.items():
            most = self.packed[name].bound(self._largest) if name in self.packed else self._most(name)
            if not most <= LARGEST:
                yield tensor

    def _most(self, name: str) -> float:
        """No value of a tensor that is not packed is larger; 0 where it has no scale."""
        scale = self.scale(name)
        if scale is None:
            return 0.0
        largest = self._largest(scale)
        power = self.stored[scale].dtype in EXPONENTS
        return TOPS[self.stored[name].dtype] * (float(packed.E8M0[int(largest)]) if power else largest)

    def _largest(self, name: str) -> float:
        """The largest absolute value of a tensor as it is stored, however large."""
        tensor = self.stored[name]
        flat = replace(tensor, shape=(math.prod(tensor.shape),))
        parts = (_codes(flat, part.start, part.stop - part.start) for part in _parts(flat.shape, AT_ONCE))
        return max((_magnitude(codes, tensor.dtype) for codes in parts), default=0.0)

    def _codes(self, name: str, first: int = 0, count: int | None = None) -> npt.NDArray[Any]:
        """Some or all of a part of a packed weight: integers as stored, anything else as numbers.

        What is read whole, part after part of a weight, is kept until another is.
        """
        tensor = self.stored[name]
        if count is not None:
            codes = _codes(tensor, first, count)
        elif self._last[0] == name:
            codes = self._last[1]
        else:
            codes = _codes(tensor, 0, _length(tensor)).reshape(tensor.shape)
            self._last = (name, codes) if codes.nbytes > AT_ONCE else self._last
        return codes if tensor.dtype in WHOLE else _floats(codes, tensor.dtype)

    def scale(self, name: str) -> str | None:
        """The tensor whose values multiply the codes of another; null where none does."""
        tensor = self.stored[name]
        if tensor.dtype not in SCALED or len(tensor.shape) < 2:
            return None
        beside = (name + suffix for suffix in SCALES if name + suffix in self.stored)
        return next((scale for scale in beside if self.stored[scale].dtype in packed.FACTORS | EXPONENTS), None)

    def _factor(self, scale: str) -> Floats:
        """The values of a scale, in its shape."""
        tensor = self.stored[scale]
        codes = _codes(tensor, 0, _length(tensor)).reshape(tensor.shape)
        return packed.E8M0[codes] if tensor.dtype in EXPONENTS else _floats(codes, tensor.dtype)

    def _scaled(self, name: str, values: Floats, rows: Ids, slice_: int | None = None) -> Floats:
        """Codes times their scale, where the checkpoint holds one: per tensor, per row or per square block."""
        scale = self.scale(name)
        if scale is None:
            return values
        shape = self.tensors[name].shape
        factor = self._factor(scale)
        if slice_ is not None and factor.size > 1 and len(factor) == shape[0]:
            factor, shape = factor[slice_], shape[1:]
        if factor.size == 1:
            values *= factor.reshape(())
            return values
        if factor.ndim == 1 and len(factor) == shape[0]:
            factor = factor[:, None]
        if values.ndim != 2 or factor.ndim != 2 or 0 in factor.shape:
            return values
        block = [-(-size // parts) for size, parts in zip(shape, factor.shape, strict=False)]
        columns = np.arange(shape[1]) // block[1]
        for part in _parts(values.shape, AT_ONCE // 4):
            values[part] *= factor[rows[part] // block[0]][:, columns]
        return values


def _parts(shape: Sequence[int], most: int) -> Iterator[slice]:
    """Some rows after another: at most so many values, or one row."""
    each = max(1, most // max(1, math.prod(shape[1:])))
    for first in range(0, shape[0], each):
        yield slice(first, min(shape[0], first + each))


def _length(tensor: Tensor) -> int:
    return tensor.shape[0] if tensor.shape else 1


def runs(rows: Ids) -> Iterator[tuple[int, range]]:
    """Rows that follow each other, read in one go: the place of the first among those asked for, and the rows."""
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    for run in np.split(np.arange(len(rows)), breaks):
        if len(run):
            yield int(run[0]), range(int(rows[run[0]]), int(rows[run[-1]]) + 1)


def _codes(tensor: Tensor, first: int, count: int) -> npt.NDArray[Any]:
    """The stored codes of some slices of the first axis."""
    stored = np.dtype(PLAIN.get(tensor.dtype) or ("<u2" if tensor.dtype == "BF16" else "<u1"))
    inner = tensor.shape[1:]
    each = math.prod(inner) * stored.itemsize
    if not 0 <= first <= first + count <= _length(tensor):
        raise IndexError(f"{tensor.label} has {_length(tensor)} rows; {first} to {first + count} were asked for")
    codes = np.fromfile(tensor.file, stored, count * math.prod(inner), offset=tensor.start + first * each)
    if codes.size != count * math.prod(inner):
        raise OSError(errno.EIO, "the file became shorter while it was read", str(tensor.file))
    return codes.reshape((count, *inner))


def _floats(codes: npt.NDArray[Any], dtype: str) -> Floats:
    if dtype == "BF16":
        wide = codes.astype(np.uint32)
        wide <<= 16  # in place: a large tensor is in memory once
        return _bounded(wide.view(np.float32))
    if dtype in FLOAT8:
        values = np.empty(codes.shape, np.float32)
        for part in _parts(codes.shape, AT_ONCE // 4) if codes.ndim else ():
            values[part] = FLOAT8[dtype][codes[part]]
        return values if codes.ndim else FLOAT8[dtype][codes]
    if dtype in ("F32", "F64"):
        return _bounded(np.asarray(codes))
    return np.asarray(codes, np.float32)


def _magnitude(codes: npt.NDArray[Any], dtype: str) -> float:
    """The largest absolute value among stored codes."""
    values = FLOAT8[dtype][codes] if dtype in FLOAT8 else codes
    if dtype == "BF16":
        values = (codes.astype(np.uint32) << 16).view(np.float32)
    return max(float(values.max(initial=0)), -float(values.min(initial=0)))


def _bounded(values: npt.NDArray[Any]) -> Floats:
    """As float32, whose range doubles may exceed."""
    if values.dtype == np.float64 and values.size and max(float(values.max()), -float(values.min())) > LARGEST:
        values = np.clip(values, -LARGEST, LARGEST)
    return np.asarray(values, np.float32)
