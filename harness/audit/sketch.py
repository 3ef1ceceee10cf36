"""A sketch of a checkpoint: a few units of every layer, a few token vectors, digests of all tensors.

About one percent of the weights, made by whoever has them, so that a committee need not ship terabytes to see which
candidates deserve a whole comparison. A sketch screens; it never convicts.

The file is safetensors and is read as data by this project's own reader: one tensor `sketch.json` (bytes of JSON), the
others named in it. Unit vectors are kept as 8-bit integers with a scale a row.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError

from harness.audit.finding import COMPONENTS, Component, Examined
from harness.audit.subject import reading
from harness.audit.values import Floats, Ids
from harness.checkpoint.problem import Problem, problems_error
from harness.checkpoint.tensors import LARGEST_SIZE, LONGEST_NAME, Tensor, read_header
from harness.plan.base import Frozen, Sha256
from harness.visible import visible

HEAD = "sketch.json"
MOST_HEAD_BYTES = 64 << 20
MOST_BYTES = 4 << 30
"""A sketch is smaller, whatever it was made from: of no part more than a few units are kept."""
SEED_BITS = 63
SHARE, LEAST = 0.01, 1 << 20
"""A sketch is at most this share of the checkpoint's bytes, or so many bytes where that is more."""
DIGEST_BYTES, TOKEN_BYTES = 16, 8
UNIT_SCALE = 1.001 / 127
"""Largest scale of a row of unit length, rounding allowed for."""
MOST_SCALE = 2.0**40
"""Largest scale of a token's vector: what is larger overflows once it is squared."""
DIGEST = re.compile(r"[0-9a-f]{64}")
REMEDY = "ask its maker for another: harness sketch CHECKPOINT --out FILE"
NumberT = TypeVar("NumberT", bound=np.generic)


class SketchedUnits(Frozen):
    """Some units of one part of one layer."""

    component: Component
    layer: int = Field(ge=0)
    part: str = Field(pattern=r"^[a-z]+(\.[0-9]+)?$", max_length=100)
    """ffn, experts.N, shared, value, query."""
    of: int = Field(ge=1, le=LARGEST_SIZE)
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
    bytes: int = Field(ge=1, le=LARGEST_SIZE)
    """Bytes of the checkpoint's weights."""
    units: tuple[SketchedUnits, ...]
    """Every sampled part."""
    seed: int = Field(ge=0, lt=1 << SEED_BITS)
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
    """Read and check a sketch. CheckpointError says what is wrong: no sketch, damaged, changed, of another version, or
    with sizes and values that no sketch has.
    """
    title = f"the sketch {name} in {path} cannot be used"
    with reading(path):
        if not path.is_file():
            there = "is no file" if path.exists() else "does not exist"
            raise problems_error(title, [Problem(f"{path} {there}", "give a file that harness sketch wrote")])
        found, problems = read_header(path)
        tensors = {tensor.name: tensor for tensor in found}
        if not problems and HEAD not in tensors:
            what = f"{path.name} holds no {HEAD}: it is no sketch"
            problems = [Problem(what, "give a checkpoint's folder, or a sketch")]
        if problems:
            raise problems_error(title, problems)
        try:
            return _read(name, tensors)
        except (ValueError, KeyError, RecursionError) as error:
            raise problems_error(title, [Problem(f"{path.name}: {_said(error)}", REMEDY)]) from error


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return "its head is not valid: " + ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
    if isinstance(error, KeyError):
        return f"it lacks the tensor {error.args[0]}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _read(name: str, tensors: Mapping[str, Tensor]) -> Sketch:
    head = _head(tensors[HEAD])
    payload = {key: tensor for key, tensor in tensors.items() if key != HEAD}
    _check_sizes(payload)
    values = {key: _values(tensor) for key, tensor in payload.items()}
    if payload_digest(values) != head.payload_sha256:
        raise ValueError("its digest is not the one that its head states: it is damaged or was changed")
    return _sketch(name, head, values)


def _head(tensor: Tensor) -> SketchHead:
    size = tensor.end - tensor.start
    if tensor.dtype != "U8" or size > MOST_HEAD_BYTES:
        raise ValueError(f"{HEAD} is {size} bytes of {tensor.dtype}")
    raw = _values(tensor).tobytes()
    content = json.loads(raw)
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != 1:
        raise ValueError(f"it has version {version!r}, this harness reads 1")
    head = SketchHead.model_validate_json(raw)  # of JSON: half a character is refused
    _check_checkpoint(head.checkpoint)
    return head


def _check_checkpoint(stated: Examined) -> None:
    """What the record will repeat of the checkpoint. ValueError for what no sketch says."""
    if not DIGEST.fullmatch(stated.digest):
        raise ValueError("its head gives a digest of the weights that is none")
    for text in (stated.name, stated.model_type or ""):
        if visible(text, LONGEST_NAME) != text:
            raise ValueError("its head holds a name that is too long, or that cannot be shown")
    sizes = (stated.parameters, *stated.layers.values(), *stated.width.values())
    if not all(0 <= size <= LARGEST_SIZE for size in sizes):
        raise ValueError("its head gives the checkpoint a size that no model has")
    named = [*stated.layers, *stated.width]
    if not {*named} <= {*COMPONENTS} or len({*stated.components}) < len(stated.components):
        raise ValueError("its head names components that are none, or one twice")


