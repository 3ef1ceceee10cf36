"""What is logged of a round: pure, so that it is known and tested without a tracking store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from harness.hashing import digest, sha256_file
from harness.records import GateResult
from harness.story import (
    Lang,
    ModelStory,
    ScoreRow,
    Story,
    score_rows,
    shown_samples,
    visible,
)
from harness.tracking.names import PARAM_LIMIT, TAG_LIMIT, cut, key
from harness.tracking.notes import Addresses, model_note, verdict_note
from harness.tracking.traces import TraceEntry

LANG = "lang"
"""Tag of the parent run: the language of its notes and its report."""
TEXT_LIMIT = 20_000
"""Characters of a prompt and of an answer that a trace holds."""

Table = Mapping[str, Sequence[Any]]
"""Columns by name."""


@dataclass(frozen=True)
class DatasetEntry:
    """The items of one task."""

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class RunEntry:
    """One MLflow run."""

    name: str
    note: Callable[[Addresses], str]
    """What is said of it in words, once the addresses of the models' runs are known."""
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    datasets: tuple[DatasetEntry, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    traces: tuple[TraceEntry, ...] = ()
    whole: bool = True
    started_ms: int | None = None
    finished_ms: int | None = None


def round_entry(story: Story, lang: Lang) -> RunEntry:
    """The parent run: the verdict in words, totals, the tidy table and the report."""
    record, folder, rules = story.record, story.folder, story.plan.rules
    rows = score_rows(story)
    return RunEntry(
        name=f"verdict: {record.round}",
        note=partial(verdict_note, story, lang),
        tags=_tags(
            {
                LANG: lang,
                "round": record.round,
                "status": record.status,
                "official": _said(record.official),
                "unofficial_because": "; ".join(reason.text for reason in record.unofficial_because),
                "demo": _said(record.demo),
                **{key("decision", name): entrant.decision for name, entrant in record.entrants.items()},
            }
        ),
        params=_params({"seed": story.plan.seed, "level": rules.level, "rules": f"{rules.name} {rules.version}"}),
        metrics={key("total", model.name): model.result.total.value for model in story.models if model.result.total},
        tables={"scores.json": {name: [getattr(row, name) for row in rows] for name in ScoreRow._fields}},
        files=tuple(path for path in (folder.report, folder.record, folder.scores_csv) if path.exists()),
        whole=record.status == "complete",
    )


def model_entry(story: Story, model: ModelStory, lang: Lang) -> RunEntry:
    """A nested run: what one model scored, what it was held against and what was decided."""
    execution, traces = model.execution, tuple(_traces(model))
    return RunEntry(
        name=model.name,
        note=partial(model_note, story, model, traces, lang),
        tags=_tags(_model_tags(story, model)),
        params=_params(dict(_model_params(model))),
        metrics=dict(_model_metrics(model)),
        datasets=tuple(_datasets(model)),
        tables=dict(_model_tables(model)),
        files=tuple(path for path in _files(story, model) if path.exists()),
        traces=traces,
        whole=model.record is not None and model.record.status == "complete",
        started_ms=_milliseconds(execution.started) if execution else None,
        finished_ms=_milliseconds(execution.finished) if execution else None,
    )


def _files(story: Story, model: ModelStory) -> Iterator[Path]:
    if model.folder is not None:
        yield from (model.folder.manifest, model.folder.execution, model.folder.record)
    if model.entrant is not None:
        yield from (audit.page for audit in story.audits(model.name) if audit.page is not None)


def _model_tags(story: Story, model: ModelStory) -> dict[str, str]:
    tags = {
        "round": story.record.round,
        "role": "reference" if model.entrant is None else "entrant",
        "title": visible(model.plan.title),
        "demo": _said(story.record.demo),
        "official": _said(model.record is not None and model.record.official),
        "record_sha256": sha256_file(model.folder.record) if model.folder and model.record else "",
    }
    if model.entrant is None:
        return tags
    gates = {key(f"gate.{gate.name}"): gate.outcome for gate in model.entrant.gates.values()}
    decision = {"decision": model.entrant.decision, "decision_by_rule": model.entrant.decision_by_rule}
    return tags | gates | decision


def _model_params(model: ModelStory) -> Iterator[tuple[str, Any]]:
    plan = model.plan
    yield from {
        "owner": plan.owner,
        "country": plan.country,
        "licence": plan.licence,
        "mode": plan.mode,
        "parameters": plan.parameters,
        "source": plan.source.kind,
        "run": model.result.run,
    }.items()
    if model.manifest is None:
        return
    identity = model.manifest.identity
    yield "files_sha256", digest(identity.get("files", {}))
    yield from ((name, identity[name]) for name in ("tokenizer", "template", "code") if name in identity)
    yield from ((f"engine.{name}", value) for name, value in identity.get("engine", {}).items())


def _model_metrics(model: ModelStory) -> Iterator[tuple[str, float]]:
    if model.result.total:
        yield "total", model.result.total.value
    for suite in model.record.suites if model.record else ():
        if suite.score:
            yield key(suite.suite), suite.score.value
    for task in model.tasks.values():
        if task.score:
            yield key("task", task.task), task.score.value
    for gate in model.entrant.gates.values() if model.entrant else ():
        yield from _gate_metrics(gate)


def _gate_metrics(gate: GateResult) -> Iterator[tuple[str, float]]:
    if gate.threshold is not None:
        yield key("gate", gate.name, "threshold"), gate.threshold
    if gate.value is None or gate.threshold is None:
        return
    yield key("gate", gate.name, "value"), gate.value.value
    yield key("gate", gate.name, "margin"), gate.value.value - gate.threshold
    if gate.value.low is not None:
        yield key("gate", gate.name, "margin_low"), gate.value.low - gate.threshold


def _datasets(model: ModelStory) -> Iterator[DatasetEntry]:
    """The items of each task, where the manifest holds the digest of their rows."""
    suites = model.manifest.identity.get("suites", {}) if model.manifest else {}
    for task in model.tasks.values():
        rows = suites.get(task.suite, {}).get(task.task, {}).get("digests", {}).get("rows:test")
        if rows:
            yield DatasetEntry(task.task, rows, task.n)


def _model_tables(model: ModelStory) -> Iterator[tuple[str, Table]]:
    tasks = list(model.tasks.values())
    if not tasks:
        return
    scores = [task.score for task in tasks]
    yield (
        "tasks.json",
        {
            "suite": [task.suite for task in tasks],
            "task": [task.task for task in tasks],
            "metric": [task.metric for task in tasks],
            "value": [score.value if score else None for score in scores],
            "low": [score.low if score else None for score in scores],
            "high": [score.high if score else None for score in scores],
            "n": [task.n for task in tasks],
            **{outcome: [task.outcomes.get(outcome, 0) for task in tasks] for outcome in tasks[0].outcomes},
        },
    )


def _traces(model: ModelStory) -> Iterator[TraceEntry]:
    """The samples that the run chose for readers."""
    for task in model.tasks:
        for sample in shown_samples(model, task, TEXT_LIMIT):
            yield TraceEntry(task=task, model=model.name, sample=sample)


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: cut(text, TAG_LIMIT) for name, text in tags.items() if text}


def _params(params: Mapping[str, Any]) -> dict[str, str]:
    said = {key(name): str(value) for name, value in params.items() if value not in (None, "", {}, [])}
    return {name: cut(text, PARAM_LIMIT) for name, text in said.items()}


def _said(value: bool) -> str:
    return "true" if value else "false"


def _milliseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)
