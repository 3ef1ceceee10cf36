"""Every layer of a component against every layer of a candidate: matchings of units, counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from harness.audit.agreement import chance_in_heads, chance_of_agreement, match
from harness.audit.finding import Component
from harness.audit.frame import Frame, FrameName
from harness.audit.pair import Pair
from harness.audit.parts import Block, Stack
from harness.audit.sampling import Layer, Sampled, held_layers, sampled_layer
from harness.audit.units import EXPERTS, Part, Units, parts_of, router_rows
from harness.audit.values import Floats

MOST_UNITS, FEWER_UNITS = 256, 128
"""Units of a part that are compared with all of the candidate's: enough for any p-value that is written. Fewer in deep
models."""
SCREENED = 100
"""Pairs of layers up to which all are compared in full. Of more, a few units are matched by their nearest first."""
SCREENING_UNITS, NEAREST_LAYERS = 32, 2
"""Units that screen a pair of layers, and the candidate's layers that each of ours is then compared with in full."""
ALL_EXPERTS = 16
"""Experts of a layer up to which all are compared; of larger mixtures those that the router pairs, at like depth."""
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


def compare_layers(pair: Pair, component: Component) -> list[Compared]:
    """All layers against all layers, in one frame after another until most layers are explained.

    Memory: some units of all layers of the audited checkpoint, and of the candidate one side of an attention or a part
    of one feed-forward matrix.
    """
    stacks = pair.stacks(component)
    if stacks is None:
        return []
    compared: list[Compared] = []
    for frame in pair.frames(component):
        found = _in_frame(pair, stacks, frame)
        compared += found
        if is_explained(found, len(stacks[0].blocks)):
            break
    return compared


def _in_frame(pair: Pair, stacks: tuple[Stack, Stack], frame: Frame) -> list[Compared]:
    ours, theirs = stacks
    values = pair.ours.subject.values
    every = list(product(range(len(ours.blocks)), range(len(theirs.blocks))))
    if len(every) <= SCREENED:
        return _at(pair, stacks, held_layers(ours, values, frame, MOST_UNITS, MOST_UNITS), frame, every, full=True)
    few = held_layers(ours, values, frame, FEWER_UNITS, SCREENING_UNITS)
    screened = _at(pair, stacks, few, frame, every, full=False)
    del few
    best = _nearest(screened)
    found = [one for one in screened if (one.layer, one.other) not in best]
    for layer in range(len(ours.blocks)):
        sampled = {layer: sampled_layer(ours, layer, values, frame, FEWER_UNITS)}
        found += _at(pair, stacks, sampled, frame, [at for at in best if at[0] == layer], full=True)
    return found


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
    pair: Pair, stacks: tuple[Stack, Stack], ours: Mapping[int, Layer], frame: Frame,
    places: Sequence[tuple[int, int]], *, full: bool,
) -> list[Compared]:  # fmt: skip
    """The given pairs of layers, those of one candidate's layer after another, of which every part is read once."""
    theirs, values, depth = stacks[1], pair.theirs.subject.values, len(stacks[0].blocks)
    found: list[Compared] = []
    for other, block in enumerate(theirs.blocks):
        layers = sorted(layer for layer, at in places if at == other)
        if not layers:
            continue
        router, few = router_rows(theirs, block, values), _are_few(block)
        experts = {layer: _experts(ours[layer], router) for layer in layers}
        paired = {
            layer: frozenset().union(*known.values())
            for layer, known in experts.items()
            if known is not None and not few and _at_like_depth(layer, other, depth, len(theirs.blocks))
        }
        wanted = None if few else frozenset().union(*paired.values())
        here: dict[tuple[int, int, int], Compared] = {}
        for number, candidate in enumerate(parts_of(theirs, block, values, wanted, most=ALL_EXPERTS)):
            asked = [
                (layer, index, one)
                for layer in layers
                if few or not candidate.part.startswith(EXPERTS) or candidate.part in paired.get(layer, ())
                for index, one in enumerate(ours[layer].sampled)
                if comparable(one.units, candidate) and _belongs(one.units.part, candidate.part, experts[layer])
            ]
            similarities = candidate.similarities([one.units for _, _, one in asked])
            for (layer, index, one), cosines in zip(asked, similarities, strict=True):
                here[layer, index, number] = _compare(one, candidate, cosines, frame.name, (layer, other), full=full)
        found += [here[place] for place in sorted(here)]
    return found


def _are_few(block: Block) -> bool:
    """Whether all experts of a layer are compared."""
    return len(block.feed_forwards) <= ALL_EXPERTS


def _at_like_depth(layer: int, other: int, layers: int, others: int) -> bool:
    """Where the experts of large mixtures are compared: reading them for all pairs of layers would take days."""
    return other == layer * others // layers


def _experts(ours: Layer, router: Floats | None) -> dict[str, set[str]] | None:
    """Which of the candidate's experts each of ours is compared with: the one of its number, and the one that the
    router sends the same tokens to. None where no routers can be compared: then all with all.
    """
    if ours.routes is None or router is None:
        return None
    parts = [one.units.part for one in ours.sampled if one.units.part.startswith(EXPERTS)]
    nearest = (ours.routes @ router.T).argmax(1)
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


def comparable(ours: Units, theirs: Part) -> bool:
    """Feed-forward parts with each other, whichever expert; values with values, queries with queries."""
    return ours.signed == theirs.signed and (ours.signed or ours.part == theirs.part)


def _compare(
    one: Sampled, candidate: Part, similarities: Sequence[Floats], frame: FrameName, at: tuple[int, int], *, full: bool
) -> Compared:
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
    similarities: Sequence[Floats], one: Sampled, candidate: Part, *, full: bool
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
