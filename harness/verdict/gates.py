"""Does an entrant pass its gates, and do the intervals say so for all entrants and gates together?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.plan import Compared, Gate, Model, Ratio, basic
from harness.plan.gates import MeasuredGate
from harness.records import Fact, GateOutcome, GateResult, Number, Reason, ReasonCode
from harness.stats import holm, two_sided_p
from harness.verdict.asked import Obstacle, Question, label_of, questions
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


def all_gates(field: Field) -> dict[str, dict[str, Gated]]:
    """Every gate of every entrant, by entrant and gate."""
    gates, asked = field.round.rules.gates, _Family(field)
    return {
        model.name: {gate.name: _gated(gate, model, asked, field) for gate in gates} for model in field.round.entrants
    }


class _Family:
    """All questions of all measured gates: their levels hold together for the whole round."""

    def __init__(self, field: Field) -> None:
        self._questions = {
            (entrant, gate.name): list(questions(gate, entrant, field))
            for gate in field.round.rules.gates
            if isinstance(gate, MeasuredGate)
            for entrant in field.entrants
        }
        self._levels = self._shared(field)

    def of(self, entrant: str, gate: str) -> list[tuple[Question | Obstacle, float | None]]:
        """What one gate asks of one entrant, each with the level at which its interval decides."""
        return [(each, self._levels.get((entrant, gate, each.rival))) for each in self._questions[entrant, gate]]

    def _shared(self, field: Field) -> dict[tuple[str, str, str | None], float]:
        rules = field.round.rules
        thresholds = {gate.name: gate.least for gate in rules.gates if isinstance(gate, MeasuredGate)}
        asked = {
            (entrant, gate, each.rival): two_sided_p(each.interval, thresholds[gate])
            for (entrant, gate), every in self._questions.items()
            for each in every
            if isinstance(each, Question)
        }
        known = {key: p for key, p in asked.items() if p is not None}
        if rules.family == "none" or not known:
            return dict.fromkeys(asked, rules.level)
        levels = holm(list(known.values()), 1 - rules.level).levels
        return {**dict.fromkeys(asked, rules.level), **dict(zip(known, map(float, levels), strict=True))}


def merged(outcomes: Iterable[GateOutcome]) -> GateOutcome:
    """One outcome of all gates: a failure is final whatever else is missing; missing evidence outweighs doubt."""
    found = set(outcomes)
    order: tuple[GateOutcome, ...] = ("fail", "incomplete", "held", "undecided")
    return next((outcome for outcome in order if outcome in found), "pass")


def reaches(value: float, threshold: float) -> bool:
    """At least the threshold, but for rounding errors."""
    return value >= threshold - ROUNDING


def _gated(gate: Gate, model: Model, asked: _Family, field: Field) -> Gated:
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
    answers = [_answer(gate, model.name, each, level, field) for each, level in asked.of(model.name, gate.name)]
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
    outcome = _outcome(value, gate.least)
    facts: dict[str, Fact] = {"suite": label_of(gate, entrant), "value": value, "threshold": gate.least}
    if not in_shares(gate):
        facts["unit"] = "plain"
    if isinstance(gate, Compared):
        facts["reference"] = asked.rival or ""
    by_rule: GateOutcome = "pass" if reaches(value.value, gate.least) else "fail"
    return _Answer(asked.rival, outcome, by_rule, value, reason(field.round, _CODES[gate.kind, outcome], **facts))


def _outcome(value: Number, threshold: float) -> GateOutcome:
    """Where the interval lies; without an interval (an imported number) the point estimate is all there is."""
    if value.level is None:
        return "pass" if reaches(value.value, threshold) else "fail"
    if value.low is not None and reaches(value.low, threshold):
        return "pass"
    if value.high is not None and not reaches(value.high, threshold):
        return "fail"
    return "undecided"