STORED = {"U8": "<u1", "I8": "<i1", "F32": "<f4", "I64": "<i8", "U64": "<u8"}


def _check_sizes(payload: Mapping[str, Tensor]) -> None:
    """Before anything large is read: ValueError for tensors that no sketch has, or for too many bytes."""
    tables = {name for table in ("vectors", *COMPONENTS) for name in (f"{table}.codes", f"{table}.scale")}
    for tensor in payload.values():
        if tensor.dtype not in STORED:
            raise ValueError(f"tensor {tensor.label} is of type {tensor.dtype}, which no sketch has")
        if tensor.name not in tables | {"tokens", "rows", "digests", "sizes"}:
            raise ValueError(f"it holds a tensor {tensor.label}, which no sketch has")
    size = sum(tensor.end - tensor.start for tensor in payload.values())
    if size > MOST_BYTES:
        raise ValueError(f"it holds {size:,} bytes; a sketch has at most {MOST_BYTES:,}")


def _values(tensor: Tensor) -> npt.NDArray[np.generic]:
    with tensor.file.open("rb") as file:
        file.seek(tensor.start)
        raw = file.read(tensor.end - tensor.start)
    return np.frombuffer(raw, STORED[tensor.dtype]).reshape(tensor.shape)


def _sketch(name: str, head: SketchHead, values: Mapping[str, npt.NDArray[np.generic]]) -> Sketch:
    tables = {
        component: _table(values, component, UNIT_SCALE)
        for component in dict.fromkeys(part.component for part in head.units)
    }
    for component, table in tables.items():
        _check_units(head, component, table)
    rows, vectors = _array(values, "rows", np.int64), _table(values, "vectors", MOST_SCALE)
    tokens = _array(values, "tokens", np.uint64)
    if len(rows) != len(vectors) or not _rise(rows) or (len(rows) and not 0 <= rows[0] <= rows[-1] < len(tokens)):
        raise ValueError("its tokens do not fit its vectors")
    names, sizes = _array(values, "digests", np.uint8, dimensions=2), _array(values, "sizes", np.int64)
    if names.shape != (len(sizes), DIGEST_BYTES) or (sizes < 0).any():
        raise ValueError("its digests do not fit their sizes")
    digests = {row.tobytes(): int(size) for row, size in zip(names, sizes, strict=True)}
    return Sketch(name, head, tables, tokens, rows, vectors, digests)


def _check_units(head: SketchHead, component: Component, table: Floats) -> None:
    """ValueError where the parts of a component do not fill its table one after another, or do not fit the checkpoint
    that the head describes.
    """
    end, layers = 0, head.checkpoint.layers.get(component, 0)
    for part in (part for part in head.units if part.component == component):
        if part.first_row != end:
            raise ValueError(f"the parts of its table of {component} overlap or leave a gap")
        if part.layer >= layers or part.count > part.of:
            raise ValueError(f"{part.part} of layer {part.layer} of {component} does not fit the checkpoint it names")
        end += part.matrices * part.count
    if end != len(table):
        length = "shorter" if end > len(table) else "longer"
        raise ValueError(f"its table of {component} is {length} than its head says")
    if table.shape[1] != head.checkpoint.width.get(component):
        raise ValueError(f"its table of {component} is {table.shape[1]} wide, which its head does not say")


def _rise(rows: Ids) -> bool:
    return bool((rows[1:] > rows[:-1]).all())


def _array(
    values: Mapping[str, npt.NDArray[np.generic]], name: str, kind: type[NumberT], dimensions: int = 1
) -> npt.NDArray[NumberT]:
    found = values[name]
    if found.dtype != kind or found.ndim != dimensions:
        raise ValueError(f"its tensor {name} has type {found.dtype} and {found.ndim} dimensions")
    return np.asarray(found, kind)


def _table(values: Mapping[str, npt.NDArray[np.generic]], name: str, most: float) -> Floats:
    """Rows of a table; ValueError where it is none, or where its scales are not within 0 and `most`."""
    codes = _array(values, f"{name}.codes", np.int8, dimensions=2)
    scale = _array(values, f"{name}.scale", np.float32)
    if scale.shape != codes.shape[:1] or codes.shape[1] == 0:
        raise ValueError(f"its table {name} is not of rows with a scale each")
    if not np.isfinite(scale).all():
        raise ValueError(f"its table {name} has scales that are not finite")
    if ((scale < 0) | (scale > most)).any():
        raise ValueError(f"its table {name} has scales that are negative, or larger than any sketch's")
    return unpacked(codes, scale)
