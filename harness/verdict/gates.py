"""Does an entrant pass a gate, and does the interval say so?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.plan import Floor, Gate, Round, Suite
from harness.records import Fact, GateOutcome, GateResult, Number, Reason, ReasonCode
from harness.stats import ratio
from harness.verdict.evidence import Scored, suite_pairs
from harness.verdict.reasons import reason

ROUNDING = 1e-9
"""Scores closer to each other than this are equal: sums of weighted means carry rounding errors."""

_FLOOR: Mapping[GateOutcome, ReasonCode] = {"pass": "floor_pass", "fail": "floor_fail", "undecided": "floor_undecided"}
_RATIO: Mapping[GateOutcome, ReasonCode] = {"pass": "ratio_pass", "fail": "ratio_fail", "undecided": "ratio_undecided"}


@dataclass(frozen=True)
class Gated:
    """One gate for one entrant."""

    result: GateResult
    by_rule: GateOutcome
    """The outcome by the point estimate."""


def gated(gate: Gate, entrant: Scored, models: Mapping[str, Scored], round_: Round) -> Gated:
    """Hold one entrant against one gate."""
    suite = round_.suite(gate.suite)
    if isinstance(gate, Floor):
        value = entrant.suites[suite.name]
        if value is None:
            return _unjudged(gate, "incomplete", reason(round_, "entrant_missing", suite=suite.name))
        return _judged(gate, value, round_)
    reference = models[gate.reference]
    obstacle = _obstacle(entrant, reference, suite, round_)
    if obstacle is not None:
        return _unjudged(gate, "incomplete", obstacle)
    shared = suite_pairs(entrant, reference, suite)
    value = None if shared is None else ratio(shared, round_.rules.level)
    if value is None:
        undefined = reason(round_, "ratio_undefined", suite=suite.name, reference=gate.reference)
        return _unjudged(gate, "undecided", undefined)
    return _judged(gate, value, round_)


def merged(outcomes: Iterable[GateOutcome]) -> GateOutcome:
    """One outcome of all gates: a failure is final whatever else is missing; missing evidence outweighs doubt."""
    found = set(outcomes)
    order: tuple[GateOutcome, ...] = ("fail", "incomplete", "undecided")
    return next((outcome for outcome in order if outcome in found), "pass")


def reaches(value: float, threshold: float) -> bool:
    """At least the threshold, but for rounding errors."""
    return value >= threshold - ROUNDING


def _judged(gate: Gate, value: Number, round_: Round) -> Gated:
    by_rule: GateOutcome = "pass" if reaches(value.value, gate.minimum) else "fail"
    outcome = _outcome(value, gate.minimum)
    facts: dict[str, Fact] = {"suite": gate.suite, "value": value, "threshold": gate.minimum}
    if isinstance(gate, Floor):
        because = reason(round_, _FLOOR[outcome], **facts)
    else:
        because = reason(round_, _RATIO[outcome], reference=gate.reference, **facts)
    return _result(gate, value, outcome, by_rule, because)


def _outcome(value: Number, threshold: float) -> GateOutcome:
    """Where the interval lies; without an interval (an imported number) the point estimate is all there is."""
    if value.level is None:
        return "pass" if reaches(value.value, threshold) else "fail"
    if value.low is not None and reaches(value.low, threshold):
        return "pass"
    if value.high is not None and not reaches(value.high, threshold):
        return "fail"
    return "undecided"


def _obstacle(entrant: Scored, reference: Scored, suite: Suite, round_: Round) -> Reason | None:
    """Why the two cannot be compared on a suite."""
    name, rival = suite.name, reference.model.name
    if entrant.suites[suite.name] is None:
        return reason(round_, "entrant_missing", suite=name)
    if reference.suites[suite.name] is None:
        return reason(round_, "reference_missing", suite=name, reference=rival)
    ours, theirs = entrant.suite_modes(suite), reference.suite_modes(suite)
    if ours != theirs or None in ours:
        return reason(round_, "other_mode", suite=name, reference=rival, ours=_modes(ours), theirs=_modes(theirs))
    if suite_pairs(entrant, reference, suite) is None:
        return reason(round_, "other_items", suite=name, reference=rival)
    return None


def _modes(modes: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({mode or "unknown" for mode in modes}))


def _unjudged(gate: Gate, outcome: GateOutcome, because: Reason) -> Gated:
    return _result(gate, None, outcome, outcome, because)


def _result(gate: Gate, value: Number | None, outcome: GateOutcome, by_rule: GateOutcome, because: Reason) -> Gated:
    result = GateResult(
        name=gate.name,
        kind=gate.kind,
        outcome=outcome,
        value=value,
        threshold=gate.minimum,
        reason=because,
    )
    return Gated(result, by_rule)
