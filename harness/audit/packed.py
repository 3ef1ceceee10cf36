"""Weights that quantisers pack: several small codes in one integer, scales and zeros beside them.

GPTQ and AWQ (qweight, qzeros, scales), compressed-tensors (weight_packed, weight_scale, weight_shape), bitsandbytes
(NF4 and FP4 in bytes with absmax; 8 bits with SCB), MXFP4 (blocks and scales: Open Compute Project, Microscaling
Formats 1.0). Layouts follow the libraries' own packing functions; what others made up stays codes, which nothing reads.
Tensors go by their key among the tensors: checkpoints that are compared may have their prefixes taken off.
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
Bound = Callable[[Callable[[str], float]], float]
"""No value of the weight is larger, told from the largest absolute value of stored tensors by name."""

WORD = 32
"""Bits of an integer that holds codes."""
BITS = (2, 4, 8)
AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)
"""Columns of eight in the order in which AWQ puts their 4-bit codes into a word."""
FP4 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6], np.float32)
"""E2M1 by code."""
MX_BIAS = 127
"""Of the exponent that 32 values share."""
E8M0 = np.append(np.exp2(np.arange(255.0) - MX_BIAS), np.nan).astype(np.float32)
"""Powers of 2 by code; the last is NaN."""
INT8_TOP = 127
QUANT_STATE, FOUR_BITS = ".quant_state.bitsandbytes__", ("nf4", "fp4")
LARGEST_STATE = 1 << 20
"""Bytes of a quantiser's note on one weight, which has a few hundred."""
LARGEST_BLOCK = 1 << 16
"""Values that share a scale in bitsandbytes' 4 bits; it makes none above 4,096."""
MOST_DIMENSIONS = 8
"""Of a tensor; no weight has more than 5."""
INDICES = frozenset({"I32", "I64"})
FACTORS = frozenset({"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"})
"""Types that scales come in."""


@dataclass(frozen=True)
class Packed:
    """One weight that is stored packed."""

    tensor: Tensor
    """With the name and shape that the weight has unpacked, and the place of its codes."""
    codes: str
    """Name of the tensor that holds the codes."""
    values: Unpack
    bound: Bound
    parts: frozenset[str] = frozenset()
    """Names of the tensors that it is made of, but for its own."""


def find(tensors: Mapping[str, Tensor], read: Read) -> dict[str, Packed]:
    """Packed weights by the name that they have unpacked."""
    found: dict[str, Packed] = {}
    for name in tensors:
        for ending, kind in KINDS.items():
            packed = kind(tensors, name.removesuffix(ending), read) if name.endswith(ending) else None
            if packed is not None:
                found[packed.tensor.name] = replace(packed, parts=_parts(tensors, packed, name, ending))
    return found


def _parts(tensors: Mapping[str, Tensor], packed: Packed, name: str, ending: str) -> frozenset[str]:
    """What belongs to a packed weight and is none itself; nothing that is larger than its codes."""
    codes, stem = tensors[packed.codes], name.removesuffix(ending)
    beside = [stem + part for part in PARTS[ending] if stem + part in tensors]
    return frozenset(
        part for part in beside
        if part != packed.tensor.name and tensors[part].end - tensors[part].start <= codes.end - codes.start
    )  # fmt: skip


def _named(codes: Tensor, name: str, shape: tuple[int, ...]) -> Tensor:
    return replace(codes, name=name, dtype="F16", shape=shape)


def _spread(words: Codes, bits: int) -> Codes:
    """(rows, words) as (rows, codes): the first code in the lowest bits."""
    shifts = np.arange(0, WORD, bits, dtype=np.uint32)
    codes = (np.asarray(words).view(np.uint32)[..., None] >> shifts) & np.uint32((1 << bits) - 1)
    return codes.reshape(len(words), -1).astype(np.int32)


