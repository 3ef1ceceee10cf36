"""Every layer of a component against every layer of a candidate: matchings of units, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.audit.agreement import chance_in_heads, chance_of_agreement, match
from harness.audit.finding import Component
from harness.audit.frame import Frame, FrameName
from harness.audit.matrices import unit
from harness.audit.pair import Pair
from harness.audit.parts import Block, Stack
from harness.audit.units import Units, halves, router_rows, units_of
from harness.audit.values import Floats, Ids

MOST_UNITS, FEWER_UNITS = 256, 128
"""Units of a part that are compared with all of the candidate's: enough for any p-value that is written. Fewer in deep
models."""
SCREENED = 100
"""Pairs of layers up to which all are compared in full. Of more, a few units are matched by their nearest first."""
SCREENING_UNITS, NEAREST_LAYERS = 32, 2
"""Units that screen a pair of layers, and the candidate's layers that each of ours is then compared with in full."""
EXPERTS = "experts."
HELD_EXPERTS = 16
"""Experts of a layer up to which all are held; of larger mixtures those that the router pairs, at like depth."""
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
    agreeing: int
    """Units on which both matchings agree."""
    similarity: float
    """Median similarity, in the matrices that did not choose it, of the units matched by gate (value, query)."""
    chance: float
    """Chance of that agreement for two unrelated matchings: no p-value, since both see what the same data teach."""
    in_place: float | None
    """Share of units matched to the unit of the same number; null where that has no meaning."""
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

    def some(self, count: int) -> Sampled:
        """At most so many of them, as many of every head."""
        per_head = max(1, min(len(self.rows), count) // self.units.heads)
        inside = len(self.rows) // self.units.heads
        offsets = np.unique(np.linspace(0, inside - 1, min(inside, per_head)).astype(np.int64))
        kept = (np.arange(self.units.heads)[:, None] * inside + offsets).reshape(-1)
        first, *second = (rows[kept] for rows in halves(self.units))
        return Sampled(replace(self.units, first=first, second=tuple(second)), self.rows[kept], self.of)


def compare_layers(pair: Pair, component: Component) -> list[Compared]:
    """All layers against all layers, in one frame after another until most layers are explained.

    Memory: the sampled units of all layers of the audited checkpoint, and one whole layer of the candidate.
    """
    stacks = pair.stacks(component)
    if stacks is None:
        return []
    ours, theirs = stacks
    read = pair.ours.subject.values
    most = MOST_UNITS if len(ours.blocks) * len(theirs.blocks) <= SCREENED else FEWER_UNITS
    sampled = [
        [Sampled(units, np.arange(len(units)), len(units)).some(most) for units in units_of(ours, block, read)]
        for block in ours.blocks
    ]
    routers = [router_rows(ours, block, read) for block in ours.blocks]
    compared: list[Compared] = []
    for frame in pair.frames(component):
        found = _in_frame(pair, theirs, [_brought(members, frame) for members in sampled], routers, frame)
        compared += found
        if is_explained(found, len(ours.blocks)):
            break
    return compared


def _brought(members: Sequence[Sampled], frame: Frame) -> list[Sampled]:
    """The units in the candidate's basis."""
    found: list[Sampled] = []
    for one in members:
        first, *second = (frame.bring(rows) for rows in halves(one.units))
        found.append(replace(one, units=replace(one.units, first=first, second=tuple(second))))
    return found


def _in_frame(
    pair: Pair, theirs: Stack, sampled: list[list[Sampled]], routers: list[Floats | None], frame: Frame
) -> list[Compared]:
    every = [(layer, other) for other in range(len(theirs.blocks)) for layer in range(len(sampled))]
    if len(every) <= SCREENED:
        return list(_at(pair, theirs, sampled, routers, frame, every, full=True))
    few = [[one.some(SCREENING_UNITS) for one in members] for members in sampled]
    screened = list(_at(pair, theirs, few, routers, frame, every, full=False))
    best = _nearest(screened)
    kept = [one for one in screened if (one.layer, one.other) not in best]
    return kept + list(_at(pair, theirs, sampled, routers, frame, sorted(best, key=lambda at: at[1]), full=True))


def _nearest(screened: Sequence[Compared]) -> set[tuple[int, int]]:
    """For each of our layers, the candidate's that it resembles most in any part, and the one of its own number."""
    scores: dict[int, dict[int, float]] = {}
    for one in screened:
        score = max(one.agreement, one.in_place or 0.0) + max(one.similarity, one.in_place_similarity)
        row = scores.setdefault(one.layer, {})
        row[one.other] = max(row.get(one.other, 0.0), score)
    found: set[tuple[int, int]] = set()
    for layer, row in scores.items():
        found |= {(layer, other) for other in sorted(row, key=lambda other: -row[other])[:NEAREST_LAYERS]}
        found |= {(layer, layer)} if layer in row else set()
    return found


def _at(
    pair: Pair, theirs: Stack, sampled: list[list[Sampled]], routers: list[Floats | None], frame: Frame,
    places: Sequence[tuple[int, int]], *, full: bool,
) -> Iterator[Compared]:  # fmt: skip
    """The given pairs of layers, those of one candidate's layer after another."""
    read = pair.theirs.subject.values
    for other, block in enumerate(theirs.blocks):
        layers = [layer for layer, at in places if at == other]
        if not layers:
            continue
        their_router, few = router_rows(theirs, block, read), _are_few(block)
        held = units_of(theirs, block, read, None if few else frozenset(), most=HELD_EXPERTS)
        for layer in layers:
            experts = _experts(sampled[layer], routers[layer], their_router, frame)
            candidates = held
            if not few and experts is not None and _at_like_depth(layer, other, len(sampled), len(theirs.blocks)):
                candidates = units_of(theirs, block, read, frozenset().union(*experts.values()))
            for one in sampled[layer]:
                for candidate in candidates:
                    if comparable(one.units, candidate) and _belongs(one.units.part, candidate.part, experts):
                        yield _compare(one, candidate, frame.name, (layer, other), full=full)


def _are_few(block: Block) -> bool:
    """Whether all experts of a layer can be held at once."""
    return len(block.feed_forwards) <= HELD_EXPERTS


def _at_like_depth(layer: int, other: int, layers: int, others: int) -> bool:
    """Where the experts of large mixtures are compared: reading them for all pairs of layers would take days."""
    return other == layer * others // layers


def _experts(
    sampled: Sequence[Sampled], ours: Floats | None, theirs: Floats | None, frame: Frame
) -> dict[str, set[str]] | None:
    """Which of the candidate's experts each of ours is compared with: the one of its number, and the one that the
    router sends the same tokens to. None where no routers can be compared: then all with all.
    """
    parts = [one.units.part for one in sampled if one.units.part.startswith(EXPERTS)]
    if not parts or ours is None or theirs is None:
        return None
    numbers = [int(part.removeprefix(EXPERTS)) for part in parts]
    if max(numbers) >= len(ours):
        return None
    nearest = (unit(frame.bring(ours))[numbers] @ theirs.T).argmax(1)
    return {part: {part, f"{EXPERTS}{number}"} for part, number in zip(parts, nearest, strict=True)}


def _belongs(ours: str, theirs: str, experts: dict[str, set[str]] | None) -> bool:
    """Whether a pair of feed-forward parts is compared: not every expert with every other."""
    both = ours.startswith(EXPERTS) and theirs.startswith(EXPERTS)
    return experts is None or not both or theirs in experts.get(ours, {theirs})


def is_explained(found: Sequence[Compared], layers: int) -> bool:
    """Whether most layers are the candidate's beyond doubt, so that other frames add nothing."""
    sure = {
        one.layer for one in found
        if max(one.agreement, one.in_place or 0) > SURE and max(one.similarity, one.in_place_similarity) > SURE
    }  # fmt: skip
    return 2 * len(sure) > layers


def comparable(ours: Units, theirs: Units) -> bool:
    """Feed-forward parts with each other, whichever expert; values with values, queries with queries."""
    return ours.signed == theirs.signed and (ours.signed or ours.part == theirs.part)


def _compare(one: Sampled, candidate: Units, frame: FrameName, at: tuple[int, int], *, full: bool) -> Compared:
    similarities = [a @ b.T for a, b in zip(halves(one.units), halves(candidate), strict=False)]
    chooser, tested = similarities[0], np.prod(similarities[1:], axis=0)
    if not one.units.signed:
        # Both signs may have been turned together, so that only their product is fixed.
        chooser, tested = np.abs(chooser), np.abs(tested)
    first, second = (match(chooser), match(tested, seed=1)) if full else (chooser.argmax(1), tested.argmax(1))
    matched = first >= 0
    agreeing = int(np.count_nonzero((first == second) & matched))
    rows, columns = chooser.shape
    held_out = tested[np.flatnonzero(matched), first[matched]]
    power = 1 / (len(similarities) - 1)
    in_place, same, p_in_place = _in_place(similarities, one, candidate, full=full)
    return Compared(
        frame=frame, part=one.units.part, layer=at[0], other=at[1], other_part=candidate.part,
        agreement=agreeing / min(rows, columns), agreeing=agreeing, similarity=_root(float(np.median(held_out)), power),
        chance=chance_of_agreement(min(agreeing, rows, columns), rows, columns),
        in_place=in_place, in_place_similarity=same, p_in_place=p_in_place,
    )  # fmt: skip


def _in_place(
    similarities: Sequence[Floats], one: Sampled, candidate: Units, *, full: bool
) -> tuple[float | None, float, float | None]:
    """Units matched on all matrices at once, among units of the same numbers: how many to their own number.

    Not for queries: where positions turn them, every dimension has a speed of its own, and the order is not arbitrary.
    """
    if similarities[0].shape[1] != one.of or one.units.part == "query" or one.units.heads != candidate.heads:
        return None, 0.0, None
    total = np.sum(similarities, axis=0)[:, one.rows]
    count = len(total)
    kept = int(np.count_nonzero((match(total) if full else total.argmax(1)) == np.arange(count)))
    same = float(np.median(np.diagonal(total))) / len(similarities)
    heads = one.units.heads
    return kept / count, same, chance_in_heads(kept, heads, count // heads)


def _root(value: float, power: float) -> float:
    return float(np.clip(np.sign(value) * abs(value) ** power, -1, 1))
