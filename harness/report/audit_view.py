"""What the audit's page shows, prepared: the template only lays it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.findings import COMPONENTS, AuditReport, Conclusion, Examined, Finding, Strength
from harness.plan import Lang
from harness.report.audit_words import said
from harness.report.heatmap import Heat, heat_map
from harness.story.independence import chance_text
from harness.visible import visible

ORDER: tuple[Strength, ...] = ("derived", "refer", "no_evidence", "not_comparable")
"""The gravest first."""
NAME_LIMIT, STATEMENT_LIMIT = 60, 1200


@dataclass(frozen=True)
class Branch:
    """One component in the tree."""

    name: str
    strength: Strength
    """The gravest conclusion against any candidate."""
    leaves: tuple[tuple[str, Strength, str], ...]
    """Candidate, conclusion and reason."""


@dataclass(frozen=True)
class Map:
    """One heat map."""

    caption: str
    heat: Heat


@dataclass(frozen=True)
class Row:
    """One line of a table, with its conclusion."""

    cells: tuple[str, ...]
    strength: Strength
    statement: str = ""


@dataclass(frozen=True)
class AuditPage:
    """Everything on the page in one language; the summary in both."""

    name: str
    headline: dict[Lang, str]
    worst: Strength
    summary: dict[Lang, tuple[str, ...]]
    tree: tuple[Branch, ...]
    maps: tuple[Map, ...]
    tokenizers: tuple[Row, ...]
    codes: tuple[Row, ...]
    headers: tuple[Row, ...]
    behaviours: tuple[Row, ...]
    findings: tuple[Row, ...]
    took_part: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    cost: str | None


def audit_view(report: AuditReport, lang: Lang) -> AuditPage:
    """The page of one audit."""
    languages: tuple[Lang, ...] = ("en", "ko")
    return AuditPage(
        name=_name(report.checkpoint.name),
        headline={one: headline(report, one) for one in languages},
        worst=gravest(report.conclusions),
        summary={one: tuple(summary(report, one)) for one in languages},
        tree=tuple(_tree(report, lang)),
        maps=tuple(_maps(report, lang)),
        tokenizers=tuple(_table(report, "tokenizer", _tokenizer)),
        codes=tuple(_table(report, "code", _code)),
        headers=tuple(_table(report, "licence", lambda _: ())),
        behaviours=tuple(_table(report, "behaviour", lambda _: ())),
        findings=tuple(_findings(report, lang)),
        took_part=tuple(_took_part(report, lang)),
        notes=tuple(visible(note, STATEMENT_LIMIT) for note in report.notes),
        cost=_cost(report, lang),
    )


def gravest(conclusions: Sequence[Conclusion]) -> Strength:
    """The gravest of several conclusions; `not_comparable` where there is none."""
    return gravest_of(one.conclusion for one in conclusions)


def gravest_of(strengths: Iterable[Strength]) -> Strength:
    """The same of what was concluded alone."""
    found = set(strengths)
    return next((strength for strength in ORDER if strength in found), "not_comparable")


def headline(report: AuditReport, lang: Lang, title: str | None = None) -> str:
    """The result in one line; the checkpoint under another name where it has a `title`."""
    name = _name(title or report.checkpoint.name)
    worst = gravest(report.conclusions)
    grave = [one for one in report.conclusions if one.conclusion == worst]
    parts = [part for part in COMPONENTS if any(one.component == part for one in grave)]
    line = said(
        f"top_{worst}",
        lang,
        name=name,
        parts=_list([said(part, lang) for part in parts], lang),
        candidates=_list(_unique(one.candidate for one in grave), lang),
    )
    return line if line.startswith(name) else _sentence(line)


def summary(report: AuditReport, lang: Lang) -> Iterator[str]:
    """What was tested, against whom, with what error rate, what came out, and what does not follow."""
    audited = report.checkpoint
    parts = _list([said(part, lang) for part in audited.components], lang)
    yield said("what", lang, name=_name(audited.name), parameters=f"{audited.parameters:,}", parts=parts)
    yield said("whom", lang, candidates=_list([_name(one.name) for one in report.candidates], lang))
    yield from _grave(report, lang)
    yield from _harmless(report, lang)
    yield said("rate", lang, alpha=f"{report.alpha:.0%}", tests=report.tests)
    names = _list([_name(one.name) for one in report.nulls], lang)
    yield said("nulls", lang, pairs=report.null_pairs, names=names) if report.nulls else said("no_nulls", lang)
    yield said("limit", lang)
    yield said("people", lang)


def _grave(report: AuditReport, lang: Lang) -> Iterator[str]:
    """A line for every component and candidate that is derived or referred, the gravest first."""
    for strength in ("derived", "refer"):
        for one in report.conclusions:
            if one.conclusion == strength:
                part, candidate = said(one.component, lang), _name(one.candidate)
                yield _sentence(said(f"found_{strength}", lang, part=part, candidate=candidate))


def _harmless(report: AuditReport, lang: Lang) -> Iterator[str]:
    """A line for every candidate with the components on which nothing was found, or nothing could be compared."""
    for strength in ("no_evidence", "not_comparable"):
        for candidate in report.candidates:
            here = [one for one in report.conclusions if (one.candidate, one.conclusion) == (candidate.name, strength)]
            parts = _list([said(one.component, lang) for one in here], lang)
            if here:
                yield said(f"found_{strength}", lang, candidate=_name(candidate.name), parts=parts)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _tree(report: AuditReport, lang: Lang) -> Iterator[Branch]:
    for component in COMPONENTS:
        here = sorted(
            (one for one in report.conclusions if one.component == component),
            key=lambda one: ORDER.index(one.conclusion),
        )
        if here:
            leaves = ((_name(one.candidate), one.conclusion, _reason(one, lang)) for one in here)
            yield Branch(said(component, lang), gravest(here), tuple(leaves))


def _reason(one: Conclusion, lang: Lang) -> str:
    chance = "" if one.p_value is None else f" ({said('p', lang)} {chance_text(one.p_value)})"
    return visible(one.reason, STATEMENT_LIMIT) + chance


def _maps(report: AuditReport, lang: Lang) -> Iterator[Map]:
    """For each component the nearest candidate's finding with the most telling layers."""
    for component in COMPONENTS:
        mapped = [one for one in report.findings if one.component == component and one.layers]
        if not mapped:
            continue
        finding = min(mapped, key=lambda one: (ORDER.index(one.strength), _chance(one), -(one.value or 0.0)))
        candidate = _name(finding.candidate)
        caption = said(
            "layers_note",
            lang,
            part=said(component, lang),
            candidate=candidate,
            method=visible(finding.method, NAME_LIMIT),
            band=_band(finding, lang),
        )
        axes = said("ours", lang), said("theirs", lang, candidate=candidate)
        yield Map(caption, heat_map(finding, report.alpha, *axes))


