"""What the page shows, prepared: the template only lays it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.hashing import sha256_file
from harness.records import OUTCOMES, Number, Outcome, TaskResult
from harness.report.audit_section import AuditSection, audit_notes, audit_sections
from harness.story import (
    EntrantWords,
    Lang,
    ModelStory,
    ShownSample,
    Story,
    describe_entrant,
    headline,
    interval,
    item_label,
    ledger_problems,
    panels_in_words,
    percent,
    percent_level,
    points,
    reason_in,
    rules_in_words,
    shown_samples,
    unofficial_reasons,
    visible,
    word,
)

VALUE_LIMIT = 300
"""Characters of a setting that are shown."""
EXCERPT_LIMIT = 1500
"""Characters of a prompt and of an answer that are shown."""
LOST: tuple[Outcome, ...] = ("wrong", "unparsed", "refused", "truncated", "failed")
"""Outcomes of which the page shows excerpts."""


@dataclass(frozen=True)
class Cell:
    """A number and its interval, as texts."""

    value: str = "–"
    interval: str | None = None


@dataclass(frozen=True)
class EntrantView:
    """One row of the verdict table and one paragraph of the verdict."""

    name: str
    owner: str
    words: EntrantWords
    total: Cell
    items: tuple[Cell, ...]


@dataclass(frozen=True)
class ReferenceView:
    """One reference in the verdict table."""

    title: str
    total: Cell
    items: tuple[Cell, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class LedgerRow:
    """One model's line under a task."""

    model: str
    entrant: bool
    mode: str
    score: Cell
    n: int
    outcomes: tuple[int, ...]


@dataclass(frozen=True)
class TaskView:
    """One task: its title and every model's ledger."""

    name: str
    title: str
    metric: str
    chance: str | None
    rows: tuple[LedgerRow, ...]


@dataclass(frozen=True)
class SuiteView:
    """One suite's tasks."""

    title: str
    tasks: tuple[TaskView, ...]


@dataclass(frozen=True)
class RunView:
    """What was run for one model: facts first, then the whole identity."""

    title: str
    run: str | None
    facts: tuple[tuple[str, str], ...]
    identity: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ExcerptsView:
    """Excerpts of one model on one task."""

    model: str
    task: str
    rows: tuple[ShownSample, ...]


@dataclass(frozen=True)
class Page:
    """Everything on the page."""

    round: str
    title: str
    demo: bool
    official: bool
    complete: bool
    because: tuple[str, ...]
    headline: str
    level: str
    most: str
    item_heads: tuple[str, ...]
    entrants: tuple[EntrantView, ...]
    references: tuple[ReferenceView, ...]
    problems: tuple[str, ...]
    panels: tuple[str, ...]
    audits: tuple[AuditSection, ...]
    audit_notes: tuple[str, ...]
    rules: tuple[str, ...]
    suites: tuple[SuiteView, ...]
    outcome_heads: tuple[str, ...]
    runs: tuple[RunView, ...]
    excerpts: tuple[ExcerptsView, ...]
    folder: str
    record_sha256: str


def view(story: Story, lang: Lang) -> Page:
    """The page of a round in one language."""
    record, items = story.record, story.plan.rules.items
    return Page(
        round=record.round,
        title=visible(story.title(lang)),
        demo=record.demo,
        official=record.official,
        complete=record.status == "complete",
        because=tuple(unofficial_reasons(story, lang)),
        headline=headline(story, lang),
        level=percent_level(None, story),
        most=f"{sum(item.points for item in items):g}",
        item_heads=tuple(f"{item_label(story, item.name, lang)} / {item.points:g}" for item in items),
        entrants=tuple(_entrant(story, model, lang) for model in story.entrants),
        references=tuple(_reference(story, model, lang) for model in story.references),
        problems=tuple(ledger_problems(story, lang)),
        panels=tuple(panels_in_words(story, lang)),
        audits=audit_sections(story, lang),
        audit_notes=audit_notes(story, lang),
        rules=tuple(visible(line) for line in rules_in_words(story, lang)),
        suites=tuple(_suite(story, suite.name, lang) for suite in story.plan.suites),
        outcome_heads=tuple(word(outcome, lang) for outcome in OUTCOMES),
        runs=tuple(_run(model, lang) for model in story.models),
        excerpts=tuple(_excerpts(story, lang)),
        folder=f"{story.plan.results}/{record.round}",
        record_sha256=sha256_file(story.folder.record),
    )


