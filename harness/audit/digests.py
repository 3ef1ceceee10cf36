"""Every tensor read once: its digest, and whether it holds NaN or infinity.

Files are read, not mapped: mapped pages count as the process's memory, and a shard may be larger than what it may use.
Several tensors are hashed at a time, since a disk reads faster than one core hashes.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.checkpoint.problem import Problem
from harness.checkpoint.tensors import NOT_FINITE_MASK, Tensor

Codes = npt.NDArray[np.unsignedinteger[Any]]
CHUNK_BYTES = 4 << 20
MOST_THREADS = 8
"""More would only wait for the disk."""


def digest_tensors(tensors: Sequence[Tensor]) -> tuple[dict[str, str], list[Problem]]:
    """SHA-256 over type, shape and bytes of every tensor, by name; and a problem for each that is not finite.

    OSError where a file cannot be read, or became shorter. Memory: one chunk a thread.
    """
    ordered = sorted(tensors, key=lambda tensor: (str(tensor.file), tensor.start))
    with ThreadPoolExecutor(max(1, min(MOST_THREADS, os.cpu_count() or 1))) as pool:
        found = list(pool.map(_digest, ordered))
    problems = [
        Problem(
            f"{tensor.file.name}: tensor {tensor.label} holds {bad} values that are NaN or infinite",
            "use a sound copy of the weights",
        )
        for tensor, (_, bad) in zip(ordered, found, strict=True)
        if bad
    ]
    return {tensor.name: value for tensor, (value, _) in zip(ordered, found, strict=True)}, problems


def _digest(tensor: Tensor) -> tuple[str, int]:
    """Digest of a tensor, and how many of its values are not finite."""
    state = hashlib.sha256(f"{tensor.dtype}{list(tensor.shape)}".encode())
    unsigned, mask = NOT_FINITE_MASK.get(tensor.dtype, ("<u1", 0))
    room = np.empty(CHUNK_BYTES // np.dtype(unsigned).itemsize, unsigned) if mask else None
    bad = 0
    for piece in _pieces(tensor):
        state.update(piece)
        if room is not None:
            bad += _not_finite(np.frombuffer(piece, unsigned), mask, room)
    return state.hexdigest(), bad


def _not_finite(codes: Codes, mask: int, room: Codes) -> int:
    """How many codes have all bits of the mask set, which are the highest but the sign: one comparison with the largest
    tells that there are none.
    """
    unsigned = np.bitwise_and(codes, codes.dtype.type((1 << mask.bit_length()) - 1), out=room[: len(codes)])
    return 0 if unsigned.max(initial=0) < mask else int(np.count_nonzero(unsigned >= mask))


def _pieces(tensor: Tensor) -> Iterator[memoryview]:
    """The tensor's bytes, a chunk at a time; each is overwritten by the next."""
    buffer = memoryview(bytearray(min(CHUNK_BYTES, tensor.end - tensor.start)))
    with tensor.file.open("rb", buffering=0) as file:
        file.seek(tensor.start)
        left = tensor.end - tensor.start
        while left:
            piece = buffer[: min(left, len(buffer))]
            read = 0
            while read < len(piece):
                got = file.readinto(piece[read:])
                if not got:
                    raise OSError(errno.EIO, "the file became shorter while it was read", str(tensor.file))
                read += got
            yield piece
            left -= read
