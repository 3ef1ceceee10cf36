"""A checkpoint under audit: opened with distrust, read once for damage and digests. Nothing of it is ever executed."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from harness.audit.ambiguity import ambiguities
from harness.audit.digests import digest_tensors
from harness.audit.packed import MOST_DIMENSIONS
from harness.audit.values import Values
from harness.checkpoint import Problem, problems_error
from harness.checkpoint.architecture import HIDDEN, LARGEST, LAYERS, VOCAB, Architecture
from harness.checkpoint.files import CONFIG, read_json
from harness.checkpoint.inspection import header_problems
from harness.checkpoint.tensors import Tensor
from harness.errors import CheckpointError
from harness.hashing import digest

MOST_FILES = 20_000
"""A checkpoint has fewer; a folder of a million tiny files is an attack on whoever lists it."""
MOST_TENSORS = 1_000_000
LARGEST_SETTINGS = 64 << 20
LARGEST_CONFIG = 8 << 20
"""Of config.json: larger than any, and small enough to be read into objects."""


@dataclass(frozen=True)
class Subject:
    """One checkpoint, opened. Files below `folder` may be read; links that leave it were refused."""

    name: str
    """The candidate's name; the folder's name for the audited checkpoint."""
    folder: Path
    """Where its files lie."""
    config: Mapping[str, Any]
    """config.json."""
    tensors: Mapping[str, Tensor]
    """By name."""
    digests: Mapping[str, str]
    """SHA-256 of type, shape and bytes by tensor name."""

    @cached_property
    def values(self) -> Values:
        return Values(self.tensors)

    @property
    def model_type(self) -> str | None:
        """The model type that the config names; null where it names none, or something else than a text."""
        named = self.config.get("model_type")
        return named if isinstance(named, str) else None

    @property
    def digest(self) -> str:
        return digest(dict(self.digests))

    @property
    def bytes(self) -> int:
        return sum(tensor.end - tensor.start for tensor in self.tensors.values())


def open_subject(name: str, folder: Path) -> Subject:
    """Read and check the checkpoint in `folder`.

    CheckpointError lists what is wrong: a missing config, links that leave the checkpoint, pickles, truncated or
    corrupt files, sizes that no model has, NaN, weights that loaders may read in two ways.
    """
    title = f"the checkpoint {name} in {folder} cannot be audited"
    if not folder.is_dir():
        problem = Problem(f"there is no folder {folder}", "give the folder that holds config.json and *.safetensors")
        raise problems_error(title, [problem])
    with reading(folder):
        return _opened(name, folder.resolve(), title)


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Turn a file that cannot be read, or that changes meanwhile, into a CheckpointError."""
    try:
        yield
    except OSError as error:
        raise CheckpointError(
            f"{error.filename or folder}: {error.strerror or error}",
            "make every file readable, and leave it as it is until the command has ended",
        ) from error


def _opened(name: str, folder: Path, title: str) -> Subject:
    _raise(title, list(_folder_problems(folder)))
    config = read_json(folder / CONFIG)
    if not isinstance(config, dict):
        state = "holds no JSON object" if (folder / CONFIG).exists() else "is missing"
        raise problems_error(title, [Problem(f"{CONFIG} {state} in {folder}", "complete the checkpoint")])
    if not _is_text(config):
        raise problems_error(title, [Problem(f"{CONFIG} holds text that is none", "download or copy the file again")])
    found, problems = header_problems(folder)
    tensors = {tensor.name: tensor for tensor in found}
    _raise(title, [*problems, *_size_problems(config), *_shape_problems(found), *ambiguities(tensors)])
    digests, problems = digest_tensors(found)
    _raise(title, problems)
    subject = Subject(name, folder, config, tensors, digests)
    _raise(title, list(_scale_problems(subject.values)))
    return subject


def _raise(title: str, problems: Sequence[Problem]) -> None:
    if problems:
        raise problems_error(title, problems[:20])


