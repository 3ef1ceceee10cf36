"""What must hold of a task before anything is asked."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.errors import HarnessError, SuiteError
from harness.plan import Task
from harness.suites import data, lmeval, schema
from harness.suites.ask import Prompted, generation
from harness.suites.grade import checked_score, filtered_replies
from harness.suites.item import Item


def supported(task: Any, plan: Task) -> None:
    """SuiteError for a task of a kind that this harness does not run."""
    remedy = "leave the task out of the suite"
    if not lmeval.is_configurable(task):
        raise SuiteError(f"{plan.name}: the task is Python code, not a task file with settings", remedy)
    if task.OUTPUT_TYPE == "loglikelihood_rolling":
        raise SuiteError(f"{plan.name}: output_type loglikelihood_rolling (perplexity) is not supported", remedy)
    if getattr(task, "MULTIMODAL", False):
        raise SuiteError(f"{plan.name}: the task asks about images or sound, which are not supported", remedy)
    if task.config.repeats not in (1, plan.repeats):
        raise SuiteError(
            f"{plan.name}: the task file says repeats: {task.config.repeats}, the suite {plan.repeats}",
            "say the same in both; every repeat is a sample of its own",
        )


def filter_named(task: Any, plan: Task) -> None:
    """SuiteError where the suite names a filter that the task lacks, or one that merges repeats."""
    names = [ensemble.name for ensemble in task._filters]
    if plan.filter not in names:
        raise SuiteError(
            f"{plan.name}: filter: there is no filter {plan.filter!r}; the task has: {', '.join(names)}",
            schema.suggestion(plan.filter, names),
        )
    steps = [
        step.get("function")
        for pipeline in task.config.filter_list or []
        if pipeline["name"] == plan.filter
        for step in pipeline["filter"]
    ]
    votes = [step for step in steps if isinstance(step, str) and step in schema.VOTING_FILTERS]
    if votes and task.config.repeats > 1:
        raise SuiteError(
            f"{plan.name}: filter {plan.filter!r} merges repeats ({votes[0]}), here each repeat is a sample",
            "choose a filter without it",
        )


def metric_works(task: Any, plan: Task, first: Prompted) -> None:
    """Grade the first item on an invented answer: SuiteError where metric or filter cannot do it."""
    if first.instances[0].request_type == "generate_until":
        generation(*first.instances[0].args[:2])
        replies: list[Any] = [first.item.target]
    else:
        replies = [(-1.0 - place, False) for place in range(len(first.instances))]
    try:
        metrics = task.process_results(first.item.doc, filtered_replies(task, plan.filter, first, replies))
    except HarnessError:
        raise
    except Exception as error:  # a task's own code raises whatever it likes
        raise SuiteError(
            f"{plan.name}: filter {plan.filter!r} or the metrics cannot grade item {first.item.id}: "
            f"{type(error).__name__}: {error}",
            "mend the task's filter_list, metric_list or process_results",
        ) from error
    checked_score(plan, first.item.id, metrics)


def counted(plan: Task) -> None:
    """SuiteError where nobody has said how many items there must be."""
    if plan.items == 0:
        raise SuiteError(
            f"{plan.name}: the suite does not say how many items there must be, and tasks/data.lock has none",
            "run harness data pull, then harness data lock; or state `items` in the suite's config",
        )


def rows(plan: Task, found: Sequence[Item], shots: Sequence[Mapping[str, Any]]) -> None:
    """SuiteError where the asked or few-shot rows lack a column, hold another set of answers, or are not in NFC."""
    asked = [item.doc for item in found]
    for split, docs in (("test", asked), ("few-shot", shots)):
        _columns(plan, split, docs)
        if plan.nfc:
            normal_text(plan, split, docs)
    _labels(plan, found)


def _columns(plan: Task, split: str, docs: Sequence[Mapping[str, Any]]) -> None:
    for row, doc in enumerate(docs):
        if missing := [name for name in plan.columns if name not in doc]:
            raise SuiteError(
                f"{plan.name}: {split} row {row} lacks {', '.join(map(repr, missing))}; it has {', '.join(doc)}",
                "restore the data, or correct `columns` in the suite's config",
            )


def _labels(plan: Task, found: Sequence[Item]) -> None:
    occurring = {item.target for item in found}
    if plan.labels and occurring != set(plan.labels):
        raise SuiteError(
            f"{plan.name}: the right answers are {', '.join(sorted(occurring)[:12])}; "
            f"the suite expects {', '.join(sorted(plan.labels))}",
            "restore the data, or correct `labels` in the suite's config",
        )


def normal_text(plan: Task, split: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """SuiteError where a text is not in Unicode's NFC, in which equal Hangul has equal characters."""
    for row, doc in enumerate(rows):
        for column, text in _texts(doc):
            if not _is_composed(text):
                raise SuiteError(
                    f"{plan.name}: {split} row {row}: column {column!r} is not in Unicode NFC: {text[:60]!r}",
                    "normalise the data to NFC",
                )


def _is_composed(text: str) -> bool:
    """Whether a text is in NFC, but for signs that have a twin in Unicode (ohm and omega, 樂 read 낙 and 악).

    Korean keyboards write both twins, so published sets hold both; Hangul in parts, which NFC is asked for, has none.
    """
    if unicodedata.is_normalized("NFC", text):
        return True
    return unicodedata.is_normalized("NFC", "".join(unicodedata.normalize("NFC", sign) for sign in text))


def _texts(value: Any, column: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield column, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, column or str(key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, column)


def fewshots(task: Any, plan: Task, items: Sequence[Item]) -> Sequence[Mapping[str, Any]]:
    """The rows from which few-shots are drawn (none where no shot is shown). SuiteError where they leak the test."""
    shots = task.config.num_fewshot or 0
    if shots == 0:
        return []
    asked, source = asked_split(task), fewshot_split(task)
    if source == asked:
        raise SuiteError(
            f"{plan.name}: few-shots are drawn from {asked!r}, the split that is asked",
            "set fewshot_split to another split, or num_fewshot: 0",
        )
    rows = [dict(row) for row in task.sampler.df]
    if plan.shots is not None and plan.shots.rows not in (None, len(rows)):
        raise SuiteError(
            f"{plan.name}: {source!r}, from which few-shots are drawn, holds {len(rows)} rows, the suite expects "
            f"{plan.shots.rows}",
            "restore the data, or correct `shots.rows` in the suite's config",
        )
    if len(rows) < shots:
        raise SuiteError(f"{plan.name}: num_fewshot is {shots}, {source!r} holds {len(rows)} rows", "ask for fewer")
    _no_overlap(plan, items, rows)
    return rows


def asked_split(task: Any) -> str:
    """The split whose rows are the items."""
    config = task.config
    return str(config.test_split if config.test_split is not None else config.validation_split)


def fewshot_split(task: Any) -> str:
    """The split that few-shots come from, by lm-eval's rule."""
    config = task.config
    if task.fewshot_cfg.split is not None:
        return str(task.fewshot_cfg.split)
    if task.fewshot_cfg.samples is not None:
        return "fewshot_config: samples"
    return str(next(name for name in (config.training_split, config.validation_split, config.test_split) if name))


def _no_overlap(plan: Task, items: Sequence[Item], rows: Sequence[Mapping[str, Any]]) -> None:
    ignored = (plan.item_id, plan.cluster)
    asked = {data.row_key(item.doc, ignored): item.id for item in items}
    for row, doc in enumerate(rows):
        item = asked.get(data.row_key(doc, ignored))
        if item is not None:
            raise SuiteError(f"{plan.name}: few-shot row {row} is also test item {item}", "remove one of the two")
