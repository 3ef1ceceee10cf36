"""A checkpoint against a sketch: which candidates deserve a whole comparison. Nothing here can convict.

The sketch's units are brought into the checkpoint's stream, as stored and by the rotation that shared tokens determine,
and matched with all units of every layer twice: by the matrix that reads, and by the others. Where both find the same
partner for many units, the full weights must be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.audit.agreement import chance_of_agreement, match
from harness.audit.calibration import ALPHA, ENDS_ALIGNED
from harness.audit.embeddings import held_out_alignment
from harness.audit.finding import P_FLOOR, Component, Finding, LayerPair, Strength
from harness.audit.frame import procrustes
from harness.audit.matrices import unit
from harness.audit.memory import left_out, widest
from harness.audit.pair import FEWEST_PER_DIMENSION, Body
from harness.audit.parts import Stack
from harness.audit.sketch import DIGEST_BYTES, Sketch, SketchedUnits, token_hash
from harness.audit.tables import Table, stored
from harness.audit.units import Part, Units, parts_of
from harness.audit.values import Floats
from harness.plan.audit import MEMORY_GIB

METHOD = "sketch"
ASK = "a sketch can only screen: ask for the full weights"
SOME = "a sketch shows some units only"
LEAST_AGREEMENT, LEAST_SIMILARITY = 0.25, 0.3
"""Share of the sketched units that both matchings pair alike, and their similarity, above which experts are asked.
Independents: docs/audit.md."""
SAME_JACCARD, SAME_ID_SHARE = 0.9, 0.5
"""A vocabulary that is nearly the same, as for whole tokenizers."""
FRAMES = 2
"""Ways of bringing the two streams together; both count whether needed or not."""
TURNED: tuple[Component, ...] = ("embeddings", "text")
"""What a rotation that shared tokens determine is needed for."""
Shared = tuple[Table, Table]
"""Vectors of the tokens that both have: (tokens, width) of the checkpoint and of the sketch."""


@dataclass(frozen=True)
class Seen:
    """A sketched part against one part of one layer, in one frame."""

    layer: int
    other: int
    part: str
    frame: str
    agreement: float
    similarity: float
    p_value: float


def findings(
    ours: Body, sketch: Sketch, components: Sequence[Component], memory_gib: float = MEMORY_GIB
) -> list[Finding]:
    """What the sketch shows of each component, and of which it says nothing."""
    found = list(_found(ours, sketch, memory_gib))
    told = {finding.component for finding in found}
    return [*found, *(_silent(sketch, component) for component in components if component not in told)]


def _silent(sketch: Sketch, component: Component) -> Finding:
    return Finding(
        component=component, candidate=sketch.name, method=METHOD, strength="not_comparable",
        statement=f"the sketch of {sketch.name} holds nothing of it that could be compared",
    )  # fmt: skip


def _found(ours: Body, sketch: Sketch, memory_gib: float) -> Iterator[Finding]:
    yield from _identical(ours, sketch)
    shared, turn = _shared_vectors(ours, sketch), None
    if shared is not None:
        width = max(shared[0].shape[1], shared[1].shape[1])
        if width > widest(memory_gib):
            yield from (left_out(component, sketch.name, METHOD, width, memory_gib) for component in TURNED)
        else:
            yield from _embeddings(sketch, shared)
            turn = procrustes(shared[1], shared[0]) if len(shared[0]) >= width else None
    yield from _tokenizer(ours, sketch)
    sketched = {part.component for part in sketch.head.units}
    for stack in ours.stacks:
        if stack.component in sketched:
            yield from _layers(ours, sketch, stack, turn if stack.component == "text" else None)


def _identical(ours: Body, sketch: Sketch) -> Iterator[Finding]:
    """Tensors that are the candidate's to the last bit, by their digests."""
    for component, names in ours.anatomy.members.items():
        same = [name for name in names if bytes.fromhex(ours.subject.digests[name])[:DIGEST_BYTES] in sketch.digests]
        if same:
            yield Finding(
                component=component, candidate=sketch.name, method=METHOD, strength="refer",
                statement=f"{len(same)} of {len(names)} tensors have the digest of one of {sketch.name}'s, such as"
                f" {same[0]}; {ASK}",
                statistic="share of tensors with a digest of the candidate's", value=len(same) / len(names), exact=True,
                details={"identical": same[:50]},
            )  # fmt: skip


