"""What the audit's page shows, prepared: the template only lays it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.findings import COMPONENTS, AuditReport, Conclusion, Examined, Finding, Strength
from harness.plan import Lang
from harness.report.audit_summary import (
    NAME_LIMIT,
    ORDER,
    Answer,
    answers,
    headline,
    is_own,
    owner_of,
    shown,
    tone,
)
from harness.report.audit_words import said
from harness.report.heatmap import Heat, heat_map
from harness.story.independence import chance_text, conclusion_in_korean, finding_in_korean
from harness.visible import visible

STATEMENT_LIMIT = 1200
LARGE_PAIRS, LARGE_BYTES = 61 * 61, 2 * 2 * 519e9
"""Pairs of layers and bytes of two models of 519 billion parameters in 61 layers, at 16 bits."""


@dataclass(frozen=True)
class Leaf:
    """One conclusion in the tree."""

    candidate: str
    owner: str
    strength: Strength
    own: bool
    """Descent from a model of the same owner."""
    reason: str
    original: str = ""
    """The reason in English, where the page is in another language."""


@dataclass(frozen=True)
class Branch:
    """One component in the tree."""

    name: str
    strength: Strength
    """The gravest conclusion against any candidate."""
    leaves: tuple[Leaf, ...]


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
    original: str = ""
    """The statement in English, where the page is in another language."""


@dataclass(frozen=True)
class AuditPage:
    """Everything on the page in one language; the summary in both."""

    name: str
    headline: dict[Lang, str]
    worst: Strength
    summary: dict[Lang, tuple[Answer, ...]]
    meanings: tuple[tuple[Strength, str], ...]
    tree: tuple[Branch, ...]
    maps: tuple[Map, ...]
    tokenizers: tuple[Row, ...]
    codes: tuple[Row, ...]
    headers: tuple[Row, ...]
    behaviours: tuple[Row, ...]
    findings: tuple[Row, ...]
    took_part: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    cost: tuple[str, ...]


def audit_view(report: AuditReport, lang: Lang) -> AuditPage:
    """The page of one audit."""
    languages: tuple[Lang, ...] = ("en", "ko")
    return AuditPage(
        name=shown(report.checkpoint.name),
        headline={one: headline(report, one) for one in languages},
        worst=tone(report.conclusions),
        summary={one: answers(report, one) for one in languages},
        meanings=tuple((strength, said(f"means_{strength}", lang)) for strength in ORDER),
        tree=tuple(_tree(report, lang)),
        maps=tuple(_maps(report, lang)),
        tokenizers=tuple(_table(report, "tokenizer", _tokenizer, lang)),
        codes=tuple(_table(report, "code", _code, lang)),
        headers=tuple(_table(report, "licence", lambda _: (), lang)),
        behaviours=tuple(_table(report, "behaviour", lambda _: (), lang)),
        findings=tuple(_findings(report, lang)),
        took_part=tuple(_took_part(report, lang)),
        notes=tuple(visible(note, STATEMENT_LIMIT) for note in report.notes),
        cost=tuple(_cost(report, lang)),
    )


def _tree(report: AuditReport, lang: Lang) -> Iterator[Branch]:
    owners = {one.name: owner_of(one, lang) for one in report.candidates if one.party is not None}
    for component in COMPONENTS:
        here = sorted(
            (one for one in report.conclusions if one.component == component),
            key=lambda one: ORDER.index(one.conclusion),
        )
        if here:
            leaves = tuple(_leaf(one, owners.get(one.candidate, ""), lang) for one in here)
            yield Branch(said(component, lang), tone(here), leaves)


def _leaf(one: Conclusion, owner: str, lang: Lang) -> Leaf:
    chance = "" if one.p_value is None else f" ({said('p', lang)} {chance_text(one.p_value)})"
    english = visible(one.reason, STATEMENT_LIMIT) + chance
    told = (english, "") if lang == "en" else (conclusion_in_korean(one), english)
    return Leaf(shown(one.candidate), shown(owner), one.conclusion, is_own(one), *told)


def _maps(report: AuditReport, lang: Lang) -> Iterator[Map]:
    """For each component the nearest candidate's finding with the most telling layers."""
    for component in COMPONENTS:
        mapped = [one for one in report.findings if one.component == component and one.layers]
        if not mapped:
            continue
        finding = min(mapped, key=lambda one: (ORDER.index(one.strength), _chance(one), -(one.value or 0.0)))
        candidate = shown(finding.candidate)
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


def _table(report: AuditReport, method: str, cells: Callable[[Finding], tuple[str, ...]], lang: Lang) -> Iterator[Row]:
    for finding in report.findings:
        if finding.method == method:
            yield Row((shown(finding.candidate), *cells(finding)), finding.strength, *_told(finding, lang))


def _told(finding: Finding, lang: Lang) -> tuple[str, str]:
    """The statement in the page's language, and in English where that is another."""
    english = visible(finding.statement, STATEMENT_LIMIT)
    return (english, "") if lang == "en" else (finding_in_korean(finding), english)


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
        cells = (said(one.component, lang), shown(one.candidate), visible(one.method, NAME_LIMIT), chance)
        yield Row(cells, one.strength, *_told(one, lang))


def _took_part(report: AuditReport, lang: Lang) -> Iterator[tuple[str, ...]]:
    roles = [("audited", (report.checkpoint,)), ("candidate", report.candidates), ("null", report.nulls)]
    for role, members in roles:
        for one in members:
            how = f" ({said('sketch', lang)})" if one.sketch else ""
            yield (shown(one.name), said(role, lang) + how, *_identity(one))


def _identity(one: Examined) -> tuple[str, ...]:
    party = one.party
    whose = ("–", "–", "–") if party is None else (party.owner, party.country or "–", party.licence or "–")
    return (*map(shown, (*whose, one.model_type or "–")), f"{one.parameters:,}", one.digest)


def _cost(report: AuditReport, lang: Lang) -> Iterator[str]:
    cost = report.cost
    if cost is None:
        return
    rate = cost.bytes_read / max(cost.digest_seconds, 1e-3)
    yield said(
        "cost_time", lang, seconds=f"{cost.seconds:.1f}", reading=f"{cost.digest_seconds:.1f}",
        bytes=f"{cost.bytes_read / 1e9:.2f}", rate=f"{rate / 1e9:.2f}",
    )  # fmt: skip
    if cost.layer_pairs:
        tables = cost.method_seconds.get("embeddings", 0.0)
        each = (cost.seconds - cost.digest_seconds - tables) / cost.layer_pairs
        layer = "–" if cost.seconds_per_layer is None else f"{cost.seconds_per_layer:.2f}"
        yield said(
            "cost_pair", lang, pairs=f"{cost.layer_pairs:,}", each=f"{each:.3f}", layer=layer, tables=f"{tables:.1f}"
        )
        hours = LARGE_BYTES / rate / 3600, LARGE_PAIRS * each / 3600
        yield said("cost_large", lang, reading=f"{hours[0]:.1f}", comparing=f"{hours[1]:.1f}")
    yield said("cost_memory", lang, memory=f"{cost.peak_memory_bytes / 1e9:.2f}")
