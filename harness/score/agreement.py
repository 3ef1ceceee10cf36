"""Whether the engine's fast scores agree with its plain ones, tried on a few items of every task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.request import Failure, Loglikelihood, Request
from harness.score.calls import Call, Result, Scores
from harness.score.planning import Planner
from harness.score.shapes import EchoCall

TOLERANCE = 1e-4
"""Largest difference of two log-likelihoods in float32, nats a token."""
COARSE_TOLERANCE = 0.1
"""The same in half precision, where another batch alone moves values in the second decimal."""
ITEMS_PER_TASK = 2
CHOICES_PER_ITEM = 4


class Trial:
    """One multiple-choice request, and the plain form of some of its choices."""

    def __init__(self, request: Request, ask: Loglikelihood, planner: Planner) -> None:
        self._request, self._planner = request, planner
        self._echoes: list[EchoCall] = planner.echoes(ask)[:CHOICES_PER_ITEM]

    def calls(self) -> dict[str, Call]:
        """All calls of the trial, by key."""
        return {**self._planner.plan(self._request).calls, **{call.key: call for call in self._echoes}}

    def disagreements(self, results: Mapping[str, Result | Failure], tolerance: float) -> list[str]:
        """A sentence for each choice whose two scores differ, or that could not be scored both ways."""
        where = f"{self._request.task}: item {self._request.item_id}"
        fast = self._planner.scores(self._request, results)
        if isinstance(fast, Failure):
            return [f"{where}: the engine does not score its choices in one prefill: {fast.cause}"]
        sentences = []
        for place, echo in enumerate(self._echoes):
            plain = results[echo.key]
            if not isinstance(plain, Scores):
                sentences.append(f"{where}: the engine does not echo choice {place + 1}: {_cause(plain)}")
            elif difference := _difference(fast, place, plain, tolerance * len(echo.continuation)):
                sentences.append(f"{where}: choice {place + 1} scored in one prefill and echoed: {difference}")
        return sentences


def trials(requests: Iterable[Request], planner: Planner) -> list[Trial]:
    """The first ITEMS_PER_TASK questions of every task that are not echoed anyway."""
    chosen: dict[str, dict[Loglikelihood, Trial]] = {}
    for request in requests:
        of_task = chosen.setdefault(request.task, {})
        ask = request.ask
        if not isinstance(ask, Loglikelihood) or len(of_task) == ITEMS_PER_TASK or ask in of_task:
            continue
        if any(not isinstance(call, EchoCall) for call in planner.plan(request).calls.values()):
            of_task[ask] = Trial(request, ask, planner)
    return [trial for of_task in chosen.values() for trial in of_task.values()]


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
