"""The tidy table: every number of a round on a row of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.records import Number
from harness.story.finished import ModelStory, Story


class ScoreRow(NamedTuple):
    """One number. `suite` and `task` are null where it spans them; `value` where the evidence is incomplete."""

    round: str
    model: str
    suite: str | None
    task: str | None
    metric: str
    """The task's metric; `mean` of a suite; `points:<item>`; `total`."""
    value: float | None
    low: float | None
    high: float | None
    n: int | None


def score_rows(story: Story) -> list[ScoreRow]:
    """Per model in the plan's order: tasks, suites, points, total."""
    models = {model.name: model for model in story.models}
    return [
        row for planned in story.plan.models if planned.name in models for row in _rows(story, models[planned.name])
    ]


def _rows(story: Story, model: ModelStory) -> Iterator[ScoreRow]:
    def row(suite: str | None, task: str | None, metric: str, number: Number | None) -> ScoreRow:
        values = (number.value, number.low, number.high, number.n) if number else (None, None, None, None)
        return ScoreRow(story.record.round, model.name, suite, task, metric, *values)

    for task in model.tasks.values():
        yield row(task.suite, task.task, task.metric, task.score)
    for suite in model.record.suites if model.record else ():
        yield row(suite.suite, None, "mean", suite.score)
    suites = {item.name: item.suite for item in story.plan.rules.items}
    for name, item in model.result.items.items():
        yield row(suites.get(name), None, f"points:{name}", item.value)
    yield row(None, None, "total", model.result.total)
