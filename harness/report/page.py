"""report.html: one file that holds everything it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.report.figure import forest_svg
from harness.report.font import Weight, data_uri, subset_woff
from harness.report.view import view
from harness.store import RoundFolder, write_text
from harness.story import Lang, Story, read_story, word

FONT_MARKS: dict[Weight, str] = {"regular": "@@FONT-REGULAR@@", "bold": "@@FONT-BOLD@@"}
"""Stand in the style sheet until the page's characters are known."""


def write_report(folder: RoundFolder, lang: Lang = "en") -> Path:
    """Write a decided round's page in one language and return its path.

    VerificationError where round.json is missing or a stored file is not what it should be.
    """
    write_text(folder.report, render(read_story(folder), lang))
    return folder.report


def render(story: Story, lang: Lang) -> str:
    """The page. Equal input gives equal text."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # slow to import
    from markupsafe import Markup

    templates = Path(__file__).parent / "templates"
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def say(key: str, **values: Any) -> str:
        return word(key, lang, **values)

    page = environment.get_template("report.html.j2").render(
        lang=lang,
        say=say,
        page=view(story, lang),
        figure=Markup(forest_svg(story, lang)),  # noqa: S704 - drawn here, every text in it is a path
        style=Markup((templates / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - a file of this package
    )
    return _with_fonts(page)


def _with_fonts(page: str) -> str:
    """The page with the glyphs that it uses. Marks are filled from the style sheet only, which comes first."""
    for weight, mark in FONT_MARKS.items():
        page = page.replace(mark, data_uri(subset_woff(set(page), weight)), 1)
    return page
