"""The answer to an accusation on one page: for the terminal, as markdown and as HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from harness.claims import ClaimAnswer, Spread
from harness.errors import ConfigError
from harness.plan import Lang
from harness.report.claim_words import said
from harness.report.layout import lay_out
from harness.store import write_text
from harness.visible import visible

PARTS = ("independent", "fair", "needed")
STYLES = {
    "ordinary": "green",
    "not_telling": "yellow",
    "disclosure": "yellow",
    "remarkable": "red",
    "impossible": "yellow",
    "unsettled": "yellow",
}


def claim_summary(answer: ClaimAnswer, lang: Lang) -> RenderableType:
    """The page for a rich console; names from the claim are shown literally."""
    blocks: list[RenderableType] = [
        Text(visible(answer.claim.text), style="dim"),
        Text(answer.headline[lang] + "\n", style=f"bold {STYLES[answer.standing]}"),
    ]
    for title, lines in _parts(answer, lang):
        blocks.append(Text(title, style="bold"))
        blocks += [Padding(Text(f"· {line}"), (0, 0, 0, 1)) for line in lines]
        blocks.append(Text(""))
    return Group(*blocks, Text(said("no_verdict", lang), style="dim"))


def write_claim(answer: ClaimAnswer, out: Path, lang: Lang) -> Path:
    """Write the page as HTML or markdown, by the file's ending. ConfigError for another ending."""
    write_text(out, page_form(out)(answer, lang))
    return out


def page_form(out: Path) -> Callable[[ClaimAnswer, Lang], str]:
    """What makes the page of a file, by its ending. ConfigError for another ending."""
    forms = {".html": claim_html, ".md": claim_markdown}
    if out.suffix not in forms:
        raise ConfigError(f"--out {out} ends in neither .html nor .md", "choose one of them")
    return forms[out.suffix]


def claim_markdown(answer: ClaimAnswer, lang: Lang) -> str:
    """The page as markdown."""
    lines = [f"# {said('title', lang)}", "", f"> {visible(answer.claim.text)}", "", f"**{answer.headline[lang]}**", ""]
    for title, sentences in _parts(answer, lang):
        lines += [f"## {title}", "", *(f"- {sentence}" for sentence in sentences), ""]
    return "\n".join([*lines, said("no_verdict", lang), ""])


def claim_html(answer: ClaimAnswer, lang: Lang) -> str:
    """The page as one HTML file. Equal input gives equal text."""
    value = answer.claim.value
    return lay_out(
        "claim.html.j2",
        lang,
        ("report.css", "audit.css"),
        say=lambda key: said(key, lang),
        answer=answer,
        claim=visible(answer.claim.text),
        headline=answer.headline[lang],
        parts=list(_parts(answer, lang)),
        rows=[_row(spread, lang) for spread in answer.reference],
        value=None if value is None else f"{value:.4g}",
    )


def _parts(answer: ClaimAnswer, lang: Lang) -> Iterator[tuple[str, tuple[str, ...]]]:
    for part, found in zip(PARTS, (answer.independent, answer.fair, answer.needed), strict=True):
        if found[lang]:
            yield said(part, lang), tuple(visible(line) for line in found[lang])


def _row(spread: Spread, lang: Lang) -> tuple[str, ...]:
    figures = (f"{value:.4f}" for value in (spread.low, spread.median, spread.high))
    return (said(spread.source, lang), f"{spread.pairs:,}", *figures)
