"""How long a round takes with an engine's measured figures, and when it must start. Pure."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from harness.plan import Round, Schedule


@dataclass(frozen=True)
class Hours:
    """One model's time."""

    load: float
    """Hours until its first answer."""
    answers: float
    """Hours of answering."""

    @property
    def whole(self) -> float:
        return self.load + self.answers


def hours(weights_gib: float, answers: int, figures: Schedule) -> Hours:
    """Time to load a model and to answer so many requests."""
    seconds = answers * (
        figures.prompt_tokens / figures.prefill_tokens_per_s + figures.answer_tokens / figures.decode_tokens_per_s
    )
    return Hours(weights_gib / figures.load_gib_per_s / 3600, seconds / 3600)


def answers(round_: Round) -> int:
    """Answers that one model is asked for."""
    return sum(task.items * task.repeats for suite in round_.suites for task in suite.tasks)


def latest_start(each: list[Hours], figures: Schedule) -> datetime.datetime | None:
    """When the first of several models, served in turn, must start; None without a deadline."""
    if figures.deadline is None:
        return None
    whole = sum(model.whole for model in each) * figures.reserve
    return datetime.datetime.fromisoformat(figures.deadline) - datetime.timedelta(hours=whole)
