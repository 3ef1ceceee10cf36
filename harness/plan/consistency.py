"""What a round's parts must agree on before anything is served: one sentence a contradiction, with its remedy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, get_args

from harness.plan.gates import Compared, Floor, Independence, MeasuredGate, NonInferiority, Ratio, Window
from harness.plan.points import AsPoints, PointItem, Relative
from harness.plan.policy import Component, PolicyRow
from harness.plan.rules import Below, KeepK
from harness.plan.source import (
    BasicSource,
    OwnChoice,
    PanelMean,
    Source,
    SuiteMean,
    TaskMean,
    WeightedMean,
    basic,
)

if TYPE_CHECKING:
    from harness.plan.round import Round

ROUNDING = 1e-6
MOST_RATIO = 2.0
"""A minimum above this, times a reference, was surely meant as a percentage."""
RESERVED = ("rank", "below", "decision")
"""What results call the ranking, the least points and the whole decision."""


def problems(round_: Round) -> Iterator[str]:
    """Everything in which a round contradicts itself."""
    yield from _names(round_)
    yield from _sources(round_)
    yield from _points(round_)
    yield from _thresholds(round_)
    yield from _references(round_)
    yield from _policies(round_)
    yield from _candidates(round_)
    if not round_.dry_run:
        yield from _elimination(round_)
        yield from _participants(round_)


def _names(round_: Round) -> Iterator[str]:
    rules = round_.rules
    yield from _unique("model", [model.name for model in round_.models])
    yield from _unique("suite", [suite.name for suite in round_.suites])
    yield from _unique("task", [task.name for suite in round_.suites for task in suite.tasks])
    yield from _unique("rule item", [item.name for item in rules.items])
    yield from _unique("gate", [gate.name for gate in rules.gates])
    for gate in rules.gates:
        if gate.name in RESERVED:
            yield f"rules: gate {gate.name!r}: results use this name for the ranking; give the gate another"
    entrants, models = [model.name for model in round_.entrants], [model.name for model in round_.models]
    for name in round_.engines:
        yield from _known("engines", name, models)
    reports = [file for files in round_.audits.values() for file in dict.fromkeys(files)]
    yield from _unique("audits: a report is about one entrant's checkpoint; file", reports)
    for what, names in (("audits", round_.audits), ("announced", round_.announced)):
        for name in names:
            yield from _known(what, name, entrants)
    for name in rules.scoring:
        yield from _known("rules: scoring: suite", name, [suite.name for suite in round_.suites])


def _sources(round_: Round) -> Iterator[str]:
    rules = round_.rules
    for item in rules.items:
        yield from _measure(f"rules: {item.name}", item.source, round_)
        yield from _choices(f"rules: {item.name}", item.source, round_)
    for gate in rules.gates:
        if isinstance(gate, MeasuredGate):
            yield from _measure(f"rules: {gate.name}", gate.source, round_)
            yield from _choices(f"rules: {gate.name}", gate.source, round_)


def _measure(where: str, measure: Source, round_: Round) -> Iterator[str]:
    for source in basic(measure):
        yield from _source(where, source, round_)
    if isinstance(measure, WeightedMean):
        parts = [part.source for part in measure.parts]
        for part in parts:
            if parts.count(part) > 1:
                yield f"{where}: a part of the weighted mean ({part.kind}) is there twice; name it once"
                return


def _source(where: str, source: BasicSource, round_: Round) -> Iterator[str]:
    if isinstance(source, PanelMean):
        yield from _unique(f"{where}: criterion", list(source.criteria))
    if isinstance(source, SuiteMean):
        yield from _known(f"{where}: suite", source.suite, [suite.name for suite in round_.suites])
    elif isinstance(source, TaskMean):
        yield from _known(f"{where}: task", source.task, [task.name for suite in round_.suites for task in suite.tasks])


def _choices(where: str, source: Source, round_: Round) -> Iterator[str]:
    """Own choices name one for every entrant."""
    if not isinstance(source, OwnChoice):
        return
    for model in round_.entrants:
        if model.name not in source.of:
            yield f"{where}: {model.name} has chosen no source; name one under of.{model.name}"
    for name in source.of:
        yield from _known(f"{where}: of", name, [model.name for model in round_.models])


def _points(round_: Round) -> Iterator[str]:
    rules = round_.rules
    if rules.total is not None and abs(rules.points - rules.total) > ROUNDING:
        yield (
            f"rules: the items' points add up to {rules.points:g}, not to the {rules.total:g} that the rules declare;"
            " mend the items or `total`"
        )
    for name, points in rules.groups.items():
        members = [item for item in rules.items if item.group == name]
        found = sum(item.points for item in members)
        if abs(found - points) > ROUNDING:
            names = ", ".join(item.name for item in members) or "no item"
            yield (
                f"rules: group {name!r}: {names} add up to {found:g} points, not to the {points:g} that the rules"
                " declare; mend the items or `groups`"
            )
    for item in rules.items:
        if item.group is not None and rules.groups:
            yield from _known(f"rules: {item.name}: group", item.group, list(rules.groups))
        yield from _scale(item, round_)


def _scale(item: PointItem, round_: Round) -> Iterator[str]:
    if isinstance(item.scale, Relative) and item.scale.to != "best":
        yield from _known(
            f"rules: {item.name}: relative to", item.scale.to, [model.name for model in round_.references]
        )
    linear = item.scale.kind == "linear"
    if linear and item.span is None:
        yield f"rules: {item.name}: its source has no ends of its own; give scale.low and scale.high, or another scale"
    if item.span is not None and item.span[0] >= item.span[1]:
        low, high = item.span
        yield f"rules: {item.name}: its scale reaches from {low:g} to {high:g}; low must lie below high"
    if isinstance(item.scale, AsPoints) and any(source.kind in ("suite", "task") for source in basic(item.source)):
        yield f"rules: {item.name}: a mean of answers is no number of points; use the linear scale"


def _thresholds(round_: Round) -> Iterator[str]:
    """Shares are no percentages: a mean of answers lies between 0 and 1."""
    for gate in round_.rules.gates:
        if not isinstance(gate, MeasuredGate):
            continue
        shares = all(source.kind in ("suite", "task") for source in basic(gate.source))
        if isinstance(gate, Ratio) and gate.minimum > MOST_RATIO:
            yield f"rules: {gate.name}: minimum {gate.minimum:g} is {gate.minimum:.0%} of the reference; 95 % is 0.95"
        elif isinstance(gate, Floor) and shares and not 0 <= gate.minimum <= 1:
            yield f"rules: {gate.name}: minimum {gate.minimum:g} is no share of right answers; 60 % is 0.6"
        elif isinstance(gate, NonInferiority) and shares and gate.margin > 1:
            yield f"rules: {gate.name}: margin {gate.margin:g} is more than the whole scale; 2 points in 100 are 0.02"


def _references(round_: Round) -> Iterator[str]:
    known = {model.name: model for model in round_.references}
    for gate in round_.rules.gates:
        if not isinstance(gate, Compared):
            continue
        if any(source.kind == "panel" for source in basic(gate.source)):
            yield f"rules: {gate.name}: raters score entrants only; a reference needs a suite, a task or a table"
        if not gate.rivals:
            yield f"rules: {gate.name}: names no reference; give reference or references"
        yield from _unique(f"rules: {gate.name}: reference", list(gate.rivals))
        for name in gate.rivals:
            yield from _known(f"rules: {gate.name}: reference", name, list(known))
            if gate.window is not None and name in known:
                yield from _released(gate, gate.window, name, known[name].released)


def _released(gate: Compared, window: Window, name: str, released: str | None) -> Iterator[str]:
    where = f"rules: {gate.name}: reference {name}"
    if released is None:
        yield f"{where} has no release date; the window needs its day: set {name}.released"
        return
    if not window.holds(released):
        first, last = window.days
        yield (
            f"{where} was released on {released}, outside the window from {first} to {last};"
            " name a model released in the window, or change window"
        )


def _policies(round_: Round) -> Iterator[str]:
    """A policy has an answer to whatever the audit can conclude, and every row of it can be the answer."""
    for gate in round_.rules.gates:
        if not isinstance(gate, Independence):
            continue
        for at, row in enumerate(gate.policy):
            if _shadowed(row, gate.policy[:at]):
                said = f"{', '.join(row.relations)}: {row.ruling}"
                yield (
                    f"rules: {gate.name}: row {at + 1} of the policy ({said}) is never reached, since earlier rows fit"
                    " every such finding; take it out, or put it before them"
                )
        open_rows = [row for row in gate.policy if not row.components and _is_open(row)]
        answered = {relation for row in open_rows for relation in row.relations}
        for relation in ("derived", "refer", "not_comparable", "no_evidence"):
            if relation not in answered:
                yield (
                    f"rules: {gate.name}: the policy says nothing about every {relation!r} finding;"
                    f" end it with a row for relations: [{relation}] without further conditions"
                )


def _shadowed(row: PolicyRow, earlier: Sequence[PolicyRow]) -> bool:
    """Whether earlier rows fit every finding that a row fits."""
    return all(
        any(
            relation in other.relations
            and (not other.components or component in other.components)
            and other.lineage in (None, row.lineage)
            and other.country in (None, row.country)
            and other.declared in (None, row.declared)
            for other in earlier
        )
        for relation in row.relations
        for component in row.components or get_args(Component)
    )


def _is_open(row: PolicyRow) -> bool:
    return row.lineage is None and row.country is None and row.declared is None


def _candidates(round_: Round) -> Iterator[str]:
    """Candidates of the audit: names of their own, open weights, and no other model than the round's of that name."""
    for model in round_.models:
        if model.source.kind == "sketch":
            yield f"{model.name}: a sketch can only be a candidate of the audit: nothing can be served from it"
    if round_.audit is None:
        return
    named = (*round_.audit.candidates, *round_.audit.nulls)
    yield from _unique("audit: model", [model.name for model in named])
    models = {model.name: model for model in round_.models}
    for model in named:
        if model.source.kind == "closed":
            yield f"audit: {model.name}: its weights are closed, so that nothing can be compared; take it out"
        same = models.get(model.name, model)
        if (same.source, same.owner) != (model.source, model.owner):
            yield f"audit: {model.name} has another source or owner than the round's model of that name; mend one"


