"""The rows of a task: where they come from, whether that is fixed, and what they hash to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.data.lock import Lock, content_digest, is_locked_set
from harness.data.mirror import Mirror, check_set
from harness.errors import SuiteError
from harness.hashing import canonical_json, digest
from harness.plan import Task

COMMIT = re.compile(r"[0-9a-f]{40}")

CACHE_DIGITS = 16
HUB_SETTINGS = frozenset({"revision", "trust_remote_code", "token"})
"""Settings that mean something to the hub only."""


def anchored(config: dict[str, Any], root: Path, file: Path) -> dict[str, Any]:
    """The config with `data_files` made absolute.

    They are written relative to the project's root, where plain lm-eval, which looks from the working
    directory, also finds them; here they are found from anywhere. Those of a published set are relative to the set.
    """
    if not has_own_files(config):
        return config
    settings = config["dataset_kwargs"]
    return config | {"dataset_kwargs": settings | {"data_files": _absolute(settings["data_files"], root, file)}}


def has_own_files(config: Mapping[str, Any]) -> bool:
    """Whether `data_files` names files that are not those of a published set (`dataset_path: json`, not `org/name`)."""
    return "data_files" in (config.get("dataset_kwargs") or {}) and "/" not in str(config.get("dataset_path"))


def _absolute(files: object, root: Path, file: Path) -> Any:
    if isinstance(files, Mapping):
        return {split: _absolute(names, root, file) for split, names in files.items()}
    if isinstance(files, list):
        return [_absolute(name, root, file) for name in files]
    name = str(files)
    if "://" in name:
        return name
    path = root / name
    if not path.exists() and not any(root.glob(name)):
        raise SuiteError(
            f"{file}: dataset_kwargs: data_files: {name!r} is not there ({path})",
            f"give the path relative to the project's root, {root}",
        )
    return str(path)


def seeded(config: dict[str, Any], seed: int | None, file: Path) -> dict[str, Any]:
    """The config with the suite's seed, for a task that generates its items (`seed` among its `dataset_kwargs`)."""
    settings = config.get("dataset_kwargs") or {}
    generates = callable(config.get("custom_dataset")) and "seed" in settings
    if seed is None:
        if generates and settings["seed"] is None:
            raise SuiteError(f"{file}: the task makes its items and has no seed", "give `seed` in the suite's config")
        return config
    if not generates:
        raise SuiteError(f"{file}: the suite gives a seed, but the task's items are given", "leave `seed` out")
    return config | {"dataset_kwargs": settings | {"seed": seed}}


def mirrored(config: dict[str, Any], mirror: Mirror, cache: Path) -> dict[str, Any]:
    """The config with its published set read from the mirror, where the mirror has it: the task file stays as it is.

    The rows are cached under the digest of the set's files: datasets itself tells folders apart by their last name
    only, and would serve the rows of one set for those of another or of an older one.
    """
    hub = str(config.get("dataset_path"))
    folder = mirror.find(hub)
    if folder is None or callable(config.get("custom_dataset")):
        return config
    check_set(hub, folder)
    settings = {key: value for key, value in (config.get("dataset_kwargs") or {}).items() if key not in HUB_SETTINGS}
    rows = cache / "datasets" / content_digest(mirror, hub)[:CACHE_DIGITS]
    return config | {"dataset_path": str(folder), "dataset_kwargs": settings | {"cache_dir": str(rows)}}


def is_locked(
    config: Mapping[str, Any], plan: Task, root: Path, modules: Iterable[Path], mirror: Mirror, lock: Lock
) -> bool:
    """Whether the rows are fixed: files of the project's tree, a mirrored set as locked, or a hub set at a commit."""
    settings = config.get("dataset_kwargs") or {}
    if callable(config.get("custom_dataset")):
        return all(_inside(module, root) for module in modules)
    if has_own_files(config):
        return all("://" not in name and _inside(Path(name), root) for name in _names(settings["data_files"]))
    folder = Path(str(config.get("dataset_path")))
    if folder.is_dir() and folder.is_relative_to(mirror.folder):
        pinned = None if plan.origin is None else plan.origin.revision
        return is_locked_set(mirror, folder.relative_to(mirror.folder).as_posix(), lock, pinned)
    if folder.is_dir():
        return _inside(Path(str(config["dataset_path"])), root)
    return COMMIT.fullmatch(str(settings.get("revision", ""))) is not None


def _names(files: object) -> list[str]:
    if isinstance(files, Mapping):
        return [name for names in files.values() for name in _names(names)]
    if isinstance(files, list):
        return [name for names in files for name in _names(names)]
    return [str(files)]


def _inside(path: Path, root: Path) -> bool:
    return path.resolve().is_relative_to(root.resolve())


def plain(value: Any) -> Any:
    """A row's value in JSON's types; what JSON lacks (dates, NaN) as its text."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return str(value)
    return value if value is None or isinstance(value, str | bool | int | float) else str(value)


def rows_digest(rows: Iterable[Mapping[str, Any]]) -> str:
    """SHA-256 of rows in order, by their canonical bytes."""
    return digest([plain(row) for row in rows])


def row_key(row: Mapping[str, Any], ignored: Iterable[str | None]) -> bytes:
    """What makes a row the same question: its canonical bytes without the ignored columns."""
    dropped = set(ignored)
    return canonical_json({key: plain(value) for key, value in row.items() if key not in dropped})
