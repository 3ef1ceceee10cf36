"""Whether a round has all that its rules ask for."""

from __future__ import annotations

from collections.abc import Mapping

from harness.plan import Round
from harness.records import EntrantResult
from harness.verdict import Evidence

LACKING = {
    *("unpublished", "raters_missing", "few_raters", "imported_missing"),
    *("no_audit", "empty_audit", "audit_lacks", "audit_without_weights"),
}
"""Reasons that name what was not supplied."""


def is_whole(round_: Round, evidence: Mapping[str, Evidence], entrants: Mapping[str, EntrantResult]) -> bool:
    """Whether all that the rules ask for is there: every run complete, and every other number supplied."""
    runs = [evidence[model.name].record for model in round_.served]
    whole = all(run is not None and run.status == "complete" for run in runs)
    return whole and (round_.dry_run or not any(_lacks_inputs(result) for result in entrants.values()))


def _lacks_inputs(result: EntrantResult) -> bool:
    codes = {reason.code for reason in result.reasons}
    codes |= {gate.reason.code for gate in result.gates.values()}
    lacks = result.decision == "incomplete" or bool(codes & LACKING)
    return lacks and result.decision != "disqualify"
