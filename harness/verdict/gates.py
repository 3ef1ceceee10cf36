"""Does an entrant pass its gates, and do the intervals say so for all entrants and gates together?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.plan import Compared, Gate, Model, Ratio, basic
from harness.plan.gates import MeasuredGate
from harness.records import Fact, GateOutcome, GateResult, Number, Reason, ReasonCode
from harness.verdict.asked import Obstacle, Question, label_of
from harness.verdict.family import Family
from harness.verdict.field import Field
from harness.verdict.people import unmeasured
from harness.verdict.reasons import reason

ROUNDING = 1e-9
"""Scores closer to each other than this are equal: sums of weighted means carry rounding errors."""

_CODES: Mapping[tuple[str, GateOutcome], ReasonCode] = {
    ("floor", "pass"): "floor_pass",
    ("floor", "fail"): "floor_fail",
    ("floor", "undecided"): "floor_undecided",
    ("safety", "pass"): "safety_pass",
    ("safety", "fail"): "safety_fail",
    ("safety", "undecided"): "safety_undecided",
    ("ratio", "pass"): "ratio_pass",
    ("ratio", "fail"): "ratio_fail",
    ("ratio", "undecided"): "ratio_undecided",
    ("noninferiority", "pass"): "margin_pass",
    ("noninferiority", "fail"): "margin_fail",
    ("noninferiority", "undecided"): "margin_undecided",
}


@dataclass(frozen=True)
class Gated:
    """One gate for one entrant."""

    result: GateResult
    by_rule: GateOutcome
    """The outcome by the point estimate."""
    disqualifies: bool
    """Whether failing it disqualifies, whatever the score."""


@dataclass(frozen=True)
class _Answer:
    """One question with its answer."""

    rival: str | None
    outcome: GateOutcome
    by_rule: GateOutcome
    value: Number | None
    reason: Reason


def all_gates(field: Field, family: Family) -> dict[str, dict[str, Gated]]:
    """Every gate of every entrant, by entrant and gate."""
    gates = field.round.rules.gates
    return {
        model.name: {gate.name: _gated(gate, model, family, field) for gate in gates} for model in field.round.entrants
    }


def merged(outcomes: Iterable[GateOutcome]) -> GateOutcome:
    """One outcome of all gates: a failure is final whatever else is missing; missing evidence outweighs doubt."""
    found = set(outcomes)
    order: tuple[GateOutcome, ...] = ("fail", "incomplete", "held", "undecided")
    return next((outcome for outcome in order if outcome in found), "pass")


def reaches(value: float, threshold: float) -> bool:
    """At least the threshold, but for rounding errors."""
    return value >= threshold - ROUNDING


def _gated(gate: Gate, model: Model, family: Family, field: Field) -> Gated:
    disqualifies = gate.on_fail == "disqualify"
    if not isinstance(gate, MeasuredGate):
        outcome, reasons = unmeasured(gate, model, field)
        result = GateResult(
            name=gate.name,
            kind=gate.kind,
            outcome=outcome,
            value=None,
            threshold=None,
            reason=reasons[0],
            further=tuple(reasons[1:]),
        )
        return Gated(result, outcome, disqualifies)
    answers = [_answer(gate, model.name, each, level, field) for each, level in family.of(model.name, gate.name)]
    first, *others = sorted(answers, key=_weight)
    return Gated(
        GateResult(
            name=gate.name,
            kind=gate.kind,
            outcome=merged(answer.outcome for answer in answers),
            value=first.value,
            threshold=gate.least,
            reason=first.reason,
            further=tuple(answer.reason for answer in others),
        ),
        merged(answer.by_rule for answer in answers),
        disqualifies,
    )


def in_shares(gate: MeasuredGate) -> bool:
    """Whether readers meet the gate's numbers as percentages."""
    return isinstance(gate, Ratio) or all(source.kind in ("suite", "task") for source in basic(gate.source))


_WEIGHTIEST: tuple[GateOutcome, ...] = ("fail", "incomplete", "held", "undecided", "pass")


def _weight(answer: _Answer) -> tuple[int, float]:
    """The weightiest outcome first, of equal ones the lowest value."""
    return _WEIGHTIEST.index(answer.outcome), 0.0 if answer.value is None else answer.value.value


def _answer(gate: MeasuredGate, entrant: str, asked: Question | Obstacle, level: float | None, field: Field) -> _Answer:
    if isinstance(asked, Obstacle):
        return _Answer(asked.rival, asked.outcome, asked.outcome, None, asked.reason)
    value = asked.interval(field.round.rules.level if level is None else level)
    if value is None:
        raise ValueError(f"{gate.name}: {entrant} has no value, though it was asked")
    known = value.level is not None or field.sampled(gate.source, entrant)
    outcome = _outcome(value, gate.least) if known else "undecided"
    code: ReasonCode = _CODES[gate.kind, outcome] if known else "imported_figure"
    facts: dict[str, Fact] = {"suite": label_of(gate, entrant), "value": value, "threshold": gate.least}
    if not in_shares(gate):
        facts["unit"] = "plain"
    if isinstance(gate, Compared):
        facts["reference"] = asked.rival or ""
    by_rule: GateOutcome = "pass" if reaches(value.value, gate.least) else "fail"
    return _Answer(asked.rival, outcome, by_rule, value, reason(field.round, code, **facts))


def _outcome(value: Number, threshold: float) -> GateOutcome:
    """Where the interval lies; without one there is no doubt to know of (a fixed test, a figure taken as exact)."""
    if value.level is None:
        return "pass" if reaches(value.value, threshold) else "fail"
    if value.low is not None and reaches(value.low, threshold):
        return "pass"
    if value.high is not None and not reaches(value.high, threshold):
        return "fail"
    return "undecided"
