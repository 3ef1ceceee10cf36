"""Checkpoints that are made once on this machine: whole or not there, and never trusted after a change."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.checkpoint.files import CONVERSION, read_json
from harness.errors import CheckpointError, SetupError, StorageError
from harness.hashing import sha256_files

_FREE_SPACE = "free space on that disk and run the same command again"


def made_once(folder: Path, make: Callable[[Path], None]) -> Mapping[str, Any]:
    """Let `make` fill a folder beside `folder` where that is not there yet; the record that lies in it.

    Only a finished and synced result is renamed to `folder`. CheckpointError where its files have changed since.
    """
    with _only_one(folder):
        if not folder.exists():
            _make(folder, make)
    return _unchanged(folder)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Two rounds at once make it once: the second waits. The kernel drops the lock when its holder dies."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    for stale in folder.parent.glob(f".{folder.name}.part-*"):
        shutil.rmtree(stale)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.part-", dir=folder.parent))
    try:
        make(part)
        _sync(part)
        part.chmod(0o755)
        part.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        raise StorageError(f"cannot write {folder}: {error.strerror}", _FREE_SPACE) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _sync(folder: Path) -> None:
    """On disk before the rename is: a power cut must not leave a whole name on half a file."""
    for path in [*folder.iterdir(), folder]:
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def _unchanged(folder: Path) -> Mapping[str, Any]:
    """The record that was written with the files, which must still be those."""
    record = read_json(folder / CONVERSION)
    remedy = f"remove {folder} and run the same command again: it will be made anew"
    if not isinstance(record, dict) or not isinstance(record.get("files"), dict):
        raise CheckpointError(f"{folder / CONVERSION} is missing or broken", remedy)
    present = [path for path in folder.iterdir() if path.is_file() and path.name != CONVERSION]
    if sha256_files(present, folder) != record["files"]:
        raise CheckpointError(f"files of the checkpoint {folder} have changed since they were made", remedy)
    return record


def run_maker(arguments: Sequence[str], what: str, doing: str, notify: Callable[[str], None], cwd: Path | None) -> None:
    """Run a Python program that makes a checkpoint, its lines shown as progress.

    It ends with 0, or with the exit code of a HarnessError whose message is on stderr.
    """
    started = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        child = subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment(), cwd=cwd
        )
        try:
            for line in child.stdout or ():
                notify(f"{doing} (once): {line.strip()}, {time.monotonic() - started:.0f} s so far")
            code = child.wait()
        finally:
            child.kill()
            child.wait()
            if child.stdout:
                child.stdout.close()
        errors.seek(0)
        _raise_for(code, what, errors.read().strip())


def _environment() -> dict[str, str]:
    return {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1"}  # fmt: skip


def _raise_for(code: int, what: str, errors: str) -> None:
    """The child's own message where it ended on purpose, else how it died and the last lines it wrote."""
    if code == 0:
        return
    if "No space left on device" in errors or "Disk quota exceeded" in errors:
        raise StorageError(f"the disk filled up during {what}", _FREE_SPACE)
    message, _, remedy = errors.partition("\n  -> ")
    if code == CheckpointError.exit_code:
        raise CheckpointError(message, remedy or None)
    if code == StorageError.exit_code:
        raise StorageError(message, remedy or None)
    if code < 0:
        raise SetupError(
            f"{what} was killed by signal {-code}",
            "where memory ran out, free some (three times the size of the float32 model) and run it again",
        )
    last = "\n".join(errors.splitlines()[-5:]) or "it wrote no error message"
    raise CheckpointError(
        f"{what} ended with exit code {code}:\n{last}", "give a safetensors checkpoint (source.kind=directory)"
    )
