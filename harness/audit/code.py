"""Code similarity: winnowed fingerprints, against pairs of the same family. Refers, never convicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from harness.audit.finding import Finding
from harness.audit.licence import licence_findings
from harness.audit.sources import Code, checkpoint_files, code_of, family, library, prints_of
from harness.audit.winnow import K, W, jaccard
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


def null(prints: Mapping[str, frozenset[int]], name: str) -> CodeNull:
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
            "unread": list(suspect.unread),
        },
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
        return nothing(candidate.name, f"the code cannot be read as Python: {', '.join(ours.unread + theirs.unread)}")
    kind = family("\n".join(source.text for source in ours.sources))
    return compare(ours, theirs, candidate.name, matched_null(kind, [name for name in kinds if name]))


def _licences(suspect: Subject, candidate: Subject) -> tuple[Finding, ...]:
    ours, theirs = tuple(checkpoint_files(suspect.folder)), code_of(candidate.folder, candidate.model_type)
    return licence_findings(ours, theirs.sources if theirs else (), candidate.name)
