"""The audit in short, for a reader who is no specialist: what was tested, against whom, the result, how sure it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.findings import COMPONENTS, AuditReport, Conclusion, Examined, Strength
from harness.plan import Lang
from harness.report.audit_words import said
from harness.visible import visible

ORDER: tuple[Strength, ...] = ("derived", "refer", "no_evidence", "not_comparable")
"""The gravest first."""
NAME_LIMIT = 60


@dataclass(frozen=True)
class Answer:
    """A question that every reader has, and its answer, a sentence a line."""

    question: str
    lines: tuple[str, ...]


def gravest(conclusions: Sequence[Conclusion]) -> Strength:
    """The gravest of several conclusions; `not_comparable` where there is none."""
    return gravest_of(one.conclusion for one in conclusions)


def gravest_of(strengths: Iterable[Strength]) -> Strength:
    """The same of what was concluded alone."""
    found = set(strengths)
    return next((strength for strength in ORDER if strength in found), "not_comparable")


def tone(conclusions: Sequence[Conclusion]) -> Strength:
    """The gravest, where descent from one's own earlier model is no grave matter: it decides the headline's colour."""
    return gravest_of("no_evidence" if is_own(one) else one.conclusion for one in conclusions)


def is_own(one: Conclusion) -> bool:
    """Whether a conclusion is descent from the entrant's own earlier model."""
    return one.conclusion == "derived" and one.lineage == "own"


def headline(report: AuditReport, lang: Lang, title: str | None = None) -> str:
    """The result in one line; the checkpoint under another name where it has a `title`."""
    name = shown(title or report.checkpoint.name)
    worst = gravest(report.conclusions)
    grave = [one for one in report.conclusions if one.conclusion == worst]
    own = bool(grave) and all(is_own(one) for one in grave)
    parts = [part for part in COMPONENTS if any(one.component == part for one in grave)]
    line = said(
        "top_own" if own else f"top_{worst}",
        lang,
        name=name,
        parts=listed([said(part, lang) for part in parts], lang),
        candidates=listed(dict.fromkeys(shown(one.candidate) for one in grave), lang),
    )
    return line if line.startswith(name) else _sentence(line)


def answers(report: AuditReport, lang: Lang) -> tuple[Answer, ...]:
    """The summary."""
    found = {
        "asked_what": [_what(report, lang)],
        "asked_whom": [*(_whom(one, lang) for one in report.candidates), said("whom_else", lang)],
        "asked_result": [*_grave(report, lang), *_harmless(report, lang)],
        "asked_rate": list(_rate(report, lang)),
        "asked_limit": list(_limits(report, lang)),
        "asked_people": [said("people", lang)],
    }
    return tuple(Answer(said(question, lang), tuple(lines)) for question, lines in found.items())


def _what(report: AuditReport, lang: Lang) -> str:
    audited = report.checkpoint
    parts = listed([said(part, lang) for part in audited.components], lang)
    by = "" if audited.party is None else said("by", lang, owner=shown(owner_of(audited, lang)))
    return said("what", lang, name=shown(audited.name), parameters=f"{audited.parameters:,}", parts=parts, by=by)


def _whom(one: Examined, lang: Lang) -> str:
    owner = said("nobody_said", lang) if one.party is None else shown(owner_of(one, lang))
    return said("whom_sketch" if one.sketch else "whom", lang, candidate=shown(one.name), owner=owner)


def owner_of(one: Examined, lang: Lang) -> str:
    """Owner and country of a model; a dash where nobody said."""
    if one.party is None:
        return "–"
    if one.party.country is None:
        return one.party.owner
    return said("owner_country", lang, owner=one.party.owner, country=one.party.country)


def _grave(report: AuditReport, lang: Lang) -> Iterator[str]:
    """A line for every component and candidate that is derived or referred, the gravest first."""
    for strength in ("derived", "refer"):
        for one in report.conclusions:
            if one.conclusion == strength:
                key = "found_own" if is_own(one) else f"found_{strength}"
                yield _sentence(said(key, lang, part=said(one.component, lang), candidate=shown(one.candidate)))


def _harmless(report: AuditReport, lang: Lang) -> Iterator[str]:
    """A line for every candidate with the components on which nothing was found, or nothing could be compared."""
    for strength in ("no_evidence", "not_comparable"):
        for candidate in report.candidates:
            here = [one for one in report.conclusions if (one.candidate, one.conclusion) == (candidate.name, strength)]
            parts = listed([said(one.component, lang) for one in here], lang)
            if here:
                yield said(f"found_{strength}", lang, candidate=shown(candidate.name), parts=parts)


def _rate(report: AuditReport, lang: Lang) -> Iterator[str]:
    yield said("rate", lang, alpha=f"{report.alpha:.0%}", tests=report.tests)
    names = listed([shown(one.name) for one in report.nulls], lang)
    yield said("nulls", lang, pairs=report.null_pairs, names=names) if report.nulls else said("no_nulls", lang)


def _limits(report: AuditReport, lang: Lang) -> Iterator[str]:
    yield said("limit", lang)
    if any(one.sketch for one in report.candidates):
        yield said("limit_sketch", lang)


def rate_and_limits(report: AuditReport, lang: Lang) -> tuple[str, ...]:
    """How often such an audit errs, and what does not follow from it."""
    return (said("rate_each", lang, alpha=f"{report.alpha:.0%}"), *_limits(report, lang))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def shown(text: str) -> str:
    """A name that somebody else chose, safe and short."""
    return visible(text, NAME_LIMIT)


def listed(names: Iterable[str], lang: Lang) -> str:
    """Names in a sentence."""
    every = list(names)
    if lang == "ko" or len(every) < 2:
        return ", ".join(every)
    return f"{', '.join(every[:-1])} and {every[-1]}"
