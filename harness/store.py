"""The result folders: every path, atomic writes, and what counts as complete.

results/<round>/round.json                    the verdict, written last
results/<round>/scores.parquet, scores.csv    tidy table of every number
results/<round>/report.html
results/<round>/runs/<model>/<run>/manifest.json, execution.json, record.json, server.log
results/<round>/runs/<model>/<run>/samples/<task>.jsonl
results/<round>/runs/<model>/<run>/excerpts/<task>.jsonl    prompts of a few samples, for readers
results/<round>/audits/<entrant>/<audit>/manifest.json, execution.json, audit.json, audit.html
results/<round>/inputs/                       copies of panels, tables, audit reports and rulings
results/journal/<model fingerprint>.sqlite    answers, shared by all rounds
results/mlflow/                               tracking store and artifacts
results/dry-run/<round>/<entrant>/            a dry run: the files of a round, and entrant.yaml, the proposed config
results/dry-run/journal/                      answers of dry runs, apart from those of rounds
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from harness.errors import StorageError, VerificationError
from harness.findings import AuditManifest, AuditReport
from harness.plan import Frozen
from harness.records import Excerpt, Execution, Manifest, RoundRecord, RunRecord, Sample

RecordT = TypeVar("RecordT", bound=Frozen)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
FAILING_DISK = "free space on that disk and run the same command again; what was complete stays complete"
UNUSABLE = (errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG)
NO_PLACE = "name a place that may be written, or make it so, and run the same command again"


@dataclass(frozen=True)
class RunFolder:
    """The files of one model's run."""

    path: Path

    @property
    def manifest(self) -> Path:
        return self.path / "manifest.json"

    @property
    def execution(self) -> Path:
        return self.path / "execution.json"

    @property
    def record(self) -> Path:
        return self.path / "record.json"

    @property
    def server_log(self) -> Path:
        return self.path / "server.log"

    def samples(self, task: str) -> Path:
        """The samples of one task; slashes of lm-eval's names become two underscores."""
        return self.path / "samples" / f"{task.replace('/', '__')}.jsonl"

    def excerpts(self, task: str) -> Path:
        """The prompts of a few samples of one task."""
        return self.path / "excerpts" / self.samples(task).name

    def read_manifest(self) -> Manifest:
        return read_record(self.manifest, Manifest)

    def read_execution(self) -> Execution:
        return read_record(self.execution, Execution)

    def read_record(self) -> RunRecord:
        return read_record(self.record, RunRecord)

    def read_samples(self, task: str) -> list[Sample]:
        """The samples of one task in their stored order."""
        return read_lines(self.samples(task), Sample)

    def write_samples(self, task: str, samples: Iterable[Sample]) -> Path:
        """Write a task's samples, one a line, and return the file."""
        write_lines(self.samples(task), samples)
        return self.samples(task)

    def read_excerpts(self, task: str) -> list[Excerpt]:
        """The excerpts of one task in their stored order."""
        return read_lines(self.excerpts(task), Excerpt)

    def write_excerpts(self, task: str, excerpts: Iterable[Excerpt]) -> None:
        """Write a task's excerpts, one a line."""
        write_lines(self.excerpts(task), excerpts)


@dataclass(frozen=True)
class AuditFolder:
    """The files of one entrant's audit within a round."""

    path: Path

    @property
    def manifest(self) -> Path:
        return self.path / "manifest.json"

    @property
    def execution(self) -> Path:
        """Clock, host and cost: nothing that the record says depends on them."""
        return self.path / "execution.json"

    @property
    def record(self) -> Path:
        """The findings and conclusions; written last."""
        return self.path / "audit.json"

    @property
    def page(self) -> Path:
        return self.path / "audit.html"

    def read_manifest(self) -> AuditManifest:
        return read_record(self.manifest, AuditManifest)

    def read_record(self) -> AuditReport:
        return read_record(self.record, AuditReport)


