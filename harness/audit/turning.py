"""A rotation between two streams found in the layers alone, where no tokens are shared: new or renumbered vocabularies.

Invariants of layers turn with the stream (invariants.py), so one rotation explains all of them (conjugation.py). Which
layer of the candidate belongs to which is tried pair by pair in small models: a rotation fitted to one pair of layers
is right where it explains other pairs too. In large ones layers of like depth are taken together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from harness.audit.conjugation import Partners, likeness, polished, rotation
from harness.audit.invariants import Invariants, normal, of_attention, of_feed_forward, turned
from harness.audit.parts import Block, Stack
from harness.audit.units import drawn_for_both, parts_of
from harness.audit.values import Floats, Values

WIDEST = 2048
"""Streams beyond this are not turned by their layers: the work grows with the third power of the width."""
PAIRWISE_WORK = 1.5e8
"""Pairs of layers times width³ up to which pairs are tried one by one: all of them (36 at width 160), else those of
like depth (8 at width 256)."""
NARROW, WIDE = 160, 320
"""Streams beyond the first are turned by fewer mixtures; beyond the second, by feed-forward blocks only where attention
cannot be read."""
MOST_BYTES = 1 << 30
"""Invariants that are held at once; of larger models only mixtures are."""
MOST_PARTNERS, FEW_PARTNERS = 24, 10
"""Pairs of matrices that take part; of more, as many random mixtures. The fewer in models that are not held."""
MIXED = 0.45
"""Least likeness of mixtures that a rotation was fitted to; strangers reach about one over the root of their number."""
BEST = 3
"""Pairs of layers whose rotations are tried on all others."""
EXPLAINED = 0.1
"""Likeness under a rotation that was fitted elsewhere: independents have 0 with s.d. 1/width."""
SEED = 20250322

Read = Callable[[Stack, Block, Values], Invariants]
Layers = list[Invariants]
Fold = tuple[Floats, frozenset[int]]


@dataclass(frozen=True)
class Turn:
    """A rotation (audited width, candidate's width) that the layers determine."""

    rotation: Floats
    folds: tuple[Fold, ...]
    """The same from one half of the layers each, with the layers of the audited checkpoint that took no part."""

    def without(self, layer: int) -> Floats | None:
        """A rotation that has not seen this layer; None where there is none."""
        return next((turn for turn, unseen in self.folds if layer in unseen), None)


def turn_by_layers(ours: Stack, theirs: Stack, values: tuple[Values, Values]) -> Turn | None:
    """The rotation that explains most layers; None where none can be sought."""
    widest = max(ours.width, theirs.width)
    if widest > WIDEST:
        return None
    held = 4 * 6 * widest**2 * (len(ours.blocks) + len(theirs.blocks)) <= MOST_BYTES
    experts = drawn_for_both(ours, theirs)
    found: list[tuple[float, Turn]] = []
    for read in (of_attention, partial(of_feed_forward, experts=experts)):
        if not found or widest <= WIDE:
            one_by_one = not found  # attention tells, where it can be read
            found += (
                _of_kind(ours, theirs, values, read, one_by_one=one_by_one)
                if held
                else _of_mixtures(ours, theirs, values, read)
            )
    score, best = max(found, key=lambda entry: entry[0], default=(0.0, None))
    if best is None or score <= 0:
        return None
    gates = (_gates(stack, side, experts) for stack, side in zip((ours, theirs), values, strict=True))
    sign = _sign(best.rotation, *gates)
    return Turn(sign * best.rotation, best.folds)


def _of_kind(
    ours: Stack, theirs: Stack, values: tuple[Values, Values], read: Read, *, one_by_one: bool
) -> Iterator[tuple[float, Turn]]:
    """The rotation that explains most by one kind of invariants, and how much it explains."""
    left, right = _layers(ours, values[0], read), _layers(theirs, values[1], read)
    if not any(left) or not any(right):
        return
    scored = [(_explained(turn, left, right), turn) for turn in _rotations(left, right, one_by_one=one_by_one)]
    score, best = max(scored, key=lambda entry: entry[0])
    pairs = list(_inliers(best, left, right))
    folds = tuple(_fold(pairs, half, len(left)) for half in (0, 1) if len(pairs) > 1)
    yield score, Turn(best, folds)


def _fewer(width: int) -> int:
    """How many pairs of matrices take part."""
    return MOST_PARTNERS if width <= NARROW else FEW_PARTNERS


def _fold(pairs: list[tuple[int, Partners]], half: int, layers: int) -> Fold:
    """The rotation that every other explained layer determines."""
    seen = {layer for layer, _ in pairs[half::2]}
    turn = rotation(_mixed([pair for _, members in pairs[half::2] for pair in members]))
    return turn, frozenset(set(range(layers)) - seen)


def _layers(stack: Stack, values: Values, read: Read) -> Layers:
    return [{kind: normal(matrix) for kind, matrix in read(stack, block, values).items()} for block in stack.blocks]


def _rotations(ours: Layers, theirs: Layers, *, one_by_one: bool) -> Iterator[Floats]:
    """By layers of like depth together, and by the pairs of layers that one rotation explains best."""
    together = [pair for one, other in _like_depth(ours, theirs) for pair in _partners(one, other)]
    if together:
        yield _refitted(rotation(_mixed(together)), ours, theirs)
    places = _tried(ours, theirs) if one_by_one else ()
    tried = [pairs for one, other in places if len(pairs := _partners(one, other)) > 1]
    if tried:
        fits = [(likeness(turn := rotation(pairs, finished=False), pairs), turn) for pairs in tried]
        for _, turn in sorted(fits, key=lambda entry: -entry[0])[:BEST]:
            yield _refitted(turn, ours, theirs)


def _tried(ours: Layers, theirs: Layers) -> Iterator[tuple[Invariants, Invariants]]:
    """Pairs of layers that there is time to try one by one."""
    width = max(len(matrix) for layer in (*ours, *theirs) for matrix in layer.values())
    if len(ours) * len(theirs) * width**3 <= PAIRWISE_WORK:
        yield from product(ours, theirs)
    elif max(len(ours), len(theirs)) * width**3 <= PAIRWISE_WORK:
        yield from _like_depth(ours, theirs)


def _partners(one: Invariants, other: Invariants) -> Partners:
    return [(matrix, other[kind]) for kind, matrix in one.items() if kind in other]


def _like_depth(ours: Layers, theirs: Layers) -> Iterator[tuple[Invariants, Invariants]]:
    """Invariants of layers at like depth, summed where one model has more layers than the other."""
    groups = min(len(ours), len(theirs))
    yield from zip(_grouped(ours, groups), _grouped(theirs, groups), strict=True)


def _grouped(layers: Layers, groups: int) -> Iterator[Invariants]:
    for members in np.array_split(np.arange(len(layers)), groups):
        kinds = {kind for index in members for kind in layers[index]}
        yield {
            kind: normal(np.sum([layers[index][kind] for index in members if kind in layers[index]], axis=0))
            for kind in sorted(kinds)
        }


def _mixed(pairs: Partners) -> Partners:
    """The pairs, or random mixtures of them: what turns every pair turns every mixture."""
    most = _fewer(len(pairs[0][0]))
    if len(pairs) <= most:
        return pairs
    weights = np.random.default_rng(SEED).normal(size=(most, len(pairs))).astype(np.float32)
    ours, theirs = (np.stack([pair[side] for pair in pairs]) for side in (0, 1))
    return [(normal(np.tensordot(row, ours, 1)), normal(np.tensordot(row, theirs, 1))) for row in weights]


def _refitted(turn: Floats, ours: Layers, theirs: Layers) -> Floats:
    """The rotation fitted again to all pairs of layers that it explains; itself where those are no more than one."""
    explained = [members for _, members in _inliers(turn, ours, theirs)]
    if len(explained) > 1:
        return rotation(_mixed([pair for members in explained for pair in members]))
    return polished(turn, explained[0]) if explained else turn


def _inliers(turn: Floats, ours: Layers, theirs: Layers) -> Iterator[tuple[int, Partners]]:
    """Those of our layers that it explains, with the one of theirs that it explains best."""
    for layer, (one, scores) in enumerate(zip(ours, _scores(turn, ours, theirs), strict=True)):
        best = int(np.argmax(scores))
        if scores[best] >= EXPLAINED:
            yield layer, _partners(one, theirs[best])


def _explained(turn: Floats, ours: Layers, theirs: Layers) -> float:
    """Sum over our layers of how far the best of theirs lies beyond chance, squared: one layer counts, many weak do
    not.
    """
    return sum(max(0.0, max(scores) - EXPLAINED) ** 2 for scores in _scores(turn, ours, theirs))


def _scores(turn: Floats, ours: Layers, theirs: Layers) -> Iterator[list[float]]:
    """For each of our layers its likeness with each of theirs."""
    for one in ours:
        moved = {kind: turned(matrix, turn) for kind, matrix in one.items()}
        yield [_cosine(moved, other) for other in theirs]


def _cosine(moved: Invariants, other: Invariants) -> float:
    products = [float(np.vdot(matrix, other[kind])) for kind, matrix in moved.items() if kind in other]
    return float(np.mean(products)) if products else 0.0


def _of_mixtures(ours: Stack, theirs: Stack, values: tuple[Values, Values], read: Read) -> Iterator[tuple[float, Turn]]:
    """The same for models whose invariants are too many to be held: random mixtures over layers of like depth."""
    groups = min(len(ours.blocks), len(theirs.blocks))
    halves = [[group for group in range(groups) if group % 2 == half] for half in (0, 1)]
    sides = [
        [_mixture(stack, groups, half, read_values, read) for half in halves]
        for stack, read_values in zip((ours, theirs), values, strict=True)
    ]
    folds: list[Fold] = []
    partners: Partners = []
    for half, left, right in zip(halves, *sides, strict=True):
        if not left or not right:
            return
        pairs = list(zip(left, right, strict=True))
        partners = [*partners, *pairs]
        unseen = frozenset(layer for layer in range(len(ours.blocks)) if layer * groups // len(ours.blocks) not in half)
        folds.append((rotation(pairs), unseen))
    turn = rotation(partners)
    yield max(0.0, likeness(turn, partners) - MIXED), Turn(turn, tuple(folds))


def _mixture(stack: Stack, groups: int, chosen: Sequence[int], values: Values, read: Read) -> list[Floats]:
    """FEW_PARTNERS random mixtures of the invariants of the chosen groups of layers, one layer in memory at a time."""
    total: list[Floats] = []
    for index, block in enumerate(stack.blocks):
        group = index * groups // len(stack.blocks)
        if group not in chosen:
            continue
        for kind, matrix in sorted(read(stack, block, values).items()):
            rng = np.random.default_rng([SEED, group, *kind.encode()])
            weights = rng.normal(size=FEW_PARTNERS).astype(np.float32)
            scaled = normal(matrix)
            total = total or [np.zeros_like(scaled) for _ in weights]
            for one, weight in zip(total, weights, strict=True):
                one += weight * scaled
    return [normal(matrix) for matrix in total]


def _sign(turn: Floats, ours: Sequence[Floats], theirs: Sequence[Floats]) -> np.float32:
    """1 or -1: no sum of squares tells a rotation from its negative. Gates do."""
    lead = 0.0
    for one in ours:
        nearest = [(one @ turn) @ other.T for other in theirs]
        highest = max((float(matrix.max(1).mean()) for matrix in nearest), default=0.0)
        lowest = max((float((-matrix).max(1).mean()) for matrix in nearest), default=0.0)
        lead += highest - lowest
    return np.float32(1.0 if lead >= 0 else -1.0)


def _gates(stack: Stack, values: Values, experts: frozenset[str] | None) -> list[Floats]:
    """Gates of some layers."""
    some = sorted(set(np.linspace(0, len(stack.blocks) - 1, 6).astype(int).tolist()))
    found = [part for index in some for part in parts_of(stack, stack.blocks[index], values, experts) if part.signed]
    return [part.units().first for part in found]
