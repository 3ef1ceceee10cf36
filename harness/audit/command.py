"""`harness audit`: names and folders in, one record out."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness.audit.audit import NOBODY, audit, shown_name
from harness.audit.behaviour import run_findings
from harness.audit.finding import AuditReport, Party
from harness.audit.lineage import ENTRANT
from harness.audit.out import check_out
from harness.audit.sketch import SEED_BITS, SketchHead, read_sketch
from harness.audit.sketching import make_sketch
from harness.errors import ConfigError, VerificationError
from harness.plan.audit import MEMORY_GIB
from harness.store import atomic_path, write_text

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def audit_checkpoint(
    checkpoint: Path,
    against: Sequence[str],
    null: Sequence[str],
    out: Path,
    *,
    samples: Sequence[str] = (),
    beside: Sequence[Path] = (),
    name: str | None = None,
    parties: Mapping[str, Party] = NOBODY,
    memory_gib: float = MEMORY_GIB,
    notify: Callable[[str], None],
) -> AuditReport:
    """Audit and write the record to `out`. `against` and `null` are NAME=CHECKPOINT, `samples` NAME=RUN.

    `beside` are files that the caller will write too. `name`, `parties` and `memory_gib` are those of `audit`.

    ConfigError for names that are none or stand twice, and for files that cannot be written or would change what is
    read; CheckpointError for damaged checkpoints.
    """
    candidates, nulls = named_folders("--against", against), named_folders("--null", null)
    runs = named_folders("--samples", samples)
    found = run_findings(runs, list(candidates))
    for file in (out, *beside):
        check_out(file, (checkpoint, *candidates.values(), *nulls.values(), *runs.values()))
    report = audit(checkpoint, candidates, nulls, notify, found, name=name, parties=parties, memory_gib=memory_gib)
    write_text(out, report.model_dump_json(indent=1) + "\n")
    return report


def sketch_checkpoint(checkpoint: Path, out: Path, seed: int | None, notify: Callable[[str], None]) -> SketchHead:
    """Write the sketch of a checkpoint to `out`, drawn by `seed`, or by chance where that is null.

    ConfigError for a seed or a file that cannot be used; CheckpointError for a damaged checkpoint.
    """
    name = shown_name(checkpoint)
    drawn = secrets.randbits(SEED_BITS) if seed is None else seed
    if not 0 <= drawn < 1 << SEED_BITS:
        raise ConfigError(f"--seed {drawn} is no seed", f"give a whole number from 0 to {(1 << SEED_BITS) - 1}")
    check_out(out, [checkpoint])
    head, content = make_sketch(name, checkpoint, drawn, notify)
    with atomic_path(out) as temporary:
        temporary.write_bytes(content)
    return head


def check_sketch(checkpoint: Path, path: Path, notify: Callable[[str], None]) -> SketchHead:
    """The head of a sketch that was made from this checkpoint; VerificationError where it was not, or was changed.

    CheckpointError where the file is no sketch, or the checkpoint is damaged.
    """
    stated = read_sketch(path.name, path).head
    head, content = make_sketch(stated.checkpoint.name, checkpoint, stated.seed, notify)
    if head.checkpoint.digest != stated.checkpoint.digest:
        raise VerificationError(
            f"{path} was made from other weights: their digest is {stated.checkpoint.digest}, that of {checkpoint}"
            f" {head.checkpoint.digest}"
        )
    if content != path.read_bytes():
        raise VerificationError(f"{path} names the weights of {checkpoint}, but is not what they give: it was changed")
    return head


def named_folders(option: str, given: Sequence[str]) -> dict[str, Path]:
    """Folders by name, from NAME=CHECKPOINT; ConfigError for what is none or stands twice."""
    named: dict[str, Path] = {}
    for entry in given:
        name, equals, folder = entry.partition("=")
        if not equals or not folder or not NAME.fullmatch(name):
            raise ConfigError(
                f"{option} {entry!r} is not NAME=CHECKPOINT", f"write {option} mistral_7b=/models/mistral"
            )
        if name == ENTRANT and option != "--samples":
            raise ConfigError(f"{option} {entry!r}: {ENTRANT} is the name of the checkpoint itself", "choose another")
        if name in named:
            raise ConfigError(f"{option} names {name} twice", "give every checkpoint a name of its own")
        named[name] = Path(folder)
    return named
