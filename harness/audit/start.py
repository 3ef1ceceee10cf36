"""Shared initialisation is not descent: two models that start from one seed and learn apart.

Their matrices resemble each other as far as training left the start visible. Norm gains start at a constant, so they
hold nothing but what was learned: where those agree no more than strangers', experts must tell the two cases apart.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.audit.calibration import START_LAG, START_NORMS, START_SIMILARITY
from harness.audit.finding import Finding

OF_THE_TEXT = ("text", "embeddings", "head")
FROM_THE_START = ("weights", "matching", "alignment", "activations", "turned")


def weighed(findings: Sequence[Finding], seen: Sequence[Finding]) -> list[Finding]:
    """The findings of one pair, those on the text taken back to `refer` where a shared start explains them.

    `seen` are the findings of the pair as the methods made them: what stands beside a component has no say in whether
    both began alike.
    """
    if not _looks_shared(seen):
        return list(findings)
    return [
        _referred(finding)
        if finding.component in OF_THE_TEXT and finding.method in FROM_THE_START and finding.strength == "derived"
        else finding
        for finding in findings
    ]


def _looks_shared(findings: Sequence[Finding]) -> bool:
    """Units and tokens in place but not quite alike, and less in common among what both have learned."""
    order, norms = _found(findings, "text", "weights"), _found(findings, "text", "norms")
    tokens = _found(findings, "embeddings", "weights")
    if order is None or norms is None or order.strength != "derived" or order.details["frame"] != "as stored":
        return False
    if tokens is not None and tokens.strength not in ("derived", "refer"):
        return False  # one seed gives both models the same embeddings
    similarity, learned = order.details["similarity"], norms.details["nearest"]
    if not isinstance(similarity, float) or not isinstance(learned, float):
        return False
    return similarity < START_SIMILARITY and learned < min(START_NORMS, similarity - START_LAG)


def _found(findings: Sequence[Finding], component: str, method: str) -> Finding | None:
    return next((one for one in findings if one.component == component and one.method == method), None)


def _referred(finding: Finding) -> Finding:
    why = "; but what both learned (norm gains) has nothing in common, as where two models share only their first seed"
    return finding.model_copy(update={"strength": "refer", "statement": finding.statement + why})
