"""Exactly one decision for every entrant, with its reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.plan import Below, KeepK, LeaveK, Lowest, Model, Round
from harness.plan.serving import MARKS
from harness.records import Decision, EntrantResult, GateOutcome, ModelResult, Number, PointResult, Reason, ReasonCode
from harness.verdict.contest import Contest, contest
from harness.verdict.doubt import Doubt
from harness.verdict.evidence import Evidence, scored
from harness.verdict.field import Field
from harness.verdict.flips import flips
from harness.verdict.gates import ROUNDING
from harness.verdict.inputs import Inputs
from harness.verdict.ranking import Order, Place
from harness.verdict.reasons import reason

_WEIGHTIEST: tuple[GateOutcome, ...] = ("fail", "incomplete", "held", "undecided", "pass")
NOTHING = Inputs()


def decide(
    round_: Round, evidence: Mapping[str, Evidence], inputs: Inputs = NOTHING
) -> tuple[dict[str, EntrantResult], dict[str, ModelResult]]:
    """Items to points, totals, gates and decisions: results of entrants and of references, by name.

    Scores are computed anew from the samples at the rules' level; the record gives what samples do not (modes, whether
    the run is complete). A model that is to be run and has no evidence is incomplete. VerificationError for samples
    that contradict themselves.
    """
    models = {model.name: scored(model, evidence.get(model.name, Evidence()), round_) for model in round_.models}
    found = contest(Field(round_, models, inputs))
    doubt = Doubt(found)
    entrants = {model.name: _entrant(model, found, doubt) for model in round_.entrants}
    references = {model.name: _model(model, found) for model in round_.references}
    return entrants, references


def _model(model: Model, found: Contest) -> ModelResult:
    scored_ = found.field.models[model.name]
    return ModelResult(
        run=scored_.run,
        total=found.points.totals[model.name],
        items=_items(model.name, found),
        reasons=scored_.missing,
    )


def _items(name: str, found: Contest) -> dict[str, PointResult]:
    return {
        item.name: PointResult(name=item.name, points=item.points, value=found.points.items[item.name][name])
        for item in found.field.round.rules.items
    }


def _entrant(model: Model, found: Contest, doubt: Doubt) -> EntrantResult:
    name, round_ = model.name, found.field.round
    by_rule, by_interval = _decision(name, found, by_rule=True), _decision(name, found, by_rule=False)
    if round_.dry_run:
        by_rule, by_interval = _rehearsed(by_rule), _rehearsed(by_interval)
    follow = round_.rules.on_undecided == "point_estimate"
    reasons = [*_reasons(name, found), *(_followed(by_rule, by_interval, round_) if follow else ())]
    return EntrantResult(
        run=found.field.models[name].run,
        total=found.points.totals[name],
        items=_items(name, found),
        reasons=(*reasons, *_announced(name, round_)),
        decision=by_rule if follow else by_interval,
        decision_by_rule=by_rule,
        gates={gate: each.result for gate, each in found.gates[name].items()},
        p_reversal=None if round_.dry_run else doubt.reversal(name, by_rule),
        p_last=None if round_.dry_run else doubt.last(name),
        ranks=None if round_.dry_run else doubt.ranks(name),
        more_items=None if by_interval == "disqualify" else doubt.more_items(name),
        flips=flips(name, found),
    )


def _decision(name: str, found: Contest, *, by_rule: bool) -> Decision:
    """What is final whatever the score; missing evidence of its own; what else is final; what is open."""
    if found.disqualified(name, by_rule=by_rule):
        return "disqualify"
    if not found.complete(name):
        return "incomplete"
    gates, fate = found.outcome(name, by_rule=by_rule), found.place(name, by_rule=by_rule).fate
    if gates == "fail" or fate == "leave":
        return "eliminate"
    if "incomplete" in (gates, fate):
        return "incomplete"
    if gates == "held":
        return "held"
    return "undecided" if "undecided" in (gates, fate) else "advance"


def _announced(name: str, round_: Round) -> Iterator[Reason]:
    if name in round_.announced:
        said = round_.announced[name]
        yield reason(round_, "announced", decision=said.decision, source=f"{MARKS[said.mark]}{said.source}")


def _rehearsed(decision: Decision) -> Decision:
    """A dry run decides nothing, but says where its own evidence is missing."""
    return "incomplete" if decision == "incomplete" else "undecided"


def _followed(by_rule: Decision, by_interval: Decision, round_: Round) -> Iterator[Reason]:
    if by_interval != by_rule:
        yield reason(round_, "point_estimate")


def _reasons(name: str, found: Contest) -> Iterator[Reason]:
    round_, returned = found.field.round, found.returned(name)
    if returned is not None:
        yield returned
    if not found.complete(name):
        yield from found.missing(name)
        yield from _failures(name, found)
        return
    if round_.dry_run:
        yield reason(round_, "dry_run")
    if round_.rules.totals is not None and not round_.rules.totals.exact:
        yield reason(round_, "imported_total", file=round_.rules.totals.file)
    place = found.place(name, by_rule=False)
    gates, ranks = list(_gate_reasons(name, found)), list(_rank_reasons(name, place, found))
    yield from (*ranks, *gates) if place.fate == "leave" else (*gates, *ranks)


def _failures(name: str, found: Contest) -> Iterator[Reason]:
    """Gates that were failed although evidence is missing."""
    for gate in found.gates[name].values():
        if gate.result.outcome in ("fail", "held") or gate.result.kind in ("independence", "imported"):
            yield gate.result.reason


def _gate_reasons(name: str, found: Contest) -> Iterator[Reason]:
    """Every gate that is not surely passed, the weightiest first: of failed ones those that disqualify."""
    ordered = sorted(
        found.gates[name].values(), key=lambda gate: (_WEIGHTIEST.index(gate.result.outcome), not gate.disqualifies)
    )
    unsettled = [gate.result for gate in ordered if gate.result.outcome != "pass"]
    for result in unsettled:
        yield result.reason
        yield from result.further
    if not unsettled:
        count = len(found.gates[name])
        yield reason(found.field.round, "gates_passed", count=count) if count else reason(found.field.round, "no_gates")
    for gate in ordered:
        if gate.result.kind == "independence" and gate.result.outcome == "pass":
            yield from (gate.result.reason, *gate.result.further)


def _rank_reasons(name: str, place: Place, found: Contest) -> Iterator[Reason]:
    round_ = found.field.round
    rule = round_.rules.elimination
    if rule is None or found.outcome(name, by_rule=False) == "fail":
        return
    if isinstance(rule, Below):
        yield from _threshold(name, rule, place, round_, found)
        return
    rank, ranked = found.rank(name)
    keep = rule.keep if isinstance(rule, KeepK) else _staying(rule, ranked, found)
    code: ReasonCode = "rank_leave" if place.fate == "leave" else "rank_stay" if place.fate == "stay" else "rank"
    yield reason(round_, code, rank=rank, ranked=ranked, keep=keep)
    for rival in place.doubtful:
        yield _doubt(name, rival, found)


def _staying(rule: LeaveK | Lowest, ranked: int, found: Contest) -> int:
    """How many stay where k leave: of all entrants, or of those who are ranked."""
    return (len(found.field.entrants) if rule.disqualified_uses_slot else ranked) - rule.leave


def _threshold(name: str, rule: Below, place: Place, round_: Round, found: Contest) -> Iterator[Reason]:
    total = found.claimed(name)
    if total is None:
        return
    codes: Mapping[str, ReasonCode] = {"stay": "below_pass", "leave": "below_fail", "undecided": "below_undecided"}
    yield reason(round_, codes[place.fate], total=total, minimum=rule.minimum)


def _doubt(name: str, rival: str, found: Contest) -> Reason:
    """Why one rival leaves an entrant's place open."""
    round_ = found.field.round
    if not found.complete(rival):
        return reason(round_, "rival_missing", rival=rival)
    if not found.same_modes(name, rival):
        return reason(round_, "rival_other_mode", rival=rival)
    number = found.difference(name, rival)
    if number is None:
        return reason(round_, "rival_other_items", rival=rival)
    return _overlap(rival, number, found.outcome(rival, by_rule=False), found.order_by_interval(name, rival), round_)


def _overlap(rival: str, number: Number, gates: GateOutcome, order: Order, round_: Round) -> Reason:
    if order in ("above", "below"):
        codes: Mapping[GateOutcome, ReasonCode] = {"incomplete": "rival_gate_missing", "held": "rival_held"}
        return reason(round_, codes.get(gates, "rival_gate"), rival=rival)
    if abs(number.value) <= ROUNDING:
        return reason(round_, "tie", rival=rival, difference=number)
    return reason(round_, "rival_imported" if number.level is None else "overlap", rival=rival, difference=number)
