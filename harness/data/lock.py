"""tasks/data.lock: what every published set must hold, file by file, and how many items each task has."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from harness.data.mirror import Mirror
from harness.errors import StorageError, SuiteError
from harness.hashing import digest, sha256_file
from harness.plan import Frozen, Suite
from harness.plan.base import Positive, Sha256
from harness.plan.suite import Commit


class LockedFile(Frozen):
    """One file of a set."""

    sha256: Sha256
    size: int = Field(ge=0)
    """Bytes."""


class LockedSet(Frozen):
    """One set."""

    revision: Commit | None
    """Commit of the hub's repository; null: the files were given from elsewhere, and only their digests fix them."""
    files: Mapping[str, LockedFile]
    """Every file by its path within the set."""


class Lock(Frozen):
    """The content of tasks/data.lock."""

    schema_version: Literal[1] = 1
    sets: Mapping[str, LockedSet] = {}
    """By hub id."""
    items: Mapping[str, Positive] = {}
    """Items of each task, as counted when it was locked."""


def lock_path(root: Path) -> Path:
    """Where the lock of a project lies."""
    return root / "tasks" / "data.lock"


def read_lock(root: Path) -> Lock:
    """The project's lock; an empty one where there is none. SuiteError where it cannot be read."""
    path = lock_path(root)
    if not path.is_file():
        return Lock()
    try:
        return Lock.model_validate_json(path.read_bytes())
    except (ValidationError, ValueError) as error:
        raise SuiteError(f"{path} is damaged: {error}", "restore it from the project's history") from error


def write_lock(root: Path, lock: Lock) -> Path:
    """Write the lock: keys sorted, one line a fact, so that a change shows as what it is.

    StorageError where the disk does not take it.
    """
    path = lock_path(root)
    text = json.dumps(lock.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False)
    temporary = path.with_suffix(".lock.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(f"{text}\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written: {error.strerror}", "make room, or mend the rights there"
        ) from error
    return path


def counted(suite: Suite, lock: Lock) -> Suite:
    """The suite, the number of items of each task that does not state one as the lock has counted it."""
    tasks = tuple(
        task if task.items else task.model_copy(update={"items": lock.items.get(task.name, 0)}) for task in suite.tasks
    )
    return suite.model_copy(update={"tasks": tasks})


def locked_set(mirror: Mirror, hub: str, revision: str | None) -> LockedSet:
    """A set as it lies in the mirror."""
    folder = mirror.folder / hub
    files = {
        path.relative_to(folder).as_posix(): LockedFile(sha256=_sha256(path), size=path.stat().st_size)
        for path in mirror.files(hub)
    }
    return LockedSet(revision=revision, files=files)


def content_digest(mirror: Mirror, hub: str) -> str:
    """Digest of every file of a set in the mirror."""
    return digest({name: file.sha256 for name, file in locked_set(mirror, hub, None).files.items()})


def differences(mirror: Mirror, hub: str, expected: LockedSet) -> Iterator[str]:
    """What of a set in the mirror is not as locked: a sentence for each changed, missing or further file."""
    found = locked_set(mirror, hub, expected.revision).files
    for name in sorted(expected.files.keys() | found.keys()):
        if name not in found:
            yield f"{hub}: {name} is missing"
        elif name not in expected.files:
            yield f"{hub}: {name} is not in the lock"
        elif found[name] != expected.files[name]:
            yield f"{hub}: {name} has changed"


def is_locked_set(mirror: Mirror, hub: str, lock: Lock, revision: str | None = None) -> bool:
    """Whether a set lies in the mirror exactly as locked (and at `revision`, where one is asked for)."""
    expected = lock.sets.get(hub)
    if expected is None or mirror.find(hub) is None or (revision is not None and revision != expected.revision):
        return False
    return next(differences(mirror, hub, expected), None) is None


def _sha256(path: Path) -> str:
    status = path.stat()
    return _digest_of(path, status.st_size, status.st_mtime_ns, status.st_ino)


@functools.lru_cache(maxsize=4096)
def _digest_of(path: Path, _size: int, _changed: int, _inode: int) -> str:
    """Many tasks share one set: a file is read once as long as it stays as it is."""
    return sha256_file(path)
