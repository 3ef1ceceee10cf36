"""Safetensors files: their headers, and a scan of their values, read in place without a framework.

Format: https://huggingface.co/docs/safetensors : 8 bytes little-endian header length, a JSON header
{name: {dtype, shape, data_offsets}}, then the values, contiguous and without gaps.
"""

from __future__ import annotations

import json
import math
import mmap
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from harness.checkpoint.problem import Problem
from harness.visible import visible

LENGTH_BYTES = 8
MAX_HEADER_BYTES = 100_000_000  # the limit of the reference implementation
SCAN_BYTES = 8 << 20
LARGEST_SIZE = 1 << 62  # bytes, rows and columns; what is larger is damage
LONGEST_NAME = 200

DTYPE_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip

# A value is NaN or infinite exactly where all bits of its mask are set (E4M3 and E8M0 have no infinity).
NOT_FINITE_MASK = {
    "F64": ("<u8", 0x7FF0000000000000),
    "F32": ("<u4", 0x7F800000),
    "C64": ("<u4", 0x7F800000),
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
    "F8_E5M2": ("<u1", 0x7C),
    "F8_E4M3": ("<u1", 0x7F),
    "F8_E8M0": ("<u1", 0xFF),
}

DOWNLOAD_AGAIN = "copy or download the file again and compare its SHA-256 with the publisher's"


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where one tensor lies."""

    name: str
    file: Path
    dtype: str
    shape: tuple[int, ...]
    start: int
    """First byte in the file."""
    end: int
    """One past the last byte in the file."""

    @property
    def label(self) -> str:
        """The name as a message shows it."""
        return named(self.name)


def named(name: str) -> str:
    """A name that a file gives, on one line of bounded length."""
    return visible(name, LONGEST_NAME).replace("\n", "␊")


def read_header(path: Path) -> tuple[list[Tensor], list[Problem]]:
    """The tensors of one file, or what is wrong with it (then no tensors). Values are not read."""
    try:
        return _read_header(path)
    except OSError as error:
        return [], [Problem(f"{path.name} cannot be read: {error.strerror}", "make the file readable")]


def _read_header(path: Path) -> tuple[list[Tensor], list[Problem]]:
    size = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(LENGTH_BYTES)
        length = int.from_bytes(prefix, "little")
        if len(prefix) < LENGTH_BYTES or length > size - LENGTH_BYTES:
            return [], [_broken(path, f"is truncated or no safetensors file: {size} bytes, less than its header needs")]
        if length > MAX_HEADER_BYTES:
            return [], [_broken(path, f"claims a header of {length} bytes; at most {MAX_HEADER_BYTES} are allowed")]
        raw = file.read(length)
    entries = _parse(raw)
    if entries is None:
        return [], [_broken(path, "has a header that is not a JSON object, or that names something twice")]
    tensors = [_tensor(path, name, entry, LENGTH_BYTES + length) for name, entry in entries.items()]
    sound = [tensor for tensor in tensors if tensor is not None]
    if len(sound) < len(tensors):
        name = next(name for name, tensor in zip(entries, tensors, strict=True) if tensor is None)
        return [], [
            _broken(path, f"has a header that describes tensor {named(name)!r} wrongly: {reprlib.repr(entries[name])}")
        ]
    problem = _layout_problem(path, sound, LENGTH_BYTES + length, size)
    return ([], [problem]) if problem else (sound, [])


def not_finite(tensors: list[Tensor]) -> Iterator[Problem]:
    """A problem for every tensor that holds NaN or infinity; reads each file once, a few MiB at a time."""
    by_file: dict[Path, list[Tensor]] = {}
    for tensor in tensors:
        if tensor.dtype in NOT_FINITE_MASK and tensor.end > tensor.start:
            by_file.setdefault(tensor.file, []).append(tensor)
    for path, members in by_file.items():
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for tensor in sorted(members, key=lambda member: member.start):
                bad = sum(_count_not_finite(data, tensor))
                if bad:
                    yield Problem(
                        f"{path.name}: tensor {tensor.label} holds {bad} values that are NaN or infinite"
                        f" (of {math.prod(tensor.shape)}, {tensor.dtype})",
                        "use a sound copy of the weights; a model with such values cannot be evaluated",
                    )


def _count_not_finite(data: mmap.mmap, tensor: Tensor) -> Iterator[int]:
    unsigned, mask = NOT_FINITE_MASK[tensor.dtype]
    for start in range(tensor.start, tensor.end, SCAN_BYTES):
        piece = data[start : min(start + SCAN_BYTES, tensor.end)]
        bits = np.frombuffer(piece, unsigned)
        full = bits.dtype.type(mask)
        yield int(np.count_nonzero((bits & full) == full))


def _parse(raw: bytes) -> dict[str, Any] | None:
    try:
        header = json.loads(raw, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None
    if not isinstance(header, dict):
        return None
    header.pop("__metadata__", None)
    return header


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; ValueError where a key stands twice: readers would not agree on which counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _tensor(path: Path, name: str, entry: Any, base: int) -> Tensor | None:
    """The described tensor; None where dtype, shape and byte range do not agree."""
    dtype = entry.get("dtype") if isinstance(entry, dict) else None
    if not isinstance(dtype, str) or dtype not in DTYPE_BITS:
        return None
    shape, offsets = entry.get("shape"), entry.get("data_offsets")
    if not _is_sizes(shape) or not _is_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        return None
    bits = math.prod(shape) * DTYPE_BITS[dtype]
    if bits != 8 * (offsets[1] - offsets[0]):
        return None
    return Tensor(name, path, dtype, tuple(shape), base + offsets[0], base + offsets[1])


def _is_sizes(value: Any) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(size) is int and 0 <= size <= LARGEST_SIZE for size in value)


def _layout_problem(path: Path, tensors: list[Tensor], base: int, size: int) -> Problem | None:
    """The values must fill the rest of the file exactly."""
    end = base
    for tensor in sorted(tensors, key=lambda tensor: (tensor.start, tensor.end)):
        if tensor.start != end:
            return _broken(path, f"has a gap or an overlap before tensor {tensor.label!r}")
        end = tensor.end
    if end > size:
        return _broken(path, f"is truncated: {size} bytes, {end} expected")
    if end < size:
        return _broken(path, f"has {size - end} bytes after its last tensor")
    return None


def _broken(path: Path, what: str) -> Problem:
    return Problem(f"{path.name} {what}", DOWNLOAD_AGAIN)