def _embeddings(sketch: Sketch, pair: Shared) -> Iterator[Finding]:
    width = max(pair[0].shape[1], pair[1].shape[1])
    if len(pair[0]) < FEWEST_PER_DIMENSION * width // 2:
        return
    value = held_out_alignment(*pair)
    refer = value >= ENDS_ALIGNED.refer
    yield Finding(
        component="embeddings", candidate=sketch.name, method=METHOD, strength="refer" if refer else "no_evidence",
        statement=f"after a rotation fitted to half of {len(pair[0])} shared tokens of the sketch, the least alike"
        f" tenth of the directions correlates with {sketch.name}'s by {value:.2f} at most; {ASK if refer else SOME}",
        statistic="held-out correlation of the least alike tenth of directions", value=value,
        details={"tokens": len(pair[0])},
    )  # fmt: skip


def _tokenizer(ours: Body, sketch: Sketch) -> Iterator[Finding]:
    theirs = {int(value): row for row, value in enumerate(sketch.tokens) if value}
    if ours.vocabulary is None or not theirs:
        return
    mine = {token_hash(token): row for token, row in ours.vocabulary.items()}
    shared = mine.keys() & theirs.keys()
    jaccard = len(shared) / (len(mine) + len(theirs) - len(shared))
    same = sum(mine[key] == theirs[key] for key in shared) / len(shared) if shared else 0.0
    refer = jaccard >= SAME_JACCARD and same >= SAME_ID_SHARE
    yield Finding(
        component="tokenizer", candidate=sketch.name, method=METHOD, strength="refer" if refer else "no_evidence",
        statement=f"{len(shared):,} of {len(mine):,} and {len(theirs):,} tokens are shared (Jaccard {jaccard:.3f}),"
        f" {same:.1%} of them under the same id{'; ask for the tokenizer itself' if refer else ''}",
        statistic="vocabulary Jaccard", value=jaccard, details={"same_id_share": round(same, 4), "shared": len(shared)},
    )  # fmt: skip


def _shared_vectors(ours: Body, sketch: Sketch) -> Shared | None:
    embedding = ours.anatomy.embedding
    if embedding is None or not len(sketch.rows):
        return None
    height = ours.subject.tensors[embedding].shape[0]
    if ours.vocabulary is None or not sketch.tokens.any():
        if height != len(sketch.tokens):
            return None
        rows, kept = sketch.rows, np.arange(len(sketch.rows))
    else:
        place = {int(sketch.tokens[row]): index for index, row in enumerate(sketch.rows)}
        both = sorted(
            (row, place[key]) for token, row in ours.vocabulary.items()
            if row < height and (key := token_hash(token)) in place
        )  # fmt: skip
        if not both:
            return None
        rows, kept = (np.array(side, np.int64) for side in zip(*both, strict=True))
    return stored(ours.subject.values, embedding, rows, np.ones(1, np.float32)), sketch.vectors[kept]


def _layers(ours: Body, sketch: Sketch, stack: Stack, turn: Floats | None) -> Iterator[Finding]:
    component = stack.component
    parts = [part for part in sketch.head.units if part.component == component]
    turns = dict(_turns(stack, sketch, turn))
    if not turns:
        yield Finding(
            component=component, candidate=sketch.name, method=METHOD, strength="not_comparable",
            statement=f"the sketch of {sketch.name} has another width, and shared tokens determine no rotation",
        )  # fmt: skip
        return
    seen: list[Seen] = []
    for frame, turn in turns.items():
        sketched = [_brought(sketch, part, turn) for part in parts]
        for layer, block in enumerate(stack.blocks):
            for part in parts_of(stack, block, ours.subject.values):
                seen += _against(part, layer, frame, parts, sketched)
    if seen:
        yield _finding(component, sketch, seen, layers=len(stack.blocks))


