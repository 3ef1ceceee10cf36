"""What audits concluded about the entrants of a decided round: its own audits and the reports that were supplied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UserError, VerificationError
from harness.findings import AuditReport
from harness.panels.findings import read_report
from harness.plan import Round
from harness.records import RoundRecord
from harness.store import AuditFolder, RoundFolder, read_record
from harness.verdict import Finding


@dataclass(frozen=True)
class AuditStory:
    """One report about one entrant."""

    findings: tuple[Finding, ...]
    """Its conclusions, as the verdict took them."""
    report: AuditReport | None
    """The whole report; None where it brings conclusions alone."""
    page: Path | None
    """Where its page belongs; None where there is nothing to draw one from."""


def read_audits(folder: RoundFolder, record: RoundRecord, plan: Round, entrant: str) -> tuple[AuditStory, ...]:
    """The reports about an entrant on which round.json rests, from their copies.

    VerificationError where a copy is missing or is none.
    """
    return tuple(_audits(folder, record, plan, entrant))


def _audits(folder: RoundFolder, record: RoundRecord, plan: Round, entrant: str) -> Iterator[AuditStory]:
    for name in plan.audits.get(entrant, ()):
        copy = folder.input(name, record.inputs.get(name, ""))
        if not copy.is_file():
            raise VerificationError(f"{copy} is missing")
        try:
            findings = read_report(copy, entrant)
        except UserError as error:
            raise VerificationError(error.message) from error
        report = _whole(copy)
        made_here = [each for each in folder.audits(entrant) if name.endswith(_inside(folder, each))]
        page = made_here[0].page if made_here else copy.with_suffix(".html")
        yield AuditStory(findings, report, page if report is not None else None)


def _inside(folder: RoundFolder, audit: AuditFolder) -> str:
    return audit.record.relative_to(folder.path).as_posix()


def _whole(copy: Path) -> AuditReport | None:
    try:
        return read_record(copy, AuditReport)
    except VerificationError:
        return None
