"""Readers of written answers that a suite may name as its filter, beside those of the task file.

The stock filters of written tasks read one phrase, or the first letter anywhere: a model that reasons before it
answers, corrects itself, or answers `정답은 ③입니다`, is graded on something that it did not say. Of formulas they read
all between the first and the last dollar sign, and compare letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from harness.errors import SuiteError
from harness.graders.choice import choice
from harness.graders.formula import equal, formula
from harness.graders.number import number
from harness.plan import Task

Row = Mapping[str, Any]
Read = Callable[[str, Row], str]
"""What an answer to an item's row says."""


def choice_of(plan: Task, _: Mapping[str, Any]) -> Read:
    """The letter of the choice that an answer takes; the question numbers its choices A, B, C."""

    def read(text: str, _: Row) -> str:
        place = choice(text, plan.choices or 10, labels="letters")
        return plan.unparsed if place is None else "ABCDEFGHIJ"[place]

    return read


def number_of(plan: Task, _: Mapping[str, Any]) -> Read:
    """The number that an answer ends on, in digits, as a fraction where it is no decimal."""

    def read(text: str, _: Row) -> str:
        found = number(text)
        return plan.unparsed if found is None else f"{found}"

    return read


def formula_of(plan: Task, config: Mapping[str, Any]) -> Read:
    """The formula that an answer ends on; where it means the same as the item's target, the target as it is written."""
    right = _target(plan, config.get("doc_to_target"))

    def read(text: str, row: Row) -> str:
        found = formula(text)
        if found is None:
            return plan.unparsed
        target = right(row)
        return target if equal(found, target) else found

    return read


def _target(plan: Task, said: object) -> Callable[[Row], str]:
    """What the task file calls the right answer: a column, or a function of the row."""
    if callable(said):
        return lambda row: str(said(row))
    named = re.fullmatch(r"\{\{ *(\w+) *\}\}|(\w+)", str(said))
    if named is None:
        raise SuiteError(
            f"{plan.name}: filter 'read_formula' needs the right answer in a column; doc_to_target is {said!r}",
            "leave `filter` out",
        )
    column = named[1] or named[2]
    return lambda row: str(row[column])


READERS: Mapping[str, Callable[[Task, Mapping[str, Any]], Read]] = {
    "read_choice": choice_of,
    "read_number": number_of,
    "read_formula": formula_of,
}
"""By the name that a suite gives as `filter`."""


def added(config: Mapping[str, Any], plan: Task) -> dict[str, Any]:
    """The task's filters with the reader that the suite names; nothing where it names one of the task's own."""
    if plan.filter not in READERS:
        return {}
    if config.get("output_type", "generate_until") != "generate_until":
        raise SuiteError(
            f"{plan.name}: filter {plan.filter!r} reads written answers; the task is of type {config['output_type']}",
            "leave `filter` out",
        )
    read = READERS[plan.filter](plan, config)

    def filtered(replies: Iterable[Sequence[str]], rows: Iterable[Row]) -> list[list[str]]:
        return [[read(text, row) for text in of_item] for of_item, row in zip(replies, rows, strict=True)]

    steps = [{"function": "custom", "filter_fn": filtered}, {"function": "take_first"}]
    filters = {"filter_list": [*(config.get("filter_list") or []), {"name": plan.filter, "filter": steps}]}
    return filters | ({"process_results": _verdict(plan, config)} if plan.filter == "read_formula" else {})


def _verdict(plan: Task, config: Mapping[str, Any]) -> Callable[[Row, Sequence[str]], dict[str, float]]:
    """The reader has compared, and that is the score.

    A task file that compares once more also reads once more: HRM8K the last figure of both, so that 3/2 is 1/2, MATH
    what stands between two dollar signs.
    """
    right = _target(plan, config.get("doc_to_target"))
    return lambda row, results: {plan.metric: float(results[0] == right(row))}
