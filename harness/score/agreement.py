"""Whether the engine's fast scores agree with its plain ones, tried on a few items of every task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.request import Failure, Request
from harness.score.calls import Call, EchoCall, LabelsCall, Result, Scores
from harness.score.planning import Plan, Planner

TOLERANCE = 1e-3
"""Largest difference of two log-likelihoods in float32, nats."""
COARSE_TOLERANCE = 0.1
"""The same in half precision, where another batch alone moves values in the second decimal."""
ITEMS_PER_TASK = 2
LABELS_PER_ITEM = 4


class Trial:
    """One labels call and the plain form of some of its labels."""

    def __init__(self, task: str, item_id: str, call: LabelsCall, planner: Planner) -> None:
        self._task, self._item_id = task, item_id
        self._call = call
        self._echoes: list[EchoCall] = planner.echoes(call)[:LABELS_PER_ITEM]

    def calls(self) -> dict[str, Call]:
        """All calls of the trial, by key."""
        return {call.key: call for call in (self._call, *self._echoes)}

    def disagreements(self, results: Mapping[str, Result | Failure], tolerance: float) -> list[str]:
        """A sentence for each label whose two scores differ, or that could not be scored both ways."""
        where = f"{self._task}: item {self._item_id}"
        fast = results[self._call.key]
        if not isinstance(fast, Scores):
            return [f"{where}: the engine does not score labels in one prefill: {_cause(fast)}"]
        sentences = []
        for place, echo in enumerate(self._echoes):
            plain = results[echo.key]
            token = echo.continuation[0]
            if not isinstance(plain, Scores):
                sentences.append(f"{where}: the engine does not echo token {token}: {_cause(plain)}")
            elif difference := _difference(fast, place, plain, tolerance):
                sentences.append(f"{where}: token {token} scored in one prefill and echoed: {difference}")
        return sentences


def trials(asked: Iterable[tuple[Request, Plan]], planner: Planner) -> list[Trial]:
    """The first ITEMS_PER_TASK labels calls of every task."""
    chosen: dict[str, dict[str, Trial]] = {}
    for request, plan in asked:
        of_task = chosen.setdefault(request.task, {})
        for key, call in plan.calls.items():
            if isinstance(call, LabelsCall) and len(of_task) < ITEMS_PER_TASK and key not in of_task:
                of_task[key] = Trial(request.task, request.item_id, call, planner)
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
