"""Readers of written answers that a suite may name as its filter, beside those of the task file.

The stock filters of written tasks read one phrase, or the first letter anywhere: a model that reasons before it
answers, corrects itself, or answers `정답은 ③입니다`, is graded on something that it did not say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from harness.errors import SuiteError
from harness.graders.choice import choice
from harness.graders.number import number
from harness.plan import Task

Read = Callable[[str], str]


def choice_of(plan: Task) -> Read:
    """The letter of the choice that an answer takes; the question numbers its choices A, B, C."""

    def read(text: str) -> str:
        place = choice(text, plan.choices or 10, labels="letters")
        return plan.unparsed if place is None else "ABCDEFGHIJ"[place]

    return read


def number_of(plan: Task) -> Read:
    """The number that an answer ends on, in digits, as a fraction where it is no decimal."""

    def read(text: str) -> str:
        found = number(text)
        return plan.unparsed if found is None else f"{found}"

    return read


READERS: Mapping[str, Callable[[Task], Read]] = {"read_choice": choice_of, "read_number": number_of}
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
    read = READERS[plan.filter](plan)

    def filtered(replies: Iterable[Sequence[str]], _docs: object) -> list[list[str]]:
        return [[read(text) for text in of_item] for of_item in replies]

    steps = [{"function": "custom", "filter_fn": filtered}, {"function": "take_first"}]
    return {"filter_list": [*(config.get("filter_list") or []), {"name": plan.filter, "filter": steps}]}
