"""What a measured gate asks of one entrant: one number against a threshold, or one a reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from harness.plan import Compared, Measure, NonInferiority, OwnChoice
from harness.plan.gates import MeasuredGate
from harness.records import GateOutcome, Number, Reason
from harness.stats import Items, Pairs, bonferroni, difference, pairs, ratio
from harness.verdict.field import Claim, Field
from harness.verdict.reasons import reason


@dataclass(frozen=True)
class Question:
    """One number, at any level, against one threshold."""

    rival: str | None
    """The reference; None for a floor."""
    interval: Callable[[float], Number | None]


@dataclass(frozen=True)
class Obstacle:
    """Why there is no number."""

    outcome: GateOutcome
    reason: Reason
    rival: str | None = None


def questions(gate: MeasuredGate, entrant: str, field: Field) -> Iterator[Question | Obstacle]:
    """Everything that a gate asks of an entrant."""
    if not isinstance(gate, Compared):
        yield _floor(gate, entrant, field)
        return
    for rival in gate.rivals:
        yield _against(gate, entrant, rival, field)


def label_of(gate: MeasuredGate, entrant: str) -> str:
    """Name of what a gate looks at, which `Round.measure_title` gives to readers."""
    source = gate.source
    chosen = source.of.get(entrant, source) if isinstance(source, OwnChoice) else source
    return str(getattr(chosen, "suite", None) or getattr(chosen, "task", None) or gate.name)


def _floor(gate: MeasuredGate, entrant: str, field: Field) -> Question | Obstacle:
    if field.number(gate.source, entrant) is None:
        return Obstacle("incomplete", reason(field.round, "entrant_missing", suite=label_of(gate, entrant)))
    return Question(None, lambda level: field.number(gate.source, entrant, Claim(level, "exact")))


def _against(gate: Compared, entrant: str, rival: str, field: Field) -> Question | Obstacle:
    source = gate.source.of[entrant] if isinstance(gate.source, OwnChoice) else gate.source
    suite = label_of(gate, entrant)
    ours, theirs = field.number(source, entrant), field.number(source, rival)
    if ours is None:
        return Obstacle("incomplete", reason(field.round, "entrant_missing", suite=suite), rival)
    if theirs is None:
        return Obstacle("incomplete", reason(field.round, "reference_missing", suite=suite, reference=rival), rival)
    tasks = field.tasks_in(source)
    first, second = field.modes(tasks, entrant), field.modes(tasks, rival)
    if first != second or None in first:
        modes = {"ours": _modes(first), "theirs": _modes(second)}
        return Obstacle("incomplete", reason(field.round, "other_mode", suite=suite, reference=rival, **modes), rival)
    weighted = field.task_weights(source, entrant)
    shared = shared_pairs(field, entrant, rival, weighted or [(task, 1.0) for task in tasks]) if tasks else []
    if shared is None:
        return Obstacle("incomplete", reason(field.round, "other_items", suite=suite, reference=rival), rival)
    if weighted is not None:
        return _paired(gate, shared, rival, suite, field)
    return _apart(gate, source, (entrant, rival), suite, field)


def _paired(gate: Compared, shared: list[Pairs], rival: str, suite: str, field: Field) -> Question | Obstacle:
    estimand = field.round.rules.estimand
    if isinstance(gate, NonInferiority):
        return Question(rival, lambda level: difference(shared, level, estimand))
    if ratio(shared, field.round.rules.level, estimand) is None:
        return Obstacle("undecided", reason(field.round, "ratio_undefined", suite=suite, reference=rival), rival)
    return Question(rival, lambda level: ratio(shared, level, estimand))


def _apart(gate: Compared, source: Measure, models: tuple[str, str], suite: str, field: Field) -> Question | Obstacle:
    """What does not rest on shared items alone: each number's own interval, both at a level at which they hold together
    whatever their dependence (Bonferroni), so that the outcome lies between what their ends give.
    """

    def numbers(level: float) -> tuple[Number, Number]:
        ours, theirs = (field.number(source, model, Claim(bonferroni(level, 2), "exact")) for model in models)
        if ours is None or theirs is None:
            raise ValueError(f"{gate.name}: {' or '.join(models)} has no value, though it was asked")
        return ours, theirs

    if isinstance(gate, NonInferiority):
        return Question(models[1], lambda level: _gap(*numbers(level), level))
    if numbers(field.round.rules.level)[1].value <= 0:
        return Obstacle(
            "undecided", reason(field.round, "ratio_undefined", suite=suite, reference=models[1]), models[1]
        )
    return Question(models[1], lambda level: _quotient(*numbers(level), level))


def _gap(ours: Number, theirs: Number, level: float) -> Number:
    """Ours less theirs; without an interval where either has none."""
    value = ours.value - theirs.value
    if ours.low is None or ours.high is None or theirs.low is None or theirs.high is None:
        return Number(value=value)
    return Number(value=value, low=ours.low - theirs.high, high=ours.high - theirs.low, level=level)


def _quotient(ours: Number, theirs: Number, level: float) -> Number:
    """Ours over theirs; without ends where theirs may be 0, without an interval where either has none."""
    value = ours.value / theirs.value
    if ours.low is None or ours.high is None or theirs.low is None or theirs.high is None:
        return Number(value=value)
    if theirs.low <= 0:
        return Number(value=value, level=level)
    corners = [end / by for end in (ours.low, ours.high) for by in (theirs.low, theirs.high)]
    return Number(value=value, low=min(corners), high=max(corners), level=level)


def shared_pairs(field: Field, first: str, second: str, weighted: list[tuple[str, float]]) -> list[Pairs] | None:
    """Two models' answers side by side; None where they were not asked the same items, or not all are answered."""
    ours = [field.models[first].items.get(task) for task, _ in weighted]
    theirs = [field.models[second].items.get(task) for task, _ in weighted]
    known, others = list(_there(ours)), list(_there(theirs))
    if len(known) < len(weighted) or len(others) < len(weighted):
        return None
    return pairs(known, others, [weight for _, weight in weighted])


def _there(items: Iterable[Items | None]) -> Iterator[Items]:
    yield from (each for each in items if each is not None)


def _modes(modes: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({mode or "unknown" for mode in modes}))
