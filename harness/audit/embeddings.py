"""Token embeddings and output heads: dimensions in one order, and a rotation tested on tokens it was not fitted to.

Models of the same data share the coarse geometry of their embeddings: after alignment, tied heads of independents have
a cosine of 0.7. They do not share the fine directions, in which the random start is kept; so both sides are whitened.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.audit.agreement import chance_of_agreement, match
from harness.audit.calibration import ALIGNED_DERIVED, ALIGNED_REFER, ALPHA, EMBEDDING_ORDER
from harness.audit.finding import Component, Finding, Strength
from harness.audit.pair import Pair
from harness.audit.values import Floats

ENDS: tuple[Component, ...] = ("embeddings", "head")
FEWEST_PER_DIMENSION = 4
"""Shared tokens per dimension below which a fitted rotation proves nothing."""
FEWEST_TOKENS = 16
"""Shared tokens below which nothing is compared: tokenizers made apart share a few special ones."""
SPLIT_SEED = 20250219


def findings(pair: Pair) -> tuple[Finding, ...]:
    """What both ends of the model show."""
    return tuple(
        finding for component in ENDS if component in pair.ours.anatomy.members for finding in _end(pair, component)
    )


def _end(pair: Pair, component: Component) -> Iterator[Finding]:
    rows = _rows(pair, component)
    if rows is None:
        yield Finding(
            component=component, candidate=pair.candidate, method="embeddings", strength="not_comparable",
            statement=f"{pair.candidate} has no {component} whose tokens could be paired with these",
        )  # fmt: skip
        return
    ours, theirs = rows
    if len(ours) < FEWEST_TOKENS:
        yield Finding(
            component=component, candidate=pair.candidate, method="embeddings", strength="not_comparable",
            statement=f"only {len(ours)} of the tokens are shared with {pair.candidate}",
        )  # fmt: skip
        return
    if ours.shape[1] == theirs.shape[1]:
        yield _order(pair, component, ours, theirs)
    yield _aligned(pair, component, ours, theirs)


def _rows(pair: Pair, component: Component) -> tuple[Floats, Floats] | None:
    """Vectors of the same tokens. A candidate with tied embeddings has its head there."""
    rows = pair.token_rows(component)
    if rows is None and component == "head":
        rows = pair.token_rows_of(pair.ours.anatomy.head, pair.theirs.anatomy.embedding)
    return rows


def _order(pair: Pair, component: Component, ours: Floats, theirs: Floats) -> Finding:
    correlation = _standard(ours).T @ _standard(theirs)
    width = len(correlation)
    kept = int(np.count_nonzero(match(correlation) == np.arange(width)))
    share, same = kept / width, float(np.median(np.diagonal(correlation)))
    p_value = chance_of_agreement(kept, width, width)
    convicts = EMBEDDING_ORDER.convicts(share, same, p_value, ALPHA)
    suspicious = EMBEDDING_ORDER.hints(share, same, p_value, ALPHA)
    strength: Strength = "derived" if convicts else "refer" if suspicious else "no_evidence"
    return Finding(
        component=component, candidate=pair.candidate, method="weights", strength=strength,
        statement=f"{share:.0%} of the dimensions lie in the order of {pair.candidate}'s"
        f" (median correlation {same:.2f} over {len(ours)} shared tokens)",
        statistic="share of dimensions in the same order", value=share, p_value=p_value, exact=True,
        details={"tokens": len(ours), "median_correlation": round(same, 4)},
    )  # fmt: skip


def _aligned(pair: Pair, component: Component, ours: Floats, theirs: Floats) -> Finding:
    fewest = FEWEST_PER_DIMENSION * max(ours.shape[1], theirs.shape[1])
    if len(ours) < fewest:
        return Finding(
            component=component, candidate=pair.candidate, method="alignment", strength="not_comparable",
            statement=f"only {len(ours)} shared tokens; a rotation needs {fewest}",
        )  # fmt: skip
    value = held_out_alignment(ours, theirs)
    strength: Strength = "derived" if value >= ALIGNED_DERIVED else "refer" if value >= ALIGNED_REFER else "no_evidence"
    return Finding(
        component=component, candidate=pair.candidate, method="alignment", strength=strength,
        statement=f"after a rotation fitted to half of {len(ours)} shared tokens, the others agree with"
        f" {pair.candidate}'s by {value:.2f} (independent models: up to 0.30)",
        statistic="whitened cosine of held-out tokens", value=value, details={"tokens": len(ours)},
    )  # fmt: skip


def held_out_alignment(ours: Floats, theirs: Floats) -> float:
    """Median cosine, on one half of the tokens, after whitening and the rotation that the other half determines."""
    order = np.random.default_rng(SPLIT_SEED).permutation(len(ours))
    fitted, tested = order[: len(order) // 2], order[len(order) // 2 :]
    left, right = _white(ours), _white(theirs)
    u, _, v = np.linalg.svd(left[fitted].T @ right[fitted], full_matrices=False)
    moved = left[tested] @ (u @ v)
    lengths = np.linalg.norm(moved, axis=1) * np.linalg.norm(right[tested], axis=1)
    return float(np.median((moved * right[tested]).sum(1) / np.where(lengths > 0, lengths, 1)))


def _white(rows: Floats) -> Floats:
    """Rows of unit length whose directions all have the same variance."""
    length = np.linalg.norm(rows - rows.mean(0), axis=1, keepdims=True)
    unit = (rows - rows.mean(0)) / np.where(length > 0, length, 1)
    u, _, v = np.linalg.svd((unit - unit.mean(0)).astype(np.float64), full_matrices=False)
    white: Floats = (u @ v).astype(np.float32)
    return white


def _standard(rows: Floats) -> Floats:
    """Columns centred and of unit length."""
    centred = rows - rows.mean(0)
    length = np.linalg.norm(centred, axis=0)
    standard: Floats = (centred / np.where(length > 0, length, 1)).astype(np.float32)
    return standard
