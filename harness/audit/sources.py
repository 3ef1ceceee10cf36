"""Python files of a checkpoint, or of the installed transformers package for its model type: read as text, never
imported. Files of a checkpoint are read up to limits; what lies beyond them is named, never passed over.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from harness.audit.headers import Header, header
from harness.audit.winnow import NONE, Prints, UnreadableSourceError, fingerprints
from harness.checkpoint.tensors import LONGEST_NAME
from harness.hashing import digest, sha256_text
from harness.visible import visible

MOST_FILES = 500
MOST_BYTES = 512 << 10
"""Of one file: the longest of transformers has less than half of that."""
MOST_BYTES_IN_ALL = 32 << 20
"""Of a checkpoint's files together."""
LONGEST_LINE = 20_000
"""Characters. Longer lines are data, and expressions over one take memory by the character."""
MOST_NAMED = 50
"""Files that were not read are named up to this many, then counted."""
MODEL_TYPE = re.compile(r"[a-z0-9_]{1,64}")
LANGUAGE_MODEL = re.compile(r"^class \w+ForCausalLM\b.*GenerationMixin", re.MULTILINE)
EXPERTS = re.compile(r"^class \w*(?:Moe|MoE|Experts)\w*", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """One file of code."""

    name: str
    """Path below the folder that it was found in."""
    text: str

    @cached_property
    def header(self) -> Header:
        """What it says of its origin. UnreadableSourceError, which names the file, where reading it takes too much."""
        try:
            return header(self.name, self.text)
        except (MemoryError, RecursionError) as error:
            raise UnreadableSourceError(f"{self.name}: {type(error).__name__}") from error

    @property
    def prints(self) -> Prints:
        """Its fingerprints; none where it is no Python."""
        return self._winnowed[0]

    @property
    def unreadable(self) -> str | None:
        """Why it is no Python; null where it is."""
        return self._winnowed[1]

    @cached_property
    def _winnowed(self) -> tuple[Prints, str | None]:
        try:
            return fingerprints(self.text), None
        except (UnreadableSourceError, MemoryError) as error:
            return NONE, str(error) or type(error).__name__


@dataclass(frozen=True)
class Shipped:
    """The Python files of a checkpoint."""

    sources: tuple[Source, ...]
    """Those that were read, in sorted order."""
    unread: tuple[str, ...]
    """Those that were not, with the cause: the first, then how many more."""

    @cached_property
    def digest(self) -> str:
        """64 hex digits: changes with everything that an audit sees of them."""
        read = [[source.name, sha256_text(source.text)] for source in self.sources]
        return digest({"read": read, "unread": list(self.unread)})


@dataclass(frozen=True)
class Code:
    """A model's own code."""

    origin: str
    """`checkpoint`, or the package and version that holds the model type."""
    sources: tuple[Source, ...]
    """Modelling files where there are any, else every file."""
    unread: tuple[str, ...] = ()
    """Files that were not read or are no readable Python, with the cause."""

    @property
    def family(self) -> str:
        """`moe` where a class of experts is defined, else `dense`."""
        return "moe" if any(family(source.text) == "moe" for source in self.sources) else "dense"


def family(text: str) -> str:
    """`moe` where a class of experts is defined, else `dense`."""
    return "moe" if EXPERTS.search(text) else "dense"


def shipped(folder: Path) -> Shipped:
    """Python files that lie in the folder or below it; links that leave it are left out. OSError where one cannot be
    read.
    """
    root = folder.resolve()
    paths = (path for path in sorted(folder.rglob("*.py")) if path.is_file() and _stays(path, root))
    return _read(folder, tuple((path, (now := path.stat()).st_size, now.st_mtime_ns) for path in paths))


@lru_cache(maxsize=2)  # the checkpoint, which every pair asks for, and the candidate at hand
def _read(folder: Path, files: tuple[tuple[Path, int, int], ...]) -> Shipped:
    sources: list[Source] = []
    unread: list[str] = []
    left = MOST_BYTES_IN_ALL
    for path, size, _ in files:
        name = visible(path.relative_to(folder).as_posix(), LONGEST_NAME).replace("\n", "␊")
        if len(sources) >= MOST_FILES:
            unread.append(f"{name}: beyond the first {MOST_FILES} files")
        elif size > MOST_BYTES:
            unread.append(f"{name}: larger than {MOST_BYTES >> 10} KiB")
        elif size > left:
            unread.append(f"{name}: beyond the first {MOST_BYTES_IN_ALL >> 20} MiB")
        else:
            left -= size
            text = _text(path)
            if any(len(line) > LONGEST_LINE for line in io.StringIO(text)):
                unread.append(f"{name}: a line of more than {LONGEST_LINE:,} characters")
            else:
                sources.append(Source(name, text))
    return Shipped(tuple(sources), first_of(unread))


def _text(path: Path) -> str:
    """As Python reads it: without a mark of the byte order, and every end of a line as one character."""
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES)  # no more, should it have grown meanwhile
    return io.StringIO(raw.decode("utf-8-sig", errors="replace"), newline=None).read()


