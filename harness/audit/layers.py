"""Every layer of a component against every layer of a candidate: matchings of units, counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from harness.audit.agreement import chance_of_agreement, match
from harness.audit.finding import Component
from harness.audit.frame import Frame, FrameName
from harness.audit.pair import Pair
from harness.audit.parts import Stack
from harness.audit.units import Units, halves, units_of
from harness.audit.values import Floats, Ids

MOST_UNITS = 256
"""Units of a part that are compared with all of the candidate's: enough for any p-value that is written."""
SURE = 0.6
"""Share and similarity at which a layer is explained."""


@dataclass(frozen=True)
class Compared:
    """One part of one layer against the like part of one of the candidate's layers, in one frame."""

    frame: FrameName
    part: str
    layer: int
    other: int
    other_part: str
    agreement: float
    """Share of units on which the match by gate (value, query) and the match by the other matrices agree."""
    similarity: float
    """Median similarity, in the matrices that did not choose it, of the units matched by gate (value, query)."""
    p_agreement: float
    """Chance of that agreement for two independent uniform matchings."""
    in_place: float | None
    """Share of units matched to the unit of the same number; null where the numbers of units differ."""
    in_place_similarity: float
    """Median similarity of units of the same number."""
    p_in_place: float | None
    """Chance of that for units in random order: exact for independent initialisations, whatever the data."""


@dataclass(frozen=True)
class Sampled:
    """Units of the audited checkpoint that are compared: all, or evenly spread ones of a large layer."""

    units: Units
    rows: Ids
    """Their numbers."""
    of: int
    """How many there are."""


def compare_layers(pair: Pair, component: Component) -> list[Compared]:
    """All layers against all layers, in one frame after another until most layers are explained.

    Memory: the sampled units of all layers of the audited checkpoint, and one whole layer of the candidate.
    """
    stacks = pair.stacks(component)
    if stacks is None:
        return []
    ours, theirs = stacks
    sampled = [[_sample(units) for units in units_of(ours, block, pair.ours.subject.values)] for block in ours.blocks]
    compared: list[Compared] = []
    for frame in pair.frames(component):
        found = list(_in_frame(pair, sampled, theirs, frame))
        compared += found
        if _is_explained(found, len(ours.blocks)):
            break
    return compared


def _in_frame(pair: Pair, sampled: list[list[Sampled]], theirs: Stack, frame: Frame) -> Iterator[Compared]:
    for other, block in enumerate(theirs.blocks):
        candidates = units_of(theirs, block, pair.theirs.subject.values)
        for layer, members in enumerate(sampled):
            for one in members:
                brought = [frame.bring(matrix) for matrix in halves(one.units)]
                for candidate in candidates:
                    if comparable(one.units, candidate):
                        yield _compare(one, brought, candidate, frame.name, (layer, other))


def _is_explained(found: list[Compared], layers: int) -> bool:
    """Whether most layers are the candidate's beyond doubt, so that other frames add nothing."""
    sure = {
        one.layer for one in found
        if max(one.agreement, one.in_place or 0) > SURE and max(one.similarity, one.in_place_similarity) > SURE
    }  # fmt: skip
    return 2 * len(sure) > layers


def _sample(units: Units) -> Sampled:
    chosen = np.unique(np.linspace(0, len(units) - 1, min(len(units), MOST_UNITS)).astype(np.int64))
    second = tuple(rows[chosen] for rows in units.second)
    return Sampled(Units(units.part, units.first[chosen], second, units.signed), chosen, len(units))


def comparable(ours: Units, theirs: Units) -> bool:
    """Feed-forward parts with each other, whichever expert; values with values, queries with queries."""
    return ours.signed == theirs.signed and (ours.signed or ours.part == theirs.part)


def _compare(one: Sampled, brought: list[Floats], candidate: Units, frame: FrameName, at: tuple[int, int]) -> Compared:
    similarities = [a @ b.T for a, b in zip(brought, halves(candidate), strict=False)]
    chooser, tested = similarities[0], np.prod(similarities[1:], axis=0)
    if not one.units.signed:
        # Both signs may have been turned together, so that only their product is fixed.
        chooser, tested = np.abs(chooser), np.abs(tested)
    first, second = match(chooser), match(tested, seed=1)
    matched = first >= 0
    agreeing = int(np.count_nonzero((first == second) & matched))
    rows, columns = chooser.shape
    held_out = tested[np.flatnonzero(matched), first[matched]]
    power = 1 / (len(similarities) - 1)
    in_place, same, p_in_place = _in_place(similarities, one)
    return Compared(
        frame=frame, part=one.units.part, layer=at[0], other=at[1], other_part=candidate.part,
        agreement=agreeing / min(rows, columns), similarity=_root(float(np.median(held_out)), power),
        p_agreement=chance_of_agreement(agreeing, rows, columns),
        in_place=in_place, in_place_similarity=same, p_in_place=p_in_place,
    )  # fmt: skip


def _in_place(similarities: list[Floats], one: Sampled) -> tuple[float | None, float, float | None]:
    """Units matched on all matrices at once, among units of the same numbers: how many to their own number."""
    if similarities[0].shape[1] != one.of:
        return None, 0.0, None
    total = np.sum(similarities, axis=0)[:, one.rows]
    count = len(total)
    kept = int(np.count_nonzero(match(total) == np.arange(count)))
    same = float(np.median(np.diagonal(total))) / len(similarities)
    return kept / count, same, chance_of_agreement(kept, count, count)


def _root(value: float, power: float) -> float:
    return float(np.clip(np.sign(value) * abs(value) ** power, -1, 1))
