"""The verdict in words, with its doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from harness.numbers import Style, interval, percent, percent_of_rule, plain, points, share_of
from harness.plan import Lang
from harness.records import Decision, EntrantResult, GateOutcome, GateResult, Number
from harness.story.doubt import draws_in_words, flip_in_words
from harness.story.finished import ModelStory, Story
from harness.story.reasons import reason_in
from harness.story.rules import TITLE_LIMIT, gate_label
from harness.story.words import word
from harness.visible import visible

LEVELS = 1e-6
"""Confidence levels closer than this are the same."""


@dataclass(frozen=True)
class GateWords:
    """One gate of one entrant, for a reader."""

    name: str
    label: str
    outcome: GateOutcome
    value: str | None
    interval: str | None
    threshold: str | None
    reason: str


@dataclass(frozen=True)
class EntrantWords:
    """One entrant's verdict, for a reader."""

    title: str
    decision: Decision
    gates: tuple[GateWords, ...]
    doubt: tuple[str, ...]
    """How sure the decision is, a sentence each."""
    reasons: tuple[str, ...]
    """A sentence each."""
    flips: tuple[str, ...]
    """What would reverse it, a sentence each."""


def headline(story: Story, lang: Lang) -> str:
    """The verdict in a sentence: who advances, who does not, and who cannot be decided."""
    parts = []
    for decision in get_args(Decision):
        names = [
            _named(model, lang) for model in story.entrants if model.entrant and model.entrant.decision == decision
        ]
        if names:
            number = "one" if len(names) == 1 else "many"
            parts.append(word(f"{decision}_{number}", lang, names=_listed(names, lang)))
    return "; ".join(parts) + "."


def _named(model: ModelStory, lang: Lang) -> str:
    title = visible(model.plan.title, TITLE_LIMIT)
    in_doubt = model.entrant is not None and _in_doubt(model.entrant)
    return word("in_doubt", lang, name=title) if in_doubt else title


def describe_entrant(story: Story, model: ModelStory, lang: Lang) -> EntrantWords:
    """What was decided about one entrant, on which gates, and how surely."""
    result = model.entrant
    if result is None:
        raise TypeError(f"{model.name} is a reference")
    return EntrantWords(
        title=visible(model.plan.title, TITLE_LIMIT),
        decision=result.decision,
        gates=tuple(describe_gate(story, gate, lang) for gate in result.gates.values()),
        doubt=tuple(_doubt(story, result, lang)),
        reasons=tuple(visible(reason_in(reason, story.plan, lang)) for reason in result.reasons),
        flips=tuple(visible(flip_in_words(story, flip, lang)) for flip in result.flips),
    )


def describe_gate(story: Story, gate: GateResult, lang: Lang) -> GateWords:
    """One gate: its name for readers and its numbers."""
    style = plain if gate.reason.facts.get("unit") == "plain" else share_of(gate.kind)
    return GateWords(
        name=gate.name,
        label=gate_label(story, gate.name, lang),
        outcome=gate.outcome,
        value=style(gate.value.value) if gate.value else None,
        interval=_spread(gate.value, style, story) if gate.value and gate.value.low is not None else None,
        threshold=_threshold(gate.threshold, style),
        reason=visible(reason_in(gate.reason, story.plan, lang)),
    )


def _threshold(threshold: float | None, style: Style) -> str | None:
    if threshold is None:
        return None
    return percent_of_rule(threshold) if style is percent else plain(threshold)


def _spread(value: Number, style: Style, story: Story) -> str:
    """The interval, and its level where it is not the round's: that of all gates together lies higher."""
    spread = interval(value, style)
    at = value.level
    return spread if at is None or abs(at - story.plan.rules.level) < LEVELS else f"{spread} ({at * 100:.4g}%)"


def ledger_problems(story: Story, lang: Lang) -> list[str]:
    """What is missing: failed answers, absent runs and what the runs themselves say, a sentence each."""
    lines = []
    for model in story.models:
        title = visible(model.plan.title, TITLE_LIMIT)
        if model.record is None and model.entrant is not None and model.plan in story.plan.served:
            lines.append(word("problem_no_run", lang, model=title))
        for task in model.tasks.values():
            if failed := task.outcomes.get("failed", 0):
                name = story.task_title(task.task, lang)
                lines.append(word("problem_failed", lang, model=title, failed=failed, n=task.n, task=name))
        lines += [f"{title}: {visible(problem)}" for problem in _other_problems(model)]
    return lines


def _other_problems(model: ModelStory) -> list[str]:
    """What the run says is missing, without what its ledger of failed answers says already."""
    counted = tuple(f"{task.task}:" for task in model.tasks.values() if task.outcomes.get("failed"))
    return [problem for problem in (model.record.problems if model.record else ()) if not problem.startswith(counted)]


def unofficial_reasons(story: Story, lang: Lang) -> list[str]:
    """Why the round is not official, safe to show."""
    because = [visible(reason_in(reason, story.plan, lang)) for reason in story.record.unofficial_because]
    return because or [word("unofficial_unsaid", lang)]


def total_in_words(number: Number | None) -> str:
    """A total with its interval: 61.3 (57.0–65.6)."""
    if number is None:
        return "–"
    spread = f" ({interval(number, points)})" if number.low is not None else ""
    return points(number.value) + spread


def percent_level(number: Number | None, story: Story) -> str:
    """The confidence level of a number, or of the round: 95%."""
    level = number.level if number and number.level is not None else story.plan.rules.level
    return f"{level * 100:g}%"


def _in_doubt(result: EntrantResult) -> bool:
    """Whether the decision follows point estimates that the intervals do not settle."""
    return any(reason.code == "point_estimate" for reason in result.reasons)


def _doubt(story: Story, result: EntrantResult, lang: Lang) -> list[str]:
    level, gates = percent_level(None, story), result.gates.values()
    lines = []
    if result.decision == "incomplete" and story.plan.suites:
        lines.append(word("doubt_incomplete", lang))
    elif result.decision == "advance" and _measured(result) and all(_clear(gate, above=True) for gate in gates):
        lines.append(word("doubt_none_advance", lang, level=level))
    elif result.decision == "eliminate" and any(_clear(gate, above=False) for gate in gates):
        lines.append(word("doubt_none_eliminate", lang, level=level))
    if result.decision_by_rule != result.decision:
        lines.append(word("doubt_by_rule", lang, decision=word(result.decision_by_rule, lang)))
    return [*lines, *draws_in_words(result, lang)]


def _measured(result: EntrantResult) -> bool:
    """Whether a gate looked at a number that has an interval."""
    return any(gate.value is not None and gate.value.level is not None for gate in result.gates.values())


def _clear(gate: GateResult, *, above: bool) -> bool:
    """Whether a gate's whole interval lies on one side of its threshold."""
    if gate.threshold is None:
        return gate.outcome == ("pass" if above else "fail")
    if gate.value is None or gate.value.low is None or gate.value.high is None:
        return False
    return gate.value.low >= gate.threshold if above else gate.value.high < gate.threshold


def _listed(names: Sequence[str], lang: Lang) -> str:
    if len(names) == 1:
        return names[0]
    return word("comma", lang).join(names[:-1]) + word("and", lang) + names[-1]
