"""The items of a task: each row with its name, its answer and its cluster, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import SuiteError
from harness.plan import Task


@dataclass(frozen=True)
class Item:
    """One row of the test split."""

    id: str
    row: int
    """Position in the split, from 0; lm-eval's doc_id."""
    doc: Mapping[str, Any]
    choices: tuple[str, ...] | None
    """Answers to choose from; null where the answer is free."""
    target: str
    """The right answer as text (several: a JSON list)."""
    cluster: str | None


def items(task: Any, plan: Task) -> list[Item]:
    """Every row of the task's test split. SuiteError names the row that has no usable answer or name."""
    docs = list(task.eval_docs)
    if len(docs) != plan.items:
        raise SuiteError(
            f"{plan.name}: the test split holds {len(docs)} rows, the suite expects {plan.items}",
            "restore the data, or correct `items` in the suite's config",
        )
    found = [_item(task, plan, row, doc) for row, doc in enumerate(docs)]
    _unique(plan, found)
    return found


def _item(task: Any, plan: Task, row: int, doc: Mapping[str, Any]) -> Item:
    name = str(row) if plan.item_id is None else _column(plan, row, doc, plan.item_id, "item_id")
    cluster = None if plan.cluster is None else _column(plan, row, doc, plan.cluster, "cluster")
    where = f"{plan.name}: row {row} (item {name})"
    choices = _choices(task, doc, where)
    targets = _targets(task, doc, choices, where)
    text = targets[0] if len(targets) == 1 else json.dumps(targets, ensure_ascii=False)
    return Item(name, row, doc, choices, text, cluster)


def _column(plan: Task, row: int, doc: Mapping[str, Any], column: str, setting: str) -> str:
    if column not in doc:
        raise SuiteError(
            f"{plan.name}: {setting}: there is no column {column!r}; the rows have {', '.join(doc)}",
            f"correct `{setting}` in the suite's config",
        )
    if doc[column] is None or str(doc[column]).strip() == "":
        raise SuiteError(f"{plan.name}: row {row}: column {column!r} ({setting}) is empty", "fill it in")
    return str(doc[column])


def _choices(task: Any, doc: Mapping[str, Any], where: str) -> tuple[str, ...] | None:
    if task.config.doc_to_choice is None:
        return None
    choices = task.doc_to_choice(doc)
    if not isinstance(choices, list) or len(choices) < 2 or not all(isinstance(text, str) and text for text in choices):
        raise SuiteError(f"{where}: its choices must be two or more texts, not {choices!r}", "mend the row")
    if len(set(choices)) != len(choices):
        raise SuiteError(f"{where}: two of its choices are the same: {choices!r}", "make each choice different")
    return tuple(choices)


def _targets(task: Any, doc: Mapping[str, Any], choices: tuple[str, ...] | None, where: str) -> list[str]:
    gold = task.doc_to_text(doc) if task.multiple_input else task.doc_to_target(doc)
    golds = gold if isinstance(gold, list) else [gold]
    if not golds:
        raise SuiteError(f"{where}: it has no answer", "every item needs at least one")
    return [_target(one, choices, where, own_rule=callable(task.config.process_results)) for one in golds]


def _target(gold: Any, choices: tuple[str, ...] | None, where: str, *, own_rule: bool) -> str:
    if gold is None or (isinstance(gold, str) and gold.strip() == ""):
        raise SuiteError(f"{where}: it has no answer", "every item needs one")
    if choices is None:
        return str(gold)
    if isinstance(gold, int):
        if 0 <= gold < len(choices):
            return choices[gold]
        raise SuiteError(f"{where}: answer {gold} is not among its {len(choices)} choices (from 0)", "correct it")
    if str(gold) in choices or own_rule:
        return str(gold)
    raise SuiteError(f"{where}: answer {gold!r} is not among its choices {list(choices)!r}", "correct it")


def _unique(plan: Task, found: Sequence[Item]) -> None:
    first: dict[str, int] = {}
    for item in found:
        if item.id in first:
            raise SuiteError(
                f"{plan.name}: rows {first[item.id]} and {item.row} share the item id {item.id!r}",
                "give every row an id of its own",
            )
        first[item.id] = item.row
