"""A dry run in the terminal: scores and margins, no decision."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from harness.numbers import interval, percent
from harness.plan import Lang, Round
from harness.records import Number, TaskResult
from harness.store import RoundFolder
from harness.story import ModelStory, Story, ledger_problems, read_story, visible, word
from harness.story.rehearsal import Judgement, Prospect, judgements, say, unasked

STYLES: dict[Prospect, str] = {
    "would_pass": "bold green",
    "would_fail": "bold red",
    "not_settled": "bold yellow",
    "depends": "bold cyan",
    "missing": "bold magenta",
}

SENTENCES: dict[str, tuple[str, str]] = {
    "banner": (
        "DRY RUN, UNOFFICIAL: nothing is decided here. Only the round itself decides.",
        "예행 평가(비공식): 여기서는 아무것도 판정하지 않습니다. 판정은 공식 라운드에서만 내립니다.",
    ),
    "asked": ("{title}, asked in mode {mode}", "{title}, 질의 방식 {mode}"),
    "rules": (
        "Against the rules of “{round}” ({rules}, version {version})",
        "‘{round}’ 규칙({rules}, 버전 {version})에 비추어",
    ),
    "no_gates": ("The rules set no threshold.", "규칙에 기준값이 없습니다."),
    "unasked": ("Not asked, because not public: {suites}", "비공개여서 묻지 않은 평가군: {suites}"),
    "guessing": ("Guessing", "무작위 추측"),
    "lost": ("Unusable", "쓸 수 없음"),
    "reuse": (
        (
            "To use the proposed config: complete it, copy it to configs/entrant/{name}.yaml, then:"
            "\n  make eval ROUND={round} ARGS=+entrant@entrants.{name}={name}"
        ),
        (
            "제안된 설정을 쓰려면 빈칸을 채워 configs/entrant/{name}.yaml로 복사한 뒤 실행하십시오:"
            "\n  make eval ROUND={round} ARGS=+entrant@entrants.{name}={name}"
        ),
    ),
}
UNUSABLE = ("refused", "unparsed", "truncated", "failed")


def rehearsal_summary(folder: RoundFolder, planned: Round, lang: Lang = "en") -> RenderableType:
    """What a dry run in `folder` scored, held against the rules of the round as `planned`, for a rich console."""
    story = read_story(folder)
    model = story.entrants[0]
    parts: list[RenderableType] = [
        _banner(story, lang),
        Text(_say("asked", lang, title=visible(model.plan.title), mode=model.plan.mode) + "\n", "bold"),
        _scores(story, model, lang),
    ]
    if titles := unasked(planned, lang):
        parts.append(Text("\n" + _say("unasked", lang, suites=", ".join(titles))))
    return Group(*parts, *_rules(story, planned, lang), *_missing(story, lang), _files(story, lang))


def _say(key: str, lang: Lang, **values: object) -> str:
    english, korean = SENTENCES[key]
    return (korean if lang == "ko" else english).format(**values)


def _banner(story: Story, lang: Lang) -> Panel:
    text = Text(_say("banner", lang), "bold", justify="center")
    if story.record.demo:
        text.append(f"\n{word('demo_note', lang)}", "not bold")
    return Panel(text, style="yellow")


def _scores(story: Story, model: ModelStory, lang: Lang) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("", no_wrap=True)
    level = f"{100 * story.plan.rules.level:g}%"
    for title in (word("score", lang), word("interval", lang, level=level), _say("guessing", lang), word("n", lang)):
        table.add_column(title, justify="right")
    table.add_column(_say("lost", lang))
    for suite in model.record.suites if model.record else ():
        cells = (story.suite_title(suite.suite, lang), *_number(suite.score), "", "", "")
        table.add_row(*(Text(cell, "bold") for cell in cells))
        for task in model.tasks.values():
            if task.suite == suite.suite:
                title = f"  {story.task_title(task.task, lang)}"
                table.add_row(title, *_number(task.score), _chance(task), str(task.n), _lost(task, lang))
    return table


def _number(number: Number | None) -> tuple[str, str]:
    return ("–", "–") if number is None else (percent(number.value), interval(number, percent))


def _chance(task: TaskResult) -> str:
    return percent(task.chance) if task.chance else "–"


def _lost(task: TaskResult, lang: Lang) -> str:
    counts = {outcome: task.outcomes.get(outcome, 0) for outcome in UNUSABLE}  # type: ignore[call-overload]
    return ", ".join(f"{count} {word(outcome, lang).lower()}" for outcome, count in counts.items() if count)


def _rules(story: Story, planned: Round, lang: Lang) -> Iterator[RenderableType]:
    rules = planned.rules
    title = planned.title.get(lang) or planned.name
    yield Text("\n" + _say("rules", lang, round=title, rules=rules.name, version=rules.version), "bold")
    found = judgements(story, planned, lang)
    yield from (_judgement(each, lang) for each in found)
    if not found:
        yield Text(f"  {_say('no_gates', lang)}")


def _judgement(judgement: Judgement, lang: Lang) -> RenderableType:
    line = Text(judgement.label).append(": ").append(say(judgement.prospect, lang), STYLES[judgement.prospect])
    return Padding(Group(line, Padding(Text(judgement.text, "dim"), (0, 0, 0, 2))), (0, 0, 0, 2))


def _missing(story: Story, lang: Lang) -> Iterator[RenderableType]:
    if problems := ledger_problems(story, lang):
        text = Text(f"\n{word('problems', lang)}", "bold magenta")
        yield text.append("".join(f"\n  · {problem}" for problem in problems), "default not bold")


def _files(story: Story, lang: Lang) -> Text:
    folder, name = story.folder, story.entrants[0].name
    text = Text(f"\n{word('files', lang)}", "bold")
    for path in (folder.report, folder.record, folder.scores_csv, folder.entrant_config):
        text.append(f"\n  {path}", "default not bold")
    return text.append("\n" + _say("reuse", lang, name=name, round=story.record.round), "default not bold")
