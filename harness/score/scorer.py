"""Requests become answers: from the journal where it has them, else from the engine."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from harness.plan.engine import FakeEngine, RemoteEngine, VllmEngine
from harness.request import Answer, Failure, Request
from harness.score import agreement, preflight
from harness.score.calls import Call, Result
from harness.score.client import FIRST_PAUSE_S, Client, Endpoint
from harness.score.journal import Journal
from harness.score.order import in_order
from harness.score.planning import Planner
from harness.score.pool import Answered, Pool, Write
from harness.score.tokens import Tokenizer

Results = dict[str, Result | Failure]
Progress = Callable[[int, int], None]
"""Told of requests done and requests to be asked."""


class Scorer:
    """Answers requests about one model on one engine."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        journal: Journal,
        engine: VllmEngine | RemoteEngine | FakeEngine,
        scope: str,
        *,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        self._tokenizer, self._journal, self._engine = tokenizer, journal, engine
        self._first_pause_s = first_pause_s
        self._planner = Planner(tokenizer, scope, seed=getattr(engine, "seed", 0))
        self._fresh: set[str] = set()
        self.counts: Counter[str] = Counter()
        """Requests answered by the `engine`, by the `journal` and `failed`, and `retries` of calls."""

    def unanswered(self, requests: Sequence[Request]) -> int:
        """Requests for which the engine is needed."""
        calls = self._calls(requests)
        missing = calls.keys() - self._journal.get(calls).keys()
        return sum(not missing.isdisjoint(self._planner.plan(request).calls) for request in requests)

    def preflight(self, requests: Sequence[Request]) -> list[str]:
        """What is wrong with the requests, a sentence each; empty where nothing is."""
        asked = ((request, self._planner.plan(request)) for request in requests)
        return preflight.problems(asked, self._tokenizer, self._engine.max_model_len)

    def agree(self, requests: Sequence[Request], endpoint: Endpoint) -> list[str]:
        """Where the engine's one-prefill label scores differ from echoed ones; empty where they agree.

        Asked past the journal, which an earlier engine may have filled: the one that will answer proves itself. What
        it says on trial is not kept.
        """
        asked = ((request, self._planner.plan(request)) for request in requests)
        chosen = agreement.trials(asked, self._planner)
        calls = {key: call for trial in chosen for key, call in trial.calls().items()}
        results: Results = {}
        self._ask(calls, endpoint, results.__setitem__, write=_forget)
        tolerance = self._tolerance()
        return [sentence for trial in chosen for sentence in trial.disagreements(results, tolerance)]

    def answer(self, requests: Sequence[Request], endpoint: Endpoint | None, on_progress: Progress) -> list[Answer]:
        """Answers in the requests' order; without an endpoint, from the journal alone.

        A request that the machine could not answer gets a Failure and the others go on. EngineError where the engine
        is dead or refuses altogether, StorageError where the journal cannot be written; what was answered is kept.
        """
        calls = self._calls(requests)
        known = self._journal.get(calls)
        results: Results = dict(known)
        missing = {key: call for key, call in calls.items() if key not in known}
        if endpoint is not None and missing:
            progress = self._progress(requests, known, on_progress)

            def answered(key: str, result: Result | Failure) -> None:
                results[key] = result
                if not isinstance(result, Failure):
                    self._fresh.add(key)
                progress(key, result)

            self._ask(missing, endpoint, answered, write=self._journal.put)
        answers = [self._planner.answer(request, results) for request in requests]
        self._count(requests, answers)
        return answers

    def _calls(self, requests: Sequence[Request]) -> dict[str, Call]:
        return {key: call for request in requests for key, call in self._planner.plan(request).calls.items()}

    def _ask(self, calls: Mapping[str, Call], endpoint: Endpoint, answered: Answered, *, write: Write) -> None:
        """Ask the engine for all calls, given by key."""
        if calls:
            asyncio.run(self._asked(in_order(calls), endpoint, answered, write))

    async def _asked(
        self, calls: Sequence[tuple[str, Call]], endpoint: Endpoint, answered: Answered, write: Write
    ) -> None:
        engine = self._engine
        client = Client(
            endpoint,
            timeout_s=engine.request_timeout_s,
            attempts=engine.attempts,
            concurrency=engine.concurrency,
            first_pause_s=self._first_pause_s,
        )
        try:
            async with client:
                await Pool(client, write, engine.concurrency, answered).run(calls)
        finally:
            self.counts["retries"] += client.retries

    def _tolerance(self) -> float:
        """How closely two ways of scoring must agree; a remote engine does not say in what precision it computes."""
        exact = isinstance(self._engine, FakeEngine) or (
            isinstance(self._engine, VllmEngine) and self._engine.dtype == "float32"
        )
        return agreement.TOLERANCE if exact else agreement.COARSE_TOLERANCE

    def _progress(self, requests: Sequence[Request], known: Mapping[str, Result], on_progress: Progress) -> Answered:
        """Turns answered calls into requests done."""
        waiting: dict[str, list[int]] = {}
        missing: dict[int, int] = {}
        for number, request in enumerate(requests):
            keys = self._planner.plan(request).calls.keys() - known.keys()
            if keys:
                missing[number] = len(keys)
            for key in keys:
                waiting.setdefault(key, []).append(number)
        total, done = len(missing), 0

        def answered(key: str, _: Result | Failure) -> None:
            nonlocal done
            for number in waiting[key]:
                missing[number] -= 1
                done += missing[number] == 0
            on_progress(done, total)

        return answered

    def _count(self, requests: Sequence[Request], answers: Sequence[Answer]) -> None:
        """Where each request's answer came from; counted anew, so that it reconciles with the requests."""
        sources: Counter[str] = Counter({"engine": 0, "journal": 0, "failed": 0})
        for request, answer in zip(requests, answers, strict=True):
            fresh = not self._fresh.isdisjoint(self._planner.plan(request).calls)
            sources["failed" if isinstance(answer, Failure) else "engine" if fresh else "journal"] += 1
        self.counts = Counter({**sources, "retries": self.counts["retries"]})


def _forget(_: Mapping[str, Result]) -> None:
    """Keeps nothing."""
