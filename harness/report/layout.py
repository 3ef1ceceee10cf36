"""A page as one file that holds everything it shows: template, style sheets and the glyphs that it uses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.plan import Lang
from harness.report.font import Weight, data_uri, subset_woff

TEMPLATES = Path(__file__).parent / "templates"
FONT_MARKS: dict[Weight, str] = {"regular": "@@FONT-REGULAR@@", "bold": "@@FONT-BOLD@@"}
"""Stand in the style sheet until the page's characters are known."""


def lay_out(template: str, lang: Lang, styles: Sequence[str] = ("report.css",), **values: Any) -> str:
    """The template filled in. Equal input gives equal text; every value is escaped unless it is Markup."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # slow to import
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sheet = "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in styles)
    style = Markup(sheet)  # noqa: S704 - files of this package
    return _with_fonts(environment.get_template(template).render(lang=lang, style=style, **values))


def _with_fonts(page: str) -> str:
    """The page with the glyphs that it uses. Marks are filled from the style sheet only, which comes first."""
    for weight, mark in FONT_MARKS.items():
        page = page.replace(mark, data_uri(subset_woff(set(page), weight)), 1)
    return page
