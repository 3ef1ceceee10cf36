"""How scores become decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from harness.plan.base import Frozen, Name, Positive
from harness.plan.gates import Gate
from harness.plan.points import PointItem
from harness.plan.policy import Lineage
from harness.plan.source import BasicSource, Scoring, Source, TableValue, basic

Estimand = Literal["fixed", "population"]


class EliminationBase(Frozen):
    """What every elimination by rank has."""

    ties: Literal["undecided", "stay", "leave"] = "undecided"
    """What happens to equal totals on the line: nothing is settled, all of them stay, or all of them leave."""
    tie_items: tuple[Name, ...] = ()
    """Items that break a tie first, in this order: the higher points go ahead."""
    disqualified_uses_slot: bool = False
    """keep: who fails a gate still takes one of the k places; leave, lowest: it is one of the k who leave."""


class KeepK(EliminationBase):
    """The k highest totals stay."""

    kind: Literal["keep"]
    keep: Positive


class LeaveK(EliminationBase):
    """The k lowest totals leave."""

    kind: Literal["leave"]
    leave: Positive


class Lowest(EliminationBase):
    """The lowest total leaves."""

    kind: Literal["lowest"]

    @property
    def leave(self) -> int:
        """How many leave."""
        return 1


class Below(Frozen):
    """Who has fewer points than a threshold leaves."""

    kind: Literal["below"]
    minimum: Annotated[float, Field(gt=0)]
    """Points to be reached."""


Elimination = Annotated[KeepK | LeaveK | Lowest | Below, Field(discriminator="kind")]


class Rules(Frozen):
    """How scores become decisions."""

    name: Name
    version: Positive
    source: str = ""
    """Where the rules come from."""
    total: Annotated[float, Field(gt=0)] | None = None
    """Points of all items together, as the rules declare them; not checked where null."""
    groups: Mapping[Name, float] = {}
    """Points of each group of items, as the rules declare them."""
    items: tuple[PointItem, ...] = Field(min_length=1)
    totals: TableValue | None = None
    """Totals that somebody else summed up, where the items' own points were never published."""
    scoring: Mapping[Name, Scoring] = {}
    """How samples count, by suite, where it differs from their own scores."""
    gates: tuple[Gate, ...] = ()
    elimination: Elimination | None = None
    lineage: Lineage = Lineage()
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Confidence level of every interval; of all gates and entrants together where `family` is holm."""
    family: Literal["holm", "none"] = "holm"
    """Whether the level holds for all entrants × gates together (Holm 1979), or for each gate alone."""
    estimand: Estimand = "population"
    """What a score stands for: the population of such items, or this fixed test, where only repeats leave doubt."""
    resamples: Annotated[int, Field(ge=100)] = 2000
    """Draws of the joint bootstrap behind totals, ranks and probabilities."""
    on_undecided: Literal["point_estimate", "report"] = "report"
    """Where an interval does not settle a rule: follow the point estimate, or report it undecided."""

    def sources(self) -> list[BasicSource]:
        """Every source that an item or a gate rests on, imported totals and outcomes included."""
        found: list[BasicSource] = [] if self.totals is None else [self.totals]
        for item in self.items:
            found += basic(item.source)
        for gate in self.gates:
            source: Source | None = getattr(gate, "source", None)
            found += [] if source is None else basic(source)
        return found

    @property
    def points(self) -> float:
        """Points of all items together."""
        return sum(item.points for item in self.items)
