"""Cosine and centred correlation of tensors that two checkpoints both have, and the same over simulated independent
vectors.

Norm weights lie around 1, so that any two such vectors have a cosine near 1: for mean m and spread s it is 1 / (1 +
(s/m)^2), whatever the models. Once the mean is taken off, vectors of independent models have a correlation of 0 with
standard deviation 1 / sqrt(d).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from harness.audit.subject import Subject
from harness.audit.values import WEIGHTS, Floats
from harness.checkpoint.tensors import Tensor
from harness.claims import Measured, Part, Spread

PATTERNS: Mapping[Part, str] = {
    "norm": r"norm",
    "router": r"router|(?:mlp|moe)\.gate\b|\.gate\.weight$",
    "embeddings": r"embed_tokens|wte|word_embeddings|tok_embeddings",
    "vision": r"vision|visual|image",
    "audio": r"audio|speech",
    "weights": r"",
}
PREFIX = re.compile(r"^(?:model\.|module\.|transformer\.|language_model\.)*")
P_FLOOR = 2.0**-52
SIMULATED_PAIRS = 1000
MEAN, SD = 1.0, 0.1
"""Of simulated norm weights."""


Pieces = Iterator[tuple[Floats, Floats]]
"""The same part of two tensors, one part after another."""


@dataclass(frozen=True)
class Alike:
    """One tensor of both models."""

    name: str
    size: int
    """Values."""
    cosine: float
    pearson: float


def alike(name: str, pieces: Callable[[], Pieces]) -> Alike | None:
    """Both statistics of two arrays of one shape, read twice; null where either is constant, as fresh norms are."""
    size, sums, squares = 0, np.zeros(2), np.zeros(3)
    for both in _flat(pieces()):
        size += both.shape[1]
        sums += both.sum(1)
        squares += both[0] @ both[0], both[1] @ both[1], both[0] @ both[1]
    means, centred = sums / max(1, size), np.zeros(3)
    for both in _flat(pieces()):
        one, other = both - means[:, None]
        centred += one @ one, other @ other, one @ other
    lengths, spreads = math.sqrt(squares[0] * squares[1]), math.sqrt(centred[0] * centred[1])
    if lengths == 0 or spreads <= 1e-12 * lengths:
        return None
    return Alike(name, size, float(squares[2] / lengths), float(centred[2] / spreads))


def _flat(pieces: Pieces) -> Iterator[np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    for one, other in pieces:
        yield np.stack([np.asarray(one, np.float64).ravel(), np.asarray(other, np.float64).ravel()])


def compare(ours: Subject, theirs: Subject, part: Part) -> Iterator[Alike]:
    """Every tensor of a part that both checkpoints have under one name and shape, streamed one pair at a time."""
    first, second, values = _tensors(ours), _tensors(theirs), (ours.values, theirs.values)
    wanted = re.compile(PATTERNS.get(part, ""), re.IGNORECASE)
    for name, tensor in first.items():
        other = second.get(name)
        if other is None or tensor.shape != other.shape or not wanted.search(name) or math.prod(tensor.shape) < 2:
            continue

        def pieces(names: tuple[str, str] = (tensor.name, other.name)) -> Pieces:
            for place in values[0].spans(names[0]):
                yield values[0].span(names[0], *place), values[1].span(names[1], *place)

        if (found := alike(name, pieces)) is not None:
            yield found


def measured(found: list[Alike]) -> Measured | None:
    """The figures of all tensors together; null where there is none."""
    if not found:
        return None
    farthest = max(found, key=lambda one: abs(one.pearson) * math.sqrt(one.size))
    size = min(one.size for one in found)
    return Measured(
        tensors=len(found),
        values=size,
        cosine=float(np.mean([one.cosine for one in found])),
        pearson=float(np.mean([one.pearson for one in found])),
        largest=farthest.pearson,
        largest_name=farthest.name,
        null_sd=math.sqrt(sum(1 / one.size for one in found)) / len(found),
        p_value=max(P_FLOOR, min(1.0, len(found) * correlation_p(farthest.pearson, farthest.size))),
    )


def correlation_p(pearson: float, size: int) -> float:
    """Two-sided chance of so far a correlation between independent vectors: Student's t with size - 2 degrees of
    freedom.
    """
    from scipy.stats import t

    if size < 3 or abs(pearson) >= 1:
        return 1.0 if size < 3 else P_FLOOR
    return max(P_FLOOR, 2 * float(t.sf(abs(pearson) * math.sqrt((size - 2) / (1 - pearson**2)), size - 2)))


def simulated(size: int, seed: int = 0, pairs: int = SIMULATED_PAIRS) -> Spread:
    """Cosines of pairs of independent vectors N(1, 0.1) with `size` values."""
    rng = np.random.default_rng(seed)
    cosines = [_cosine(rng.normal(MEAN, SD, (2, size))) for _ in range(pairs)]
    low, median, high = np.quantile(cosines, [0.005, 0.5, 0.995])
    return Spread(source="simulated", pairs=pairs, low=low, median=median, high=high)


def _cosine(both: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    return float(both[0] @ both[1] / (np.linalg.norm(both[0]) * np.linalg.norm(both[1])))


def spread_behind(cosine: float) -> float | None:
    """Spread over mean at which independent vectors have this cosine; null where none does."""
    return math.sqrt(1 / cosine - 1) if 0 < cosine <= 1 else None


def _tensors(subject: Subject) -> dict[str, Tensor]:
    """By their names without what families put before them."""
    tensors = subject.values.tensors.values()
    return {PREFIX.sub("", tensor.name): tensor for tensor in tensors if tensor.dtype in WEIGHTS}
