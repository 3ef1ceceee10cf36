"""Gates: what an entrant must reach whatever its total."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from harness.plan.base import Day, Frozen, Name
from harness.plan.points import Positive
from harness.plan.policy import PolicyRow
from harness.plan.source import Source, SuiteMean, TableValue

Consequence = Literal["eliminate", "disqualify"]


class GateBase(Frozen):
    """What every gate has."""

    name: Name
    title: Mapping[str, str] = {}
    """Name for readers, by language (en, ko); made from the rule where empty."""
    on_fail: Consequence = "eliminate"


class MeasuredGate(GateBase):
    """A gate on a number."""

    kind: str
    source: Source

    @property
    def suite(self) -> str | None:
        """The suite whose mean it looks at; None for every other source."""
        return self.source.suite if isinstance(self.source, SuiteMean) else None

    @property
    def least(self) -> float:
        """What the value must reach: the minimum, or the margin below nothing."""
        raise NotImplementedError


class Floor(MeasuredGate):
    """The value must reach a minimum; `safety` is a floor that readers meet under that name."""

    kind: Literal["floor", "safety"]
    minimum: float
    """In the source's unit: a share for suites and tasks."""

    @property
    def least(self) -> float:
        return self.minimum


class Window(Frozen):
    """Which references count: those released within some months before a day."""

    months: Annotated[int, Field(ge=1)]
    before: Day
    """The day from which the months are counted back, itself included."""


class Compared(MeasuredGate):
    """A gate against references, on the same items in the same mode; each of several must be met."""

    reference: Name | None = None
    references: tuple[Name, ...] = ()
    """Several instead of one: each is held against the entrant, since the best of several is a lucky maximum."""
    window: Window | None = None
    """Only models released in it may stand as references."""

    @property
    def rivals(self) -> tuple[Name, ...]:
        """The references, one or several."""
        return self.references if self.reference is None else (self.reference, *self.references)


class Ratio(Compared):
    """The value must reach a share of each reference's."""

    kind: Literal["ratio"]
    minimum: Positive

    @property
    def least(self) -> float:
        return self.minimum


class NonInferiority(Compared):
    """The value may lie below each reference's by less than a margin."""

    kind: Literal["noninferiority"]
    margin: Annotated[float, Field(ge=0)]
    """In the source's unit: 0.02 is two percentage points of a suite's mean."""

    @property
    def least(self) -> float:
        """Least difference, entrant less reference."""
        return -self.margin


class Independence(GateBase):
    """No component may descend from a model of somebody else, by a policy; people rule, the audit only finds."""

    kind: Literal["independence"]
    on_fail: Consequence = "disqualify"
    policy: tuple[PolicyRow, ...] = Field(min_length=1)
    automatic: bool = False
    """A forbidden `derived` finding disqualifies at once; else it is held until a ruling is supplied."""


class Licence(GateBase):
    """The licence must be one of a list."""

    kind: Literal["licence"]
    on_fail: Consequence = "disqualify"
    allowed: tuple[str, ...] = Field(min_length=1)
    """As the model's config writes it: an SPDX identifier or the licence's own name."""


class ImportedOutcome(GateBase):
    """Somebody else decided: pass, fail, undecided or held, from a table; an empty cell was never published."""

    kind: Literal["imported"]
    on_fail: Consequence = "disqualify"
    source: TableValue


Gate = Annotated[Floor | Ratio | NonInferiority | Independence | Licence | ImportedOutcome, Field(discriminator="kind")]
