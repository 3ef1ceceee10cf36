"""Gates that no score decides: independence, licence, outcomes that somebody else announced."""

from __future__ import annotations

from collections.abc import Sequence

from harness.plan import Gate, ImportedOutcome, Independence, Licence, Model, PolicyRow, Round
from harness.plan.policy import PolicyRuling
from harness.records import Fact, GateOutcome, Reason, ReasonCode
from harness.verdict.field import Field
from harness.verdict.inputs import Finding, Inputs, Ruling
from harness.verdict.reasons import reason

WEIGHTLESS = frozenset({"tokenizer", "code"})
"""Components of which no agreement or difference says where the weights come from."""


def unmeasured(gate: Gate, model: Model, field: Field) -> tuple[GateOutcome, Sequence[Reason]]:
    """The outcome of a gate that looks at no number, with its reasons, the weightiest first."""
    if isinstance(gate, Independence):
        return _independence(gate, model, field)
    if isinstance(gate, Licence):
        return _licence(gate, model, field)
    if isinstance(gate, ImportedOutcome):
        return _imported(gate, model, field)
    raise TypeError(f"{gate.name} is a gate on a number")


def _licence(gate: Licence, model: Model, field: Field) -> tuple[GateOutcome, Sequence[Reason]]:
    if model.licence in gate.allowed:
        return "pass", [reason(field.round, "licence_pass", licence=model.licence)]
    return "fail", [reason(field.round, "licence_fail", licence=model.licence, allowed=gate.allowed)]


def _imported(gate: ImportedOutcome, model: Model, field: Field) -> tuple[GateOutcome, Sequence[Reason]]:
    cell = field.inputs.cell(gate.source, model.name)
    if cell is None:
        return "incomplete", [reason(field.round, "imported_missing", gate=gate.name)]
    facts: dict[str, Fact] = {"gate": gate.name, "file": gate.source.file}
    match cell.text:
        case "pass":
            return "pass", [reason(field.round, "imported_pass", **facts)]
        case "fail":
            return "fail", [reason(field.round, "imported_fail", **facts)]
        case "held":
            return "held", [reason(field.round, "imported_held", **facts)]
        case _:
            return "undecided", [reason(field.round, "imported_undecided", **facts)]


def _independence(gate: Independence, model: Model, field: Field) -> tuple[GateOutcome, Sequence[Reason]]:
    round_, inputs = field.round, field.inputs
    findings = inputs.findings.get(model.name)
    if findings is None:
        return "incomplete", [reason(round_, "no_audit", model=model.name, entrant=model.name)]
    if not findings:
        return "incomplete", [reason(round_, "empty_audit", model=model.name, entrant=model.name)]
    outcome, reasons = _ruled(gate, findings, model, field)
    lacking = _lacking(findings, model, round_) if outcome == "pass" else []
    return ("incomplete", [*lacking, *reasons]) if lacking else (outcome, reasons)


def _lacking(findings: Sequence[Finding], model: Model, round_: Round) -> list[Reason]:
    """What supplied reports do not answer of what the round asks; an audit of its own looked at all that there is."""
    own = f"{round_.results}/{round_.folder}/audits/{model.name}/"
    if any(file.startswith(own) for file in round_.audits.get(model.name, ())):
        return []
    named = () if round_.audit is None else round_.audit.candidates
    asked = [candidate.name for candidate in named if candidate.name != model.name]
    facts: dict[str, Fact] = {"model": model.name, "entrant": model.name}
    concluded = {finding.candidate for finding in findings}
    if missing := tuple(name for name in asked if name not in concluded):
        return [reason(round_, "audit_lacks", candidates=missing, **facts)]
    compared = [each for each in findings if each.component not in WEIGHTLESS and each.relation != "not_comparable"]
    if not any(not asked or finding.candidate in asked for finding in compared):
        return [reason(round_, "audit_without_weights", **facts)]
    return []


