"""Shared initialisation is not descent: two models that start from one seed and learn apart.

Their matrices resemble each other as far as training left the start visible. Norm gains start at a constant, so they
hold nothing but what was learned: where those agree no more than strangers', experts must tell the two cases apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from harness.audit.calibration import START_LAG, START_NORMS, START_SIMILARITY
from harness.audit.finding import Component, Finding
from harness.audit.matrices import Matrix, unit
from harness.audit.pair import Body, Pair
from harness.audit.parts import Stack
from harness.audit.units import gated

TEXT: Component = "text"
OF_THE_TEXT = (TEXT, "embeddings", "head")
FROM_THE_START = ("weights", "matching", "alignment", "activations", "turned")


UNITS = 256
"""Units of a layer that tell whether gains were moved into matrices."""


def weighed(pair: Pair, findings: Sequence[Finding], seen: Sequence[Finding]) -> list[Finding]:
    """The findings of one pair, those on the text taken back to `refer` where a shared start explains them.

    `seen` are the findings of the pair as the methods made them: what stands beside a component has no say in whether
    both began alike.
    """
    if not _looks_shared(seen) or _were_moved(pair):
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


def _were_moved(pair: Pair) -> bool:
    """Whether units in place are more alike with the gains of their norms than without: then gains were moved into the
    matrices, or changed together with them. Of two models of one seed the matrices alone are the more alike.
    """
    alike = [_alike(*both) for both in _in_place(pair)]
    with_gains, without = (float(np.mean(side)) for side in zip(*alike, strict=True)) if alike else (0.0, 0.0)
    return with_gains > without


def _in_place(pair: Pair) -> Iterator[tuple[Matrix, Matrix]]:
    """What units of the same part and layer read, where both layers have as many."""
    stacks = pair.stacks(TEXT)
    if stacks is None or stacks[0].width != stacks[1].width:
        return
    ours, theirs = (_reading(stack, body) for stack, body in zip(stacks, (pair.ours, pair.theirs), strict=True))
    for mine, other in zip(ours, theirs, strict=False):
        if mine is not None and other is not None and len(mine) == len(other):
            yield mine, other


def _reading(stack: Stack, body: Body) -> Iterator[Matrix | None]:
    """What the first feed-forward block of each layer reads with; None where it cannot be told."""
    for block in stack.blocks:
        first = block.feed_forwards[0] if block.feed_forwards else None
        found = None if first is None else gated(stack, block, first, body.subject.values)
        yield None if found is None else found[1]


def _alike(ours: Matrix, theirs: Matrix) -> tuple[float, float]:
    """Median cosine of the same units with gains folded in, and without."""
    chosen = np.unique(np.linspace(0, len(ours) - 1, min(len(ours), UNITS)).astype(np.int64))
    plain = [replace(matrix, gains=np.ones_like(matrix.gains)) for matrix in (ours, theirs)]
    cosines = [(unit(one.rows(chosen)) * unit(other.rows(chosen))).sum(1) for one, other in ((ours, theirs), plain)]
    return float(np.median(cosines[0])), float(np.median(cosines[1]))


def _found(findings: Sequence[Finding], component: str, method: str) -> Finding | None:
    return next((one for one in findings if one.component == component and one.method == method), None)


def _referred(finding: Finding) -> Finding:
    why = "; but what both learned (norm gains) has nothing in common, as where two models share only their first seed"
    return finding.model_copy(update={"strength": "refer", "statement": finding.statement + why})
