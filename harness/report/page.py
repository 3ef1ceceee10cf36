"""report.html: one file that holds everything it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.report.audit import audit_html
from harness.report.figure import forest_svg
from harness.report.layout import lay_out
from harness.report.view import view
from harness.store import RoundFolder, write_text
from harness.story import Lang, Story, read_story, word


def write_report(folder: RoundFolder, lang: Lang = "en") -> Path:
    """Write a decided round's page, and those of its audits, in one language; return the path of the first.

    VerificationError where round.json is missing or a stored file is not what it should be.
    """
    story = read_story(folder)
    write_text(folder.report, render(story, lang))
    for audit in (audit for model in story.entrants for audit in story.audits(model.name)):
        if audit.report is not None and audit.page is not None:
            write_text(audit.page, audit_html(audit.report, lang))
    return folder.report


def render(story: Story, lang: Lang) -> str:
    """The page. Equal input gives equal text."""
    from markupsafe import Markup

    def say(key: str, **values: Any) -> str:
        return word(key, lang, **values)

    figure = Markup(forest_svg(story, lang))  # noqa: S704 - drawn here, every text in it is a path
    styles = ("report.css", "marks.css")
    return lay_out("report.html.j2", lang, styles, say=say, page=view(story, lang), figure=figure)
