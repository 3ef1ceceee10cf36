"""Matrices outside all layers (projectors, adapters, single heads): rows in the candidate's order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.audit.agreement import chance_of_agreement, match
from harness.audit.calibration import ALPHA, ORDER
from harness.audit.finding import P_FLOOR, Component, Finding, Strength
from harness.audit.pair import Pair
from harness.audit.regions import NUMBERED
from harness.audit.values import Floats

MOST_ROWS = 2048
LOOSE: tuple[Component, ...] = ("projector", "vision", "audio", "text")


def findings(pair: Pair) -> tuple[Finding, ...]:
    """The projector, and whatever component has matrices but no layers that could be read."""
    return tuple(_of(pair, component) for component in LOOSE if _is_loose(pair, component))


def _is_loose(pair: Pair, component: Component) -> bool:
    members, stacks = pair.ours.anatomy.members, pair.ours.anatomy.stacks
    if component not in members:
        return False
    return (
        component == "projector"
        or component not in stacks
        or not any(block.roles or block.feed_forwards for block in stacks[component].blocks)
    )


def _of(pair: Pair, component: Component) -> Finding:
    """The best of all pairs of matrices of one shape; each counts in the Bonferroni factor."""
    tried = list(_tried(pair, component))
    if not tried:
        return Finding(
            component=component, candidate=pair.candidate, method="weights", strength="not_comparable",
            statement=f"{pair.candidate} has no {component} with matrices of the same shapes",
        )  # fmt: skip
    p_value, share, same, name, other = min(tried)
    adjusted = max(P_FLOOR, min(1.0, p_value * len(tried)))
    convicts = adjusted <= ALPHA and ORDER.convicts(share, same)
    suspicious = adjusted <= ALPHA and ORDER.hints(share, same)
    strength: Strength = "derived" if convicts else "refer" if suspicious else "no_evidence"
    return Finding(
        component=component, candidate=pair.candidate, method="weights", strength=strength,
        statement=f"{share:.0%} of the rows of {name} stand in the order of {pair.candidate}'s {other}"
        f" (median similarity {same:.2f})",
        statistic="share of rows in the same order", value=share, p_value=adjusted, exact=True,
        details={"comparisons": len(tried), "similarity": round(same, 4)},
    )  # fmt: skip


def _tried(pair: Pair, component: Component) -> Iterator[tuple[float, float, float, str, str]]:
    ours, theirs = pair.ours, pair.theirs
    for name in ours.anatomy.members[component]:
        shape = ours.subject.tensors[name].shape
        if len(shape) < 2 or shape[0] < 8:
            continue
        for other in _alike(pair, component, name):
            yield (*_rows_in_order(ours.subject.values.whole(name), theirs.subject.values.whole(other)), name, other)


def _alike(pair: Pair, component: Component, name: str) -> Iterator[str]:
    """The candidate's matrices of the same shape; of two that are numbered alike, only those of one number."""
    shape, number = pair.ours.subject.tensors[name].shape, NUMBERED.match(name)
    for other in pair.theirs.anatomy.members.get(component, ()):
        their_number = NUMBERED.match(other)
        if number and their_number and number["layer"] != their_number["layer"]:
            continue
        if pair.theirs.subject.tensors[other].shape == shape:
            yield other


def _rows_in_order(ours: Floats, theirs: Floats) -> tuple[float, float, float]:
    """p-value, share of rows in the same order and their median similarity."""
    chosen = np.unique(np.linspace(0, len(ours) - 1, min(len(ours), MOST_ROWS)).astype(np.int64))
    left, right = _unit(ours.reshape(len(ours), -1)[chosen]), _unit(theirs.reshape(len(theirs), -1)[chosen])
    similarity = left @ right.T
    kept = int(np.count_nonzero(match(similarity) == np.arange(len(chosen))))
    p_value = chance_of_agreement(kept, len(chosen), len(chosen))
    return p_value, kept / len(chosen), float(np.median(np.diagonal(similarity)))


def _unit(rows: Floats) -> Floats:
    centred = rows - rows.mean(0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    unit: Floats = centred / np.where(length > 0, length, 1)
    return unit
