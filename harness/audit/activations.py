"""Method 3: units matched by what they do on shared tokens, once by their gates and once by their ups.

After Zhu, Ahmed and Liang (arXiv 2502.12292). Activations know nothing of the order and scale of units or of the
stream's basis, so no rotation has to be found; but models that learn from the same data come to do the same, so there
is no p-value here: only effects that no independents came near.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.audit.agreement import match
from harness.audit.calibration import ACTIVATIONS
from harness.audit.finding import Finding, LayerPair, Strength
from harness.audit.forward import TEXT, inputs
from harness.audit.matrices import unit
from harness.audit.pair import Body, Pair
from harness.audit.parts import Block, FeedForward, Stack
from harness.audit.units import MOST_EXPERTS, among, drawn_for_both, gated
from harness.audit.values import Floats, Ids, Values

SEQUENCES, LENGTH = 64, 8
"""Sequences of random shared tokens, and tokens in each; the first of each has nothing before it and is left out."""
FEWEST_TOKENS = 64
"""Shared tokens below which nothing is compared."""
MOST_LAYERS = 12
"""First layers of each model that are compared."""
MOST_UNITS = 256
SEED = 20250323


@dataclass(frozen=True)
class Acted:
    """What units of one part of one layer do: columns (samples, units), centred and of length 1."""

    layer: int
    part: str
    gate: Floats
    up: Floats


def findings(pair: Pair) -> tuple[Finding, ...]:
    """The text of both models on the same tokens; nothing where tokens or gates are not shared."""
    stacks = pair.stacks(TEXT)
    if stacks is None or stacks[1].component != TEXT or pair.tokens is None:
        return ()
    ours, theirs = (_tokens(rows) for rows in pair.tokens)
    if len(np.unique(pair.tokens[0])) < FEWEST_TOKENS:
        return ()
    experts = drawn_for_both(*stacks)
    left = list(_acted(pair.ours, stacks[0], ours, experts, MOST_UNITS))
    right = _acted(pair.theirs, stacks[1], theirs, experts, None)
    compared = [_compare(one, other) for other in right for one in left]
    return (_finding(pair, compared),) if compared else ()


def _tokens(rows: Ids) -> Ids:
    """Random sequences of shared tokens: the same tokens for both models."""
    chosen: Ids = rows[np.random.default_rng(SEED).integers(len(rows), size=(SEQUENCES, LENGTH))]
    return chosen


def _acted(body: Body, stack: Stack, tokens: Ids, experts: frozenset[str] | None, most: int | None) -> Iterator[Acted]:
    """Gates and ups of the first layers on these tokens; of large layers some units where `most` says so."""
    later = np.arange(tokens.size) % tokens.shape[1] > 0
    for layer, seen in enumerate(inputs(body, stack, tokens, MOST_LAYERS)):
        parts = among(stack.blocks[layer].feed_forwards, experts)
        yield from _in_block(stack, stack.blocks[layer], parts, body.subject.values, seen[later], layer, most)


def _in_block(
    stack: Stack, block: Block, parts: Sequence[FeedForward], values: Values, seen: Floats, layer: int,
    most: int | None,
) -> Iterator[Acted]:  # fmt: skip
    for part in parts[:MOST_EXPERTS]:
        gate, up, _ = gated(stack, block, part, values) or (None, None, None)
        if gate is None or up is None:
            continue
        if most is None:
            acted = gate.products(seen), up.products(seen)
        else:
            chosen = np.unique(np.linspace(0, len(gate) - 1, min(most, len(gate))).astype(np.int64))
            with np.errstate(over="ignore", invalid="ignore"):
                acted = seen @ gate.rows(chosen).T, seen @ up.rows(chosen).T
        yield Acted(layer, part.part, *map(_standard, acted))


def _standard(columns: Floats) -> Floats:
    """Columns centred and of unit length: their inner products are correlations. Those beyond numbers are zeros."""
    with np.errstate(over="ignore", invalid="ignore"):
        centred = columns - columns.mean(0)
    centred[:, ~np.isfinite(centred).all(0)] = 0
    return unit(centred.T).T


def _compare(one: Acted, other: Acted) -> LayerPair:
    by_gate, by_up = one.gate.T @ other.gate, np.abs(one.up.T @ other.up)
    first, second = match(by_gate), match(by_up, seed=1)
    matched = np.flatnonzero(first >= 0)
    agreement = float(np.mean(first[matched] == second[matched])) if len(matched) else 0.0
    similarity = float(np.median(by_up[matched, first[matched]])) if len(matched) else 0.0
    return LayerPair(
        layer=one.layer, other=other.layer, part=one.part, agreement=agreement, similarity=round(similarity, 6),
        p_value=None, beyond=ACTIVATIONS.convicts(agreement, similarity),
    )  # fmt: skip


def _finding(pair: Pair, compared: Sequence[LayerPair]) -> Finding:
    convicting = {one.layer for one in compared if one.beyond}
    alone = any(one.beyond and ACTIVATIONS.suffices(one.agreement, one.similarity) for one in compared)
    derived = len(convicting) > 1 or alone
    suspicious = any(ACTIVATIONS.hints(one.agreement, one.similarity) for one in compared)
    strength: Strength = "derived" if derived else "refer" if suspicious else "no_evidence"
    best = max(compared, key=lambda one: (bool(one.beyond), one.agreement))
    return Finding(
        component=TEXT, candidate=pair.candidate, method="activations", strength=strength,
        statement=f"on the same tokens {best.agreement:.0%} of the units of {best.part} in layer {best.layer} find the"
        f" same partner in {pair.candidate}'s layer {best.other} by what their gates and by what their ups do"
        f" (correlation {best.similarity:.2f}); {len(convicting)} layers do so beyond what independent models show",
        statistic="share of units that agree", value=best.agreement,
        layers=_heat(compared), details={"layers_derived": sorted(convicting), "similarity": best.similarity},
    )  # fmt: skip


def _heat(compared: Sequence[LayerPair]) -> tuple[LayerPair, ...]:
    """For every two layers the parts that agree most."""
    best: dict[tuple[int, int], LayerPair] = {}
    for one in compared:
        key = one.layer, one.other
        if key not in best or one.agreement > best[key].agreement:
            best[key] = one
    return tuple(best[key] for key in sorted(best))
