"""`harness audit`: names and folders in, one record out."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.audit.audit import audit
from harness.audit.behaviour import run_findings
from harness.audit.finding import AuditReport
from harness.errors import ConfigError
from harness.store import write_text

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def audit_checkpoint(
    checkpoint: Path,
    against: Sequence[str],
    null: Sequence[str],
    out: Path,
    *,
    samples: Sequence[str] = (),
    notify: Callable[[str], None],
) -> AuditReport:
    """Audit and write the record to `out`. `against` and `null` are NAME=CHECKPOINT, `samples` NAME=RUN.

    ConfigError for names that are none or stand twice; CheckpointError for damaged checkpoints.
    """
    candidates, nulls = _named("--against", against), _named("--null", null)
    if out.is_dir():
        raise ConfigError(f"--out {out} is a folder", "name the file that the record goes to")
    beside = run_findings(_named("--samples", samples), list(candidates))
    try:  # before the work of hours
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out {out} cannot be written: {error.strerror}", "name a file that can be") from error
    report = audit(checkpoint, candidates, nulls, notify, beside)
    write_text(out, report.model_dump_json(indent=1) + "\n")
    return report


def _named(option: str, given: Sequence[str]) -> dict[str, Path]:
    named: dict[str, Path] = {}
    for entry in given:
        name, equals, folder = entry.partition("=")
        if not equals or not folder or not NAME.fullmatch(name):
            raise ConfigError(
                f"{option} {entry!r} is not NAME=CHECKPOINT", f"write {option} mistral_7b=/models/mistral"
            )
        if name in named:
            raise ConfigError(f"{option} names {name} twice", "give every checkpoint a name of its own")
        named[name] = Path(folder)
    return named
