"""The flip card: the fewest changes that would reverse what the rules decide, and how surely they are the fewest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.plan import Below, Compared, KeepK, LeaveK, Lowest, Ratio
from harness.plan.gates import MeasuredGate
from harness.records import Flip
from harness.stats import Change, Rival, cover, crossing, fewest
from harness.stats.flip import ROUNDING
from harness.verdict import ranking
from harness.verdict.changes import UNITS, Unit, all_linear, of_source, of_total
from harness.verdict.contest import Contest

SHOWN = 3
"""Changes that are named."""
SEARCHED = 5_000_000
"""Demands × changes above which only bounds are given for several demands at once."""


@dataclass(frozen=True)
class _Demand:
    """One margin that would have to be crossed, and what moves it."""

    rule: str
    rival: str | None
    changes: Sequence[Change]
    gap: float
    strict: bool
    """Whether the gap must be exceeded, not only reached."""
    linear: bool = True
    """Whether the changes are all there are, each with the same effect whatever the others."""


@dataclass(frozen=True)
class _Line:
    """The line of the ranking, which may take several rivals to cross."""

    rivals: tuple[Rival, ...]
    own: Sequence[Change]
    needed: int
    strict: bool
    sure: bool
    """Whether totals are linear in these changes, and no tie could do with fewer."""


def flips(name: str, found: Contest) -> tuple[Flip, ...]:
    """What would reverse an entrant's decision by the rules, by kind of change, the whole first, then the fewest.

    Each card turns one rule while the others stand as they are; who fails several also gets one for all of them.
    """
    if not found.complete(name) or found.disqualified(name, by_rule=True):
        return ()
    cards = [card for unit in UNITS for card in _cards(name, found, unit)]
    cards += _points(name, found)
    return tuple(sorted(cards, key=lambda flip: (flip.unit, flip.rule != "decision", flip.count, flip.rule)))


def _cards(name: str, found: Contest, unit: Unit) -> Iterator[Flip]:
    falls = _passes(name, found)
    every = list(_demands(name, found, unit))
    demands = [demand for demand in every if demand.changes]
    # The ranking counts only where it is what decides.
    line = _line(name, found, unit) if falls != _leaves(name, found) else None
    yield from (card for demand in demands if (card := _card(demand, unit)) is not None)
    if line is not None and (card := _rank_card(line, unit)) is not None:
        yield card
    ranked_out = _leaves(name, found) and line is None
    fixed = len(demands) < len(every) or ranked_out or _fails_unmeasured(name, found)
    if not falls and not fixed and len(demands) + (line is not None) > 1:
        yield from filter(None, [_whole(demands, line, unit)])


def _fails_unmeasured(name: str, found: Contest) -> bool:
    """Whether a gate speaks against an entrant that no change of scores can turn."""
    gates = {gate.name for gate in found.field.round.rules.gates if not isinstance(gate, MeasuredGate)}
    return any(found.gates[name][gate].by_rule == "fail" for gate in gates)


def _passes(name: str, found: Contest) -> bool:
    """Whether nothing speaks against an entrant by the rules: then anything that turns reverses the decision."""
    return found.outcome(name, by_rule=True) != "fail" and found.place(name, by_rule=True).fate != "leave"


def _leaves(name: str, found: Contest) -> bool:
    return found.place(name, by_rule=True).fate == "leave"


def _demands(name: str, found: Contest, unit: Unit) -> Iterator[_Demand]:
    """Gates, and a total against a threshold: those that are passed where nothing is failed, else those failed."""
    falls, field = _passes(name, found), found.field
    for gate in field.round.rules.gates:
        if isinstance(gate, MeasuredGate) and found.gates[name][gate.name].result.value is not None:
            for rival in gate.rivals if isinstance(gate, Compared) else (None,):
                demand = _gate(gate, name, rival, found, unit)
                if demand is not None and demand.strict == falls:
                    yield demand
    rule, total = field.round.rules.elimination, found.points.totals[name]
    if isinstance(rule, Below) and total is not None and (total.value >= rule.minimum - ROUNDING) == falls:
        changes = of_total(field, name, unit, up=not falls)
        yield _Demand("below", None, changes, abs(total.value - rule.minimum), falls, all_linear(field, unit))


def _gate(gate: MeasuredGate, name: str, rival: str | None, found: Contest, unit: Unit) -> _Demand | None:
    field = found.field
    ours, theirs = field.number(gate.source, name), None if rival is None else field.number(gate.source, rival)
    if ours is None or (rival is not None and theirs is None):
        return None
    factor = gate.least if isinstance(gate, Ratio) else 1.0
    base = 0.0 if theirs is None else theirs.value
    threshold = gate.least if rival is None else base * factor if isinstance(gate, Ratio) else base + gate.least
    up = ours.value < threshold - ROUNDING
    changes = of_source(field, gate.source, name, unit, up=up)
    if rival is not None:
        changes += of_source(field, gate.source, rival, unit, up=not up, worth=factor)
    return _Demand(gate.name, rival, changes, abs(ours.value - threshold), strict=not up)


def _line(name: str, found: Contest, unit: Unit) -> _Line | None:
    """None where there is no ranking, it is not settled by the rules, or totals are imported."""
    rules, across = found.field.round.rules, _across(name, found)
    ours = found.points.totals[name]
    if across is None or ours is None or rules.totals is not None:
        return None
    rivals = tuple(
        Rival(rival, abs(ours.value - theirs.value), tuple(of_total(found.field, rival, unit, up=not across.rises)))
        for rival in across.rivals
        if (theirs := found.points.totals[rival]) is not None
    )
    own = of_total(found.field, name, unit, up=across.rises)
    if not own and not any(rival.changes for rival in rivals):
        return None
    breakers = getattr(rules.elimination, "tie_items", ())
    return _Line(rivals, own, across.needed, not across.reaches, all_linear(found.field, unit) and not breakers)


def _across(name: str, found: Contest) -> ranking.Crossing | None:
    rule = found.field.round.rules.elimination
    if not isinstance(rule, KeepK | LeaveK | Lowest):
        return None
    outcomes = {rival: found.outcome(rival, by_rule=True) for rival in found.field.entrants}
    return ranking.crossing(name, outcomes, found.order_by_rule, rule)


def _card(demand: _Demand, unit: Unit) -> Flip | None:
    least = fewest(demand.changes, demand.gap, strict=demand.strict)
    if least.count is None:
        return None
    return _flip(demand.rule, demand.rival, (), unit, least.count, exact=demand.linear, changes=least.changes)


def _rank_card(line: _Line, unit: Unit) -> Flip | None:
    least = crossing(line.own, line.rivals, line.needed, strict=line.strict)
    if least.count is None:
        return None
    only = least.rivals[0] if len(least.rivals) == 1 else None
    return _flip("rank", only, least.rivals, unit, least.count, exact=line.sure, changes=least.changes)


def _whole(demands: Sequence[_Demand], line: _Line | None, unit: Unit) -> Flip | None:
    """All that speaks against an entrant at once: its own changes count for all of it."""
    sure = all(demand.linear for demand in demands) and (line is None or line.sure)
    rivals = () if line is None else line.rivals
    sets = [list(demand.changes) for demand in demands]
    sets += [[*(() if line is None else line.own), *rival.changes] for rival in rivals]
    keys = list(dict.fromkeys((change.model, change.task, change.item_id) for some in sets for change in some))
    if len(keys) * len(sets) > SEARCHED:
        return None
    at = {key: index for index, key in enumerate(keys)}
    gains = np.zeros((len(sets), len(keys)))
    for row, some in enumerate(sets):
        for change in some:
            gains[row, at[change.model, change.task, change.item_id]] = change.gain
    gaps = np.array([*(demand.gap for demand in demands), *(rival.gap for rival in rivals)])
    choice = np.arange(len(sets)) >= len(demands)
    strict = choice if line is not None and line.strict else np.zeros_like(choice)
    found = cover(gains, gaps, 0 if line is None else line.needed, choice, strict)
    if found is None:
        return None
    exact = sure and found.least == found.most
    return Flip(
        rule="decision",
        rival=None,
        unit=unit,
        count=found.most,
        exact=exact,
        at_least=found.least if sure and not exact else None,
    )


def _flip(
    rule: str,
    rival: str | None,
    rivals: tuple[str, ...],
    unit: Unit,
    count: int,
    *,
    exact: bool,
    changes: Sequence[Change],
) -> Flip:
    named = tuple(f"{each.model}: {each.task}: {each.item_id}" for each in changes[:SHOWN])
    return Flip(rule=rule, rival=rival, rivals=rivals, unit=unit, count=count, exact=exact, examples=named)


def _points(name: str, found: Contest) -> Iterator[Flip]:
    """Imported totals: its own moved past so many rivals, which no other move of points does with fewer."""
    across, ours = _across(name, found), found.points.totals[name]
    if across is None or ours is None or found.field.round.rules.totals is None or _passes(name, found) == across.rises:
        return
    totals = found.points.totals
    gaps = sorted(
        (abs(ours.value - theirs.value), rival) for rival in across.rivals if (theirs := totals[rival]) is not None
    )
    passed = gaps[: across.needed]
    if len(passed) == across.needed:
        rivals = tuple(sorted(rival for _, rival in passed))
        only = rivals[0] if len(rivals) == 1 else None
        count = round(passed[-1][0], 6)
        yield Flip(rule="rank", rival=only, rivals=rivals, unit="points", count=count, exact=True)
