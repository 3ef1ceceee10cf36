"""Converted checkpoints: made once in a child process, kept in the cache by the hash of what they were made from."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from harness.checkpoint import locate
from harness.checkpoint.convert import Job, job_argument
from harness.checkpoint.once import made_once, run_maker
from harness.errors import CheckpointError
from harness.hashing import CHUNK_BYTES, digest, sha256_file
from harness.plan import GgufPackageSource

CONVERTER_VERSION = 1
"""Raised whenever convert.py changes what it writes."""
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
    record = made_once(folder, lambda part: _convert(source, parts, part, notify))
    if not record.get("probe_nll", float("inf")) <= source.probe_max_nll:
        raise CheckpointError(
            f"the converted model scores {record.get('probe_nll')} nats per token on the probe;"
            f" at most {source.probe_max_nll} allowed",
            "correct source.probe_max_nll, or give a safetensors checkpoint",
        )
    return folder


def _key(source: GgufPackageSource) -> str:
    """Everything that the result depends on."""
    settings = digest([source.bos_token, source.probe])[:8]
    return f"{source.sha256[:16]}-{CONVERTER_VERSION}-{settings}"


def _convert(source: GgufPackageSource, parts: Sequence[Path], out: Path, notify: Callable[[str], None]) -> None:
    with _whole(parts, out.parent) as gguf:
        job = Job(str(gguf), str(out), source.bos_token, source.probe, source.probe_max_nll)
        arguments = (*CONVERTER, job_argument(job))
        run_maker(arguments, f"the conversion of {gguf.name}", f"converting {gguf.name}", notify, None)


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
