"""The determinism certificate: what a model answers when a sample of its questions is asked again in another way.

An answer should not depend on what else is in the batch nor on what the prefix cache holds, yet on most engines it
does, in the last decimals. The certificate says by how much, how many answers flipped, and how many items are so close
that such a difference could flip them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.hashing import digest
from harness.records import Determinism, ReplayCondition, Replayed
from harness.request import Answer, GenerationAnswer, LoglikelihoodAnswer, Request
from harness.score.calls import Call
from harness.score.order import in_order

LEAST_WIDTH = 1e-4
"""Nats: two choices closer than this are a near-tie even where the replays agree to the last bit."""
NAMED_TIES = 20


@dataclass(frozen=True, slots=True)
class Condition:
    """One way of asking again."""

    name: ReplayCondition
    shuffled: bool = False
    alone: bool = False
    """One request in flight at a time."""
    cold: bool = False
    """Every request with a prefix cache of its own."""

    def scope(self, scope: str) -> str:
        """The scope of its calls' keys: replays are answers of their own in the journal."""
        return digest([scope, "replay", self.name])

    def ordered(self, calls: Mapping[str, Call]) -> list[tuple[str, Call]]:
        """As the run itself orders them, or in an order that has nothing to do with them."""
        return sorted(calls.items()) if self.shuffled else in_order(calls)


CONDITIONS = (
    Condition("batched"),
    Condition("shuffled", shuffled=True),
    Condition("alone", alone=True),
    Condition("cold", alone=True, cold=True),
)


def sample(requests: Iterable[Request], size: int, scope: str) -> list[Request]:
    """A draw that only the questions and the scope decide."""
    return sorted(requests, key=lambda each: _lot(each, scope))[:size]


def certificate(
    requests: Sequence[Request],
    answers: Sequence[Answer],
    replays: Mapping[ReplayCondition, Mapping[Request, Answer]],
) -> Determinism:
    """What the replays, by condition and request, say about the answers of a run."""
    given = dict(zip(requests, answers, strict=True))
    conditions = tuple(_compared(name, given, again) for name, again in replays.items())
    largest = max((each.largest for each in conditions if each.largest is not None), default=None)
    width = max(LEAST_WIDTH, 2 * (largest or 0.0))
    compared = sum(each.compared for each in conditions)
    ties = [f"{request.task}/{request.item_id}" for request, answer in given.items() if _is_near_tie(answer, width)]
    return Determinism(
        requests=len(next(iter(replays.values()), ())),
        conditions=conditions,
        flip_rate=sum(each.flips for each in conditions) / compared if compared else None,
        largest=largest,
        tie_width=width,
        near_ties=len(ties),
        choices=sum(isinstance(answer, LoglikelihoodAnswer) for answer in answers),
        ties=tuple(ties[:NAMED_TIES]),
    )


def _lot(request: Request, scope: str) -> str:
    return digest([scope, request.task, request.item_id, request.index, request.repeat])


def _compared(name: ReplayCondition, given: Mapping[Request, Answer], again: Mapping[Request, Answer]) -> Replayed:
    compared = flips = 0
    largest: float | None = None
    for request, second in again.items():
        first = given[request]
        if isinstance(first, LoglikelihoodAnswer) and isinstance(second, LoglikelihoodAnswer):
            pairs = zip(first.logprobs, second.logprobs, strict=True)
            largest = max(largest or 0.0, *(abs(one - other) for one, other in pairs))
            flips += _taken(first) != _taken(second)
        elif isinstance(first, GenerationAnswer) and isinstance(second, GenerationAnswer):
            flips += first.text != second.text
        else:
            continue
        compared += 1
    return Replayed(condition=name, compared=compared, flips=flips, largest=largest)


def _taken(answer: LoglikelihoodAnswer) -> int:
    return max(range(len(answer.logprobs)), key=answer.logprobs.__getitem__)


def _is_near_tie(answer: Answer, width: float) -> bool:
    if not isinstance(answer, LoglikelihoodAnswer) or len(answer.logprobs) < 2:
        return False
    best, second, *_ = sorted(answer.logprobs, reverse=True)
    return best - second <= width
