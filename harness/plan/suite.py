"""What is asked: suites of lm-eval tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from harness.plan.base import Frozen, Name, Positive, Share

Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]
Count = Annotated[int, Field(ge=0)]
Style = Literal["base", "chat"]

REFUSALS = (
    r"(?i)\bI(?:'|\u2019)?m (?:sorry|unable|not able)\b",
    r"(?i)\bI (?:cannot|can(?:'|\u2019)t|could not|won(?:'|\u2019)t|am unable to|am not able to|must decline)\b",
    r"(?i)\bas an AI\b",
    r"(?:답변|대답|도움|도와|제공|응답)[^.\n]{0,12}(?:수 없|어렵|않겠|못)",
    r"(?:죄송|미안)(?:하지만|합니다|해요)",
)
"""How models decline to answer, in English and Korean."""


class Origin(Frozen):
    """The published set that a task's rows come from."""

    hub: Annotated[str, StringConstraints(pattern=r"^[\w.-]+(/[\w.-]+)?$")]
    """Its id on the hub, org/name."""
    revision: Commit | None = None
    """Commit of the hub's repository; null: as `harness data lock` wrote it into tasks/data.lock."""
    files: tuple[str, ...] = ()
    """Patterns of the files that are needed, where the set is large and holds others; all where there is none."""
    licence: str
    """SPDX name, or what the publisher says."""
    counted: str
    """Where the number of items is known from."""
    total: Positive | None = None
    """Items of all tasks of the benchmark together, where no more than that is published; checked when it is locked."""


class Shots(Frozen):
    """Solved examples in front of the question, where the suite says other than the task file."""

    n: Count
    split: str | None = None
    """Split that they come from, never the one that is asked; as the task file says where null."""
    sampler: Literal["first_n", "default"] = "first_n"
    """The first n for every item, which share one prefix; or lm-eval's own draw for each item."""
    rows: Positive | None = None
    """Rows that the split must hold; null: not checked."""


class Task(Frozen):
    """One lm-eval task of a suite, and how its items count."""

    name: str
    """lm-eval's name of the task."""
    title: Mapping[str, str] = {}
    """Name for readers, by language (en, ko)."""
    metric: str
    """Primary metric: lm-eval's name of the per-item number, in [0, 1]."""
    filter: str = "none"
    """Name of the lm-eval filter pipeline whose output is graded; or a reader of this harness (read_choice: the choice
    that a written answer takes, in Korean or English; read_number, read_formula: what it ends on, a formula compared by
    its meaning)."""
    choices: Positive | None = None
    """How many choices a written answer takes one of, for read_choice; 10 where null."""
    binary: bool = True
    """Whether an item's score is 0 or 1; else anything between."""
    items: Count
    """Items that the test split must hold; 0: as counted in tasks/data.lock, without which the task is not run."""
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
    refusals: tuple[str, ...] = REFUSALS
    """Regular expressions; an answer in which the filter found nothing and one of these matches is `refused`."""
    repeats: Positive = 1
    """Times each item is asked."""
    origin: Origin | None = None
    """The published set; null for rows of the project's own."""
    benchmark: str | None = None
    """Benchmark that the task is a part of, for readers."""
    style: Style = "base"
    """How the task is meant to be prompted: as a text to continue, or as a turn of a chat."""
    shots: Shots | None = None
    """Few-shots; as the task file says where null."""
    max_tokens: Positive | None = None
    """Budget of a generated answer; as the task file says where null."""
    until: tuple[str, ...] | None = None
    """Stop strings of a generated answer; as the task file says where null."""
    columns: tuple[str, ...] = ()
    """Columns that the asked and the few-shot rows must have."""
    labels: tuple[str, ...] = ()
    """The right answers that occur, all of them; empty: not checked."""
    nfc: bool = True
    """Whether every text must be in Unicode NFC; false only for a published set that is known not to be."""


class Suite(Frozen):
    """A set of tasks whose weighted mean is one score."""

    name: Name
    title: Mapping[str, str]
    """Name for readers, by language (en, ko)."""
    language: str
    """ISO 639-1 code of the items."""
    folder: str | None = None
    """Folder of task files beside lm-eval's own, relative to the project's root."""
    seed: int | None = None
    """Seed of tasks that generate their items; null for a suite whose items are given."""
    public: bool = True
    """Whether its items are published: only public suites are asked in a dry run."""
    tasks: tuple[Task, ...] = Field(min_length=1)
