"""What could have come out otherwise: answers, judgements of the grader, raters' scores, and what each would move."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from harness.plan import BasicSource, Measure, OwnChoice, PanelMean, SuiteMean, TaskMean, WeightedMean
from harness.plan.points import slope
from harness.stats import Change, lowering, raising, rater_changes
from harness.stats.flip import ROUNDING
from harness.verdict.field import Field

Unit = Literal["items", "grader", "raters"]
UNITS: tuple[Unit, ...] = ("items", "grader", "raters")


def of_source(field: Field, source: Measure, model: str, unit: Unit, *, up: bool, worth: float = 1.0) -> list[Change]:
    """Changes of one model's number, each with what it moves, in `worth` of the source's unit."""
    found = [
        change
        for each, weight in _parts(source, model)
        for change in _basic(field, each, model, unit, up=up, worth=weight * worth)
    ]
    return merged(found)


def of_total(field: Field, model: str, unit: Unit, *, up: bool) -> list[Change]:
    """Changes of one model's total, in points; those of items whose scale is not linear are left out."""
    rules = field.round.rules
    sloped = [(item, slope(item)) for item in rules.items]
    return merged(
        change
        for item, worth in sloped
        if worth is not None
        for change in of_source(field, item.source, model, unit, up=up, worth=worth)
    )


def all_linear(field: Field, unit: Unit) -> bool:
    """Whether every change of this kind moves totals by an amount that does not depend on the others."""
    bent = [item for item in field.round.rules.items if slope(item) is None]
    return not any(_changes_by(each, unit) for item in bent for each in _basics(item.source))


def merged(changes: Iterable[Change]) -> list[Change]:
    """One change an item and model, though it may count in several places."""
    found: dict[tuple[str, str, str], Change] = {}
    for change in changes:
        key = (change.model, change.task, change.item_id)
        gain = change.gain + (found[key].gain if key in found else 0.0)
        found[key] = Change(change.model, change.task, change.item_id, gain)
    return list(found.values())


def _parts(source: Measure, model: str) -> Iterator[tuple[BasicSource, float]]:
    """The sources of one model's number, with weights that sum to 1."""
    if isinstance(source, OwnChoice):
        yield from ((source.of[model], 1.0),) if model in source.of else ()
    elif isinstance(source, WeightedMean):
        whole = sum(part.weight for part in source.parts)
        yield from ((part.source, part.weight / whole) for part in source.parts)
    else:
        yield source, 1.0


def _basics(source: Measure) -> Iterator[BasicSource]:
    if isinstance(source, OwnChoice):
        yield from source.of.values()
    else:
        yield from (each for each, _ in _parts(source, ""))


def _changes_by(source: BasicSource, unit: Unit) -> bool:
    return isinstance(source, PanelMean) if unit == "raters" else isinstance(source, SuiteMean | TaskMean)


def _basic(field: Field, source: BasicSource, model: str, unit: Unit, *, up: bool, worth: float) -> Iterator[Change]:
    if not _changes_by(source, unit):
        return
    if isinstance(source, PanelMean):
        yield from _raters(field, source, model, up=up, worth=worth)
        return
    for task, weight in field.task_weights(source, model) or []:
        yield from (_answers if unit == "items" else _judgements)(field, model, task, weight * worth, up=up)


def _raters(field: Field, source: PanelMean, model: str, *, up: bool, worth: float) -> list[Change]:
    if model not in field.entrants:
        return []
    panel = field.panel(source)
    ratings, end = panel.scores[:, panel.entrants.index(model)], source.high if up else source.low
    return rater_changes(model, _label(field, source), panel.raters, ratings, end, worth)


def _label(field: Field, source: PanelMean) -> str:
    """The item of points that a panel scores, as readers know it."""
    named = (item.name for item in field.round.rules.items if source in _basics(item.source))
    return next(named, ", ".join((source.file, *source.criteria)))


def _answers(field: Field, model: str, task: str, worth: float, *, up: bool) -> list[Change]:
    graded = field.models[model].items.get(task)
    return [] if graded is None else (raising if up else lowering)(model, task, graded, worth)


def _judgements(field: Field, model: str, task: str, worth: float, *, up: bool) -> list[Change]:
    graded = field.models[model].items.get(task)
    if graded is None:
        return []
    ends = field.models[model].judged[task]
    gains = worth / len(graded.ids) * (ends.up if up else ends.down)
    return [
        Change(model, task, item, float(gain)) for item, gain in zip(graded.ids, gains, strict=True) if gain > ROUNDING
    ]
