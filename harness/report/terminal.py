"""The verdict in the terminal."""

from __future__ import annotations

from collections import Counter

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from harness.records import Decision, GateOutcome
from harness.store import RoundFolder
from harness.story import (
    TITLE_LIMIT,
    EntrantWords,
    Lang,
    ModelStory,
    Story,
    describe_entrant,
    headline,
    ledger_problems,
    read_story,
    total_in_words,
    unofficial_reasons,
    visible,
    word,
)

DECISION_STYLES: dict[Decision, str] = {
    "advance": "bold green",
    "eliminate": "bold red",
    "disqualify": "bold red",
    "held": "bold yellow",
    "undecided": "bold yellow",
    "incomplete": "bold magenta",
}
GATE_STYLES: dict[GateOutcome, str] = {
    "pass": "green",
    "fail": "red",
    "held": "yellow",
    "undecided": "yellow",
    "incomplete": "magenta",
}


def summary(folder: RoundFolder, lang: Lang = "en") -> RenderableType:
    """Verdict in words, its table, what is missing and where the files are, for a rich console.

    Every text that a model or a config brings is shown literally: no markup, no control characters.
    """
    story = read_story(folder)
    verdicts = [(model, describe_entrant(story, model, lang)) for model in story.entrants]
    parts = [*_banners(story, lang), _headline(story, lang), _table(story, verdicts, lang)]
    for _, words in verdicts:
        parts.append(_entrant(words, lang))
    return Group(*parts, *_missing(story, lang), _files(story, lang))


def _banners(story: Story, lang: Lang) -> list[RenderableType]:
    banners: list[RenderableType] = []
    if story.record.demo:
        text = Text(word("demo", lang), style="bold", justify="center")
        text.append(f"\n{word('demo_note', lang)}", "not bold")
        banners.append(Panel(text, style="yellow"))
    if not story.record.official:
        text = Text(word("unofficial", lang), style="bold yellow")
        text.append(f"  {word('unofficial_note', lang)}", "default")
        for reason in unofficial_reasons(story, lang):
            text.append(f"\n  · {reason}", "default")
        banners.append(text.append("\n"))
    return banners


def _headline(story: Story, lang: Lang) -> Text:
    return Text(f"{story.title(lang)}\n", style="dim").append(f"{headline(story, lang)}\n", style="not dim bold")


def _table(story: Story, verdicts: list[tuple[ModelStory, EntrantWords]], lang: Lang) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for key in ("entrant", "decision", "total", "gates"):
        table.add_column(word(key, lang))
    for model, words in verdicts:
        decision = Text(word(words.decision, lang), DECISION_STYLES[words.decision])
        table.add_row(Text(words.title), decision, total_in_words(model.result.total), _gates(words, lang))
    for model in story.references:
        cells = (visible(model.plan.title, TITLE_LIMIT), word("reference", lang), total_in_words(model.result.total))
        table.add_row(*(Text(cell, "dim") for cell in cells))
    return table


def _gates(words: EntrantWords, lang: Lang) -> Text:
    """How many gates ended how: 2 pass, 1 fail."""
    text = Text()
    for outcome, count in Counter(gate.outcome for gate in words.gates).items():
        text.append(", " if text else "").append(f"{count} {word(outcome, lang)}", GATE_STYLES[outcome])
    return text


def _entrant(words: EntrantWords, lang: Lang) -> RenderableType:
    title = Text(f"\n{words.title}: ", "bold").append(word(words.decision, lang), DECISION_STYLES[words.decision])
    lines = words.reasons + words.doubt
    flips = [f"{word('flips', lang)}: {flip}" for flip in words.flips[:1]]
    return Group(title, *(Padding(Text(line), (0, 0, 0, 2)) for line in (*lines, *flips)))


def _missing(story: Story, lang: Lang) -> list[RenderableType]:
    problems = ledger_problems(story, lang)
    if not problems:
        return []
    text = Text(f"\n{word('problems', lang)}", "bold magenta")
    return [text.append("".join(f"\n  · {problem}" for problem in problems), "default not bold")]


def _files(story: Story, lang: Lang) -> Text:
    folder = story.folder
    text = Text(f"\n{word('files', lang)}", "bold")
    for path in (folder.report, folder.record, folder.scores_csv):
        text.append(f"\n  {path}", "default not bold")
    return text