def _ruled(
    gate: Independence, findings: Sequence[Finding], model: Model, field: Field
) -> tuple[GateOutcome, Sequence[Reason]]:
    """What the policy, and people, make of all findings."""
    round_, inputs = field.round, field.inputs
    ruled = [(finding, _policy(gate, finding, model, field)) for finding in findings]
    disclosed = [
        _said(finding, "independence_disclosed", field)
        for finding, how in ruled
        if how == "disclose" and _declared(finding, model)
    ]
    forbidden = [finding for finding, how in ruled if how == "forbidden"]
    undisclosed = [finding for finding, how in ruled if how == "disclose" and not _declared(finding, model)]
    left_out = [finding for finding, how in ruled if how == "allowed" and _is_left_out(finding)]
    if not forbidden and not undisclosed and not left_out:
        return "pass", [reason(round_, "independence_pass", count=len(findings)), *disclosed]
    if gate.automatic and any(finding.relation == "derived" for finding in forbidden):
        return "fail", [*(_said(finding, "independence_forbidden", field) for finding in forbidden), *disclosed]
    asked: list[tuple[Finding, ReasonCode]] = [
        *((finding, "independence_found") for finding in forbidden),
        *((finding, "independence_undisclosed") for finding in undisclosed),
        *((finding, "independence_left_out") for finding in left_out),
    ]
    outcome, reasons = _by_people(asked, inputs, field)
    return outcome, [*reasons, *disclosed]


def _policy(gate: Independence, finding: Finding, model: Model, field: Field) -> PolicyRuling:
    """What the policy makes of a finding."""
    return next(row.ruling for row in gate.policy if _fits(row, finding, model, field))


def _fits(row: PolicyRow, finding: Finding, model: Model, field: Field) -> bool:
    owner, country = _whose(finding, field.round)
    own = owner == model.owner or _declared(finding, model, own=True)
    return (
        finding.relation in row.relations
        and (not row.components or finding.component in row.components)
        and row.lineage in (None, "own" if own else "foreign")
        and row.country in (None, "same" if country == model.country else "other")
        and row.declared in (None, _declared(finding, model))
    )


def _whose(finding: Finding, round_: Round) -> tuple[str | None, str | None]:
    """Owner and country of the candidate: as the report says, else as the round's model of that name does."""
    known = round_.candidate(finding.candidate)
    owner = finding.owner or (known.owner if known else None)
    return owner, finding.country or (known.country if known and known.owner == owner else None)


def _declared(finding: Finding, model: Model, *, own: bool = False) -> bool:
    return any(
        said.component == finding.component and said.of == finding.candidate and (said.own or not own)
        for said in model.declares
    )


def _by_people(
    asked: Sequence[tuple[Finding, ReasonCode]], inputs: Inputs, field: Field
) -> tuple[GateOutcome, Sequence[Reason]]:
    """Held until every finding, with what is said of it, is ruled on; one ruling against the entrant is enough."""
    rulings = [(finding, _ruling(finding, inputs)) for finding, _ in asked]
    against = [(finding, ruling) for finding, ruling in rulings if ruling and ruling.decision == "disqualified"]
    unruled = [(finding, code) for finding, code in asked if _ruling(finding, inputs) is None]
    cleared = [_by(finding, ruling, field) for finding, ruling in rulings if ruling and ruling.decision == "cleared"]
    if against:
        return "fail", [*(_by(finding, ruling, field) for finding, ruling in against), *cleared]
    if not unruled:
        return "pass", cleared
    return "held", [*(_said(finding, code, field) for finding, code in unruled), *cleared]


def _is_left_out(finding: Finding) -> bool:
    """Whether weights could not be cleared since some were not compared: no policy row for what cannot be compared was
    meant for that.
    """
    return finding.left_out and finding.component not in WEIGHTLESS


def _ruling(finding: Finding, inputs: Inputs) -> Ruling | None:
    """The last ruling on a finding: an appeal follows what it is about."""
    found = [each for each in inputs.rulings if each.entrant == finding.entrant and finding.sha256 in each.findings]
    return max(found, key=lambda ruling: ruling.when, default=None)


def _said(finding: Finding, code: ReasonCode, field: Field) -> Reason:
    facts: dict[str, Fact] = {
        "component": finding.component,
        "candidate": finding.candidate,
        "relation": finding.relation,
        "because": finding.reason or "-",
        "finding": finding.sha256,
        "method": finding.method or "-",
    }
    numbers = {"share": finding.value, "chance": finding.p_value}
    return reason(field.round, code, **facts, **{name: value for name, value in numbers.items() if value is not None})


def _by(finding: Finding, ruling: Ruling, field: Field) -> Reason:
    facts: dict[str, Fact] = {
        "component": finding.component,
        "candidate": finding.candidate,
        "who": ruling.who,
        "when": ruling.when,
        "reply": ruling.reply,
        "finding": finding.sha256,
    }
    if ruling.decision == "cleared":
        return reason(field.round, "independence_cleared", **facts)
    return reason(field.round, "independence_ruled", **facts)
