"""Weights that quantisers pack: several small codes in one integer, scales and zeros beside them.

GPTQ and AWQ (qweight, qzeros, scales), compressed-tensors (weight_packed, weight_scale, weight_shape), bitsandbytes
(NF4 and FP4 in bytes with absmax; 8 bits with SCB), MXFP4 (blocks and scales: Open Compute Project, Microscaling
Formats 1.0). Layouts follow the libraries' own packing functions; what others made up stays codes, which nothing reads.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from harness.checkpoint.tensors import Tensor

Codes = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]


class Read(Protocol):
    """The stored numbers of a tensor, by name: all, or `count` slices of the first axis from `first` on."""

    def __call__(self, name: str, first: int = 0, count: int | None = None, /) -> Codes: ...


Unpack = Callable[[Read, int, int], Floats]
"""Unpacks so many rows (slices of the first axis that the weight has unpacked) from a first on."""

WORD = 32
"""Bits of an integer that holds codes."""
BITS = (2, 4, 8)
AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)
"""Columns of eight in the order in which AWQ puts their 4-bit codes into a word."""
FP4 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6], np.float32)
"""E2M1 by code."""
MX_BIAS = 127
"""Of the exponent that 32 values share."""
INT8_TOP = 127
QUANT_STATE, FOUR_BITS = ".quant_state.bitsandbytes__", ("nf4", "fp4")


@dataclass(frozen=True)
class Packed:
    """One weight that is stored packed."""

    tensor: Tensor
    """With the name and shape that the weight has unpacked, and the place of its codes."""
    codes: str
    """Name of the tensor that holds the codes."""
    values: Unpack


def find(tensors: Mapping[str, Tensor], read: Read) -> dict[str, Packed]:
    """Packed weights by the name that they have unpacked."""
    found: dict[str, Packed] = {}
    for name in tensors:
        for ending, kind in KINDS.items():
            packed = kind(tensors, name.removesuffix(ending), read) if name.endswith(ending) else None
            if packed is not None:
                found[packed.tensor.name] = packed
    return found


def _named(codes: Tensor, name: str, shape: tuple[int, ...], values: Unpack) -> Packed:
    return Packed(replace(codes, name=name, dtype="F16", shape=shape), codes.name, values)


def _spread(words: Codes, bits: int) -> Codes:
    """(rows, words) as (rows, codes): the first code in the lowest bits."""
    shifts = np.arange(0, WORD, bits, dtype=np.uint32)
    codes = (np.asarray(words).view(np.uint32)[..., None] >> shifts) & np.uint32((1 << bits) - 1)
    return codes.reshape(len(words), -1).astype(np.int32)


def _gptq_or_awq(tensors: Mapping[str, Tensor], stem: str, _: Read) -> Packed | None:
    codes, scales, zeros = (tensors.get(f"{stem}.{part}") for part in ("qweight", "scales", "qzeros"))
    if codes is None or scales is None or zeros is None or {len(one.shape) for one in (scales, zeros, codes)} != {2}:
        return None
    out = scales.shape[1]
    bits, left = divmod(WORD * zeros.shape[1], max(out, 1))
    if left or bits not in BITS or zeros.shape[0] != scales.shape[0] or 0 in scales.shape:
        return None
    if codes.shape[1] == out:
        size = codes.shape[0] * WORD // bits
        grouped = tensors.get(f"{stem}.g_idx")
        index = grouped.name if grouped is not None and grouped.shape == (size,) else None
        return _named(codes, f"{stem}.weight", (out, size), partial(_gptq, stem=stem, bits=bits, index=index))
    if bits == 4 and codes.shape[1] == zeros.shape[1] and out % len(AWQ_ORDER) == 0:
        return _named(codes, f"{stem}.weight", (out, codes.shape[0]), partial(_awq, stem=stem))
    return None


def _gptq(read: Read, first: int, count: int, stem: str, bits: int, index: str | None) -> Floats:
    """Qweight (in / per word, out), qzeros (groups, out / per word) less 1, scales (groups, out), g_idx (in)."""
    out = slice(first, first + count)
    scales = np.asarray(read(f"{stem}.scales")[:, out], np.float32)
    codes = _spread(np.ascontiguousarray(read(f"{stem}.qweight")[:, out].T), bits).T
    zero = _spread(read(f"{stem}.qzeros"), bits)[:, out] + 1
    group = np.arange(len(codes)) * len(scales) // len(codes) if index is None else np.asarray(read(index), np.int64)
    group = np.clip(group, 0, len(scales) - 1)
    values: Floats = ((codes - zero[group]) * scales[group]).T.astype(np.float32)
    return values


def _awq(read: Read, first: int, count: int, stem: str) -> Floats:
    """Qweight (in, out / 8), qzeros (groups, out / 8), scales (groups, out)."""
    scales = np.asarray(read(f"{stem}.scales")[:, first : first + count], np.float32)
    place = np.argsort(AWQ_ORDER)
    before = first // len(place)
    words = slice(before, -(-(first + count) // len(place)))
    inside = slice(first - before * len(place), first - before * len(place) + count)
    codes, zero = (
        spread.reshape(len(spread), -1, len(place))[:, :, place].reshape(len(spread), -1)[:, inside]
        for spread in (_spread(read(f"{stem}.{part}")[:, words], 4) for part in ("qweight", "qzeros"))
    )
    group = np.arange(len(codes)) * len(scales) // len(codes)
    values: Floats = ((codes - zero[group]) * scales[group]).T.astype(np.float32)
    return values


def _compressed(tensors: Mapping[str, Tensor], stem: str, read: Read) -> Packed | None:
    """compressed-tensors' pack-quantized: rows padded to whole words, so that the stated shape gives the bits."""
    codes, scale, stated = (tensors.get(f"{stem}.weight_{part}") for part in ("packed", "scale", "shape"))
    if codes is None or scale is None or stated is None or codes.dtype != "I32" or len(codes.shape) != 2:
        return None
    rows, columns = (int(size) for size in read(stated.name).reshape(-1)[:2])
    bits = next((bits for bits in BITS if -(-columns * bits // WORD) == codes.shape[1]), None)
    if bits is None or rows != codes.shape[0] or len(scale.shape) != 2 or scale.shape[0] != rows or 0 in scale.shape:
        return None
    raised, shape = tensors.get(f"{stem}.weight_zero_point"), (rows, columns)
    packed = (-(-rows * bits // WORD), scale.shape[1])
    zero = raised.name if raised is not None and raised.dtype == "I32" and raised.shape == packed else None
    return _named(codes, f"{stem}.weight", shape, partial(_unpacked, stem=stem, bits=bits, columns=columns, zero=zero))


def _unpacked(read: Read, first: int, count: int, stem: str, bits: int, columns: int, zero: str | None) -> Floats:
    """weight_packed (out, in / per word), weight_scale (out, groups); zero points packed along the rows."""
    scale = np.asarray(read(f"{stem}.weight_scale", first, count), np.float32)
    codes = _spread(read(f"{stem}.weight_packed", first, count), bits)[:, :columns]
    group = np.arange(columns) * scale.shape[1] // columns
    centre: Codes = np.full(scale.shape, 1 << (bits - 1), np.int32)
    if zero is not None:
        centre = _spread(np.ascontiguousarray(read(zero).T), bits).T[first : first + count]
    values: Floats = ((codes - centre[:, group]) * scale[:, group]).astype(np.float32)
    return values


def _four_bits(tensors: Mapping[str, Tensor], stem: str, read: Read) -> Packed | None:
    """Bitsandbytes' bytes of two codes; the shape is in a state that the checkpoint holds as JSON."""
    name = f"{stem}.weight"
    codes = tensors.get(name)
    state = next((name + QUANT_STATE + kind for kind in FOUR_BITS if name + QUANT_STATE + kind in tensors), None)
    if codes is None or codes.dtype != "U8" or state is None or tensors.get(f"{name}.quant_map", codes).shape != (16,):
        return None
    try:
        stated = json.loads(bytes(read(state).astype(np.uint8)).decode())
        shape, block = tuple(int(size) for size in stated["shape"]), int(stated["blocksize"])
        nested = (
            (int(stated["nested_blocksize"]), float(stated["nested_offset"])) if "nested_offset" in stated else None
        )
    except (ValueError, KeyError, TypeError):
        return None
    size, blocks = int(np.prod(shape)), int(np.prod(tensors[f"{name}.absmax"].shape))
    if (
        size != 2 * codes.shape[0]
        or size != 2 * int(np.prod(codes.shape))
        or block <= 0
        or blocks * block < size
        or min(shape, default=0) <= 0
    ):
        return None
    if nested is not None and not _nested_fits(tensors, name, blocks, nested[0]):
        return None
    return _named(codes, name, shape, partial(_from_bytes, codes=codes, shape=shape, block=block, nested=nested))


def _nested_fits(tensors: Mapping[str, Tensor], name: str, blocks: int, nested: int) -> bool:
    """Whether the scales of the scales are there for all blocks, and a value for every byte."""
    coarse, mapped = tensors.get(f"{name}.nested_absmax"), tensors.get(f"{name}.nested_quant_map")
    if coarse is None or mapped is None or nested <= 0 or tensors[f"{name}.absmax"].dtype != "U8":
        return False
    return int(np.prod(coarse.shape)) * nested >= blocks and mapped.shape == (256,)


def _from_bytes(
    read: Read, first: int, count: int, codes: Tensor, shape: tuple[int, ...], block: int,
    nested: tuple[int, float] | None,
) -> Floats:  # fmt: skip
    """Codes of a byte, the upper half first, by the map; times the largest absolute value of their block."""
    each = math.prod(shape[1:])
    start, end = first * each, (first + count) * each
    name, place = codes.name, slice(start // 2, -(-end // 2))
    in_line = codes.shape[0] == int(np.prod(codes.shape))  # as the library writes it: (bytes, 1)
    stored = read(name, place.start, place.stop - place.start) if in_line else read(name).reshape(-1)[place]
    halves = np.stack([stored.reshape(-1) >> 4, stored.reshape(-1) & 15], 1).reshape(-1)[start % 2 :][: end - start]
    blocks = np.arange(start // block, -(-end // block))
    largest = np.asarray(read(f"{name}.absmax")).reshape(-1)[blocks]
    if nested is not None:
        coarse = np.asarray(read(f"{name}.nested_absmax"), np.float32).reshape(-1)[blocks // nested[0]]
        largest = (
            np.asarray(read(f"{name}.nested_quant_map"), np.float32)[largest.astype(np.int64)] * coarse + nested[1]
        )
    scale = np.repeat(largest.astype(np.float32), block)[start % block :][: end - start]
    values = np.asarray(read(f"{name}.quant_map"), np.float32)[halves] * scale
    return np.asarray(values.reshape(count, *shape[1:]), np.float32)


def _eight_bits(tensors: Mapping[str, Tensor], stem: str, _: Read) -> Packed | None:
    """Bitsandbytes' rows of bytes times SCB / 127."""
    codes, scale = tensors.get(f"{stem}.weight"), tensors[f"{stem}.SCB"]
    if codes is None or codes.dtype != "I8" or len(codes.shape) != 2 or scale.shape != codes.shape[:1]:
        return None

    def values(read: Read, first: int, count: int) -> Floats:
        rows = np.asarray(read(scale.name, first, count), np.float32)[:, None] / np.float32(INT8_TOP)
        return np.asarray(read(codes.name, first, count), np.float32) * rows

    return _named(codes, codes.name, codes.shape, values)


def _micro(tensors: Mapping[str, Tensor], stem: str, _: Read) -> Packed | None:
    """MXFP4: blocks (..., groups, 16) of bytes, the lower half first; scales (..., groups), an exponent each."""
    codes, scales = tensors[f"{stem}_blocks"], tensors.get(f"{stem}_scales")
    if scales is None or codes.dtype != "U8" or scales.dtype != "U8" or codes.shape[:-1] != scales.shape:
        return None
    if len(codes.shape) < 3:
        return None
    shape = (*codes.shape[:-2], 2 * codes.shape[-2] * codes.shape[-1])

    def values(read: Read, first: int, count: int) -> Floats:
        stored = read(codes.name, first, count)
        pairs = np.stack([stored & 15, stored >> 4], -1).reshape(*stored.shape[:-1], -1)
        power = np.exp2(read(scales.name, first, count).astype(np.float32) - MX_BIAS)
        made: Floats = (FP4[pairs] * power[..., None]).reshape(count, *shape[1:]).astype(np.float32)
        return made

    return _named(codes, stem, shape, values)


KINDS: Mapping[str, Callable[[Mapping[str, Tensor], str, Read], Packed | None]] = {
    ".qweight": _gptq_or_awq,
    ".weight_packed": _compressed,
    ".weight.absmax": _four_bits,
    ".SCB": _eight_bits,
    "_blocks": _micro,
}
"""By the ending of one tensor's name."""
