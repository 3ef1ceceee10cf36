"""Models known to be independent: how far apart their pairs are, and what that forbids to conclude."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from harness.audit.finding import Component, Finding
from harness.audit.pair import Body, Pair
from harness.audit.threads import fitting_threads
from harness.plan.audit import MEMORY_GIB

Key = tuple[Component, str]
PairMethod = Callable[[Pair], tuple[Finding, ...]]


@dataclass(frozen=True)
class Band:
    """What pairs of known independents reached in one component by one method."""

    values: tuple[float, ...]
    """The statistic of every pair."""
    similarity: tuple[float, float]
    """Least and largest similarity of their layers; zeros where the method compares none."""
    flagged: int = 0
    """Pairs that the method would have accused or referred, each held against the others."""

    @property
    def highest(self) -> float:
        return max(self.values)

    def rank_p(self, value: float) -> float:
        """Chance of such a value among pairs like these: (1 + those that reach it) / (1 + all)."""
        return (1 + sum(one >= value for one in self.values)) / (1 + len(self.values))


def bands(nulls: Sequence[Body], methods: Iterable[PairMethod], memory_gib: float = MEMORY_GIB) -> dict[Key, Band]:
    """One band per component and method, over all pairs of the nulls."""
    found: dict[Key, list[Finding]] = {}
    for ours, theirs in combinations(nulls, 2):
        pair = Pair(ours, theirs, memory_gib)
        with fitting_threads(ours, theirs):
            for finding in (finding for method in methods for finding in method(pair)):
                if finding.value is not None:
                    found.setdefault((finding.component, finding.method), []).append(finding)
    return {key: _band(members) for key, members in found.items()}


def _band(findings: Sequence[Finding]) -> Band:
    similarities = [layer.similarity for finding in findings for layer in finding.layers] or [0.0]
    values = tuple(finding.value for finding in findings if finding.value is not None)
    flagged = 0
    for index, finding in enumerate(findings):
        others = Band((*values[:index], *values[index + 1 :]) or (-1.0,), (0.0, 0.0))
        flagged += within(finding, others).strength in ("derived", "refer")
    return Band(values, (min(similarities), max(similarities)), flagged)


def within(finding: Finding, band: Band | None) -> Finding:
    """The finding beside its null band. A value that independents reached too supports nothing.

    A band only ever takes findings away: some tens of pairs cannot support a p-value of their own.
    """
    if band is None or finding.value is None:
        return finding
    low, high = band.similarity
    details = {
        **finding.details, "null_pairs": len(band.values), "null_highest": band.highest, "null_low": low,
        "null_high": high, "null_p": round(band.rank_p(finding.value), 6), "null_flagged": band.flagged,
    }  # fmt: skip
    if finding.strength not in ("derived", "refer") or finding.value > band.highest:
        return finding.model_copy(update={"details": details})
    statement = f"{finding.statement}; but {len(band.values)} pairs of known independents reached {band.highest:.2f}"
    return finding.model_copy(update={"details": details, "strength": "no_evidence", "statement": statement})
