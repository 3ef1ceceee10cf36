"""A rotation between two streams found in the layers alone, where no tokens are shared: new or renumbered vocabularies.

Second moments of units (sum of u uᵀ over the gates of all layers, their ups, downs, values ...) do not change with the
order, sign or scale of units, and turn with the stream. Eigenvectors of one moment give the rotation up to signs; the
other moments fix the signs (a rank-one sign problem); matched units then sharpen it.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from harness.audit.agreement import match
from harness.audit.parts import Stack
from harness.audit.units import Units, halves, units_of
from harness.audit.values import Floats, Values

Doubles = npt.NDArray[np.float64]
ROUNDS = 4
"""Of sharpening; it has settled by then."""
WIDEST = 1024
"""Streams beyond this are not turned by moments: their spectra are too dense for eigenvectors to be told apart."""
MOST_UNITS, MOST_LAYERS = 160, 6
"""Units of a part, and layers, that take part in sharpening."""


def rotation_by_moments(ours: Stack, theirs: Stack, values: tuple[Values, Values]) -> Floats | None:
    """The rotation (audited width, candidate's width) under which the moments agree best; None where none is sought."""
    if ours.width != theirs.width or ours.width > WIDEST:
        return None
    layers = [[units_of(stack, block, read) for block in stack.blocks]
              for stack, read in zip((ours, theirs), values, strict=True)]  # fmt: skip
    left, right = _moments(layers[0]), _moments(layers[1])
    shared = sorted(left.keys() & right.keys())
    if len(shared) < 2:
        return None
    pairs = [(left[key], right[key]) for key in shared]
    starts = [_start(base, pairs) for base in range(len(pairs))]
    best = max(starts, key=lambda turn: sum(float(np.sum((turn.T @ a @ turn) * b)) for a, b in pairs))
    # Moments are even: they do not tell a rotation from its negative. Gates do.
    tried = (best, -best, _by_signature(layers, pairs))
    return max((_sharpened(turn, layers) for turn in tried), key=lambda found: found[0])[1]


def _moments(layers: list[list[Units]]) -> dict[str, Doubles]:
    """Second moment per kind of matrix, over all layers and experts, less its mean direction's weight."""
    sums: dict[str, Doubles] = defaultdict(lambda: np.zeros(()))
    for layer in layers:
        for units in layer:
            kind = "ffn" if units.signed else units.part
            for index, rows in enumerate(halves(units)):
                sums[f"{kind}.{index}"] = sums[f"{kind}.{index}"] + rows.T.astype(np.float64) @ rows
    return {key: _normal(moment) for key, moment in sums.items()}


def _normal(moment: Doubles) -> Doubles:
    centred = moment - np.eye(len(moment)) * np.trace(moment) / len(moment)
    scaled: Doubles = centred / max(float(np.linalg.norm(centred)), 1e-30)
    return scaled


def _start(base: int, pairs: list[tuple[Doubles, Doubles]]) -> Doubles:
    """Eigenvectors of one pair of moments, their signs chosen by all the others."""
    ours, theirs = (np.linalg.eigh(moment)[1] for moment in pairs[base])
    votes = np.zeros_like(ours)
    for index, (a, b) in enumerate(pairs):
        if index != base:
            votes += (ours.T @ a @ ours) * (theirs.T @ b @ theirs)
    np.fill_diagonal(votes, 0)
    signs = np.sign(np.linalg.eigh(votes)[1][:, -1])
    for _ in range(20):  # the relaxation's rounding, improved one sign at a time
        better = np.where(votes @ signs >= 0, 1.0, -1.0)
        if np.array_equal(better, signs):
            break
        signs = better
    turn: Doubles = (ours * signs) @ theirs.T
    return turn


def _by_signature(layers: list[list[list[Units]]], pairs: list[tuple[Doubles, Doubles]]) -> Doubles:
    """Units matched by what no turn changes about them, and the rotation fitted to the matches.

    Eigenvectors of moments mix as soon as training goes on; a unit's place among the moments stays nearly what it was.
    """
    ours = [_sample(units) for layer in _spread(layers[0]) for units in layer if units.signed]
    theirs = [list(halves(units)) for layer in layers[1] for units in layer if units.signed]
    total = np.zeros_like(pairs[0][0])
    for count in {len(rows) for rows in ours}:  # with a gate, and without
        parts = [[rows for rows in side if len(rows) == count] for side in (ours, theirs)]
        if all(parts):
            total += _matched_by_signature(parts[0], parts[1], pairs)
    u, _, v = np.linalg.svd(total)
    turn: Doubles = u @ v
    return turn


def _matched_by_signature(
    ours: list[list[Floats]], theirs: list[list[Floats]], pairs: list[tuple[Doubles, Doubles]]
) -> Doubles:
    """Weighted sum of ours theirsᵀ over units matched by signature, each of our layers with the likest of theirs."""
    left = _signatures(ours, [moment for moment, _ in pairs])
    right = _signatures(theirs, [moment for _, moment in pairs])
    total = np.zeros_like(pairs[0][0])
    for rows, mine in zip(ours, left, strict=True):
        found: list[tuple[float, Doubles]] = []
        for others, yours in zip(theirs, right, strict=True):
            similarity = mine @ yours.T
            chosen = match(similarity.astype(np.float32))
            weight = np.zeros(len(mine))
            kept = np.flatnonzero(chosen >= 0)
            weight[kept] = np.maximum(similarity[kept, chosen[kept]], 0) ** 2
            found.append((float(weight.sum()), _product(rows, others, chosen, weight)))
        total += max(found, key=lambda entry: entry[0])[1]
    return total


def _signatures(parts: list[list[Floats]], moments: list[Doubles]) -> list[Doubles]:
    """Of every unit, what each moment makes of its vectors: unchanged by a turn, and by a sign of up and down."""
    made: list[Doubles] = []
    for matrices in parts:
        columns: list[Doubles] = []
        for moment in (np.eye(len(moments[0])), *moments):
            turned = [rows @ moment for rows in matrices]
            for index, (rows, after) in enumerate(zip(matrices, turned, strict=True)):
                columns += [(rows * after).sum(1), (after * after).sum(1)]
                columns += [np.abs((other * after).sum(1)) for other in matrices[:index]]
        made.append(np.stack(columns, 1))
    together = np.concatenate(made)
    middle, spread = together.mean(0), together.std(0)
    scaled = [(one - middle) / np.where(spread > 1e-12, spread, 1) for one in made]
    return [one / np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-12) for one in scaled]


