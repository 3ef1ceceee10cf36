"""The fewest outcomes that would have to change for a decision to change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.stats.clusters import Values
from harness.stats.items import Items

ROUNDING = 1e-9
"""A gap closed to within this is closed."""


@dataclass(frozen=True)
class Change:
    """One item's outcome turned to its other end, or one rater's score to the end of its scale."""

    model: str
    task: str
    """Task, or a panel's criterion."""
    item_id: str
    """Item, or rater."""
    gain: float
    """What it moves the margin by, positive, in the margin's unit."""


@dataclass(frozen=True)
class Flip:
    """What it takes to reverse a decision."""

    count: int | None
    """Fewest changes; None where all of them together do not."""
    exact: bool
    """Whether fewer are proven not to do."""
    changes: tuple[Change, ...]
    """Changes that do it, the largest first."""
    rivals: tuple[str, ...] = ()
    """Who changes sides, where several might."""


@dataclass(frozen=True)
class Rival:
    """Whom an entrant may change sides with."""

    name: str
    gap: float
    """How far the two lie apart, not negative."""
    changes: tuple[Change, ...]
    """What moves the rival alone; gains in the gap's unit."""


def fewest(changes: Sequence[Change], gap: float, *, strict: bool = True) -> Flip:
    """The fewest changes whose gains together exceed the gap (or reach it: strict=False).

    Taking the largest gains first is exact whatever the weights: no k changes move a sum further than the k largest. It
    holds for every rule that is linear in the scores: floors, differences of totals, and ratios, whose margin first -
    threshold × second is. Changes must be possible together: at most one an item and model.
    """
    ordered = _largest(changes)
    if any(not change.gain > 0 for change in ordered[-1:]):
        raise ValueError("a change must move the margin")
    needed = gap + ROUNDING if strict else gap - ROUNDING
    if needed <= 0:
        return Flip(0, exact=True, changes=())
    reached = np.cumsum([change.gain for change in ordered])
    count = int(np.searchsorted(reached, needed, side="left")) + 1
    if count > len(ordered):
        return Flip(None, exact=True, changes=())
    return Flip(count, exact=True, changes=tuple(ordered[:count]))


def crossing(own: Sequence[Change], rivals: Sequence[Rival], needed: int, *, strict: bool = True) -> Flip:
    """The fewest changes by which so many of the rivals change sides with an entrant.

    A change of its own counts against every rival, one of a rival's against that rival alone. For each number of its
    own changes (the largest first) the rivals that take the fewest further ones are chosen: no other choice does with
    fewer, so that the least over all numbers is exact.
    """
    mine = _largest(own)
    moved = np.concatenate([[0.0], np.cumsum([change.gain for change in mine])])
    theirs = [_largest(rival.changes) for rival in rivals]
    costs = np.array(
        [_further(rival.gap - moved, changes, strict) for rival, changes in zip(rivals, theirs, strict=True)]
    )
    if len(rivals) < needed:
        return Flip(None, exact=True, changes=())
    sums = np.arange(len(moved)) + np.sort(costs, axis=0)[:needed].sum(axis=0)
    count = int(np.argmin(sums))
    if not np.isfinite(sums[count]):
        return Flip(None, exact=True, changes=())
    nearest = np.lexsort((np.array([rival.gap for rival in rivals]), costs[:, count]))
    chosen = sorted(nearest[:needed])
    others = [change for index in chosen for change in theirs[index][: int(costs[index, count])]]
    return Flip(
        int(sums[count]),
        exact=True,
        changes=tuple(_largest([*mine[:count], *others])),
        rivals=tuple(rivals[index].name for index in chosen),
    )


def _largest(changes: Sequence[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: (-change.gain, change.model, change.task, change.item_id))


def _further(gaps: Values, changes: Sequence[Change], strict: bool) -> Values:
    """How many of a rival's changes close each of these gaps; infinite where all do not."""
    reached = np.cumsum([change.gain for change in changes])
    needed = gaps + ROUNDING if strict else gaps - ROUNDING
    counts = np.where(needed <= 0, 0.0, np.searchsorted(reached, needed, side="left") + 1.0)
    return np.asarray(np.where(counts <= len(changes), counts, np.inf))


def raising(model: str, task: str, graded: Items, weight: float) -> list[Change]:
    """Items whose outcome could have been right: each adds weight / n × (1 - score)."""
    return _changes(model, task, graded.ids, weight / len(graded.ids) * (1 - graded.scores))


def lowering(model: str, task: str, graded: Items, weight: float) -> list[Change]:
    """Items whose outcome could have been wrong: each takes away weight / n × score."""
    return _changes(model, task, graded.ids, weight / len(graded.ids) * graded.scores)


def rater_changes(
    entrant: str, criterion: str, raters: Sequence[str], ratings: Values, end: float, weight: float
) -> list[Change]:
    """Each rater's score moved to one `end` of its scale: |end - rating| × weight / raters.

    ratings: (R,), NaN where missing.
    """
    given = ~np.isnan(ratings)
    gains = weight / max(int(given.sum()), 1) * np.abs(end - ratings[given])
    return _changes(entrant, criterion, [name for name, has in zip(raters, given, strict=True) if has], gains)


def _changes(model: str, task: str, names: Sequence[str], gains: Values) -> list[Change]:
    return [Change(model, task, name, float(gain)) for name, gain in zip(names, gains, strict=True) if gain > ROUNDING]
