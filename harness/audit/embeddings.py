"""Token embeddings and output heads: dimensions in one order, a rotation tested on tokens it was not fitted to, tokens
found again under other numbers.

Models of the same data share the coarse geometry of their tokens: after alignment, tied heads of independents have a
cosine of 0.7. They do not share the fine directions, in which the random start is kept; so both sides are whitened, and
of the directions it is the least alike tenth that counts.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.audit.agreement import chance_of_agreement, match
from harness.audit.calibration import ALPHA, EMBEDDING_ORDER, ENDS_ALIGNED, RENUMBERED
from harness.audit.finding import Component, Finding, Strength
from harness.audit.frame import procrustes
from harness.audit.pair import FEWEST_PER_DIMENSION, Body, Pair
from harness.audit.rows import closeness, correlations, held_out_correlations, least_alike, mean, nearest, white
from harness.audit.tables import Table, stored
from harness.audit.values import Floats, Ids

ENDS: tuple[Component, ...] = ("embeddings", "head")
FEWEST_TOKENS = 16
"""Shared tokens below which nothing is compared: tokenizers made apart share a few special ones."""
LEAST = 0.1
"""Share of directions, or tokens, that are less alike than the statistic."""
RENUMBERED_TOKENS = 1024
"""Tokens that are looked for under other numbers."""
SPLIT_SEED = 20250219


def findings(pair: Pair) -> tuple[Finding, ...]:
    """What both ends of the model show."""
    return tuple(
        finding for component in ENDS if component in pair.ours.anatomy.members for finding in _end(pair, component)
    )


def _end(pair: Pair, component: Component) -> Iterator[Finding]:
    renumbered = _renumbered(pair, component)
    if renumbered is not None:
        yield renumbered
    rows = _rows(pair, component)
    if rows is None:
        yield Finding(
            component=component, candidate=pair.candidate, method="alignment", strength="not_comparable",
            statement=f"{pair.candidate} has no {component} whose tokens could be paired with these",
        )  # fmt: skip
        return
    ours, theirs = rows
    if len(ours) < FEWEST_TOKENS:
        yield Finding(
            component=component, candidate=pair.candidate, method="alignment", strength="not_comparable",
            statement=f"only {len(ours)} of the tokens are shared with {pair.candidate}",
        )  # fmt: skip
        return
    widths = ours.shape[1], theirs.shape[1]
    if not pair.fits(*widths):
        yield pair.left_out(component, *widths)
        return
    rotation = _known(pair, component, ours, theirs)
    plainly = closeness(ours, theirs) if ours.shape[1] == theirs.shape[1] else None
    turned = None if rotation is None else closeness(ours, theirs, rotation)
    halves = _halves(len(ours)) if len(ours) >= FEWEST_PER_DIMENSION * max(widths) else None
    fitted = None if halves is None else _fitted(ours, theirs, halves)
    left, right = white(ours), white(theirs)
    if plainly is not None:
        yield _order(pair, component, left, right, plainly)
    if turned is not None:
        yield _turned(pair, component, least_alike(left, right, rotation, LEAST), turned, len(left))
    if halves is None or fitted is None:
        yield _too_few(pair, component, left, right)
    else:
        yield _aligned(pair, component, left, right, halves, fitted)


def _known(pair: Pair, component: Component, ours: Table, theirs: Table) -> Floats | None:
    """A rotation that the tokens of this table did not determine: from the layers, for a head from the embeddings."""
    turn = pair.turns.get("text")
    rotation = turn.rotation if turn is not None else pair.vocabulary_turn if component == "head" else None
    return None if rotation is None or rotation.shape != (ours.shape[1], theirs.shape[1]) else rotation


def _names(pair: Pair, component: Component) -> tuple[str | None, str | None]:
    """Names of both tables. A candidate with tied embeddings has its head there."""
    ours, theirs = pair.ours.matrix(component), pair.theirs.matrix(component)
    return ours, theirs if theirs is not None or component == "embeddings" else pair.theirs.anatomy.embedding


def _rows(pair: Pair, component: Component) -> tuple[Table, Table] | None:
    """Vectors of the same tokens; of heads with the gain of the last norm, which a copyist may move into them."""
    return pair.token_rows_of(*_names(pair, component), _gains(pair, component))


def _gains(pair: Pair, component: Component) -> tuple[Floats, Floats]:
    """What the last norm does to the stream before the head reads it; ones for embeddings."""
    names = _names(pair, component)
    ours, theirs = (
        last_gain(body, name) if component == "head" else np.ones(1, np.float32)
        for body, name in zip((pair.ours, pair.theirs), names, strict=True)
    )
    return ours, theirs


def last_gain(body: Body, head: str | None) -> Floats:
    """Gain of the norm behind all layers of the text; ones where there is none that the head could read."""
    stack, name = body.anatomy.stacks.get("text"), body.anatomy.last_norm
    if stack is None or name is None or head is None:
        return np.ones(1, np.float32)
    if body.subject.values.tensors[head].shape[1:] != (stack.width,):
        return np.ones(1, np.float32)
    return body.subject.values.whole(name).reshape(-1) + np.float32(stack.norm_offset)


def _order(pair: Pair, component: Component, left: Table, right: Table, close: float) -> Finding:
    """Dimensions in the candidate's order: exact where nothing else of the model is the candidate's."""
    correlation = correlations(left, right)
    width = len(correlation)
    kept = int(np.count_nonzero(match(correlation) == np.arange(width)))
    share, same = kept / width, float(np.median(np.diagonal(correlation)))
    p_value = chance_of_agreement(kept, width, width)
    convicts = p_value <= ALPHA and EMBEDDING_ORDER.convicts(share, same)
    suspicious = p_value <= ALPHA and EMBEDDING_ORDER.hints(share, same)
    strength: Strength = "derived" if convicts else "refer" if suspicious else "no_evidence"
    return Finding(
        component=component, candidate=pair.candidate, method="weights", strength=strength,
        statement=f"{share:.0%} of the dimensions lie in the order of {pair.candidate}'s"
        f" (median correlation {same:.2f} over {len(left)} shared tokens)",
        statistic="share of dimensions in the same order", value=share, p_value=p_value, exact=True,
        details={
            "tokens": len(left), "median_correlation": round(same, 4), "closeness": close,
            "least": least_alike(left, right, None, LEAST),
        },
    )  # fmt: skip


def _turned(pair: Pair, component: Component, least: float, close: float, tokens: int) -> Finding:
    """Tokens in the candidate's basis by a rotation that was found without them.

    It means something only where the text descends; what that leaves open, neighbours.py weighs.
    """
    strength: Strength = "derived" if close >= ENDS_ALIGNED.turned else "no_evidence"
    return Finding(
        component=component, candidate=pair.candidate, method="turned", strength=strength,
        statement=f"turned as the rest of the text is, the tokens have a median cosine of {close:.2f} with"
        f" {pair.candidate}'s",
        statistic="median cosine of tokens", value=close,
        details={"tokens": tokens, "closeness": close, "least": least},
    )  # fmt: skip


def _too_few(pair: Pair, component: Component, left: Table, right: Table) -> Finding:
    return Finding(
        component=component, candidate=pair.candidate, method="alignment", strength="not_comparable",
        statement=f"only {len(left)} shared tokens; a rotation needs"
        f" {FEWEST_PER_DIMENSION * max(left.shape[1], right.shape[1])}",
    )  # fmt: skip


def _aligned(
    pair: Pair, component: Component, left: Table, right: Table, halves: tuple[Ids, Ids], close: float
) -> Finding:
    value = _held_out(left, right, halves)
    derived, refer = ENDS_ALIGNED.derived, ENDS_ALIGNED.refer
    strength: Strength = "derived" if value >= derived else "refer" if value >= refer else "no_evidence"
    return Finding(
        component=component, candidate=pair.candidate, method="alignment", strength=strength,
        statement=f"after a rotation fitted to half of {len(left)} shared tokens, the least alike tenth of the"
        f" directions correlates with {pair.candidate}'s by {value:.2f} at most on the others (independent models:"
        f" up to {ENDS_ALIGNED.highest:.2f})",
        statistic="held-out correlation of the least alike tenth of directions", value=value,
        details={"tokens": len(left), "closeness": close, "one_width": left.shape[1] == right.shape[1]},
    )  # fmt: skip


def held_out_alignment(ours: Table, theirs: Table) -> float:
    """The tenth percentile of the correlations of whitened directions, on one half of the tokens, by rotations that
    the other half determines.
    """
    return _held_out(white(ours), white(theirs), _halves(len(ours)))


def _held_out(left: Table, right: Table, halves: tuple[Ids, Ids]) -> float:
    return float(np.quantile(held_out_correlations(left, right, *halves), LEAST))


def _halves(tokens: int) -> tuple[Ids, Ids]:
    """Tokens that a rotation is fitted to, and those that it is tested on."""
    order: Ids = np.random.default_rng(SPLIT_SEED).permutation(tokens)
    return order[: tokens // 2], order[tokens // 2 :]


def _fitted(ours: Table, theirs: Table, halves: tuple[Ids, Ids]) -> float:
    """Median cosine of tokens as they are, by a rotation fitted to the other half."""
    return closeness(ours, theirs, procrustes(ours, theirs, halves[0]), halves[1])


def _renumbered(pair: Pair, component: Component) -> Finding | None:
    """Tokens looked for under any number, in the basis of the text's rotation: by one half of the directions, and by
    the other.
    """
    turn, names = pair.turns.get("text"), _names(pair, component)
    if turn is None or names[0] is None or names[1] is None:
        return None
    tables = [
        stored(body.subject.values, name, np.arange(body.subject.values.tensors[name].shape[0]), gain)
        for body, name, gain in zip((pair.ours, pair.theirs), names, _gains(pair, component), strict=True)
        if name is not None
    ]
    if turn.rotation.shape != (tables[0].shape[1], tables[1].shape[1]) or min(map(len, tables)) < FEWEST_TOKENS:
        return None
    chosen = np.unique(np.linspace(0, len(tables[0]) - 1, RENUMBERED_TOKENS).astype(np.int64))
    mixed = np.linalg.qr(np.random.default_rng(SPLIT_SEED).normal(size=(tables[1].shape[1],) * 2))[0]
    mixed = mixed.astype(np.float32)
    ours = (tables[0][chosen] - mean(tables[0])) @ turn.rotation @ mixed
    centre, half = mean(tables[1]), ours.shape[1] // 2
    first, second = (
        nearest(ours[:, part], tables[1], centre, mixed[:, part]) for part in (slice(half), slice(half, None))
    )
    agreement = float(np.mean(first == second))
    moved = float(np.mean(first != chosen)) if len(tables[0]) == len(tables[1]) else 1.0
    same = closeness(ours[:, half:], (tables[1][first] - centre) @ mixed[:, half:])
    if moved < RENUMBERED.moved:
        return None
    strength: Strength = "derived" if RENUMBERED.convicts(agreement, same) else "no_evidence"
    return Finding(
        component=component, candidate=pair.candidate, method="matching", strength=strength,
        statement=f"{agreement:.0%} of {len(chosen)} tokens find the same partner among {pair.candidate}'s, under other"
        f" numbers, by two halves of the directions (median cosine {same:.2f})",
        statistic="share of tokens that agree", value=agreement,
        details={"tokens": len(chosen), "closeness": same, "moved": round(moved, 4)},
    )  # fmt: skip