def _elimination(round_: Round) -> Iterator[str]:
    rule, count = round_.rules.elimination, len(round_.entrants)
    if rule is None:
        return
    if isinstance(rule, Below):
        if rule.minimum > round_.rules.points:
            yield f"rules: elimination: minimum {rule.minimum:g} is more than all {round_.rules.points:g} points"
        asked = round_.held_together if round_.rules.family == "holm" else 1
        resamples, level = round_.rules.resamples, round_.rules.level
        least = math.ceil(2 * asked / (1 - level) - ROUNDING) - 1  # the strictest interval ends within the resamples
        if resamples < least:
            yield (
                f"rules: resamples = {resamples} cannot show an interval for each of {asked} questions held together;"
                f" raise it to {least} or more"
            )
        return
    if isinstance(rule, KeepK) and rule.keep > count:
        yield f"rules: elimination: keep {rule.keep} of {count} entrants: more than there are; lower keep"
    if not isinstance(rule, KeepK) and rule.leave >= count:
        yield f"rules: elimination: {rule.leave} of {count} entrants leave: nobody would stay; lower leave"
    for name in rule.tie_items:
        yield from _known("rules: elimination: tie_items", name, [item.name for item in round_.rules.items])


def _participants(round_: Round) -> Iterator[str]:
    lineage = round_.rules.lineage
    for model in round_.entrants:
        if not lineage.admitted(model.owner) and lineage.eliminated_in(model.owner) is None:
            yield (
                f"entrant {model.name}: its owner {model.owner!r} neither advanced from the round before nor joined by"
                " an additional call; add it to rules.lineage.advanced or .calls, or take it out"
            )
    both = {before.owner for before in lineage.eliminated} & set(lineage.advanced)
    for owner in sorted(both) if lineage.returns == "forbidden" else ():
        yield f"rules: lineage: {owner!r} is listed as eliminated and as advanced; it can be only one of them"


def _unique(what: str, names: Sequence[str]) -> Iterator[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        yield f"{what} named twice: {', '.join(twice)}"


def _known(what: str, name: str, names: Sequence[str]) -> Iterator[str]:
    if name not in names:
        yield f"{what} {name!r} is not in this round; it has: {', '.join(names) or 'none'}"
