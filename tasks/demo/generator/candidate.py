"""What a family yields: a question with its answer, before it has a split, a name or a place for its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tasks.demo.generator.draw import Draw


@dataclass(frozen=True)
class Candidate:
    """One possible item."""

    question: str
    answer: str
    """The right choice or text; for a rule, one text that keeps it."""
    group: str
    """What it shares with other items: its noun, verb or category."""
    kind: str
    """How it is asked or answered: few-shots show as many kinds as they can."""
    wrong: tuple[str, ...] = ()
    """Wrong choices; empty where the answer is written."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """Further columns, such as a rule's values."""

    @property
    def key(self) -> str:
        """Equal for candidates that ask the same."""
        return "\n".join([self.question, *sorted((self.answer, *self.wrong))]) if self.wrong else self.question


@dataclass(frozen=True)
class Family:
    """A kind of item, which becomes one task."""

    task: str
    candidates: Callable[[Draw], list[Candidate]]
    """Many candidates in any order; the same draws give the same."""
