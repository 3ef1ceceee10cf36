"""Python files of a checkpoint, or of the installed transformers package for its model type: read as text, never
imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from harness.audit.winnow import UnreadableSourceError, fingerprints
from harness.visible import visible

MOST_FILES = 500
MOST_BYTES = 4 << 20
"""Of one file: the longest of transformers has a tenth of that."""
MODEL_TYPE = re.compile(r"[a-z0-9_]{1,64}")
LANGUAGE_MODEL = re.compile(r"^class \w+ForCausalLM\b.*GenerationMixin", re.MULTILINE)
EXPERTS = re.compile(r"^class \w*(?:Moe|MoE|Experts)\w*", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """One file of code."""

    name: str
    """Path below the folder that it was found in."""
    text: str


@dataclass(frozen=True)
class Code:
    """A model's own code."""

    origin: str
    """`checkpoint`, or the package and version that holds the model type."""
    sources: tuple[Source, ...]
    """Modelling files where there are any, else every file."""
    unread: tuple[str, ...] = ()
    """Files that are no readable Python, with the cause."""

    @property
    def family(self) -> str:
        """`moe` where a class of experts is defined, else `dense`."""
        return family("\n".join(source.text for source in self.sources))


def family(text: str) -> str:
    """`moe` where a class of experts is defined, else `dense`."""
    return "moe" if EXPERTS.search(text) else "dense"


def checkpoint_files(folder: Path) -> Iterator[Source]:
    """Python files that lie in the folder, in sorted order; links that leave it and large files are left out."""
    root = folder.resolve()
    paths = (path for path in sorted(folder.rglob("*.py")) if path.is_file() and _stays(path, root))
    for _, path in zip(range(MOST_FILES), paths, strict=False):
        if path.stat().st_size <= MOST_BYTES:
            yield Source(
                visible(path.relative_to(folder).as_posix()), path.read_text(encoding="utf-8", errors="replace")
            )


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
    own = tuple(checkpoint_files(folder))
    if own:
        modelling = tuple(source for source in own if Path(source.name).name.startswith("modeling"))
        return Code("checkpoint", *_readable(modelling or own))
    files = installed_files(model_type or "")
    return Code(f"transformers, model type {model_type}", files) if files else None


def _readable(sources: tuple[Source, ...]) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    good, bad = [], []
    for source in sources:
        try:
            fingerprints(source.text)
            good.append(source)
        except UnreadableSourceError as error:
            bad.append(f"{source.name}: {error}")
    return tuple(good), tuple(bad)


def prints_of(sources: tuple[Source, ...]) -> frozenset[int]:
    """Fingerprints of several files together."""
    return frozenset().union(*(fingerprints(source.text) for source in sources))


@cache
def library(kind: str) -> Mapping[str, frozenset[int]]:
    """Fingerprints of the installed causal language models of one family, by model type. Takes seconds, once."""
    models = installed_models()
    found: dict[str, frozenset[int]] = {}
    for folder in sorted(models.iterdir()) if models else ():
        sources = installed_files(folder.name)
        text = "\n".join(source.text for source in sources)
        if LANGUAGE_MODEL.search(text) and family(text) == kind:
            found[folder.name] = prints_of(sources)
    return found
