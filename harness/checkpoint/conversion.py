"""Converted checkpoints: made once in a child process, kept in the cache by the hash of what they were made from."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.checkpoint import locate
from harness.checkpoint.convert import Job, job_argument
from harness.checkpoint.files import CONVERSION, read_json
from harness.errors import CheckpointError, SetupError, StorageError
from harness.hashing import CHUNK_BYTES, digest, sha256_file, sha256_files
from harness.plan import GgufPackageSource

CONVERTER_VERSION = 1
"""Raised whenever convert.py changes what it writes."""
_FREE_SPACE = "free space on that disk and run the same command again"
CONVERTER = ("-m", "harness.checkpoint.convert")


def converted(source: GgufPackageSource, cache: Path, notify: Callable[[str], None]) -> Path:
    """The converted checkpoint's folder; converts where the cache has none.

    CheckpointError where the GGUF file is not the declared one, the result is unsound, or a cached file has changed.
    """
    parts = [locate.packaged_file(part) for part in source.parts]
    actual = sha256_file(*parts)
    if actual != source.sha256:
        raise CheckpointError(
            f"{', '.join(map(str, parts))} has SHA-256 {actual}, the config declares {source.sha256}",
            "install the declared version of the package again, or correct source.sha256",
        )
    folder = cache / "checkpoints" / _key(source)
    with _only_one(folder):
        if not folder.exists():
            _convert(source, parts, folder, notify)
    _verify(source, folder)
    return folder


def _key(source: GgufPackageSource) -> str:
    """Everything that the result depends on."""
    settings = digest([source.bos_token, source.probe])[:8]
    return f"{source.sha256[:16]}-{CONVERTER_VERSION}-{settings}"


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Two rounds at once convert once: the second waits. The kernel drops the lock when its holder dies."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _convert(source: GgufPackageSource, parts: Sequence[Path], folder: Path, notify: Callable[[str], None]) -> None:
    """Convert beside the final place; only a finished, checked and synced result is renamed into it."""
    for stale in folder.parent.glob(f".{folder.name}.part-*"):
        shutil.rmtree(stale)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.part-", dir=folder.parent))
    try:
        with _whole(parts, folder.parent) as gguf:
            _run(Job(str(gguf), str(part), source.bos_token, source.probe, source.probe_max_nll), notify)
        _sync(part)
        part.chmod(0o755)
        part.rename(folder)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        raise StorageError(f"cannot write {folder}: {error.strerror}", _FREE_SPACE) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _whole(parts: Sequence[Path], folder: Path) -> Iterator[Path]:
    """The file itself, or its parts joined in a temporary folder under `folder`."""
    if len(parts) == 1:
        yield parts[0]
        return
    with tempfile.TemporaryDirectory(prefix=".joined-", dir=folder) as joined:
        path = Path(joined) / parts[0].stem
        with path.open("wb") as whole:
            for part in parts:
                with part.open("rb") as piece:
                    shutil.copyfileobj(piece, whole, CHUNK_BYTES)
        yield path


def _run(job: Job, notify: Callable[[str], None]) -> None:
    started = time.monotonic()
    name = Path(job.gguf).name
    command = [sys.executable, *CONVERTER, job_argument(job)]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment())
        try:
            for line in child.stdout or ():
                notify(f"converting {name} (once): {line.strip()}, {time.monotonic() - started:.0f} s so far")
            code = child.wait()
        finally:
            child.kill()
            child.wait()
            if child.stdout:
                child.stdout.close()
        errors.seek(0)
        _raise_for(code, name, errors.read().strip())


def _environment() -> dict[str, str]:
    return {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1"}  # fmt: skip


def _raise_for(code: int, name: str, errors: str) -> None:
    """The child's own message where it ended on purpose, else how it died and the last lines it wrote."""
    if code == 0:
        return
    if "No space left on device" in errors or "Disk quota exceeded" in errors:
        raise StorageError(f"the disk is full while {name} is converted", _FREE_SPACE)
    message, _, remedy = errors.partition("\n  -> ")
    if code == CheckpointError.exit_code:
        raise CheckpointError(message, remedy or None)
    if code == StorageError.exit_code:
        raise StorageError(message, remedy or None)
    if code < 0:
        raise SetupError(
            f"the conversion of {name} was killed by signal {-code}",
            "where memory ran out, free some (three times the size of the float32 model) and run it again",
        )
    last = "\n".join(errors.splitlines()[-5:]) or "it wrote no error message"
    raise CheckpointError(
        f"the conversion of {name} ended with exit code {code}:\n{last}",
        "give a safetensors checkpoint (source.kind=directory)",
    )


def _sync(folder: Path) -> None:
    """On disk before the rename is: a power cut must not leave a whole name on half a file."""
    for path in [*folder.iterdir(), folder]:
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def _verify(source: GgufPackageSource, folder: Path) -> None:
    """The cached files must be those that were checked when they were made."""
    record = read_json(folder / CONVERSION)
    remedy = f"remove {folder} and run the same command again: it will be converted anew"
    if not isinstance(record, dict) or not isinstance(record.get("files"), dict):
        raise CheckpointError(f"{folder / CONVERSION} is missing or broken", remedy)
    present = [path for path in folder.iterdir() if path.is_file() and path.name != CONVERSION]
    if sha256_files(present, folder) != record["files"]:
        raise CheckpointError(f"files of the converted checkpoint {folder} have changed since they were made", remedy)
    if not record.get("probe_nll", float("inf")) <= source.probe_max_nll:
        raise CheckpointError(
            f"the converted model scores {record.get('probe_nll')} nats per token on the probe;"
            f" at most {source.probe_max_nll} allowed",
            "correct source.probe_max_nll, or give a safetensors checkpoint",
        )
