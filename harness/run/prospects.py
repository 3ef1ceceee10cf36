"""What a round can settle before it is run: the nearest truths on either side of each gate, and items needed. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from harness.numbers import percent, percent_of_rule
from harness.plan import (
    Compared,
    Floor,
    Measure,
    OwnChoice,
    PointItem,
    Ratio,
    Round,
    Task,
)
from harness.plan.gates import MeasuredGate
from harness.stats import (
    Detectable,
    Plan,
    bonferroni,
    detectable_difference,
    detectable_floor,
    detectable_ratio,
    items_difference,
    items_floor,
    items_ratio,
    total_detectable,
)
from harness.verdict import weighted_tasks

POWER = 0.8
"""Chance of settling a gate that is called enough."""
NEAR = 0.02
"""A truth this far from the threshold is what `items needed` speaks of."""
REFERENCE = 0.6
"""Share of right answers that a reference is taken to have before it is asked."""
AGREEMENT = 0.5
"""Correlation of two models' answers to one item, before they are asked."""
EFFECT = 1.0
"""Design effect, before answers show how much items of a cluster have in common."""


def prospects(round_: Round) -> Iterator[str]:
    """A sentence a gate on answers, and one on totals; nothing where a round asks no questions."""
    gates = [gate for gate in round_.rules.gates if isinstance(gate, MeasuredGate) and _tasks(gate.source, round_)]
    level = family_level(round_)
    for gate in gates:
        items = effective_items(gate.source, round_)
        uncounted = f"{gate.name}: some of its tasks' items are not counted yet"
        yield uncounted if items is None else _gate(gate, items, level, round_)
    if (gap := _totals(round_)) is not None:
        yield f"two totals are told apart with {POWER:.0%} power where they lie {gap:.1f} points apart"


def family_level(round_: Round) -> float:
    """Level of each interval where all that is asked of all entrants holds together; the first that Holm asks for."""
    rules = round_.rules
    return rules.level if rules.family == "none" else bonferroni(rules.level, max(1, round_.held_together))


def effective_items(source: Measure, round_: Round) -> int | None:
    """Items of equal weight that tell as much as a source's tasks do: 1 / Σ (weight² / items).

    None where a task's items are not counted yet.
    """
    tasks = _tasks(source, round_)
    return (
        round(1 / sum(weight**2 / task.items for task, weight in tasks))
        if all(task.items for task, _ in tasks)
        else None
    )


def _tasks(source: Measure, round_: Round) -> list[tuple[Task, float]]:
    """Tasks of a source with their weights; none where it rests on something else too, or is each entrant's choice."""
    return [] if isinstance(source, OwnChoice) else weighted_tasks(source, round_) or []


def _gate(gate: MeasuredGate, items: int, level: float, round_: Round) -> str:
    plan = Plan(items, EFFECT)
    if isinstance(gate, Floor):
        found = detectable_floor(gate.minimum, plan, level, POWER)
        needed = items_floor(min(gate.minimum + NEAR, 0.999), gate.minimum, level, POWER, EFFECT)
        what = _settled(found, percent_of_rule(gate.minimum), "a true share")
    elif isinstance(gate, Ratio):
        found = detectable_ratio(REFERENCE, gate.minimum, AGREEMENT, plan, level, POWER)
        truth = min((gate.minimum + NEAR) * REFERENCE, 0.999)
        needed = items_ratio(truth, REFERENCE, gate.minimum, AGREEMENT, level, POWER, EFFECT)
        what = _settled(found, percent_of_rule(gate.minimum), "a true ratio") + _against(gate)
    else:
        gap = detectable_difference(REFERENCE, AGREEMENT, plan, level, POWER)
        needed = items_difference(REFERENCE - NEAR, REFERENCE, AGREEMENT, level, POWER, EFFECT)
        beyond = "no distance" if gap is None else percent(gap)
        what = f"settled with {POWER:.0%} power from {beyond} beyond the margin on{_against(gate)}"
    return f"{gate.name}: {what}; {_needed(needed, items)}{_clustered(gate.source, round_)}"


def _clustered(source: Measure, round_: Round) -> str:
    """How much items of a cluster have in common shows only once they are answered."""
    clustered = any(task.cluster is not None for task, _ in _tasks(source, round_))
    return "; its items come in clusters, which makes them worth fewer" if clustered else ""


def _against(gate: MeasuredGate) -> str:
    several = isinstance(gate, Compared) and len(gate.rivals) > 1
    return f" (reference at {REFERENCE:.0%}{', each of several' if several else ''})"


def _settled(found: Detectable, threshold: str, what: str) -> str:
    below = "nothing below" if found.below is None else f"{percent(found.below)} or less"
    above = "nothing above" if found.above is None else f"{percent(found.above)} or more"
    return f"settled with {POWER:.0%} power for {what} of {below} and {above}, threshold {threshold}"


def _needed(needed: int | None, items: int) -> str:
    more = "no number of items would do" if needed is None else f"{needed} would do"
    return f"{items} items of equal weight; for a truth {percent(NEAR)} away {more}"


def _totals(round_: Round) -> float | None:
    """Points between two totals that are told from nothing, all pairs together; None where not all rest on answers."""
    parts = [(item, task, weight) for item in round_.rules.items for task, weight in _tasks(item.source, round_)]
    whole = all(_tasks(item.source, round_) for item in round_.rules.items)
    pairs = len(list(combinations(round_.entrants, 2)))
    counted = all(task.items for _, task, _ in parts)
    if not whole or not counted or pairs == 0 or any(item.span is None for item in round_.rules.items):
        return None
    return total_detectable(
        [_points(item) * weight for item, _, weight in parts],
        [REFERENCE] * len(parts),
        [task.items for _, task, _ in parts],
        AGREEMENT,
        [EFFECT] * len(parts),
        bonferroni(round_.rules.level, pairs),
        POWER,
    )


def _points(item: PointItem) -> float:
    low, high = item.span or (0.0, 1.0)
    return item.points / (high - low)