def _gptq_or_awq(tensors: Mapping[str, Tensor], stem: str, _: Read) -> Packed | None:
    codes, scales, zeros = (tensors.get(f"{stem}.{part}") for part in ("qweight", "scales", "qzeros"))
    if codes is None or scales is None or zeros is None or {len(one.shape) for one in (scales, zeros, codes)} != {2}:
        return None
    if (codes.dtype, zeros.dtype) != ("I32", "I32") or scales.dtype not in FACTORS:
        return None
    out = scales.shape[1]
    bits, left = divmod(WORD * zeros.shape[1], max(out, 1))
    if left or bits not in BITS or zeros.shape[0] != scales.shape[0] or 0 in scales.shape:
        return None
    if codes.shape[1] == out:
        size = codes.shape[0] * WORD // bits
        grouped = tensors.get(f"{stem}.g_idx")
        known = grouped is not None and grouped.shape == (size,) and grouped.dtype in INDICES
        values: Unpack = partial(_gptq, stem=stem, bits=bits, index=f"{stem}.g_idx" if known else None)
    elif bits == 4 and codes.shape[1] == zeros.shape[1] and out % len(AWQ_ORDER) == 0:
        size, values = codes.shape[0], partial(_awq, stem=stem)
    else:
        return None
    weight = _named(codes, f"{stem}.weight", (out, size))
    return Packed(weight, f"{stem}.qweight", values, lambda largest: (1 << bits) * largest(f"{stem}.scales"))


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
    if stated.shape != (2,) or stated.dtype not in INDICES or scale.dtype not in FACTORS or len(scale.shape) != 2:
        return None
    rows, columns = (int(size) for size in read(f"{stem}.weight_shape"))
    bits = next((bits for bits in BITS if -(-columns * bits // WORD) == codes.shape[1]), None)
    if bits is None or columns <= 0 or rows != codes.shape[0] or scale.shape[0] != rows or 0 in scale.shape:
        return None
    raised, shape = tensors.get(f"{stem}.weight_zero_point"), (rows, columns)
    packed = (-(-rows * bits // WORD), scale.shape[1])
    known = raised is not None and raised.dtype == "I32" and raised.shape == packed
    zero = f"{stem}.weight_zero_point" if known else None
    values: Unpack = partial(_unpacked, stem=stem, bits=bits, columns=columns, zero=zero)
    weight = _named(codes, f"{stem}.weight", shape)
    return Packed(
        weight, f"{stem}.weight_packed", values, lambda largest: (1 << bits) * largest(f"{stem}.weight_scale")
    )


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


@dataclass(frozen=True)
class _State:
    """What bitsandbytes notes of a weight of 4 bits."""

    shape: tuple[int, ...]
    block: int
    """Values that share a scale."""
    nested: int | None
    """Scales that share a scale themselves; null where they are stored as they are."""
    offset: float
    """Added to scales that are nested."""


def _state(stored: bytes) -> _State | None:
    """None where the bytes are no such note: anything may stand there."""
    try:
        stated = json.loads(stored.decode())
        shape, block, nested, offset = stated["shape"], stated["blocksize"], None, 0.0
        if "nested_offset" in stated:
            nested, offset = stated["nested_blocksize"], float(stated["nested_offset"])
        if not 0 < len(shape) <= MOST_DIMENSIONS:
            return None
        sizes, blocks = [*shape], [block] if "nested_offset" not in stated else [block, nested]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    if not all(type(size) is int and size > 0 for size in sizes + blocks) or max(blocks) > LARGEST_BLOCK:
        return None
    return _State(tuple(sizes), block, nested, offset) if math.isfinite(offset) else None


def _four_bits(tensors: Mapping[str, Tensor], stem: str, read: Read) -> Packed | None:
    """Bitsandbytes' bytes of two codes; the shape is in a state that the checkpoint holds as JSON."""
    name = f"{stem}.weight"
    codes, mapped, absmax = tensors.get(name), tensors.get(f"{name}.quant_map"), tensors[f"{name}.absmax"]
    noted = next((name + QUANT_STATE + kind for kind in FOUR_BITS if name + QUANT_STATE + kind in tensors), None)
    if codes is None or mapped is None or noted is None or tensors[noted].end - tensors[noted].start > LARGEST_STATE:
        return None
    if (codes.dtype, tensors[noted].dtype) != ("U8", "U8") or mapped.dtype not in FACTORS or mapped.shape != (16,):
        return None
    count, blocks, state = math.prod(codes.shape), math.prod(absmax.shape), _state(read(noted).tobytes())
    if state is None or codes.shape[:1] != (count,):  # the library writes (bytes, 1)
        return None
    if math.prod(state.shape) != 2 * count or blocks * state.block < 2 * count:
        return None
    if not (absmax.dtype in FACTORS if state.nested is None else _nested_fits(tensors, name, blocks, state.nested)):
        return None

    def bound(largest: Callable[[str], float]) -> float:
        if state.nested is None:
            scale = largest(f"{name}.absmax")
        else:
            scale = largest(f"{name}.nested_quant_map") * largest(f"{name}.nested_absmax") + abs(state.offset)
        return max(1.0, largest(f"{name}.quant_map")) * scale

    return Packed(_named(codes, name, state.shape), name, partial(_from_bytes, name=name, state=state), bound)


def _nested_fits(tensors: Mapping[str, Tensor], name: str, blocks: int, nested: int) -> bool:
    """Whether the scales of the scales are there for all blocks, and a value for every byte."""
    coarse, mapped = tensors.get(f"{name}.nested_absmax"), tensors.get(f"{name}.nested_quant_map")
    if coarse is None or mapped is None or not {coarse.dtype, mapped.dtype} <= FACTORS:
        return False
    enough = math.prod(coarse.shape) * nested >= blocks and mapped.shape == (256,)
    return enough and tensors[f"{name}.absmax"].dtype == "U8"


def _from_bytes(read: Read, first: int, count: int, name: str, state: _State) -> Floats:
    """Codes of a byte, the upper half first, by the map; times the largest absolute value of their block."""
    each, block = math.prod(state.shape[1:]), state.block
    start, end = first * each, (first + count) * each
    stored = read(name, start // 2, -(-end // 2) - start // 2).reshape(-1)
    halves = np.stack([stored >> 4, stored & 15], 1).reshape(-1)[start % 2 :][: end - start]
    blocks = np.arange(start // block, -(-end // block))
    largest = np.asarray(read(f"{name}.absmax")).reshape(-1)[blocks]
    if state.nested is not None:
        coarse = np.asarray(read(f"{name}.nested_absmax"), np.float32).reshape(-1)[blocks // state.nested]
        mapped = np.asarray(read(f"{name}.nested_quant_map"), np.float32)
        largest = mapped[largest.astype(np.int64)] * coarse + state.offset
    scale = np.repeat(largest.astype(np.float32), block)[start % block :][: end - start]
    values = np.asarray(read(f"{name}.quant_map"), np.float32)[halves] * scale
    return np.asarray(values.reshape(count, *state.shape[1:]), np.float32)


def _eight_bits(tensors: Mapping[str, Tensor], stem: str, _: Read) -> Packed | None:
    """Bitsandbytes' rows of bytes times SCB / 127."""
    name, scales = f"{stem}.weight", f"{stem}.SCB"
    codes = tensors.get(name)
    if codes is None or codes.dtype != "I8" or len(codes.shape) != 2:
        return None
    if tensors[scales].dtype not in FACTORS or tensors[scales].shape != codes.shape[:1]:
        return None

    def values(read: Read, first: int, count: int) -> Floats:
        rows = np.asarray(read(scales, first, count), np.float32)[:, None] / np.float32(INT8_TOP)
        return np.asarray(read(name, first, count), np.float32) * rows

    weight = _named(codes, name, codes.shape)
    return Packed(weight, name, values, lambda largest: largest(scales) * 128 / INT8_TOP)


def _micro(tensors: Mapping[str, Tensor], stem: str, _: Read) -> Packed | None:
    """MXFP4: blocks (..., groups, 16) of bytes, the lower half first; scales (..., groups), an exponent each."""
    name, powers = f"{stem}_blocks", f"{stem}_scales"
    codes, scales = tensors[name], tensors.get(powers)
    if scales is None or codes.dtype != "U8" or scales.dtype != "U8" or codes.shape[:-1] != scales.shape:
        return None
    if len(codes.shape) < 3:
        return None
    shape = (*codes.shape[:-2], 2 * codes.shape[-2] * codes.shape[-1])

    def values(read: Read, first: int, count: int) -> Floats:
        stored = read(name, first, count)
        pairs = np.stack([stored & 15, stored >> 4], -1).reshape(*stored.shape[:-1], -1)
        made: Floats = (FP4[pairs] * E8M0[read(powers, first, count)][..., None]).reshape(count, *shape[1:])
        return made

    def bound(largest: Callable[[str], float]) -> float:
        return float(FP4.max()) * float(E8M0[int(largest(powers))])

    return Packed(_named(codes, stem, shape), name, values, bound)


KINDS: Mapping[str, Callable[[Mapping[str, Tensor], str, Read], Packed | None]] = {
    ".qweight": _gptq_or_awq,
    ".weight_packed": _compressed,
    ".weight.absmax": _four_bits,
    ".SCB": _eight_bits,
    "_blocks": _micro,
}
"""By the ending of one tensor's name."""
PARTS: Mapping[str, tuple[str, ...]] = {
    ".qweight": (".qweight", ".scales", ".qzeros", ".g_idx"),
    ".weight_packed": (".weight_packed", ".weight_scale", ".weight_shape", ".weight_zero_point", ".weight_g_idx"),
    ".weight.absmax": (
        ".weight.absmax", ".weight.quant_map", ".weight.nested_absmax", ".weight.nested_quant_map",
        *(f".weight{QUANT_STATE}{kind}" for kind in FOUR_BITS),
    ),
    ".SCB": (".SCB", ".weight_format"),
    "_blocks": ("_blocks", "_scales"),
}  # fmt: skip
"""What lies beside or in place of the weight, by the same ending."""
