"""A result recomputed from what lies beside it: the runs' scores, the verdict, and the audits' conclusions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.audit.lineage import ENTRANT
from harness.audit.recheck import recheck
from harness.errors import VerificationError
from harness.evidence import verify
from harness.findings import AuditReport
from harness.hashing import digest, sha256_file
from harness.records import RoundRecord
from harness.run.audits import AUDIT_ID_DIGITS, own_audits
from harness.store import AuditFolder, RoundFolder, read_record


def verified(folder: Path) -> list[str]:
    """Discrepancies of a run's or a round's folder, a sentence each; UserError where it is neither."""
    found = verify(folder)
    if RoundFolder(folder).record.is_file():
        try:
            found += _audits(RoundFolder(folder))
        except VerificationError as error:
            found.append(error.message)
    return found


def _audits(folder: RoundFolder) -> Iterator[str]:
    record = folder.read_record()
    for entrant, names in record.plan.get("audits", {}).items():
        for name in names:
            copy = folder.input(name, record.inputs.get(name, ""))
            if copy.is_file():
                yield from _report(copy, entrant)
    for entrant, audit in own_audits(folder, record):
        yield from (f"{audit.path}: {problem}" for problem in _of_round(folder, record, entrant, audit))


def _report(path: Path, entrant: str) -> Iterator[str]:
    """Any report that has its findings; those of other tools may bring conclusions alone."""
    try:
        report = read_record(path, AuditReport)
    except VerificationError:
        return
    yield from (f"{path}: the audit of {entrant}: {problem}" for problem in recheck(report))


def _of_round(folder: RoundFolder, record: RoundRecord, entrant: str, audit: AuditFolder) -> Iterator[str]:
    """An audit that the round made itself: unchanged, named after its identity, and of the weights that were served."""
    manifest = audit.read_manifest()
    identity = digest(dict(manifest.identity))[:AUDIT_ID_DIGITS]
    if not identity == manifest.audit == audit.path.name:
        yield f"its identity hashes to {identity}, manifest.json says {manifest.audit}"
    if manifest.entrant != entrant:
        yield f"it is of {manifest.entrant}, the round takes it for {entrant}"
    if sha256_file(audit.record) not in record.inputs.values():
        yield "audit.json is not what was decided on: its digest is another one"
    run = record.entrants[entrant].run if entrant in record.entrants else None
    if run is not None and folder.run_at(run).manifest.is_file():
        served = folder.run_at(run).read_manifest().identity["files"]
        if served != manifest.identity[ENTRANT]["files"]:
            yield f"its files are not those that were served in {run}"
