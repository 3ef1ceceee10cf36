"""Which calls cover the continuations of one context: the cheapest shape that the engine offers, by token count.

One-token continuations share a labels call. Where some are longer, all are traced (forced token by token, the context
from the prefix cache), or all are taken apart into labels calls, or the longer ones are echoed. Tokens that two
continuations begin with are scored once. No context has both labels and traces: vLLM's V1 runner cannot serve them in
one batch (order.py), and the context would be read twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from harness.score.calls import BYTES_PER_ID, Call, Shape, pack
from harness.score.shapes import MAX_LABELS, EchoCall, LabelsCall, TraceCall

Ids = tuple[int, ...]
Part = tuple[int, int]
"""A call's number among those of its question, and a position in its scores."""
Way = Literal["trace", "labels", "echo"]

# What a token costs where a token of a prompt, read in one go, costs 1. Measured on SmolLM2-135M in float32 on two
# cores, 64 requests in flight; docs/scoring.md has the figures.
ECHOED = 1.5
"""Every token of an echoed prompt needs a softmax over the vocabulary."""
FORCED = 4.0
"""A forced token is a step of decoding."""
REQUEST = 8.0
"""A request of its own."""
TAIL = 16
"""Tokens of a cached prompt that are read again: half a cache block."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What an engine can do beside echo, which all can."""

    shapes: frozenset[Shape] = frozenset({"labels", "trace"})
    cached: bool = True
    """Whether it caches prefixes."""


@dataclass
class Cover:
    """Calls by key, numbered in their order, and where the score of each continuation lies."""

    calls: dict[str, Call] = field(default_factory=dict)
    places: dict[Ids, tuple[Part, ...]] = field(default_factory=dict)
    """The parts that a continuation's log-likelihood is the sum of."""

    def add(self, call: Call) -> int:
        """The number of a call that is new here."""
        self.calls[call.key] = call
        return len(self.calls) - 1


def cover(scope: str, context: bytes, continuations: Sequence[Ids], can: Abilities) -> Cover:
    """Calls that score every continuation (each of at least one token) behind a packed context."""
    distinct = list(dict.fromkeys(continuations))
    if "labels" not in can.shapes:
        return _echoed(scope, context, distinct, Cover())
    longer = [ids for ids in distinct if len(ids) > 1]
    way = cheapest(len(context) // BYTES_PER_ID, [len(ids) for ids in distinct], can)
    if way == "echo":
        short = _shared(scope, context, [ids for ids in distinct if len(ids) == 1], "labels")
        return _echoed(scope, context, longer, short)
    return _shared(scope, context, distinct, way)


def cheapest(context: int, lengths: Sequence[int], can: Abilities) -> Way:
    """The way that costs least for continuations of these lengths (tokens) behind a context of so many tokens."""
    again = TAIL if can.cached else context
    tokens, n = sum(lengths), len(lengths)
    longer = [length for length in lengths if length > 1]
    costs: dict[Way, float] = {"labels": context + REQUEST + (again + REQUEST) * (tokens - n)}
    if longer:
        short = context + REQUEST if len(longer) < n else 0
        costs["echo"] = short + len(longer) * (REQUEST + ECHOED * context) + ECHOED * sum(longer)
        if "trace" in can.shapes:
            costs["trace"] = context + again * (n - 1) + REQUEST * n + FORCED * (tokens - n)
    return min(costs, key=lambda way: (costs[way], way))


def _echoed(scope: str, context: bytes, continuations: Sequence[Ids], found: Cover) -> Cover:
    for ids in continuations:
        found.places[ids] = ((found.add(EchoCall(scope, context, ids)), 0),)
    return found


def _shared(scope: str, context: bytes, continuations: Sequence[Ids], way: Way) -> Cover:
    """Longest first, so that a shorter one finds the tokens that it begins with already scored."""
    scored: dict[Ids, Part] = {}
    labels: dict[Ids, list[int]] = {}
    found = Cover()
    for ids in sorted(continuations, key=len, reverse=True):
        known = _known(ids, scored, labels)
        rest = ids[known:]
        if rest and way == "trace":
            number = found.add(TraceCall(scope, context + pack(ids[:known]), rest))
            scored |= {ids[: known + place + 1]: (number, place) for place in range(len(rest))}
        else:
            for place in range(known, len(ids)):
                labels.setdefault(ids[:place], []).append(ids[place])
    for path, tokens in labels.items():
        scored |= _label(scope, context, path, tokens, found)
    found.places = {ids: tuple(scored[ids[: place + 1]] for place in range(len(ids))) for ids in continuations}
    return found


def _known(ids: Ids, scored: Mapping[Ids, Part], labels: Mapping[Ids, Sequence[int]]) -> int:
    """How many tokens at the beginning have a score already."""
    for place, token in enumerate(ids):
        if ids[: place + 1] not in scored and token not in labels.get(ids[:place], ()):
            return place
    return len(ids)


def _label(scope: str, context: bytes, path: Ids, tokens: Sequence[int], found: Cover) -> dict[Ids, Part]:
    """Calls for the tokens that may follow the context and a path, MAX_LABELS at a time."""
    scored: dict[Ids, Part] = {}
    for start in range(0, len(tokens), MAX_LABELS):
        call = LabelsCall(scope, context + pack(path), tuple(tokens[start : start + MAX_LABELS]))
        number = found.add(call)
        scored |= {(*path, token): (number, place) for place, token in enumerate(call.labels)}
    return scored