def _sharpened(turn: Doubles, layers: list[list[list[Units]]]) -> tuple[float, Floats]:
    """Feed-forward units matched under the rotation, the rotation fitted to the matched units, some times over.

    With it, how well the layers fit.
    """
    ours = [_sample(units) for layer in _spread(layers[0]) for units in layer if units.signed]
    theirs = [list(halves(units)) for layer in layers[1] for units in layer if units.signed]
    fit = 0.0
    for _ in range(ROUNDS):
        total, fit = np.zeros_like(turn), 0.0
        for rows in ours:
            scored = [(_fit(rows, others, turn), others) for others in theirs if len(others) == len(rows)]
            if scored:
                (score, chosen, weight), others = max(scored, key=lambda entry: entry[0][0])
                fit += score
                total += _product(rows, others, chosen, weight)
        if not total.any():
            break
        u, _, v = np.linalg.svd(total)
        turn = u @ v
    return fit, turn.astype(np.float32)


def _spread(layers: list[list[Units]]) -> list[list[Units]]:
    """Some layers of a deep model, evenly spread."""
    return [layers[index] for index in sorted(set(np.linspace(0, len(layers) - 1, MOST_LAYERS).astype(int).tolist()))]


def _sample(units: Units) -> list[Floats]:
    chosen = np.unique(np.linspace(0, len(units) - 1, min(len(units), MOST_UNITS)).astype(np.int64))
    return [rows[chosen] for rows in halves(units)]


def _fit(rows: list[Floats], others: list[Floats], turn: Doubles) -> tuple[float, npt.NDArray[np.int64], Doubles]:
    """How well two layers fit under the rotation, their units matched, and each match's weight."""
    similarities = [(a @ turn.astype(np.float32)) @ b.T for a, b in zip(rows, others, strict=True)]
    total = similarities[0] + sum(np.abs(part) for part in similarities[1:])
    chosen = match(total)
    kept = chosen >= 0
    weight = np.zeros(len(total))
    weight[kept] = np.maximum(similarities[0][np.flatnonzero(kept), chosen[kept]], 0) ** 2
    return float(weight.sum()) / max(1, min(total.shape)), chosen, weight


def _product(rows: list[Floats], others: list[Floats], chosen: npt.NDArray[np.int64], weight: Doubles) -> Doubles:
    """Weighted sum of ours theirsᵀ over matched units. The first matrix alone: its signs are sure."""
    kept = np.flatnonzero(chosen >= 0)
    product: Doubles = (rows[0][kept] * weight[kept, None]).T.astype(np.float64) @ others[0][chosen[kept]]
    return product