@dataclass(frozen=True)
class RoundFolder:
    """The files of one round."""

    path: Path

    @property
    def record(self) -> Path:
        return self.path / "round.json"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def entrant_config(self) -> Path:
        """Dry runs only: the proposed config of the entrant."""
        return self.path / "entrant.yaml"

    @property
    def inputs(self) -> Path:
        """Copies of the panels, tables, audit reports and rulings on which the verdict rests."""
        return self.path / "inputs"

    def input(self, name: str, sha256: str) -> Path:
        """The copy of a file that the plan names."""
        return self.inputs / f"{sha256[:16]}_{Path(name).name}"

    @property
    def scores_parquet(self) -> Path:
        return self.path / "scores.parquet"

    @property
    def scores_csv(self) -> Path:
        return self.path / "scores.csv"

    def audit(self, entrant: str, audit: str) -> AuditFolder:
        return AuditFolder(self.path / "audits" / entrant / audit)

    def audits(self, entrant: str) -> list[AuditFolder]:
        """Every audit of an entrant, whole or not."""
        return [AuditFolder(path) for path in sorted((self.path / "audits" / entrant).glob("*/"))]

    def run(self, model: str, run: str) -> RunFolder:
        return RunFolder(self.path / "runs" / model / run)

    def runs(self, model: str) -> list[RunFolder]:
        """Every run of a model, whole or not."""
        return [RunFolder(path) for path in sorted((self.path / "runs" / model).glob("*/"))]

    def run_at(self, relative: str) -> RunFolder:
        """The run that round.json names."""
        return RunFolder(self.path / relative)

    def read_record(self) -> RoundRecord:
        return read_record(self.record, RoundRecord)


@dataclass(frozen=True)
class Results:
    """The root of all results."""

    path: Path

    def round(self, name: str) -> RoundFolder:
        return RoundFolder(self.path / name)

    def journal(self, fingerprint: str) -> Path:
        return self.path / "journal" / f"{fingerprint}.sqlite"

    @property
    def mlflow(self) -> Path:
        return self.path / "mlflow"


def write_record(path: Path, record: Frozen) -> None:
    """Write a record as indented JSON, atomically."""
    write_json(path, record.model_dump(mode="json"))


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON, atomically; NaN and infinity are refused."""
    write_text(path, _dumps(value, indent=2) + "\n")


def write_lines(path: Path, records: Iterable[Frozen]) -> None:
    """Write records as JSON, one a line, atomically."""
    write_text(path, "".join(f"{_dumps(record.model_dump(mode='json'), indent=None)}\n" for record in records))


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 text file, atomically and durably."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def copy_file(source: Path, path: Path) -> None:
    """Copy a file, atomically and durably."""
    with atomic_path(path) as temporary:
        shutil.copyfile(source, temporary)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`, made durable and moved there when the block ends well."""
    with disk_errors(path):
        temporary = temporary_beside(path)
        try:
            yield temporary
            temporary.chmod(0o644)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def temporary_beside(path: Path) -> Path:
    """An empty file of its own beside `path`, in a folder that is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    return Path(name)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full, read-only or failing disk, and a place where nothing can be written, into a StorageError that names
    the path.
    """
    try:
        yield
    except OSError as error:
        remedy = FAILING_DISK if error.errno in FULL else NO_PLACE if error.errno in UNUSABLE else None
        if remedy is None:
            raise
        raise StorageError(f"cannot write {path}: {error.strerror}", remedy) from error


def read_record(path: Path, kind: type[RecordT]) -> RecordT:
    """Read a stored record; VerificationError where it is missing or does not hold what it should."""
    with _reading(path):
        return kind.model_validate_json(path.read_bytes())


def read_lines(path: Path, kind: type[RecordT]) -> list[RecordT]:
    """Read records, one a line, in their order; VerificationError as for `read_record`."""
    with _reading(path):
        # Not splitlines(): a model's answer may hold other line separators than the newline.
        return [kind.model_validate_json(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise VerificationError(f"{path} is missing") from error
    except OSError as error:
        raise VerificationError(f"{path} cannot be read: {error.strerror}") from error
    except (ValidationError, ValueError) as error:
        raise VerificationError(f"{path} is not a valid record: {error}") from error


def _dumps(value: Any, indent: int | None) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
