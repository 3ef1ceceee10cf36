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


def fewest(changes: Sequence[Change], gap: float, *, strict: bool = True) -> Flip:
    """The fewest changes whose gains together exceed the gap (or reach it: strict=False).

    Taking the largest gains first is exact whatever the weights: no k changes move a sum further than the k largest. It
    holds for every rule that is linear in the scores: floors, differences of totals, and ratios, whose margin first -
    threshold × second is. Changes must be possible together: at most one an item and model.
    """
    ordered = sorted(changes, key=lambda change: (-change.gain, change.model, change.task, change.item_id))
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
