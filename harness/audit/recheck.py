"""Whether an audit's conclusions follow from its findings."""

from __future__ import annotations

from collections.abc import Iterator

from harness.audit.conclude import conclude
from harness.audit.finding import AuditReport
from harness.audit.lineage import ENTRANT, with_parties


def recheck(report: AuditReport) -> Iterator[str]:
    """What the conclusions do not owe to the findings, a sentence each."""
    candidates = [each.name for each in report.candidates]
    parties = {each.name: each.party for each in report.candidates if each.party is not None}
    if report.checkpoint.party is not None:
        parties[ENTRANT] = report.checkpoint.party
    followed = with_parties(
        conclude(report.findings, report.checkpoint.components, candidates, report.alpha), report.findings, parties
    )
    recorded = {(one.component, one.candidate): one for one in report.conclusions}
    for one in followed:
        said = recorded.pop((one.component, one.candidate), None)
        if said is None:
            yield f"{one.component}, {one.candidate}: no conclusion recorded, recomputed {one.conclusion!r}"
        elif said != one:
            yield (
                f"{one.component}, {one.candidate}: {said.conclusion!r} recorded ({said.reason}), recomputed"
                f" {one.conclusion!r} ({one.reason})"
            )
    for component, candidate in recorded:
        yield f"{component}, {candidate}: a conclusion that follows from no component or candidate"