def first_of(files: Sequence[str], most: int = MOST_NAMED) -> tuple[str, ...]:
    """The first of them, then how many more there are."""
    more = len(files) - most
    return tuple(files) if more <= 0 else (*files[:most], f"and {more:,} more files")


def _stays(path: Path, root: Path) -> bool:
    """Inside the folder, or in the blobs beside the snapshots of a hub cache."""
    real = path.resolve()
    blobs = root.parent.parent / "blobs"
    return real.is_relative_to(root) or (root.parent.name == "snapshots" and real.is_relative_to(blobs))


def installed_models() -> Path | None:
    """Folder of the installed transformers' model code, located without an import."""
    spec = find_spec("transformers")
    folders = spec.submodule_search_locations if spec else None
    models = Path(folders[0]) / "models" if folders else None
    return models if models is not None and models.is_dir() else None


def installed_files(model_type: str, pattern: str = "modeling_*.py") -> tuple[Source, ...]:
    """The installed implementation of a model type; empty where there is none."""
    models = installed_models()
    if models is None or not MODEL_TYPE.fullmatch(model_type):
        return ()
    found = sorted((models / model_type).glob(pattern))
    return tuple(Source(path.name, path.read_text(encoding="utf-8")) for path in found)


def code_of(folder: Path, model_type: str | None) -> Code | None:
    """A checkpoint's own code; where it ships none, that of its model type in the installed package."""
    own = shipped(folder)
    if own.sources or own.unread:
        modelling = tuple(source for source in own.sources if Path(source.name).name.startswith("modeling"))
        good, bad = _readable(modelling or own.sources)
        return Code("checkpoint", good, (*own.unread, *first_of(bad)))
    files = installed_files(model_type or "")
    return Code(f"transformers, model type {model_type}", files) if files else None


def _readable(sources: tuple[Source, ...]) -> tuple[tuple[Source, ...], list[str]]:
    bad = [f"{source.name}: {source.unreadable}" for source in sources if source.unreadable is not None]
    return tuple(source for source in sources if source.unreadable is None), bad


def prints_of(sources: Iterable[Source]) -> Prints:
    """Fingerprints of several files together."""
    return np.unique(np.concatenate([NONE, *(source.prints for source in sources)]))


@cache
def library(kind: str) -> Mapping[str, Prints]:
    """Fingerprints of the installed causal language models of one family, by model type. Takes seconds, once."""
    models = installed_models()
    found: dict[str, Prints] = {}
    for folder in sorted(models.iterdir()) if models else ():
        sources = installed_files(folder.name)
        text = "\n".join(source.text for source in sources)
        if LANGUAGE_MODEL.search(text) and family(text) == kind:
            found[folder.name] = prints_of(sources)
    return found
