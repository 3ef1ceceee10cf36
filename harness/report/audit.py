"""The audit's page: one HTML file beside the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.findings import AuditReport
from harness.plan import Lang
from harness.report.audit_view import audit_view
from harness.report.audit_words import said
from harness.report.layout import lay_out
from harness.store import write_text


def write_audit_page(report: AuditReport, record: Path, lang: Lang = "en") -> Path:
    """Write the page beside the record `record` (FILE.json gives FILE.html) and return its path."""
    page = page_beside(record)
    write_text(page, audit_html(report, lang))
    return page


def page_beside(record: Path) -> Path:
    """Where the page of a record lies."""
    page = record.parent / f"{record.stem}.html"
    return record.parent / f"{record.name}.page.html" if page == record else page


def audit_html(report: AuditReport, lang: Lang) -> str:
    """The page; its summary stands in both languages. Equal input gives equal text."""
    from markupsafe import Markup

    def say(key: str, **values: Any) -> str:
        return said(key, lang, **values)

    def tongue(key: str, other: Lang) -> str:
        return said(key, other)

    page = audit_view(report, lang)
    drawn = [(one.caption, Markup(one.heat.svg)) for one in page.maps]  # noqa: S704 - drawn here, texts are escaped
    first: Lang = lang
    second: Lang = "en" if lang == "ko" else "ko"
    return lay_out(
        "audit.html.j2",
        lang,
        ("report.css", "marks.css", "audit.css"),
        say=say,
        tongue=tongue,
        page=page,
        maps=drawn,
        tongues=(first, second),
    )
