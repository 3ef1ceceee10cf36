"""Token embeddings and output heads: dimensions in one order, a rotation tested on tokens it was not fitted to, tokens
found again under other numbers.

Models of the same data share the coarse geometry of their tokens: after alignment, tied heads of independents have a
cosine of 0.7. They do not share the fine directions, in which the random start is kept; so both sides are whitened, and
of the directions it is the least alike tenth that counts.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from harness.audit.agreement import chance_of_agreement, match, standard
from harness.audit.calibration import ALPHA, EMBEDDING_ORDER, ENDS_ALIGNED, RENUMBERED
from harness.audit.finding import Component, Finding, Strength
from harness.audit.frame import procrustes
from harness.audit.pair import Body, Pair
from harness.audit.values import Floats, Ids

ENDS: tuple[Component, ...] = ("embeddings", "head")
FEWEST_PER_DIMENSION = 4
"""Shared tokens per dimension below which a fitted rotation proves nothing."""
FEWEST_TOKENS = 16
"""Shared tokens below which nothing is compared: tokenizers made apart share a few special ones."""
LEAST = 0.1
"""Share of directions, or tokens, that are less alike than the statistic."""
RENUMBERED_TOKENS = 1024
"""Tokens that are looked for under other numbers."""
ROUNDING = 1e-10
"""Variances below this share of the largest are rounding."""
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
    if ours.shape[1] == theirs.shape[1]:
        yield _order(pair, component, ours, theirs)
    rotation = _known(pair, component)
    if rotation is not None and rotation.shape == (ours.shape[1], theirs.shape[1]):
        yield _turned(pair, component, ours @ rotation, theirs)
    yield _aligned(pair, component, ours, theirs)


def _known(pair: Pair, component: Component) -> Floats | None:
    """A rotation that the tokens of this table did not determine: from the layers, for a head from the embeddings."""
    turn = pair.turns.get("text")
    if turn is not None:
        return turn.rotation
    rows = pair.token_rows("embeddings") if component == "head" else None
    return None if rows is None or len(rows[0]) < max(rows[0].shape[1], rows[1].shape[1]) else procrustes(*rows)


def _names(pair: Pair, component: Component) -> tuple[str | None, str | None]:
    """Names of both tables. A candidate with tied embeddings has its head there."""
    ours, theirs = pair.ours.matrix(component), pair.theirs.matrix(component)
    return ours, theirs if theirs is not None or component == "embeddings" else pair.theirs.anatomy.embedding


def _rows(pair: Pair, component: Component) -> tuple[Floats, Floats] | None:
    """Vectors of the same tokens; of heads with the gain of the last norm, which a copyist may move into them."""
    rows = pair.token_rows_of(*_names(pair, component))
    if rows is None or component != "head":
        return rows
    gains = _gains(pair, component)
    return rows[0] * gains[0], rows[1] * gains[1]


def _gains(pair: Pair, component: Component) -> tuple[Floats, Floats]:
    """What the last norm does to the stream before the head reads it; ones for embeddings."""
    ours, theirs = (last_gain(body) for body in (pair.ours, pair.theirs))
    return (ours, theirs) if component == "head" else (np.ones_like(ours), np.ones_like(theirs))


def last_gain(body: Body) -> Floats:
    """Gain of the norm behind all layers of the text; ones where there is none."""
    stack, name = body.anatomy.stacks.get("text"), body.anatomy.last_norm
    if stack is None or name is None:
        return np.ones(1, np.float32)
    return body.subject.values.whole(name) + np.float32(stack.norm_offset)


def _order(pair: Pair, component: Component, ours: Floats, theirs: Floats) -> Finding:
    """Dimensions in the candidate's order: exact where nothing else of the model is the candidate's."""
    correlation = standard(white(ours)).T @ standard(white(theirs))
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
        f" (median correlation {same:.2f} over {len(ours)} shared tokens)",
        statistic="share of dimensions in the same order", value=share, p_value=p_value, exact=True,
        details={"tokens": len(ours), "median_correlation": round(same, 4), **_near(ours, theirs)},
    )  # fmt: skip


def _turned(pair: Pair, component: Component, ours: Floats, theirs: Floats) -> Finding:
    """Tokens in the candidate's basis by a rotation that was found without them.

    It means something only where the text descends; what that leaves open, neighbours.py weighs.
    """
    value = closeness(ours, theirs)
    strength: Strength = "derived" if value >= ENDS_ALIGNED.turned else "no_evidence"
    return Finding(
        component=component, candidate=pair.candidate, method="turned", strength=strength,
        statement=f"turned as the rest of the text is, the tokens have a median cosine of {value:.2f} with"
        f" {pair.candidate}'s",
        statistic="median cosine of tokens", value=value, details={"tokens": len(ours), **_near(ours, theirs)},
    )  # fmt: skip


def _aligned(pair: Pair, component: Component, ours: Floats, theirs: Floats) -> Finding:
    fewest = FEWEST_PER_DIMENSION * max(ours.shape[1], theirs.shape[1])
    if len(ours) < fewest:
        return Finding(
            component=component, candidate=pair.candidate, method="alignment", strength="not_comparable",
            statement=f"only {len(ours)} shared tokens; a rotation needs {fewest}",
        )  # fmt: skip
    value, close = held_out_alignment(ours, theirs)
    derived, refer = ENDS_ALIGNED.derived, ENDS_ALIGNED.refer
    strength: Strength = "derived" if value >= derived else "refer" if value >= refer else "no_evidence"
    return Finding(
        component=component, candidate=pair.candidate, method="alignment", strength=strength,
        statement=f"after a rotation fitted to half of {len(ours)} shared tokens, the least alike tenth of the"
        f" directions correlates with {pair.candidate}'s by {value:.2f} at most on the others (independent models:"
        f" up to {ENDS_ALIGNED.highest:.2f})",
        statistic="held-out correlation of the least alike tenth of directions", value=value,
        details={"tokens": len(ours), "closeness": close, "one_width": ours.shape[1] == theirs.shape[1]},
    )  # fmt: skip


def held_out_alignment(ours: Floats, theirs: Floats) -> tuple[float, float]:
    """On one half of the tokens, by rotations that the other half determines: the tenth percentile of the correlations
    of whitened directions, and the median cosine of tokens as they are.
    """
    order = np.random.default_rng(SPLIT_SEED).permutation(len(ours))
    fitted, tested = order[: len(order) // 2], order[len(order) // 2 :]
    left, right = white(ours), white(theirs)
    u, _, v = np.linalg.svd(left[fitted].T @ right[fitted], full_matrices=False)
    one, other = standard(left[tested] @ u), standard(right[tested] @ v.T)
    least = float(np.quantile((one * other).sum(0), LEAST))
    turn = procrustes(ours[fitted], theirs[fitted])
    return least, closeness(ours[tested] @ turn, theirs[tested])


def closeness(ours: Floats, theirs: Floats) -> float:
    """Median cosine of centred rows in one basis."""
    one, other = ours - ours.mean(0), theirs - theirs.mean(0)
    length = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(np.median((one * other).sum(1) / np.where(length > 0, length, 1)))


def _near(ours: Floats, theirs: Floats) -> dict[str, float]:
    """How close tokens are in one basis, and the least alike tenth of them once both sides are whitened."""
    left, right = white(ours), white(theirs)
    length = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    cosines = (left * right).sum(1) / np.where(length > 0, length, 1)
    return {"closeness": closeness(ours, theirs), "least": float(np.quantile(cosines, LEAST))}


def _renumbered(pair: Pair, component: Component) -> Finding | None:
    """Tokens looked for under any number, in the basis of the text's rotation: by one half of the directions, and by
    the other.
    """
    turn, names = pair.turns.get("text"), _names(pair, component)
    if turn is None or names[0] is None or names[1] is None:
        return None
    gains = _gains(pair, component)
    tables = pair.ours.subject.values.whole(names[0]) * gains[0], pair.theirs.subject.values.whole(names[1]) * gains[1]
    if turn.rotation.shape != (tables[0].shape[1], tables[1].shape[1]) or min(map(len, tables)) < FEWEST_TOKENS:
        return None
    chosen = np.unique(np.linspace(0, len(tables[0]) - 1, RENUMBERED_TOKENS).astype(np.int64))
    mixed = np.linalg.qr(np.random.default_rng(SPLIT_SEED).normal(size=(tables[1].shape[1],) * 2))[0]
    mixed = mixed.astype(np.float32)
    ours = (tables[0][chosen] - tables[0].mean(0)) @ turn.rotation @ mixed
    theirs = (tables[1] - tables[1].mean(0)) @ mixed
    half = ours.shape[1] // 2
    first, second = (_nearest(ours[:, part], theirs[:, part]) for part in (slice(half), slice(half, None)))
    agreement = float(np.mean(first == second))
    moved = float(np.mean(first != chosen)) if len(tables[0]) == len(tables[1]) else 1.0
    same = closeness(ours[:, half:], theirs[first, half:])
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


def _nearest(ours: Floats, theirs: Floats) -> Ids:
    """The row of theirs with the highest cosine, for each of ours."""
    unit = theirs / np.maximum(np.linalg.norm(theirs, axis=1, keepdims=True), 1e-12)
    nearest: Ids = (ours @ unit.T).argmax(1)
    return nearest


def white(rows: Floats) -> Floats:
    """Rows of unit length whose directions all have the same variance, in the basis in which they stand."""
    length = np.linalg.norm(rows - rows.mean(0), axis=1, keepdims=True)
    unit = ((rows - rows.mean(0)) / np.where(length > 0, length, 1)).astype(np.float64)
    unit -= unit.mean(0)
    sizes, vectors = np.linalg.eigh(unit.T @ unit)
    kept = sizes > ROUNDING * max(float(sizes[-1]), 1e-30)
    whitened: Floats = (unit @ ((vectors[:, kept] / np.sqrt(sizes[kept])) @ vectors[:, kept].T)).astype(np.float32)
    return whitened
