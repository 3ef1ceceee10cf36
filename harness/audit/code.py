"""Code similarity: winnowed fingerprints, against pairs of the same family. Refers, never convicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from harness.audit.finding import LEFT_OUT, Finding
from harness.audit.licence import licence_findings, not_read
from harness.audit.sources import Code, code_of, library, prints_of, shipped
from harness.audit.winnow import K, Prints, W, jaccard
from harness.plan.base import Frozen

if TYPE_CHECKING:
    from harness.audit.subject import Subject

METHOD = "code"
SHARE = 0.99
"""A similarity above this share of the null pairs is referred."""
LEAST_PAIRS = 100
"""Fewer null pairs have no 99th percentile."""


class CodeNull(Frozen):
    """Similarities of pairs that set the scale."""

    family: str
    """`moe`, `dense` or `all`."""
    values: tuple[float, ...]
    """Winnowing Jaccard of each pair, ascending."""

    @property
    def median(self) -> float:
        return float(np.median(self.values))

    @property
    def limit(self) -> float:
        """What only one pair in a hundred exceeds."""
        return float(np.quantile(self.values, SHARE))


def null(prints: Mapping[str, Prints], name: str) -> CodeNull:
    """The similarities of all pairs among these models."""
    values = (jaccard(first, second) for first, second in combinations(prints.values(), 2))
    return CodeNull(family=name, values=tuple(sorted(value for value in values if value is not None)))


def matched_null(kind: str, without: Sequence[str] = ()) -> CodeNull:
    """Pairs of the installed package of one family (`all`: of every family), without the named model types."""
    families = ("dense", "moe") if kind == "all" else (kind,)
    chosen = {name: prints for one in families for name, prints in library(one).items() if name not in without}
    return null(chosen, kind)


def above(value: float, reference: CodeNull) -> float:
    """Share of the null pairs at or above a similarity, counting the pair itself: never 0."""
    least = int(np.searchsorted(reference.values, value, side="left"))
    return (1 + len(reference.values) - least) / (1 + len(reference.values))


def compare(suspect: Code, other: Code, candidate: str, reference: CodeNull) -> Finding:
    """What the similarity of two models' code says, set against the null."""
    value = jaccard(prints_of(suspect.sources), prints_of(other.sources))
    if value is None or len(reference.values) < LEAST_PAIRS:
        return nothing(candidate, "too little code, or too few pairs of the same family, to compare with")
    share, refer = above(value, reference), value > reference.limit
    kind = "" if reference.family == "all" else f" {reference.family}"
    statement = (
        f"winnowing similarity {value:.3f} to the code of {candidate}; of {len(reference.values):,}{kind} pairs of"
        f" published models the median is {reference.median:.3f} and one in a hundred exceeds {reference.limit:.3f}"
        + (
            "; a question of disclosure, since code may be reused openly and says nothing of the weights"
            if refer
            else ""
        )
    )
    return Finding(
        component="code",
        candidate=candidate,
        method=METHOD,
        strength="refer" if refer else "no_evidence",
        statement=statement,
        statistic="winnowing Jaccard",
        value=value,
        details={
            "k": K,
            "w": W,
            "null_pairs": len(reference.values),
            "null_family": reference.family,
            "null_median": reference.median,
            "null_p99": reference.limit,
            "null_share_above": share,
            "suspect_code": suspect.origin,
            "candidate_code": other.origin,
        },
    )


def with_unread(finding: Finding, ours: Sequence[str], theirs: Sequence[str]) -> Finding:
    """The finding, which is no lack of evidence where files were not read: those of the suspect are for people."""
    if not ours and not theirs:
        return finding
    refer = finding.strength == "refer" or bool(ours)
    details = {**finding.details, "unread": list(ours), "candidate_unread": list(theirs)}
    return finding.model_copy(
        update={
            "strength": "refer" if refer else "not_comparable",
            "statement": f"{finding.statement}; {not_read((*ours, *theirs))}",
            "details": details if refer else {**details, LEFT_OUT: True},
        }
    )


def nothing(candidate: str, why: str) -> Finding:
    """A finding where no comparison was possible."""
    return Finding(
        component="code", candidate=candidate, method=METHOD, strength="not_comparable", statement=why, details={}
    )


def present(suspect: Subject) -> bool:
    """Whether the suspect has code that can be read: its own files, or its model type in the installed package."""
    return code_of(suspect.folder, suspect.model_type) is not None


def findings(suspect: Subject, candidate: Subject) -> tuple[Finding, ...]:
    """Code similarity, and the licence and copyright headers of code that the checkpoint ships."""
    return (_similarity(suspect, candidate), *_licences(suspect, candidate))


def _similarity(suspect: Subject, candidate: Subject) -> Finding:
    kinds = suspect.model_type, candidate.model_type
    ours, theirs = code_of(suspect.folder, kinds[0]), code_of(candidate.folder, kinds[1])
    if ours is None or theirs is None:
        who = suspect.name if ours is None else candidate.name
        return nothing(
            candidate.name, f"no code of {who}: it ships none and the installed transformers has none for it"
        )
    if ours.origin == theirs.origin != "checkpoint":
        return nothing(candidate.name, f"both models run on the same public code ({ours.origin}), which neither ships")
    if not ours.sources or not theirs.sources:
        found = nothing(candidate.name, "the code could not be compared")
    else:
        found = compare(ours, theirs, candidate.name, matched_null(ours.family, [name for name in kinds if name]))
    return with_unread(found, ours.unread, theirs.unread)


def _licences(suspect: Subject, candidate: Subject) -> tuple[Finding, ...]:
    ours, theirs = shipped(suspect.folder), code_of(candidate.folder, candidate.model_type)
    return licence_findings(ours.sources, theirs.sources if theirs else (), candidate.name, ours.unread)


def notes(subject: Subject) -> Iterator[str]:
    """A line where files of code were not read."""
    if unread := shipped(subject.folder).unread:
        yield f"{subject.name}: files of code that were not read: {', '.join(unread)}"
