"""The flip card: the fewest items, raters or points whose change would reverse what the rules decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.plan import Compared, KeepK, LeaveK, Lowest, PanelMean, PointItem, Ratio
from harness.plan.gates import MeasuredGate
from harness.records import Flip
from harness.stats import Change, fewest, lowering, raising, rater_changes
from harness.verdict.contest import Contest
from harness.verdict.field import Field

SHOWN = 3
"""Changes that are named."""


@dataclass(frozen=True)
class _Way:
    """One kind of change towards a reversal."""

    rule: str
    rival: str | None
    changes: list[Change]
    gap: float
    strict: bool
    """Whether the gap must be exceeded, not only reached."""


def flips(name: str, found: Contest) -> tuple[Flip, ...]:
    """Everything whose reversal needs a number of changes that is known, the fewest first."""
    if not found.complete(name) or found.disqualified(name, by_rule=True):
        return ()
    cards = [*_gates(name, found), *_rank(name, found)]
    return tuple(sorted(cards, key=lambda flip: (flip.unit, flip.count, flip.rule)))


def _gates(name: str, found: Contest) -> Iterator[Flip]:
    for gate in found.field.round.rules.gates:
        if isinstance(gate, MeasuredGate) and found.gates[name][gate.name].result.value is not None:
            for rival in gate.rivals if isinstance(gate, Compared) else (None,):
                yield from _card(_gate(gate, name, rival, found.field), "items")


def _gate(gate: MeasuredGate, name: str, rival: str | None, field: Field) -> _Way:
    ours, theirs = field.number(gate.source, name), None if rival is None else field.number(gate.source, rival)
    factor = gate.least if isinstance(gate, Ratio) else 1.0
    value = 0.0 if ours is None else ours.value
    base = 0.0 if theirs is None else theirs.value
    threshold = gate.least if rival is None else base * factor if isinstance(gate, Ratio) else base + gate.least
    up = value < threshold
    changes = _answers(field, name, field.task_weights(gate.source, name), 1.0, up=up)
    if rival is not None:
        changes += _answers(field, rival, field.task_weights(gate.source, rival), factor, up=not up)
    return _Way(gate.name, rival, changes, abs(value - threshold), strict=not up)


def _rank(name: str, found: Contest) -> Iterator[Flip]:
    rule = found.field.round.rules.elimination
    if not isinstance(rule, KeepK | LeaveK | Lowest) or found.outcome(name, by_rule=True) == "fail":
        return
    rival = _line(name, found)
    ours = found.points.totals[name]
    theirs = None if rival is None else found.points.totals[rival]
    if rival is None or ours is None or theirs is None:
        return
    up, gap = ours.value < theirs.value, abs(ours.value - theirs.value)
    if found.field.round.rules.totals is not None:
        yield Flip(rule="rank", rival=rival, unit="points", count=round(gap, 6), exact=True)
        return
    for unit in ("items", "raters"):
        changes = [
            change
            for item in found.field.round.rules.items
            for model, rises in ((name, up), (rival, not up))
            for change in _changes(item, model, found.field, unit, up=rises)
        ]
        yield from _card(_Way("rank", rival, changes, gap, strict=True), "items" if unit == "items" else "raters")


def _line(name: str, found: Contest) -> str | None:
    """The rival on the other side of the line: the best who leaves, or the worst who stays."""
    field, totals = found.field, found.points.totals
    fates = {
        rival: found.place(rival, by_rule=True).fate
        for rival in field.entrants
        if found.outcome(rival, by_rule=True) != "fail" and totals[rival] is not None
    }
    other = {"stay": "leave", "leave": "stay"}.get(fates.get(name, ""))
    across = [(number.value, rival) for rival, fate in fates.items() if fate == other and (number := totals[rival])]
    if not across:
        return None
    return (max(across) if other == "leave" else min(across))[1]


def _changes(item: PointItem, name: str, field: Field, unit: str, *, up: bool) -> list[Change]:
    """Changes of one item's answers or raters, in points; none where its scale is not linear."""
    if item.span is None:
        return []
    low, high = item.span
    worth = item.points / (high - low)
    if unit == "raters":
        return _raters(item, name, field, worth, up=up) if isinstance(item.source, PanelMean) else []
    return _answers(field, name, field.task_weights(item.source, name), worth, up=up)


def _raters(item: PointItem, name: str, field: Field, worth: float, *, up: bool) -> list[Change]:
    if not isinstance(item.source, PanelMean) or name not in field.entrants:
        return []
    panel = field.panel(item.source)
    ratings = panel.scores[:, panel.entrants.index(name)]
    return rater_changes(name, item.name, panel.raters, ratings, item.source.high if up else item.source.low, worth)


def _answers(
    field: Field, name: str, weighted: list[tuple[str, float]] | None, worth: float, *, up: bool
) -> list[Change]:
    found: list[Change] = []
    for task, weight in weighted or []:
        graded = field.models[name].items.get(task)
        if graded is not None:
            found += (raising if up else lowering)(name, task, graded, weight * worth)
    return found


def _card(way: _Way, unit: str) -> Iterator[Flip]:
    if not way.changes:
        return
    least = fewest(way.changes, way.gap, strict=way.strict)
    if least.count is None:
        return
    named = tuple(f"{each.model}: {each.task}: {each.item_id}" for each in least.changes[:SHOWN])
    yield Flip(
        rule=way.rule,
        rival=way.rival,
        unit="raters" if unit == "raters" else "items",
        count=least.count,
        exact=least.exact,
        examples=named,
    )