def _folder_problems(folder: Path) -> Iterator[Problem]:
    """Too many files, links that leave the checkpoint, and files that are none."""
    entries = list(islice(_entries(folder), MOST_FILES + 1))
    if len(entries) > MOST_FILES:
        yield Problem(f"{folder} holds more than {MOST_FILES} files", "give the folder of one checkpoint alone")
        return
    for entry in sorted(entries, key=lambda entry: entry.path):
        yield from _entry_problems(folder, entry)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything in the folder and below it; links are not followed."""
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as listed:
            for entry in listed:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def _entry_problems(folder: Path, entry: os.DirEntry[str]) -> Iterator[Problem]:
    path = Path(entry.path)
    name = path.relative_to(folder)
    if entry.is_symlink():
        yield from _link_problems(folder, path)
    elif entry.is_dir() and path.suffix == ".safetensors":
        yield Problem(f"{name} is a folder, not a weight file", "remove it from the checkpoint")
    elif not entry.is_dir() and not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
        yield Problem(f"{name} is neither a file nor a folder", "remove it from the checkpoint")
    most = LARGEST_CONFIG if path == folder / CONFIG else LARGEST_SETTINGS
    if path.suffix == ".json" and path.is_file() and path.stat().st_size > most:
        yield Problem(f"{name} is larger than {most >> 20} MiB", "give the published file")


def _link_problems(folder: Path, path: Path) -> Iterator[Problem]:
    """A link may stay in the folder or, in the hub's cache, lead to the blobs of the same repository."""
    target = Path(os.path.realpath(path))
    homes = [folder]
    if folder.parent.name == "snapshots":
        homes.append(folder.parent.parent / "blobs")
    if not any(target.is_relative_to(home) for home in homes):
        yield Problem(
            f"{path.relative_to(folder)} is a link that leaves the checkpoint", "replace it with the file itself"
        )
    elif not target.exists():
        yield Problem(f"{path.relative_to(folder)} is a link to nothing", "download the file that it should lead to")
    elif not target.is_file() and not target.is_dir():
        yield Problem(f"{path.relative_to(folder)} is neither a file nor a folder", "remove it from the checkpoint")


def _size_problems(config: Mapping[str, Any]) -> Iterator[Problem]:
    """Sizes in config.json that no model has."""
    text = Architecture(config).text
    for name in (*VOCAB, *HIDDEN, *LAYERS, "num_attention_heads", "num_key_value_heads", "intermediate_size"):
        value = text.get(name)
        if isinstance(value, int | float) and not 0 < value <= LARGEST:
            yield Problem(f"config.json says {name} {value}", "use the config of the same revision as the weights")


def _shape_problems(tensors: Sequence[Tensor]) -> Iterator[Problem]:
    if len(tensors) > MOST_TENSORS:
        yield Problem(f"the weights hold {len(tensors)} tensors", "give the published weights")
    if not tensors:
        yield Problem("the weight files hold no tensors", "give the published weights")
    for tensor in tensors:
        if not _is_text(tensor.name):
            yield Problem(
                f"{tensor.file.name}: tensor {tensor.label} has a name that is no text", "give the published weights"
            )
        if len(tensor.shape) > MOST_DIMENSIONS:
            yield Problem(f"{tensor.label} has {len(tensor.shape)} dimensions", "give the published weights")
        if len(tensor.shape) > 1 and math.prod(tensor.shape) == 0:
            yield Problem(f"{tensor.label} has shape {list(tensor.shape)}: no values", "give the published weights")


def _scale_problems(values: Values) -> Iterator[Problem]:
    """Weights whose codes and scales are each finite, or bytes that have no NaN, and together are not."""
    for tensor in values.not_finite():
        yield Problem(
            f"{tensor.file.name}: tensor {tensor.label} holds values that are NaN or infinite by its scales",
            "use a sound copy of the weights",
        )


def _is_text(value: Any) -> bool:
    """Whether a JSON value can be written again: JSON allows half of a character, and nesting without end."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError):
        return False
    return True
