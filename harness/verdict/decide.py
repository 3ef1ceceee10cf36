"""Exactly one decision for every entrant, with its reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.plan import Round
from harness.records import Decision, EntrantResult, GateOutcome, ModelResult, Number, PointResult, Reason
from harness.stats import points
from harness.verdict.contest import Contest, contest, same_modes
from harness.verdict.evidence import Evidence, Scored, scored, total
from harness.verdict.gates import ROUNDING
from harness.verdict.ranking import Fate
from harness.verdict.reasons import reason

_WEIGHTIEST: tuple[GateOutcome, ...] = ("fail", "incomplete", "undecided", "pass")


def decide(round_: Round, evidence: Mapping[str, Evidence]) -> tuple[dict[str, EntrantResult], dict[str, ModelResult]]:
    """Items to points, totals, gates and decisions: results of entrants and of references, by name.

    Scores are computed anew from the samples at the rules' level; the record gives what samples do not (modes, whether
    the run is complete). A model without evidence is incomplete. VerificationError for samples that contradict
    themselves.
    """
    models = {model.name: scored(model, evidence.get(model.name, Evidence()), round_) for model in round_.models}
    field = contest({model.name: models[model.name] for model in round_.entrants}, models, round_)
    entrants = {model.name: _entrant(model.name, field, round_) for model in round_.entrants}
    references = {model.name: _model(models[model.name], round_) for model in round_.references}
    return entrants, references


def _model(model: Scored, round_: Round) -> ModelResult:
    return ModelResult(
        run=model.run,
        total=total(model, round_),
        items=_items(model, round_),
        reasons=model.missing,
    )


def _items(model: Scored, round_: Round) -> dict[str, PointResult]:
    return {
        item.name: PointResult(name=item.name, points=item.points, value=points(model.suites[item.suite], item.points))
        for item in round_.rules.items
    }


def _entrant(name: str, field: Contest, round_: Round) -> EntrantResult:
    by_rule, by_interval = _decision(name, field, by_rule=True), _decision(name, field, by_rule=False)
    if round_.dry_run:
        by_rule, by_interval = _rehearsed(by_rule), _rehearsed(by_interval)
    follow = round_.rules.on_undecided == "point_estimate"
    reasons = [*_reasons(name, field, round_), *(_followed(by_rule, by_interval, round_) if follow else ())]
    return EntrantResult(
        run=field.entrants[name].run,
        total=field.totals[name],
        items=_items(field.entrants[name], round_),
        reasons=tuple(reasons),
        decision=by_rule if follow else by_interval,
        decision_by_rule=by_rule,
        gates={gate: found.result for gate, found in field.gates[name].items()},
    )


def _decision(name: str, field: Contest, *, by_rule: bool) -> Decision:
    gates = field.outcome(name, by_rule=by_rule)
    return _settled(gates, field.place(name, by_rule=by_rule).fate, complete=field.entrants[name].complete)


def _settled(gates: GateOutcome, fate: Fate, *, complete: bool) -> Decision:
    """Missing evidence of its own comes first; then what is final whatever else may come; then what is missing."""
    if not complete:
        return "incomplete"
    if gates == "fail" or fate == "leave":
        return "eliminate"
    if "incomplete" in (gates, fate):
        return "incomplete"
    if "undecided" in (gates, fate):
        return "undecided"
    return "advance"


def _rehearsed(decision: Decision) -> Decision:
    """A dry run decides nothing, but says where its own evidence is missing."""
    return "incomplete" if decision == "incomplete" else "undecided"


def _followed(by_rule: Decision, by_interval: Decision, round_: Round) -> Iterator[Reason]:
    if by_interval != by_rule:
        yield reason(round_, "point_estimate")


def _reasons(name: str, field: Contest, round_: Round) -> Iterator[Reason]:
    if not field.entrants[name].complete:
        yield from field.entrants[name].missing
        return
    if round_.dry_run:
        yield reason(round_, "dry_run")
    gates, ranks = list(_gate_reasons(name, field, round_)), list(_rank_reasons(name, field, round_))
    leaves = field.place(name, by_rule=False).fate == "leave"
    yield from (*ranks, *gates) if leaves else (*gates, *ranks)


def _gate_reasons(name: str, field: Contest, round_: Round) -> Iterator[Reason]:
    """Every gate that is not surely passed, the weightiest first."""
    found = sorted(field.gates[name].values(), key=lambda gate: _WEIGHTIEST.index(gate.result.outcome))
    unsettled = [gate.result.reason for gate in found if gate.result.outcome != "pass"]
    if unsettled:
        yield from unsettled
    elif field.gates[name]:
        yield reason(round_, "gates_passed", count=len(field.gates[name]))
    else:
        yield reason(round_, "no_gates")


def _rank_reasons(name: str, field: Contest, round_: Round) -> Iterator[Reason]:
    if field.keep is None or field.outcome(name, by_rule=False) == "fail":
        return
    keep = field.keep
    rank, ranked = field.rank(name)
    place = field.place(name, by_rule=False)
    if place.fate == "leave":
        yield reason(round_, "rank_leave", rank=rank, ranked=ranked, keep=keep)
        return
    yield reason(round_, "rank_stay" if place.fate == "stay" else "rank", rank=rank, ranked=ranked, keep=keep)
    for rival in place.doubtful:
        yield _doubt(name, rival, field, round_)


def _doubt(name: str, rival: str, field: Contest, round_: Round) -> Reason:
    """Why one rival leaves an entrant's place open."""
    ours, theirs = field.entrants[name], field.entrants[rival]
    if not theirs.complete:
        return reason(round_, "rival_missing", rival=rival)
    if not same_modes(ours, theirs, round_):
        return reason(round_, "rival_other_mode", rival=rival)
    number = field.difference(name, rival)
    if number is None:
        return reason(round_, "rival_other_items", rival=rival)
    return _overlap(rival, number, field.outcome(rival, by_rule=False), round_)


def _overlap(rival: str, number: Number, gates: GateOutcome, round_: Round) -> Reason:
    settled = number.low is not None and number.high is not None and not number.low <= 0 <= number.high
    if settled:
        return reason(round_, "rival_gate_missing" if gates == "incomplete" else "rival_gate", rival=rival)
    return reason(round_, "tie" if abs(number.value) <= ROUNDING else "overlap", rival=rival, difference=number)
