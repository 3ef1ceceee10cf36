"""What the round's own page says of the audits: a table for each entrant, and the way to its whole page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.findings import COMPONENTS, Strength
from harness.plan import Lang
from harness.report.audit_summary import gravest_of, headline, rate_and_limits
from harness.report.audit_words import said
from harness.story import AuditStory, ModelStory, Story
from harness.story.independence import chance_text, term
from harness.verdict import Finding
from harness.visible import visible

NAME_LIMIT = 80


@dataclass(frozen=True)
class Mark:
    """One conclusion in the table."""

    strength: Strength
    word: str
    detail: str
    """p-value and lineage, where there is one to tell."""


@dataclass(frozen=True)
class AuditSection:
    """One report about one entrant."""

    entrant: str
    worst: Strength
    headline: str
    heads: tuple[str, ...]
    """Candidates, with owner and country where they are known."""
    rows: tuple[tuple[str, tuple[Mark | None, ...]], ...]
    """Component, and what was concluded against each candidate."""
    page: str | None
    """The whole audit's page, relative to this one."""


def audit_sections(story: Story, lang: Lang) -> tuple[AuditSection, ...]:
    """A section for every report on which the verdict rests, entrants in the page's order."""
    return tuple(_section(story, model, audit, lang) for model in story.entrants for audit in story.audits(model.name))


def _section(story: Story, model: ModelStory, audit: AuditStory, lang: Lang) -> AuditSection:
    found = {(each.component, each.candidate): each for each in audit.findings}
    candidates = list(dict.fromkeys(each.candidate for each in audit.findings))
    components = [component for component in COMPONENTS if any(component == part for part, _ in found)]
    return AuditSection(
        entrant=visible(model.plan.title, NAME_LIMIT),
        worst=gravest_of(each.relation for each in audit.findings),
        headline=visible(_headline(model, audit, lang)),
        heads=tuple(visible(_head(story, name, audit.findings), NAME_LIMIT) for name in candidates),
        rows=tuple(
            (term(part, lang), tuple(_mark(found.get((part, name)), model, lang) for name in candidates))
            for part in components
        ),
        page=None if audit.page is None else audit.page.relative_to(story.folder.path).as_posix(),
    )


def _headline(model: ModelStory, audit: AuditStory, lang: Lang) -> str:
    if audit.report is not None:
        return headline(audit.report, lang, model.plan.title)
    return said("supplied", lang)


def _head(story: Story, name: str, findings: Sequence[Finding]) -> str:
    known = story.plan.candidate_title(name)
    owner, country = next((each.owner, each.country) for each in findings if each.candidate == name)
    if known != name or owner is None:
        return known
    return f"{name} ({owner}, {country})" if country else f"{name} ({owner})"


def _mark(finding: Finding | None, model: ModelStory, lang: Lang) -> Mark | None:
    if finding is None:
        return None
    details = [] if finding.p_value is None else [f"{said('p', lang)} {chance_text(finding.p_value)}"]
    if finding.owner == model.plan.owner and finding.relation in ("derived", "refer"):
        details.append(said("own", lang))
    return Mark(finding.relation, term(finding.relation, lang), ", ".join(details))


def audit_notes(story: Story, lang: Lang) -> tuple[str, ...]:
    """How often such audits err, and what does not follow; each sentence once."""
    reports = [audit.report for model in story.entrants for audit in story.audits(model.name)]
    lines = (line for report in reports if report is not None for line in rate_and_limits(report, lang))
    return tuple(dict.fromkeys(lines))
