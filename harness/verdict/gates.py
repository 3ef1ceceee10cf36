"""Does an entrant pass a gate, and does the interval say so?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.plan import Floor, Gate, Round, Suite
from harness.records import GateOutcome, GateResult, Number
from harness.stats import ratio
from harness.verdict.evidence import Scored, suite_pairs
from harness.verdict.reasons import Code, Reason

ROUNDING = 1e-9
"""Scores closer to each other than this are equal: sums of weighted means carry rounding errors."""

_FLOOR: Mapping[GateOutcome, Code] = {"pass": "floor_pass", "fail": "floor_fail", "undecided": "floor_undecided"}
_RATIO: Mapping[GateOutcome, Code] = {"pass": "ratio_pass", "fail": "ratio_fail", "undecided": "ratio_undecided"}


@dataclass(frozen=True)
class Gated:
    """One gate for one entrant."""

    result: GateResult
    by_rule: GateOutcome
    """The outcome by the point estimate."""
    reason: Reason
    """Why the interval gives this outcome."""


def gated(gate: Gate, entrant: Scored, models: Mapping[str, Scored], round_: Round) -> Gated:
    """Hold one entrant against one gate."""
    suite = round_.suite(gate.suite)
    if isinstance(gate, Floor):
        value = entrant.suites[suite.name]
        if value is None:
            return _unjudged(gate, "incomplete", Reason("entrant_missing", suite=title(suite)))
        return _judged(gate, value, suite, "")
    reference = models[gate.reference]
    obstacle = _obstacle(entrant, reference, suite)
    if obstacle is not None:
        return _unjudged(gate, "incomplete", obstacle)
    shared = suite_pairs(entrant, reference, suite)
    value = None if shared is None else ratio(shared, round_.rules.level)
    if value is None:
        undefined = Reason("ratio_undefined", suite=title(suite), reference=reference.model.title)
        return _unjudged(gate, "undecided", undefined)
    return _judged(gate, value, suite, reference.model.title)


def merged(outcomes: Iterable[GateOutcome]) -> GateOutcome:
    """One outcome of all gates: a failure is final whatever else is missing; missing evidence outweighs doubt."""
    found = set(outcomes)
    order: tuple[GateOutcome, ...] = ("fail", "incomplete", "undecided")
    return next((outcome for outcome in order if outcome in found), "pass")


def reaches(value: float, threshold: float) -> bool:
    """At least the threshold, but for rounding errors."""
    return value >= threshold - ROUNDING


def title(suite: Suite) -> str:
    """The suite's name for readers."""
    return suite.title.get("en", suite.name)


def _judged(gate: Gate, value: Number, suite: Suite, reference: str) -> Gated:
    by_rule: GateOutcome = "pass" if reaches(value.value, gate.minimum) else "fail"
    outcome = _outcome(value, gate.minimum)
    codes = _FLOOR if isinstance(gate, Floor) else _RATIO
    reason = Reason(codes[outcome], suite=title(suite), value=value, threshold=gate.minimum, reference=reference)
    return _result(gate, value, outcome, by_rule, reason)


def _outcome(value: Number, threshold: float) -> GateOutcome:
    """Where the interval lies; without an interval (an imported number) the point estimate is all there is."""
    if value.level is None:
        return "pass" if reaches(value.value, threshold) else "fail"
    if value.low is not None and reaches(value.low, threshold):
        return "pass"
    if value.high is not None and not reaches(value.high, threshold):
        return "fail"
    return "undecided"


def _obstacle(entrant: Scored, reference: Scored, suite: Suite) -> Reason | None:
    """Why the two cannot be compared on a suite."""
    name, rival = title(suite), reference.model.title
    if entrant.suites[suite.name] is None:
        return Reason("entrant_missing", suite=name)
    if reference.suites[suite.name] is None:
        return Reason("reference_missing", suite=name, reference=rival)
    ours, theirs = entrant.suite_modes(suite), reference.suite_modes(suite)
    if ours != theirs or None in ours:
        return Reason("other_mode", suite=name, reference=rival, ours=_modes(ours), theirs=_modes(theirs))
    if suite_pairs(entrant, reference, suite) is None:
        return Reason("other_items", suite=name, reference=rival)
    return None


def _modes(modes: Iterable[str | None]) -> str:
    return " and ".join(sorted({mode or "unknown" for mode in modes}))


def _unjudged(gate: Gate, outcome: GateOutcome, reason: Reason) -> Gated:
    return _result(gate, None, outcome, outcome, reason)


def _result(gate: Gate, value: Number | None, outcome: GateOutcome, by_rule: GateOutcome, reason: Reason) -> Gated:
    result = GateResult(
        name=gate.name,
        kind=gate.kind,
        outcome=outcome,
        value=value,
        threshold=gate.minimum,
        reason=reason.english(),
    )
    return Gated(result, by_rule, reason)
