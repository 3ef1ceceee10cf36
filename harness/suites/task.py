"""A loaded task: its requests, and the grading of their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.errors import HarnessError
from harness.plan import Task
from harness.records import Sample
from harness.request import Answer, Request
from harness.suites import ask, grade, lmeval
from harness.suites.ask import Prompted
from harness.suites.item import Item


@dataclass
class LoadedTask:
    """A task whose files and rows were checked. Ask `requests` once per model, then `grade` its answers."""

    plan: Task
    suite: str
    """Name of the suite."""
    digests: Mapping[str, str]
    """Everything of the task that can change a number: task files, code, rows, lm-eval's version."""
    locked: bool
    """Whether the rows come from the project's tree or from a pinned revision."""
    warnings: tuple[str, ...]
    """What lm-eval remarked on while loading."""
    items: Sequence[Item] = field(repr=False)
    seed: int
    """Seed of the few-shot choice."""
    task: Any = field(repr=False)
    """lm-eval's task object."""
    prompted: list[Prompted] | None = field(default=None, repr=False)

    @property
    def n(self) -> int:
        """Items of the test split."""
        return len(self.items)

    def requests(self, chat_template: Callable[..., str] | None, system_prompt: str | None) -> list[Request]:
        """Every request, in item order. Without a chat template the prompts are plain text, without system prompt."""
        with lmeval.collected_warnings():
            self.prompted = ask.prompt(
                self.task, self.items, seed=self.seed, chat_template=chat_template, system_prompt=system_prompt
            )
        return ask.requests(self.plan, self.prompted)

    def grade(self, answers: Mapping[tuple[str, int, int], Answer]) -> list[Sample]:
        """One sample per item and repeat, from answers by (item id, repeat, index); a missing one is `failed`."""
        if self.prompted is None:
            raise HarnessError(f"{self.plan.name}: grade() was called before requests()")
        with lmeval.collected_warnings():
            return grade.grade(self.task, self.plan, self.prompted, answers)