def _band(finding: Finding, lang: Lang) -> str:
    low, high = finding.details.get("null_low"), finding.details.get("null_high")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return ""
    return said("band", lang, low=f"{low:.2f}", high=f"{high:.2f}")


def _chance(finding: Finding) -> float:
    return 1.0 if finding.p_value is None else finding.p_value


def _table(report: AuditReport, method: str, cells: Callable[[Finding], tuple[str, ...]]) -> Iterator[Row]:
    for finding in report.findings:
        if finding.method == method:
            yield Row(
                (_name(finding.candidate), *cells(finding)),
                finding.strength,
                visible(finding.statement, STATEMENT_LIMIT),
            )


def _tokenizer(finding: Finding) -> tuple[str, ...]:
    facts = finding.details
    sizes = facts.get("sizes")
    both = (
        " / ".join(f"{size:,}" for size in sizes if isinstance(size, int)) if isinstance(sizes, list | tuple) else "–"
    )
    return (
        both,
        *(_figure(facts.get(key)) for key in ("shared", "jaccard", "same_id_share", "merge_prefix", "merge_order")),
    )


def _code(finding: Finding) -> tuple[str, ...]:
    return tuple(
        _figure(value) for value in (finding.value, finding.details.get("null_median"), finding.details.get("null_p99"))
    )


def _figure(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def _findings(report: AuditReport, lang: Lang) -> Iterator[Row]:
    for one in sorted(report.findings, key=lambda one: (ORDER.index(one.strength), COMPONENTS.index(one.component))):
        chance = "–" if one.p_value is None else chance_text(one.p_value)
        cells = (said(one.component, lang), _name(one.candidate), visible(one.method, NAME_LIMIT), chance)
        yield Row(cells, one.strength, visible(one.statement, STATEMENT_LIMIT))


def _took_part(report: AuditReport, lang: Lang) -> Iterator[tuple[str, ...]]:
    roles = [("audited", (report.checkpoint,)), ("candidate", report.candidates), ("null", report.nulls)]
    for role, members in roles:
        for one in members:
            yield (_name(one.name), said(role, lang), *_identity(one))


def _identity(one: Examined) -> tuple[str, ...]:
    return visible(one.model_type or "–", NAME_LIMIT), f"{one.parameters:,}", one.digest


def _cost(report: AuditReport, lang: Lang) -> str | None:
    cost = report.cost
    if cost is None:
        return None
    gigabytes = (f"{size / 1e9:.2f}" for size in (cost.bytes_read, cost.peak_memory_bytes))
    read, memory = gigabytes
    return said("cost", lang, seconds=f"{cost.seconds:.1f}", bytes=read, memory=memory)


def _name(text: str) -> str:
    return visible(text, NAME_LIMIT)


def _unique(names: Iterator[str]) -> list[str]:
    return [_name(name) for name in dict.fromkeys(names)]


def _list(names: Sequence[str], lang: Lang) -> str:
    if lang == "ko" or len(names) < 2:
        return ", ".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