def _turns(stack: Stack, sketch: Sketch, turn: Floats | None) -> Iterator[tuple[str, Floats | None]]:
    """Ways into the checkpoint's stream: None as stored, else (sketch's width, checkpoint's width)."""
    widths = sketch.tables[stack.component].shape[1], stack.width
    if widths[0] == widths[1]:
        yield "as stored", None
    if turn is not None and turn.shape == widths:
        yield "by vocabulary", turn


def _brought(sketch: Sketch, part: SketchedUnits, turn: Floats | None) -> Units:
    """The sketched units in the checkpoint's basis."""
    first, *second = (rows if turn is None else unit(rows @ turn) for rows in sketch.matrices(part))
    return Units(part.part, first, tuple(second), part.signed)


def _against(
    part: Part, layer: int, frame: str, parts: Sequence[SketchedUnits], sketched: Sequence[Units]
) -> Iterator[Seen]:
    like = [
        (of, units) for of, units in zip(parts, sketched, strict=True)
        if of.signed == part.signed and (part.signed or of.part == part.part) and of.matrices == len(part.matrices)
    ]  # fmt: skip
    similarities = part.similarities([units for _, units in like])
    for (of, _), found in zip(like, similarities, strict=True):
        yield _seen(found, of, part, layer, frame)


def _seen(similarities: Sequence[Floats], sketched: SketchedUnits, part: Part, layer: int, frame: str) -> Seen:
    chooser, tested = similarities[0], np.prod(similarities[1:], axis=0)
    if not part.signed:
        chooser, tested = np.abs(chooser), np.abs(tested)
    first, second = match(chooser), match(tested, seed=1)
    matched = np.flatnonzero(first >= 0)
    agreeing = int(np.count_nonzero(first[matched] == second[matched]))
    likeness = float(np.median(tested[matched, first[matched]])) if len(matched) else 0.0
    power = 1 / (len(similarities) - 1)
    return Seen(
        layer=layer, other=sketched.layer, part=part.part, frame=frame, agreement=agreeing / min(chooser.shape),
        similarity=float(np.clip(np.sign(likeness) * abs(likeness) ** power, -1, 1)),
        p_value=chance_of_agreement(agreeing, *chooser.shape),
    )  # fmt: skip


def _finding(component: Component, sketch: Sketch, seen: Sequence[Seen], *, layers: int) -> Finding:
    tests = max(1, len(seen) * FRAMES // len({one.frame for one in seen}))
    alike = [one for one in seen if _is_alike(one, ALPHA / tests)]
    best = min(seen, key=lambda one: (one not in alike, one.p_value, -one.agreement, -one.similarity))
    strength: Strength = "refer" if alike else "no_evidence"
    told = len({one.layer for one in alike})
    return Finding(
        component=component, candidate=sketch.name, method=METHOD, strength=strength,
        statement=f"{best.agreement:.0%} of the sketched units of {best.part} in {sketch.name}'s layer {best.other}"
        f" find the same partner in layer {best.layer} by two separate sets of weights (similarity"
        f" {best.similarity:.2f}, bases {best.frame}); {told} of {layers} layers resemble the sketch;"
        f" {ASK if alike else SOME}",
        statistic="share of sketched units that agree", value=best.agreement,
        p_value=max(P_FLOOR, min(1.0, best.p_value * tests)), layers=_heat(seen),
        details={"layers_alike": sorted({one.layer for one in alike}), "comparisons": tests, "frame": best.frame,
                 "part": best.part, "similarity": round(best.similarity, 4)},
    )  # fmt: skip


def _is_alike(one: Seen, limit: float) -> bool:
    return one.p_value <= limit and one.agreement >= LEAST_AGREEMENT and one.similarity >= LEAST_SIMILARITY


def _heat(seen: Sequence[Seen]) -> tuple[LayerPair, ...]:
    best: dict[tuple[int, int], Seen] = {}
    for one in seen:
        key = one.layer, one.other
        if key not in best or (one.p_value, -one.agreement) < (best[key].p_value, -best[key].agreement):
            best[key] = one
    return tuple(
        LayerPair(
            layer=one.layer, other=one.other, part=one.part, agreement=one.agreement,
            similarity=round(one.similarity, 6), p_value=one.p_value,
        )
        for _, one in sorted(best.items())
    )  # fmt: skip
