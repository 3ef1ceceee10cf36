"""Matrices outside all layers (projectors, adapters, single heads): rows and hidden units in the candidate's order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from harness.audit.agreement import chance_of_agreement, match
from harness.audit.calibration import ALPHA, MOST_OF_IT, ORDER
from harness.audit.finding import P_FLOOR, Component, Finding, Strength
from harness.audit.matrices import squared, unit
from harness.audit.pair import Body, Pair
from harness.audit.regions import NUMBERED
from harness.audit.values import Floats, Ids, Values

MOST_ROWS, MOST_VALUES = 2048, 1 << 25
"""Rows of a matrix that are compared, and their values: of larger rows, such as experts, the beginning."""
FEWEST_ROWS = 8
OUTSTANDING = 4.0
"""Times the spread of the other values that a diagonal is which was there before any training."""
LOOSE: tuple[Component, ...] = ("projector", "vision", "audio", "text")


@dataclass(frozen=True)
class Tried:
    """Two matrices of one shape."""

    p_value: float
    share: float
    """Of rows that stand in the candidate's order."""
    similarity: float
    """Median cosine of rows of one number."""
    closeness: float
    """Cosine of the whole matrices."""
    name: str
    other: str


def findings(pair: Pair) -> tuple[Finding, ...]:
    """The projector, and whatever component has matrices but no layers that could be read."""
    return tuple(_of(pair, component) for component in LOOSE if _is_loose(pair.ours, component))


def read_loose(body: Body) -> list[str]:
    """Names of the matrices that are looked at here."""
    loose = [component for component in LOOSE if _is_loose(body, component)]
    return [name for component in loose for name in _matrices(body, component)]


def _is_loose(body: Body, component: Component) -> bool:
    members, stacks = body.anatomy.members, body.anatomy.stacks
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
    best = min(tried, key=lambda one: (one.p_value, -one.closeness))
    adjusted = max(P_FLOOR, min(1.0, best.p_value * len(tried)))
    convicting = {
        one.name for one in tried
        if one.p_value * len(tried) <= ALPHA and ORDER.convicts(one.share, one.similarity)
    }  # fmt: skip
    whole = _values(pair.ours, _matrices(pair.ours, component))
    convicts = bool(convicting) and _values(pair.ours, convicting) >= MOST_OF_IT * whole
    suspicious = bool(convicting) or (adjusted <= ALPHA and ORDER.hints(best.share, best.similarity))
    strength: Strength = "derived" if convicts else "refer" if suspicious else "no_evidence"
    return Finding(
        component=component, candidate=pair.candidate, method="weights", strength=strength,
        statement=f"{best.share:.0%} of the rows of {best.name} stand in the order of {pair.candidate}'s {best.other}"
        f" (median similarity {best.similarity:.2f})",
        statistic="share of rows in the same order", value=best.share, p_value=adjusted, exact=True,
        details={
            "comparisons": len(tried), "similarity": round(best.similarity, 4),
            "closeness": max(one.closeness for one in tried),
        },
    )  # fmt: skip


def _tried(pair: Pair, component: Component) -> Iterator[Tried]:
    ours, theirs = pair.ours, pair.theirs
    for name in _matrices(ours, component):
        for other in _alike(pair, component, name):
            yield _rows_in_order(ours.subject.values, theirs.subject.values, name, other)


def _matrices(body: Body, component: Component) -> Iterator[str]:
    for name in body.anatomy.members[component]:
        shape = body.subject.values.tensors[name].shape
        if len(shape) > 1 and shape[0] >= FEWEST_ROWS:
            yield name


def _values(body: Body, names: Iterable[str]) -> int:
    """How many values these tensors hold."""
    return sum(math.prod(body.subject.values.tensors[name].shape) for name in names)


def _alike(pair: Pair, component: Component, name: str) -> Iterator[str]:
    """The candidate's matrices of the same shape; of two that are numbered alike, only those of one number."""
    shape, number = pair.ours.subject.values.tensors[name].shape, NUMBERED.match(name)
    for other in pair.theirs.anatomy.members.get(component, ()):
        their_number = NUMBERED.match(other)
        if number and their_number and number["layer"] != their_number["layer"]:
            continue
        if pair.theirs.subject.values.tensors[other].shape == shape:
            yield other


def _rows_in_order(ours: Values, theirs: Values, name: str, other: str) -> Tried:
    count = ours.tensors[name].shape[0]
    chosen = np.unique(np.linspace(0, count - 1, min(count, MOST_ROWS)).astype(np.int64))
    left, right = (
        _centred(_learned(_beginnings(side, of, chosen), chosen)) for side, of in ((ours, name), (theirs, other))
    )
    similarity = left @ right.T
    kept = int(np.count_nonzero(match(similarity) == np.arange(len(chosen))))
    p_value = chance_of_agreement(kept, len(chosen), len(chosen))
    alike, share = float(np.median(np.diagonal(similarity))), kept / len(chosen)
    return Tried(p_value, share, alike, cosine(ours, theirs, name, other), name, other)


def _beginnings(values: Values, name: str, chosen: Ids) -> Floats:
    """The chosen rows, or as much of each as all may hold, such as of experts in one tensor."""
    most = MOST_VALUES // len(chosen)
    if math.prod(values.tensors[name].shape[1:]) <= most:
        return values.rows(name, chosen).reshape(len(chosen), -1)
    return np.stack([values.span(name, int(row), 1).reshape(-1)[:most] for row in chosen])


def _learned(rows: Floats, chosen: Ids) -> Floats:
    """Rows without the diagonal that a matrix started from the identity has: it would put all rows in place."""
    inside = chosen < rows.shape[1]
    at = np.flatnonzero(inside), chosen[inside]
    without = rows.copy()
    without[at] = 0
    spread = float(np.sqrt(squared(without).sum() / rows.size))
    stands_out = len(at[0]) > 0 and float(np.median(np.abs(rows[at]))) > OUTSTANDING * spread
    return without if stands_out else rows


def cosine(ours: Values, theirs: Values, name: str, other: str) -> float:
    """Of two whole tensors of one shape, read a part at a time."""
    sums = np.zeros(3)
    for first, count in ours.spans(name):
        one, two = (side.span(of, first, count).astype(np.float64) for side, of in ((ours, name), (theirs, other)))
        sums += np.vdot(one, two), np.vdot(one, one), np.vdot(two, two)
    return float(sums[0] / max(float(np.sqrt(sums[1] * sums[2])), 1e-30))


def _centred(rows: Floats) -> Floats:
    return unit(rows - rows.mean(0))
