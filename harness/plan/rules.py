"""How scores become decisions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from harness.plan.base import Frozen, Name, Positive, Share


class PointItem(Frozen):
    """Points for one suite: points × suite mean."""

    name: Name
    points: Annotated[float, Field(gt=0)]
    suite: Name


class Floor(Frozen):
    """The suite's mean must reach a minimum."""

    kind: Literal["floor"]
    name: Name
    suite: Name
    minimum: Share


class Ratio(Frozen):
    """The suite's mean must reach a share of a reference's mean on the same items in the same mode."""

    kind: Literal["ratio"]
    name: Name
    suite: Name
    reference: Name
    minimum: Annotated[float, Field(gt=0)]


Gate = Annotated[Floor | Ratio, Field(discriminator="kind")]


class KeepK(Frozen):
    """The k highest totals stay."""

    kind: Literal["keep"]
    keep: Positive


class Rules(Frozen):
    """How scores become decisions."""

    name: Name
    version: Positive
    source: str = ""
    """Where the rules come from."""
    items: tuple[PointItem, ...] = Field(min_length=1)
    gates: tuple[Gate, ...] = ()
    elimination: KeepK | None = None
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Confidence level of every interval."""
    on_undecided: Literal["point_estimate", "report"] = "report"
    """Where an interval does not settle a rule: follow the point estimate, or report it undecided."""
