"""Items of points: a source, a scale and how many points it can earn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from harness.plan.base import Frozen, Name
from harness.plan.source import PanelMean, Source, SuiteMean, TaskMean

Positive = Annotated[float, Field(gt=0)]


class Linear(Frozen):
    """No points at `low`, all of them at `high`."""

    kind: Literal["linear"]
    low: float | None = None
    """The source's own lower end where null: 0 for suites and tasks."""
    high: float | None = None
    """The source's own upper end where null: 1 for suites and tasks."""


class PerHundred(Frozen):
    """Points × value / 100: an index out of 100."""

    kind: Literal["per_hundred"]


class AsPoints(Frozen):
    """The value is in points already."""

    kind: Literal["points"]


class Relative(Frozen):
    """Points × value / the best entrant's value, or a reference's."""

    kind: Literal["relative"]
    to: Name = "best"
    """`best`: the highest among the entrants; else a reference of the round."""
    cap: bool = True
    """No more than all points, however far above the reference."""


class Capped(Frozen):
    """Points × value / target, and all of them from the target on."""

    kind: Literal["capped"]
    target: Positive


Scale = Annotated[Linear | PerHundred | AsPoints | Relative | Capped, Field(discriminator="kind")]


class PointItem(Frozen):
    """Points for one thing measured."""

    name: Name
    title: Mapping[str, str] = {}
    """Name for readers, by language (en, ko); the source's own where empty."""
    points: Positive
    """The most that can be had."""
    source: Source
    scale: Scale = Linear(kind="linear")
    group: Name | None = None
    """Group whose points the rules declare, such as benchmark, expert, user."""

    @property
    def suite(self) -> str | None:
        """The suite whose mean it rewards; None for every other source."""
        return self.source.suite if isinstance(self.source, SuiteMean) else None

    @property
    def span(self) -> tuple[float, float] | None:
        """Ends of a linear scale; None for another scale, or where neither scale nor source gives them."""
        if not isinstance(self.scale, Linear):
            return None
        own = _span(self.source)
        low = self.scale.low if self.scale.low is not None else own[0]
        high = self.scale.high if self.scale.high is not None else own[1]
        return None if low is None or high is None else (low, high)


def slope(item: PointItem) -> float | None:
    """Points for one unit of an item's source; None where that depends on where it lies, or on others."""
    if isinstance(item.scale, AsPoints):
        return 1.0
    if isinstance(item.scale, PerHundred):
        return item.points / 100
    if item.span is None:
        return None
    low, high = item.span
    return item.points / (high - low)


def _span(source: Source) -> tuple[float | None, float | None]:
    if isinstance(source, SuiteMean | TaskMean):
        return 0.0, 1.0
    if isinstance(source, PanelMean):
        return source.low, source.high
    spans = {_span(part) for part in _parts(source)}
    return spans.pop() if len(spans) == 1 else (None, None)


def _parts(source: Source) -> list[Source]:
    parts = getattr(source, "parts", ())
    own: Mapping[str, Source] = getattr(source, "of", {})
    return [*(part.source for part in parts), *own.values()]