def _points(number: Number | None) -> Cell:
    if number is None:
        return Cell()
    return Cell(points(number.value), interval(number, points) if number.low is not None else None)


def _share(number: Number | None) -> Cell:
    if number is None:
        return Cell()
    return Cell(percent(number.value), interval(number, percent) if number.low is not None else None)


def _items(story: Story, model: ModelStory) -> tuple[Cell, ...]:
    items = model.result.items
    return tuple(_points(items[item.name].value) if item.name in items else Cell() for item in story.plan.rules.items)


def _entrant(story: Story, model: ModelStory, lang: Lang) -> EntrantView:
    return EntrantView(
        name=model.name,
        owner=visible(model.plan.owner),
        words=describe_entrant(story, model, lang),
        total=_points(model.result.total),
        items=_items(story, model),
    )


def _reference(story: Story, model: ModelStory, lang: Lang) -> ReferenceView:
    reasons = tuple(visible(reason_in(reason, story.plan, lang)) for reason in model.result.reasons)
    return ReferenceView(visible(model.plan.title), _points(model.result.total), _items(story, model), reasons)


def _suite(story: Story, name: str, lang: Lang) -> SuiteView:
    tasks = []
    for task in story.plan.suite(name).tasks:
        rows = tuple(_ledger(model, model.tasks[task.name]) for model in story.models if task.name in model.tasks)
        chance = word("chance", lang, chance=percent(task.chance)) if task.chance else None
        tasks.append(TaskView(task.name, visible(story.task_title(task.name, lang)), task.metric, chance, rows))
    return SuiteView(visible(story.suite_title(name, lang)), tuple(tasks))


def _ledger(model: ModelStory, task: TaskResult) -> LedgerRow:
    counts = tuple(task.outcomes.get(outcome, 0) for outcome in OUTCOMES)
    entrant = model.entrant is not None
    return LedgerRow(visible(model.plan.title, 60), entrant, task.mode, _share(task.score), task.n, counts)


def _run(model: ModelStory, lang: Lang) -> RunView:
    facts = [(word(key, lang), visible(text, VALUE_LIMIT)) for key, text in _facts(model) if text]
    identity = [
        (visible(key, VALUE_LIMIT), visible(text, VALUE_LIMIT))
        for key, text in flat(model.manifest.identity if model.manifest else {})
    ]
    return RunView(visible(model.plan.title), model.result.run, tuple(facts), tuple(identity))


def _facts(model: ModelStory) -> Iterator[tuple[str, str]]:
    plan = model.plan
    yield "owner", f"{plan.owner} ({plan.country})"
    yield "licence", plan.licence
    yield "parameters", f"{plan.parameters:,}" if plan.parameters else ""
    yield "mode", plan.mode if model.record else ""
    yield "engine", _joined(model.manifest.identity.get("engine", {})) if model.manifest else ""
    if model.execution:
        yield "started", model.execution.started
        yield "finished", model.execution.finished
        yield "stages", _joined({stage: f"{seconds:.1f}" for stage, seconds in model.execution.seconds.items()})
        yield "requests", _joined(model.execution.requests)
        yield "server", _joined(model.execution.server)
    yield "record_digest", sha256_file(model.folder.record) if model.folder and model.record else ""


def _joined(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {text}" for key, text in flat(values) if text not in ("None", ""))


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """A nested setting as (dotted path, text) pairs, in its own order."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        yield path, ", ".join(str(inner) for inner in value)
    else:
        yield path, str(value)


def _excerpts(story: Story, lang: Lang) -> Iterator[ExcerptsView]:
    for model in story.models:
        for name in model.tasks:
            rows = [row for row in shown_samples(model, name, EXCERPT_LIMIT) if row.outcome in LOST]
            if rows:
                title = visible(story.task_title(name, lang))
                yield ExcerptsView(visible(model.plan.title, 60), title, tuple(rows))
