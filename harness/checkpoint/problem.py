"""One thing that is wrong with a checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.errors import CheckpointError


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, with the value, and what mends it."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}\n  -> {self.remedy}"


def problems_error(title: str, problems: Sequence[Problem]) -> CheckpointError:
    """One error that lists every problem; the remedies stand below each."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return CheckpointError("\n".join([f"{title}: {count}", *(f"- {problem}" for problem in problems)]))
