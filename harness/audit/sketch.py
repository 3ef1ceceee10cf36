"""A sketch of a checkpoint: a few units of every layer, a few token vectors, digests of all tensors.

About one percent of the weights, made by whoever has them, so that a committee need not ship terabytes to see which
candidates deserve a whole comparison. A sketch screens; it never convicts.

The file is safetensors and is read as data by this project's own reader: one tensor `sketch.json` (bytes of JSON), the
others named in it. Unit vectors are kept as 8-bit integers with a scale a row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError

from harness.audit.finding import Component, Examined
from harness.audit.values import Floats, Ids
from harness.checkpoint.problem import Problem, problems_error
from harness.checkpoint.tensors import Tensor, read_header
from harness.plan.base import Frozen, Sha256

HEAD = "sketch.json"
MOST_HEAD_BYTES = 64 << 20
SHARE, LEAST = 0.01, 1 << 20
"""A sketch is at most this share of the checkpoint's bytes, or so many bytes where that is more."""
DIGEST_BYTES, TOKEN_BYTES = 16, 8
REMEDY = "ask its maker for another: harness sketch CHECKPOINT --out FILE"
Bytes = npt.NDArray[np.uint8]


class SketchedUnits(Frozen):
    """Some units of one part of one layer."""

    component: Component
    layer: int = Field(ge=0)
    part: str
    """ffn, experts.N, shared, value, query."""
    of: int = Field(ge=1)
    """Units of the part."""
    signed: bool
    """Whether the sign of the first matrix is fixed."""
    matrices: int = Field(ge=2, le=4)
    """The first chooses the match, the others are tested."""
    first_row: int = Field(ge=0)
    """Where its vectors begin in the component's table: matrix after matrix, `count` rows each."""
    count: int = Field(ge=1)
    """Units that were kept."""


class SketchHead(Frozen):
    """What a sketch says of itself."""

    schema_version: int = Field(1, ge=1, le=1)
    """Version of this format."""
    checkpoint: Examined
    """The checkpoint that it was made from; its digest binds the sketch to the weights."""
    bytes: int = Field(ge=1)
    """Bytes of the checkpoint's weights."""
    units: tuple[SketchedUnits, ...]
    """Every sampled part."""
    seed: int
    """From which the units and tokens were drawn."""
    payload_sha256: Sha256
    """Over names, types, shapes and bytes of all other tensors."""

    @property
    def units_kept(self) -> int:
        """Units of all parts and layers together."""
        return sum(part.count for part in self.units)


@dataclass(frozen=True)
class Sketch:
    """A sketch in memory."""

    name: str
    """The candidate's name."""
    head: SketchHead
    tables: Mapping[Component, Floats]
    """Unit vectors by component: (rows, width)."""
    tokens: npt.NDArray[np.uint64]
    """Hash of every token by its row in the embedding; 0 where the tokenizer names none, or there is no tokenizer."""
    rows: Ids
    """Rows of the embedding whose vectors were kept."""
    vectors: Floats
    """Those vectors, (rows, width); empty where there is no embedding."""
    digests: Mapping[bytes, int]
    """Values of every telling tensor by its digest."""

    def matrices(self, part: SketchedUnits) -> list[Floats]:
        """The unit vectors of a part, matrix by matrix: (count, width) each."""
        table = self.tables[part.component]
        starts = [part.first_row + number * part.count for number in range(part.matrices)]
        return [table[start : start + part.count] for start in starts]


def token_hash(token: str) -> int:
    """Eight bytes of a token's BLAKE2b; never 0."""
    return int.from_bytes(hashlib.blake2b(token.encode(errors="surrogatepass"), digest_size=TOKEN_BYTES).digest()) or 1


def packed(rows: Floats) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """Rows as 8-bit integers and the scale of each."""
    scale = np.abs(rows).max(1, initial=0).astype(np.float32) / np.float32(127)
    codes = np.rint(rows / np.where(scale > 0, scale, 1)[:, None]).astype(np.int8)
    return codes, scale


def unpacked(codes: npt.NDArray[np.int8], scale: npt.NDArray[np.float32]) -> Floats:
    rows: Floats = codes.astype(np.float32) * scale[:, None]
    return rows


