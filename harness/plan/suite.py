"""What is asked: suites of lm-eval tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from harness.plan.base import Frozen, Name, Positive, Share


class Task(Frozen):
    """One lm-eval task of a suite, and how its items count."""

    name: str
    """lm-eval's name of the task."""
    title: Mapping[str, str] = {}
    """Name for readers, by language (en, ko)."""
    metric: str
    """Primary metric: lm-eval's name of the per-item number, in [0, 1]."""
    filter: str = "none"
    """Name of the lm-eval filter pipeline whose output is graded."""
    binary: bool = True
    """Whether an item's score is 0 or 1; else anything between."""
    items: Positive
    """Items that the test split must hold."""
    chance: Share = 0.0
    """Expected score of a guesser."""
    weight: Annotated[float, Field(gt=0)] = 1.0
    """Weight of the task's mean in the suite's mean."""
    capability: str
    """Group for readers, such as knowledge or arithmetic."""
    item_id: str | None = None
    """Column that names an item; its row number where null."""
    cluster: str | None = None
    """Column whose equal values mark items that are not independent."""
    truncated: Literal["zero", "grade"] = "zero"
    """An answer that the token budget cut off scores 0, or is graded as it stands."""
    unparsed: str = "[invalid]"
    """What the filter returns where it found no answer."""
    repeats: Positive = 1
    """Times each item is asked."""


class Suite(Frozen):
    """A set of tasks whose weighted mean is one score."""

    name: Name
    title: Mapping[str, str]
    """Name for readers, by language (en, ko)."""
    language: str
    """ISO 639-1 code of the items."""
    folder: str | None = None
    """Folder of task files beside lm-eval's own, relative to the project's root."""
    public: bool = True
    """Whether its items are published: only public suites are asked in a dry run."""
    tasks: tuple[Task, ...] = Field(min_length=1)
