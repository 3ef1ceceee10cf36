"""The notes of MLflow's pages: the verdict in words, with the way to every run and to its samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harness.records import OUTCOMES
from harness.story import (
    EntrantWords,
    Lang,
    ModelStory,
    Story,
    describe_entrant,
    headline,
    ledger_problems,
    total_in_words,
    unofficial_reasons,
    visible,
    word,
)
from harness.tracking.names import markdown
from harness.tracking.traces import TraceEntry

Addresses = Mapping[str, str]
"""Where each model's run is shown, by model, as far as known."""


def verdict_note(story: Story, lang: Lang, runs: Addresses) -> str:
    """The whole verdict: headline, standing, table, and each entrant's reasons."""
    # The page shows a hand's breadth of it until one asks for more: the verdict first.
    demo = f"{word('demo', lang)}: " if story.record.demo else ""
    parts = [f"## {demo}{markdown(headline(story, lang))}", _verdict_table(story, lang, runs)]
    if story.record.demo:
        parts.append(f"**{word('demo', lang)}** {word('demo_note', lang)}")
    if not story.record.official:
        reasons = "".join(f"\n- {markdown(reason)}" for reason in unofficial_reasons(story, lang))
        parts.append(f"**{word('unofficial', lang)}** {word('unofficial_note', lang)}\n{reasons}")
    parts += [
        f"### {_linked(model.plan.title, model.name, runs)}\n\n{_reasons(describe_entrant(story, model, lang), lang)}"
        for model in story.entrants
    ]
    if problems := ledger_problems(story, lang):
        parts.append(f"### {word('problems', lang)}\n" + "".join(f"\n- {markdown(line)}" for line in problems))
    return "\n\n".join(parts)


def model_note(story: Story, model: ModelStory, traces: Sequence[TraceEntry], lang: Lang, runs: Addresses) -> str:
    """What was decided about one model and why, and the way to its samples."""
    if model.entrant is None:
        told = f"**{word('reference', lang)}** {word('total', lang)}: {total_in_words(model.result.total)}"
    else:
        told = _reasons(describe_entrant(story, model, lang), lang)
    samples = ", ".join(_samples(traces, lang, runs.get(model.name)))
    return f"{told}\n\n{word('samples_kept', lang)}: {samples}" if samples else told


def description(story: Story, lang: Lang, verdict: str) -> str:
    """The experiment's description: the verdict in a sentence (the list shows it as plain text), then its page."""
    demo = f"{word('demo', lang)}: " if story.record.demo else ""
    return f"{demo}{headline(story, lang)}\n\n[{word('verdict', lang)}]({verdict})"


def _samples(traces: Sequence[TraceEntry], lang: Lang, run: str | None) -> Iterator[str]:
    counts = Counter(trace.sample.outcome for trace in traces)
    for outcome in OUTCOMES:
        if counts[outcome]:
            text = f"{word(outcome, lang)} {counts[outcome]}"
            # The page's own way of writing a filter on a tag: column, operator, value, key.
            yield f"[{text}]({run}/traces?filter=TAG::%3D::{outcome}::outcome)" if run else text


def _verdict_table(story: Story, lang: Lang, runs: Addresses) -> str:
    heads = [word(name, lang) for name in ("entrant", "decision", "total")]
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|"]
    for model in story.models:
        told = f"**{word(model.entrant.decision, lang)}**" if model.entrant else word("reference", lang)
        cells = (_linked(model.plan.title, model.name, runs), told, total_in_words(model.result.total))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _linked(title: str, name: str, runs: Addresses) -> str:
    text = markdown(visible(title))
    return f"[{text}]({runs[name]})" if name in runs else text


def _reasons(words: EntrantWords, lang: Lang) -> str:
    lines = [f"**{word(words.decision, lang)}** {' '.join(words.doubt)}", ""]
    return "\n".join([*lines, *(f"- {markdown(reason)}" for reason in words.reasons)])