def payload_digest(tensors: Mapping[str, npt.NDArray[np.generic]]) -> str:
    """SHA-256 over names, types, shapes and bytes, in the order of names."""
    state = hashlib.sha256()
    for name in sorted(tensors):
        value = np.ascontiguousarray(tensors[name])
        state.update(f"{name}|{value.dtype.str}|{list(value.shape)}|".encode())
        state.update(value.tobytes())
    return state.hexdigest()


def read_sketch(name: str, path: Path) -> Sketch:
    """Read and check a sketch. CheckpointError says what is wrong: no sketch, damaged, changed, of another version."""
    title = f"the sketch {name} in {path} cannot be used"
    found, problems = read_header(path)
    tensors = {tensor.name: tensor for tensor in found}
    if not problems and HEAD not in tensors:
        problems = [Problem(f"{path.name} holds no {HEAD}: it is no sketch", "give a checkpoint's folder, or a sketch")]
    if problems:
        raise problems_error(title, problems)
    try:
        head = _head(tensors[HEAD])
        values = {key: _values(tensor) for key, tensor in tensors.items() if key != HEAD}
        if payload_digest(values) != head.payload_sha256:
            raise ValueError("its digest is not the one that its head states: it is damaged or was changed")
        return _sketch(name, head, values)
    except (ValueError, KeyError, IndexError, RecursionError, OSError) as error:
        raise problems_error(title, [Problem(f"{path.name}: {_said(error)}", REMEDY)]) from error


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"its head is not valid: {'.'.join(map(str, first['loc']))}: {first['msg']}"
    if isinstance(error, KeyError):
        return f"it lacks the tensor {error.args[0]}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _head(tensor: Tensor) -> SketchHead:
    size = tensor.end - tensor.start
    if tensor.dtype != "U8" or size > MOST_HEAD_BYTES:
        raise ValueError(f"{HEAD} is {size} bytes of {tensor.dtype}")
    content = json.loads(_values(tensor).tobytes())
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != 1:
        raise ValueError(f"it has version {version!r}, this harness reads 1")
    return SketchHead.model_validate(content)


STORED = {"U8": "<u1", "I8": "<i1", "F32": "<f4", "I64": "<i8", "U64": "<u8"}


def _values(tensor: Tensor) -> npt.NDArray[np.generic]:
    if tensor.dtype not in STORED:
        raise ValueError(f"tensor {tensor.label} is of type {tensor.dtype}, which no sketch has")
    with tensor.file.open("rb") as file:
        file.seek(tensor.start)
        raw = file.read(tensor.end - tensor.start)
    return np.frombuffer(raw, STORED[tensor.dtype]).reshape(tensor.shape)


def _sketch(name: str, head: SketchHead, values: Mapping[str, npt.NDArray[np.generic]]) -> Sketch:
    tables = {
        component: _table(values, component) for component in dict.fromkeys(part.component for part in head.units)
    }
    for part in head.units:
        if part.first_row + part.matrices * part.count > len(tables[part.component]):
            raise ValueError(f"its table of {part.component} is shorter than its head says")
    rows, vectors = np.asarray(values["rows"], np.int64), _table(values, "vectors")
    tokens = np.asarray(values["tokens"], np.uint64)
    if rows.ndim != 1 or len(rows) != len(vectors) or (len(rows) and not 0 <= rows.min() <= rows.max() < len(tokens)):
        raise ValueError("its tokens do not fit its vectors")
    names, sizes = np.asarray(values["digests"], np.uint8), np.asarray(values["sizes"], np.int64)
    if names.ndim != 2 or names.shape != (len(sizes), DIGEST_BYTES):
        raise ValueError("its digests do not fit their sizes")
    digests = {row.tobytes(): int(size) for row, size in zip(names, sizes, strict=True)}
    return Sketch(name, head, tables, tokens, rows, vectors, digests)


def _table(values: Mapping[str, npt.NDArray[np.generic]], name: str) -> Floats:
    codes, scale = values[f"{name}.codes"], values[f"{name}.scale"]
    if codes.dtype != np.int8 or scale.dtype != np.float32 or codes.ndim != 2 or scale.shape != codes.shape[:1]:
        raise ValueError(f"its table {name} is not of 8-bit rows with a scale each")
    if not np.isfinite(scale).all():
        raise ValueError(f"its table {name} has scales that are not finite")
    return unpacked(np.asarray(codes, np.int8), np.asarray(scale, np.float32))
