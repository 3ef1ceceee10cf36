"""From findings to one conclusion per component and candidate, p-values adjusted by Holm over all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.audit.finding import LEFT_OUT, P_FLOOR, Component, Conclusion, Finding, Strength

RANK: Mapping[Strength, int] = {"derived": 3, "refer": 2, "no_evidence": 1, "not_comparable": 0}
NEVER_CONVICT = frozenset({"tokenizer", "code", "licence", "behaviour", "configuration", "norms"})
"""Methods that show likeness, not descent."""


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (1979), in the order given."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, running = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = max(running, P_FLOOR)
    return adjusted


def conclude(
    findings: Sequence[Finding], components: Iterable[Component], candidates: Sequence[str], alpha: float
) -> tuple[Conclusion, ...]:
    """One conclusion for every candidate and every component; nothing is ever concluded to be independent."""
    tested = [index for index, finding in enumerate(findings) if finding.p_value is not None]
    values = [p for index in tested if (p := findings[index].p_value) is not None]
    adjusted = dict(zip(tested, holm(values), strict=True))
    weighed = [(finding, adjusted.get(index)) for index, finding in enumerate(findings)]
    return tuple(_one(component, candidate, weighed, alpha) for candidate in candidates for component in components)


def _one(
    component: Component, candidate: str, weighed: Sequence[tuple[Finding, float | None]], alpha: float
) -> Conclusion:
    here = [
        (_supported(finding, p, alpha), finding, p)
        for finding, p in weighed
        if finding.component == component and finding.candidate == candidate
    ]
    if not here:
        return Conclusion(
            component=component, candidate=candidate, conclusion="not_comparable", method="none", p_value=None,
            reason=f"No method could compare this with {candidate}.",
        )  # fmt: skip
    left_out = [(strength, finding, p) for strength, finding, p in here if finding.details.get(LEFT_OUT)]
    if left_out and all(strength in ("no_evidence", "not_comparable") for strength, _, _ in here):
        here = left_out
    strength, finding, p_value = max(here, key=_weight)
    return Conclusion(
        component=component, candidate=candidate, conclusion=strength, method=finding.method, p_value=p_value,
        reason=_reason(component, candidate, strength, finding),
        left_out=strength == "not_comparable" and bool(finding.details.get(LEFT_OUT)),
    )  # fmt: skip


def _weight(entry: tuple[Strength, Finding, float | None]) -> tuple[int, float]:
    """The strongest speaks, of those the least likely; of what cannot be compared, the first."""
    strength, _, p_value = entry
    return RANK[strength], -2.0 if p_value is None or strength == "not_comparable" else -p_value


def _supported(finding: Finding, p_value: float | None, alpha: float) -> Strength:
    """What is left of a finding once its p-value is adjusted, and where its method may not convict."""
    strength = finding.strength
    if strength in ("derived", "refer") and p_value is not None and p_value > alpha:
        return "no_evidence"
    return "refer" if strength == "derived" and finding.method in NEVER_CONVICT else strength


def _reason(component: Component, candidate: str, strength: Strength, finding: Finding) -> str:
    descends = "descend" if component == "embeddings" else "descends"
    lead = {
        "derived": f"The {component} {descends} from {candidate}",
        "refer": f"Experts should compare the {component} with {candidate}",
        "no_evidence": f"No evidence that the {component} {descends} from {candidate}",
        "not_comparable": f"The {component} could not be compared with {candidate}",
    }[strength]
    return f"{lead}: {finding.statement}."
