"""Whether the engine's fast scores agree with its plain ones, tried on a few items of every task."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from harness.plan.engine import FakeEngine, RemoteEngine, VllmEngine
from harness.request import Failure, Loglikelihood, Request
from harness.score.calls import Call, Result, Scores
from harness.score.planning import Planner
from harness.score.shapes import EchoCall

TOLERANCE = 1e-4
"""Largest difference of two log-likelihoods in float32 on a processor, nats a token."""
COARSE_TOLERANCE = 0.1
"""The same in half precision and on GPUs, where another batch alone moves values in the second decimal."""
COARSE_TOKEN = 0.5
"""There, of a single token, nats: another kernel alone moved one by 0.37. Differences of several partly cancel."""
ITEMS_PER_TASK = 2
CHOICES_PER_ITEM = 4
MOST_ECHOES = 128
"""Of all tasks together: an echo reads its whole prompt again. A suite of many tasks tries fewer choices of an item."""

Tolerance = Callable[[int], float]
"""Largest difference of the log-likelihoods of so many tokens, nats."""


def exact(tokens: int) -> float:
    """What another order of sums explains in float32 on a processor."""
    return TOLERANCE * tokens


def coarse(tokens: int) -> float:
    """What another batch or kernel explains in half precision; on GPUs in float32 too: attention multiplies in TF32."""
    return max(COARSE_TOLERANCE * tokens, COARSE_TOKEN * math.sqrt(tokens))


def tolerance_of(engine: VllmEngine | RemoteEngine | FakeEngine) -> Tolerance:
    """How closely two ways of scoring must agree; a remote engine does not say in what precision it computes."""
    if isinstance(engine, VllmEngine):
        return exact if engine.device == "cpu" and engine.dtype == "float32" else coarse
    return exact if isinstance(engine, FakeEngine) else coarse


class Trial:
    """One multiple-choice request, and the plain form of some of its choices."""

    def __init__(self, request: Request, echoes: Mapping[int, EchoCall], planner: Planner) -> None:
        """`echoes`: by the place of their choice among the request's."""
        self._request, self._echoes, self._planner = request, echoes, planner

    def calls(self) -> dict[str, Call]:
        """All calls of the trial, by key."""
        return {**self._planner.plan(self._request).calls, **{call.key: call for call in self._echoes.values()}}

    def disagreements(self, results: Mapping[str, Result | Failure], tolerance: Tolerance) -> list[str]:
        """A sentence for each choice whose two scores differ, or that could not be scored both ways."""
        where = f"{self._request.task}: item {self._request.item_id}"
        fast = self._planner.scores(self._request, results)
        if isinstance(fast, Failure):
            return [f"{where}: the engine does not score its choices in one prefill: {fast.cause}"]
        sentences = []
        for place, echo in self._echoes.items():
            plain = results[echo.key]
            if not isinstance(plain, Scores):
                sentences.append(f"{where}: the engine does not echo choice {place + 1}: {_cause(plain)}")
            elif difference := _difference(fast, place, plain, tolerance(len(echo.continuation))):
                sentences.append(f"{where}: choice {place + 1} scored in one prefill and echoed: {difference}")
        return sentences


def trials(requests: Iterable[Request], planner: Planner) -> list[Trial]:
    """The first ITEMS_PER_TASK questions of every task that are not echoed anyway."""
    chosen: dict[str, dict[Loglikelihood, Request]] = {}
    for request in requests:
        of_task = chosen.setdefault(request.task, {})
        ask = request.ask
        if not isinstance(ask, Loglikelihood) or len(of_task) == ITEMS_PER_TASK or ask in of_task:
            continue
        if any(not isinstance(call, EchoCall) for call in planner.plan(request).calls.values()):
            of_task[ask] = request
    asked = [(ask, request) for of_task in chosen.values() for ask, request in of_task.items()]
    choices = min(CHOICES_PER_ITEM, max(1, MOST_ECHOES // len(asked))) if asked else 0
    return [
        Trial(request, _some(planner.echoes(ask), choices, first=number), planner)
        for number, (ask, request) in enumerate(asked)
    ]


def _some(echoes: Sequence[EchoCall], most: int, *, first: int) -> dict[int, EchoCall]:
    """At most so many choices by their place, another one first in each item, so that no place is left out."""
    places = sorted((first + step) % len(echoes) for step in range(min(most, len(echoes))))
    return {place: echoes[place] for place in places}


def _difference(fast: Scores, place: int, plain: Scores, tolerance: float) -> str | None:
    """What differs, in words. Two flags may differ where another token leads by no more than the tolerance."""
    ours, theirs = fast.logprobs[place], plain.logprobs[0]
    if abs(ours - theirs) > tolerance:
        return f"{ours:.6f} and {theirs:.6f} (tolerance {tolerance:g})"
    if fast.greedy[place] != plain.greedy[0] and max(fast.margins[place], plain.margins[0]) > tolerance:
        return "only one of the two calls it the likeliest"
    return None


def _cause(result: Result | Failure) -> str:
    return result.cause if isinstance(result, Failure) else f"unexpected {result!r}"
