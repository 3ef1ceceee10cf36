"""Nested configuration reuse: which component to compare with which candidate. Refers, never convicts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.audit.finding import LEFT_OUT, Component, Finding
from harness.audit.nested import Nested, nested, stem, unread
from harness.audit.sources import Source, first_of, shipped

if TYPE_CHECKING:
    from harness.audit.subject import Subject

METHOD = "configuration"
UNITS = "matching"
"""The method that speaks wherever two components have layers that can be compared."""
PLACES: tuple[tuple[Component, re.Pattern[str]], ...] = (
    ("vision", re.compile(r"vision|visual|image|vit|clip|siglip")),
    ("audio", re.compile(r"audio|speech|whisper|wav2vec|hubert")),
    ("projector", re.compile(r"projector|connector|qformer|resampler")),
)


def present(suspect: Subject) -> bool:
    """Whether the configuration names a model type of another family."""
    return bool(foreign_types(suspect))


def findings(suspect: Subject, candidate: Subject) -> tuple[Finding, ...]:
    """A referral of every encoder or projector whose configuration names the candidate's family.

    A text trunk named `llama` runs the architecture that half of all models run: that is no trace of one of them.
    """
    families = {stem(kind) for kind in _types(candidate)}
    return tuple(
        Finding(
            component=component(one),
            candidate=candidate.name,
            method=METHOD,
            strength="no_evidence" if component(one) == "text" else "refer",
            statement=f"{one.path or 'the configuration'} names the model type {one.model_type} ({one.where}), of the"
            f" family of {candidate.name}; whether its weights were taken over too, only the weights can tell",
            details=one.model_dump(mode="json"),
        )
        for one in foreign_types(suspect)
        if stem(one.model_type) in families
    )


def answered(findings: Sequence[Finding], unless: Sequence[Finding] = ()) -> list[Finding]:
    """The findings of one pair, without referrals to weights that were compared since and show nothing; nor do further
    findings, `unless`, say otherwise.
    """
    compared = {one.component for one in findings if one.method == UNITS and one.strength == "no_evidence"}
    compared -= {one.component for one in (*findings, *unless) if one.details.get(LEFT_OUT)}
    return [
        one.model_copy(
            update={"strength": "no_evidence", "statement": f"{one.statement}: they were compared, and show no descent"}
        )
        if one.method == METHOD and one.strength == "refer" and one.component in compared
        else one
        for one in findings
    ]


def notes(suspect: Subject, candidates: Sequence[Subject]) -> Iterator[str]:
    """A line for every foreign model type of which no candidate was named, and one for source that was not read."""
    named = {stem(kind) for candidate in candidates for kind in _types(candidate)}
    for one in foreign_types(suspect):
        if stem(one.model_type) not in named:
            yield (
                f"{one.path or 'the configuration'} of {suspect.name} names the model type {one.model_type}"
                f" ({one.where}), a family that no candidate belongs to: name such a model with --against"
            )
    if left := [why for source in _own(suspect) if (why := unread(source)) is not None]:
        yield f"{suspect.name}: model types were not looked for in: {', '.join(first_of(left))}"


def foreign_types(subject: Subject) -> tuple[Nested, ...]:
    """Foreign model types in config.json and in the source of the configuration."""
    return nested(subject.config, _own(subject))


def _own(subject: Subject) -> tuple[Source, ...]:
    """Source of a configuration that the checkpoint ships."""
    return tuple(source for source in shipped(subject.folder).sources if "configuration" in source.name)


def component(one: Nested) -> Component:
    """The component that a sub-configuration describes: by its place, else by the type itself."""
    for text in (one.path.lower(), one.model_type.lower()):
        for name, pattern in PLACES:
            if pattern.search(text):
                return name
    return "text"


def _types(candidate: Subject) -> Iterator[str]:
    """The candidate's own model type; where it has none, its name."""
    yield candidate.model_type or candidate.name
