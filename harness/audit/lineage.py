"""Whose model a candidate is: descent from one's own earlier model is own lineage, not foreign descent."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from harness.audit.finding import Conclusion, Finding, Lineage, Party

ENTRANT = "entrant"
"""Name under which the audited checkpoint's own party is given."""
TELLING = ("derived", "refer")


def with_parties(
    conclusions: Sequence[Conclusion], findings: Sequence[Finding], parties: Mapping[str, Party]
) -> tuple[Conclusion, ...]:
    """The conclusions with owner, country and lineage of their candidates, and the value that decided."""
    return tuple(_with_party(one, findings, parties) for one in conclusions)


def lineage(entrant: Party | None, candidate: Party | None) -> Lineage:
    """Own where both have the same owner; unknown where either owner was not given."""
    ours, theirs = (
        None if party is None else unicodedata.normalize("NFC", party.owner).strip() for party in (entrant, candidate)
    )
    if not ours or not theirs:
        return "unknown"
    return "own" if ours == theirs else "foreign"


def _with_party(one: Conclusion, findings: Sequence[Finding], parties: Mapping[str, Party]) -> Conclusion:
    party = parties.get(one.candidate)
    whose = lineage(parties.get(ENTRANT), party)
    found = {
        "value": _value(one, findings),
        "owner": None if party is None else party.owner,
        "country": None if party is None else party.country,
        "lineage": whose,
    }
    if whose == "own" and one.conclusion in TELLING:
        found["reason"] = f"{one.reason} {one.candidate} is the entrant's own: own lineage, not foreign descent."
    return one.model_copy(update=found)


def _value(one: Conclusion, findings: Sequence[Finding]) -> float | None:
    """The largest value that the deciding method found: where it found several, they are of several tensors."""
    values = [
        finding.value
        for finding in findings
        if (finding.component, finding.candidate, finding.method) == (one.component, one.candidate, one.method)
        if finding.value is not None
    ]
    return max(values, default=None)
