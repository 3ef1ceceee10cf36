"""Method 4 on stacks of layers: how alike the heads of two models are once their streams are brought together.

Aligned weight similarity (AWM, arXiv 2510.06738) takes the unbiased CKA of query and key weights over aligned stream
dimensions. Here it is taken of projectors on what each head reads and writes, for queries, keys, values and outputs:
scales and mixing inside a head do not change them, and large learned directions, which models of the same data share,
weigh no more than the small ones, in which the random start is kept.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.audit.calibration import HEADS
from harness.audit.finding import Component, Finding, LayerPair, Strength
from harness.audit.frame import Frame
from harness.audit.invariants import of_side
from harness.audit.pair import Pair
from harness.audit.parts import Stack
from harness.audit.projections import SIDES, Projections, Side
from harness.audit.values import Floats, Values

MOST_BYTES = 1 << 30
"""Projectors that are held at once; of larger models only layers of like depth are compared."""

FEWEST = 4
"""Dimensions of a stream from which on a CKA can be unbiased."""

Heads = Callable[[Side], Floats | None]
"""The projector on one side of a layer's attention, prepared; None where there is none."""

Scores = dict[tuple[int, int], float]
"""Mean unbiased CKA of the four kinds, by layer of the audited checkpoint and of the candidate."""


def findings(pair: Pair) -> tuple[Finding, ...]:
    """The likeness of heads in the frame that shows most of it, for every stack whose heads both models have."""
    return tuple(finding for component in pair.components if (finding := _of(pair, component)))


def _of(pair: Pair, component: Component) -> Finding | None:
    stacks = pair.stacks(component)
    if stacks is not None and not pair.fits(stacks[0].width, stacks[1].width):
        return pair.left_out(component, stacks[0].width, stacks[1].width)
    best: tuple[float, Scores, Frame] | None = None
    for frame in pair.frames(component):
        scores = compare_heads(pair, component, frame)
        if not scores:
            continue
        mean = float(np.mean(list(nearest(scores).values())))
        if best is None or mean > best[0]:
            best = mean, scores, frame
        if mean >= HEADS.derived:
            break
    return None if best is None else _finding(pair, component, *best)


def _finding(pair: Pair, component: Component, mean: float, scores: Scores, frame: Frame) -> Finding:
    layers = nearest(scores)
    alike = sorted(layer for layer, score in layers.items() if score >= HEADS.layer)
    derived = mean >= HEADS.derived or len(alike) >= HEADS.layers
    strength: Strength = "derived" if derived else "refer" if mean >= HEADS.refer else "no_evidence"
    return Finding(
        component=component, candidate=pair.candidate, method="alignment", strength=strength,
        statement=f"once the streams are brought together ({frame.name}), what the heads of {len(layers)} layers read"
        f" and write has an unbiased CKA of {mean:.2f} with {pair.candidate}'s (independent models: up to"
        f" {HEADS.highest:.2f}); {len(alike)} layers have {HEADS.layer:.2f} or more",
        statistic="mean unbiased CKA of heads", value=round(mean, 6),
        layers=tuple(
            LayerPair(layer=layer, other=other, part="heads", agreement=max(0.0, min(1.0, score)),
                      similarity=max(-1.0, min(1.0, round(score, 6))), p_value=None, beyond=score >= HEADS.layer)
            for (layer, other), score in sorted(scores.items())
        ),
        details={"frame": frame.name, "layers_derived": list(alike) if derived else []},
    )  # fmt: skip


def nearest(scores: Scores) -> dict[int, float]:
    """By layer of the audited checkpoint, the likeness with the nearest of the candidate's."""
    best: dict[int, float] = {}
    for (layer, _), score in scores.items():
        best[layer] = max(best.get(layer, -1.0), score)
    return best


def compare_heads(pair: Pair, component: Component, frame: Frame) -> Scores:
    """Every layer with every layer; in large models, layers of like depth."""
    stacks = pair.stacks(component)
    if stacks is None:
        return {}
    ours, theirs = stacks
    values = pair.ours.subject.values, pair.theirs.subject.values
    held = 4 * len(SIDES) * (len(ours.blocks) * theirs.width**2 + len(theirs.blocks) * theirs.width**2)
    left = [_turned(ours, layer, values[0], frame) for layer in range(len(ours.blocks))]
    right = [_heads(theirs, layer, values[1]) for layer in range(len(theirs.blocks))]
    places = [(layer, other) for layer in range(len(left)) for other in range(len(right))]
    if held > MOST_BYTES:
        places = sorted({(layer, layer * len(right) // len(left)) for layer in range(len(left))})
    else:
        left, right = [_held(heads) for heads in left], [_held(heads) for heads in right]
    scores = {(layer, other): _likeness(left[layer], right[other]) for layer, other in places}
    return {at: score for at, score in scores.items() if score is not None}


def _heads(stack: Stack, layer: int, values: Values, turn: Floats | None = None) -> Heads:
    """Projectors of one layer, in the basis that `turn` leads to, prepared so that inner products are unbiased CKA."""
    parts = Projections(stack, stack.blocks[layer], values)

    def side(which: Side) -> Floats | None:
        projector = of_side(parts, which, turn)
        return None if projector is None else _prepared(projector)

    return side


def _turned(stack: Stack, layer: int, values: Values, frame: Frame) -> Heads:
    """The same in the candidate's basis, by a rotation that has not seen this layer; nothing where there is none."""
    turn = frame.rotation if frame.without is None else frame.without(layer)
    if turn is None and frame.without is not None:
        return lambda _: None
    return _heads(stack, layer, values, turn)


def _held(heads: Heads) -> Heads:
    return {side: heads(side) for side in SIDES}.__getitem__


def _prepared(kernel: Floats) -> Floats:
    """U-centred (Székely and Rizzo 2014) and of unit length: inner products are then unbiased CKA (Song et al. 2012).

    No diagonal, and rows that sum to 0; zeros where there are too few rows for that.
    """
    count = len(kernel)
    if count < FEWEST:
        return np.zeros_like(kernel)
    centred = kernel.astype(np.float64)
    np.fill_diagonal(centred, 0)
    rows, mean = centred.sum(0) / (count - 2), centred.sum() / ((count - 1) * (count - 2))
    centred -= rows[:, None]
    centred -= rows[None] - mean
    np.fill_diagonal(centred, 0)
    centred /= max(float(np.linalg.norm(centred)), 1e-30)
    scaled: Floats = centred.astype(np.float32)
    return scaled


def _likeness(ours: Heads, theirs: Heads) -> float | None:
    """Mean over the sides that both have, one side in memory at a time."""
    products: list[float] = []
    for side in SIDES:
        one = ours(side)
        other = None if one is None else theirs(side)
        if one is not None and other is not None:
            products.append(float(np.vdot(one, other)))
    return float(np.mean(products)) if products else None


def unbiased_cka(ours: Floats, theirs: Floats) -> float:
    """Unbiased linear CKA of two matrices (features, samples) over the same samples."""
    return float(np.vdot(_prepared(ours.T @ ours), _prepared(theirs.T @ theirs)))
