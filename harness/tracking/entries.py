"""What is logged of a round: pure, so that it is known and tested without a tracking store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.hashing import digest, sha256_file
from harness.records import GateResult
from harness.story import (
    Lang,
    ModelStory,
    ScoreRow,
    Story,
    choose_excerpts,
    describe_entrant,
    headline,
    ledger_problems,
    score_rows,
    total_in_words,
    visible,
    word,
)
from harness.tracking.names import PARAM_LIMIT, TAG_LIMIT, cut, key, markdown

NOTE = "mlflow.note.content"

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
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    datasets: tuple[DatasetEntry, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    whole: bool = True
    started_ms: int | None = None
    finished_ms: int | None = None


def round_entry(story: Story) -> RunEntry:
    """The parent run: the verdict in words, totals, the tidy table and the report."""
    record, folder, rules = story.record, story.folder, story.plan.rules
    rows = score_rows(story)
    return RunEntry(
        name=f"verdict: {record.round}",
        tags=_tags(
            {
                NOTE: _verdict_note(story, story.plan.lang),
                "round": record.round,
                "status": record.status,
                "official": _said(record.official),
                "unofficial_because": "; ".join(record.unofficial_because),
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


def model_entry(story: Story, model: ModelStory) -> RunEntry:
    """A nested run: what one model scored, what it was held against and what was decided."""
    run, execution = model.folder, model.execution
    return RunEntry(
        name=model.name,
        tags=_tags(_model_tags(story, model)),
        params=_params(dict(_model_params(model))),
        metrics=dict(_model_metrics(model)),
        datasets=tuple(_datasets(model)),
        tables={name: table for name, table in _model_tables(story, model) if next(iter(table.values()))},
        files=tuple(path for path in (run.manifest, run.execution, run.record) if path.exists()) if run else (),
        whole=model.record is not None and model.record.status == "complete",
        started_ms=_milliseconds(execution.started) if execution else None,
        finished_ms=_milliseconds(execution.finished) if execution else None,
    )


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
    return tags | gates | decision | {NOTE: _entrant_note(story, model, story.plan.lang)}


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
    yield key("gate", gate.name, "threshold"), gate.threshold
    if gate.value is None:
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


def _model_tables(story: Story, model: ModelStory) -> Iterator[tuple[str, Table]]:
    tasks = list(model.tasks.values())
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
        }
        if tasks
        else {"task": []},
    )
    chosen = [
        (task.task, excerpt)
        for task in tasks
        for excerpt in choose_excerpts(model.samples(task.task), f"{story.plan.seed}/{model.name}/{task.task}")
    ]
    fields = ("item_id", "repeat", "outcome", "target", "response", "cause")
    columns = {name: [getattr(excerpt, name) for _, excerpt in chosen] for name in fields}
    yield "samples_without_points.json", {"task": [task for task, _ in chosen], **columns}


def _verdict_note(story: Story, lang: Lang) -> str:
    parts = [f"## {markdown(headline(story, lang))}"]
    if story.record.demo:
        parts = [f"# {word('demo', lang)}", *parts, word("demo_note", lang)]
    if not story.record.official:
        reasons = "".join(f"\n- {markdown(visible(reason))}" for reason in story.record.unofficial_because)
        parts.append(f"**{word('unofficial', lang)}** {word('unofficial_note', lang)}\n{reasons}")
    parts.append(_verdict_table(story, lang))
    parts += [
        f"### {markdown(visible(model.plan.title))}\n\n{_entrant_note(story, model, lang)}" for model in story.entrants
    ]
    if problems := ledger_problems(story, lang):
        parts.append(f"### {word('problems', lang)}\n" + "".join(f"\n- {markdown(line)}" for line in problems))
    return "\n\n".join(parts)


def _verdict_table(story: Story, lang: Lang) -> str:
    heads = [word(name, lang) for name in ("entrant", "decision", "total")]
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|"]
    for model in story.entrants:
        words = describe_entrant(story, model, lang)
        cells = (markdown(words.title), f"**{word(words.decision, lang)}**", total_in_words(model.result.total))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _entrant_note(story: Story, model: ModelStory, lang: Lang) -> str:
    words = describe_entrant(story, model, lang)
    lines = [f"**{word(words.decision, lang)}** {' '.join(words.doubt)}", ""]
    lines += [f"- {markdown(reason)}" for reason in words.reasons]
    return "\n".join(lines)


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: cut(text, TAG_LIMIT) for name, text in tags.items() if text}


def _params(params: Mapping[str, Any]) -> dict[str, str]:
    said = {key(name): str(value) for name, value in params.items() if value not in (None, "", {}, [])}
    return {name: cut(text, PARAM_LIMIT) for name, text in said.items()}


def _said(value: bool) -> str:
    return "true" if value else "false"


def _milliseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)
