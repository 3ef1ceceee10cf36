"""Where the number behind an item of points or a gate comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from harness.plan.base import Frozen, Name, Share


class SuiteMean(Frozen):
    """A suite's mean, in [0, 1]."""

    kind: Literal["suite"]
    suite: Name


class TaskMean(Frozen):
    """One task's mean, in [0, 1]."""

    kind: Literal["task"]
    task: str


class PanelMean(Frozen):
    """The mean of raters' scores from a panel file: columns rater, entrant, criterion, score."""

    kind: Literal["panel"]
    file: str
    """CSV or XLSX, relative to the project's root or absolute."""
    criteria: tuple[str, ...] = ()
    """Criteria whose mean counts; all of the file's where empty."""
    low: float = 0.0
    """Lowest score that a rater can give."""
    high: float
    """Highest score that a rater can give."""
    raters: Literal["population", "fixed"] = "population"
    """Whether the raters stand for others who might have been asked, or are all that count (no sampling model)."""
    missing: Literal["incomplete", "leave_out"] = "incomplete"
    """A score that a rater did not give makes the item incomplete, or the rater is left out for all entrants."""
    least_raters: Annotated[int, Field(ge=1)] = 2
    """Fewer raters than this decide nothing."""

    @model_validator(mode="after")
    def _shows_doubt(self) -> PanelMean:
        if self.raters == "population" and self.least_raters < 2:
            raise ValueError(
                f"least_raters = {self.least_raters}: one rater shows nothing of how raters differ; give 2 or more, or"
                " raters: fixed"
            )
        return self


class TableValue(Frozen):
    """A number that somebody else measured or published, from a CSV file with a line a model."""

    kind: Literal["table"]
    file: str
    """CSV, relative to the project's root or absolute."""
    key: str = "model"
    """Column that holds the model's name in this round."""
    value: str = "value"
    """Column that holds the number; an empty cell was never published."""
    where: Mapping[str, str] = {}
    """Only lines whose columns hold these values, such as quantity: total."""
    exact: bool = False
    """The rules take the number as it stands, so that it adds no doubt; else a total that holds it has no interval."""


BasicSource = Annotated[SuiteMean | TaskMean | PanelMean | TableValue, Field(discriminator="kind")]


class Part(Frozen):
    """One of several sources and how much it weighs."""

    source: BasicSource
    weight: Annotated[float, Field(gt=0)] = 1.0


class WeightedMean(Frozen):
    """The weighted mean of several sources in one unit."""

    kind: Literal["weighted"]
    parts: tuple[Part, ...] = Field(min_length=1)


class OwnChoice(Frozen):
    """Each entrant's own choice of sources: a modality of its own, benchmarks that it named."""

    kind: Literal["own"]
    of: Mapping[Name, BasicSource] = Field(min_length=1)
    """The chosen source, by entrant."""


Source = Annotated[
    SuiteMean | TaskMean | PanelMean | TableValue | WeightedMean | OwnChoice, Field(discriminator="kind")
]


class Scoring(Frozen):
    """How the samples of one suite count, where it differs from their own scores."""

    outcomes: Mapping[Literal["refused", "unparsed", "truncated"], Share | Literal["missing"]] = {}
    """Score of a sample that ended so (a safety suite may reward a refusal), or `missing`: it is not scored.
    A sample that failed is the machine's fault and is never scored."""
    missing: Literal["incomplete", "leave_out"] = "incomplete"
    """An item without a score makes the task incomplete, or the task's mean is taken over the others."""
    least_answered: Share = 0.95
    """With leave_out: the share of items that must have a score."""


def basic(source: SuiteMean | TaskMean | PanelMean | TableValue | WeightedMean | OwnChoice) -> Iterator[BasicSource]:
    """The sources that a source is made of; itself where it is not made of others."""
    if isinstance(source, WeightedMean):
        yield from (part.source for part in source.parts)
    elif isinstance(source, OwnChoice):
        yield from source.of.values()
    else:
        yield source
