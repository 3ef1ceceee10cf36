"""Requests become answers: from the journal where it has them, else from the engine."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from harness.plan.engine import FakeEngine, RemoteEngine, VllmEngine
from harness.plan.model import Thinking
from harness.records import Check, Determinism, ReplayCondition
from harness.request import Answer, Failure, Request
from harness.score import abilities, agreement, preflight
from harness.score.calls import Call, Result
from harness.score.casualties import Casualties
from harness.score.checklist import checklist
from harness.score.client import FIRST_PAUSE_S, Client, Endpoint
from harness.score.covering import Abilities
from harness.score.determinism import CONDITIONS, Condition, certificate, sample
from harness.score.journal import Journal
from harness.score.order import apart
from harness.score.planning import Planner
from harness.score.pool import Answered, Pool, Write
from harness.score.progress import Progress, Tally
from harness.score.tokens import Tokenizer

Results = dict[str, Result | Failure]


class Scorer:
    """Answers requests about one model on one engine."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        journal: Journal,
        engine: VllmEngine | RemoteEngine | FakeEngine,
        scope: str,
        *,
        thinking: Thinking | None = None,
        first_pause_s: float = FIRST_PAUSE_S,
    ) -> None:
        """`thinking`: how the thinking of a reasoning model is told from its answer; null where it does not think."""
        self._tokenizer, self._journal, self._engine, self._scope = tokenizer, journal, engine, scope
        self._thinking, self._first_pause_s = thinking, first_pause_s
        self._tried = abilities.trials(scope, tokenizer.prefix)
        self._planner = self._planner_for(self._known_abilities())
        self._fresh: set[str] = set()
        self._used: set[str] = set()
        self.casualties = Casualties()
        """What the engine's deaths taught; with it, an answer after a restart asks no poison again."""
        self.counts: Counter[str] = Counter()
        """Requests answered by the `engine`, by the `journal` and `failed`, and `retries` of calls."""

    def unanswered(self, requests: Sequence[Request], planner: Planner | None = None) -> int:
        """Requests for which the engine is needed."""
        planner = planner or self._planner
        calls, known = self._calls(requests, planner)
        missing = calls.keys() - known.keys() - self.casualties.poison.keys()
        return sum(not missing.isdisjoint(planner.calls(request, known)) for request in requests)

    def preflight(self, requests: Sequence[Request]) -> list[str]:
        """What is wrong with the requests, a sentence each; empty where nothing is."""
        self._planner.prepare(requests)
        asked = ((request, self._planner.plan(request)) for request in requests)
        return preflight.problems(asked, self._tokenizer, self._engine.max_model_len)

    def checklist(self, requests: Sequence[Request]) -> list[Check]:
        """What the model and each task will be asked like."""
        self._planner.prepare(requests)
        return checklist(requests, self._planner, self._tokenizer, self._engine.max_model_len, self._thinking)

    def agree(self, requests: Sequence[Request], endpoint: Endpoint) -> list[str]:
        """Where the engine's fast scores differ from echoed ones; empty where they agree.

        Asked past the journal, which an earlier engine may have filled: the one that will answer proves itself. What
        it says on trial is not kept. What a remote engine can do at all is tried first.
        """
        if isinstance(self._engine, RemoteEngine):
            self._try(endpoint)
        self._planner.prepare(requests)
        poison = self.casualties.poison.keys()
        chosen = [trial for trial in agreement.trials(requests, self._planner) if poison.isdisjoint(trial.calls())]
        results = self._asked_now({key: call for trial in chosen for key, call in trial.calls().items()}, endpoint)
        tolerance = agreement.tolerance_of(self._engine)
        return [sentence for trial in chosen for sentence in trial.disagreements(results, tolerance)]

    def answer(self, requests: Sequence[Request], endpoint: Endpoint | None, on_progress: Progress) -> list[Answer]:
        """Answers in the requests' order; without an endpoint, from the journal alone.

        A request that the machine could not answer gets a Failure and the others go on. EngineError where the engine
        is dead or refuses altogether, StorageError where the journal cannot be written; what was answered is kept.
        """
        calls, known = self._calls(requests)
        results: Results = {**known, **self.casualties.poison}
        missing = {key: call for key, call in calls.items() if key not in results}
        if endpoint is not None and missing:
            tally = Tally([self._planner.calls(request, known).keys() & missing.keys() for request in requests])
            asked = dict(missing)

            def answered(key: str, result: Result | Failure) -> None:
                results[key] = result
                following = None
                if not isinstance(result, Failure):
                    self._fresh.add(key)
                    following = asked[key].then(result)
                if following is not None:
                    asked[following.key] = following
                on_progress(*tally.answered(key, None if following is None else following.key))

            self._ask(missing, endpoint, answered, write=self._journal.put)
        answers = [self._planner.answer(request, results) for request in requests]
        self._used = {key for key, result in results.items() if not isinstance(result, Failure)}
        self._count(requests, answers, results)
        return answers

    def unreplayed(self, requests: Sequence[Request]) -> int:
        """Replays (a request under a condition) for which the engine is needed."""
        again = self._sample(requests)
        return sum(self.unanswered(again, self._planner_of(condition)) for condition in CONDITIONS)

    def replay(self, requests: Sequence[Request], endpoint: Endpoint) -> None:
        """Ask a sample again under every condition; the answers go to the journal, apart from the run's own."""
        again = self._sample(requests)
        for condition in CONDITIONS:
            calls, known = self._calls(again, self._planner_of(condition))
            missing = {key: call for key, call in calls.items() if key not in known}
            self._ask(missing, endpoint, _heard, write=self._journal.put, how=condition)

    def certificate(self, requests: Sequence[Request], answers: Sequence[Answer]) -> Determinism | None:
        """What the replays in the journal say; null where the engine asks for none."""
        again = self._sample(requests)
        if not again:
            return None
        replays: dict[ReplayCondition, dict[Request, Answer]] = {}
        for condition in CONDITIONS:
            planner = self._planner_of(condition)
            _, known = self._calls(again, planner)
            replays[condition.name] = {request: planner.answer(request, known) for request in again}
        return certificate(requests, answers, replays)

    def hear(self, reported: Mapping[str, Any]) -> None:
        """Keep, beside its answers and before the first of them, what the server says of itself."""
        self._journal.hear(reported)

    def servers(self, requests: Sequence[Request]) -> list[dict[str, Any]]:
        """What the servers said of themselves that gave the last answers and the replays; empty for one not known."""
        again = self._sample(requests)
        replayed = [self._calls(again, self._planner_of(condition))[1] for condition in CONDITIONS]
        return self._journal.servers({*self._used, *(key for known in replayed for key in known)})

    def _sample(self, requests: Sequence[Request]) -> list[Request]:
        """What is asked again; nothing that killed the engine."""
        poison = self.casualties.poison.keys()
        sound = [each for each in requests if not poison or poison.isdisjoint(self._planner.plan(each).calls)]
        return sample(sound, self._engine.replays, self._scope)

    def _planner_for(self, can: Abilities, scope: str | None = None) -> Planner:
        seed = getattr(self._engine, "seed", 0)
        return Planner(self._tokenizer, scope or self._scope, seed, can=can, thinking=self._thinking)

    def _planner_of(self, condition: Condition) -> Planner:
        return self._planner_for(self._planner.can, condition.scope(self._scope))

    def _known_abilities(self) -> Abilities:
        """As planned; of a remote engine, as it has shown earlier."""
        if not isinstance(self._engine, RemoteEngine):
            return abilities.planned(self._engine)
        return abilities.shown(self._tried, self._journal.get(self._tried))

    def _try(self, endpoint: Endpoint) -> None:
        """Find out what a remote engine can do, and plan accordingly."""
        results = self._asked_now(self._tried, endpoint)
        self._journal.put({key: result for key, result in results.items() if not isinstance(result, Failure)})
        if (can := abilities.shown(self._tried, results)) != self._planner.can:
            self._planner = self._planner_for(can)

    def _calls(
        self, requests: Sequence[Request], planner: Planner | None = None
    ) -> tuple[dict[str, Call], dict[str, Result]]:
        """The calls of all requests by key, with those that follow from known answers, and the known answers."""
        planner = planner or self._planner
        planner.prepare(requests)
        calls = planner.calls_of(requests, {})
        known = self._journal.get(calls)
        if self._thinking is not None:
            calls |= planner.calls_of(requests, known)
            known |= self._journal.get(calls.keys() - known.keys())
        return calls, known

    def _asked_now(self, calls: Mapping[str, Call], endpoint: Endpoint) -> Results:
        """Answers straight from the engine; none is kept."""
        results: Results = {}
        self._ask(calls, endpoint, results.__setitem__, write=_forget)
        return results

    def _ask(
        self,
        calls: Mapping[str, Call],
        endpoint: Endpoint,
        answered: Answered,
        *,
        write: Write,
        how: Condition = CONDITIONS[0],
    ) -> None:
        """Ask the engine for all calls, given by key, and for what follows from their answers."""
        if calls:
            asyncio.run(self._asked(calls, endpoint, answered, write, how))

    async def _asked(
        self, calls: Mapping[str, Call], endpoint: Endpoint, answered: Answered, write: Write, how: Condition
    ) -> None:
        concurrency = 1 if how.alone else self._engine.concurrency
        client = Client(
            endpoint,
            timeout_s=self._engine.request_timeout_s,
            attempts=self._engine.attempts,
            concurrency=concurrency,
            first_pause_s=self._first_pause_s,
            cold=how.cold,
        )
        try:
            async with client:
                for part in apart(calls):
                    await Pool(client, write, concurrency, answered, self.casualties).run(how.ordered(part))
        finally:
            self.counts["retries"] += client.retries

    def _count(self, requests: Sequence[Request], answers: Sequence[Answer], results: Results) -> None:
        """Where each request's answer came from; counted anew, so that it reconciles with the requests."""
        sources: Counter[str] = Counter({"engine": 0, "journal": 0, "failed": 0})
        for request, answer in zip(requests, answers, strict=True):
            fresh = not self._fresh.isdisjoint(self._planner.calls(request, results))
            sources["failed" if isinstance(answer, Failure) else "engine" if fresh else "journal"] += 1
        self.counts = Counter({**sources, "retries": self.counts["retries"]})


def _heard(_key: str, _result: Result | Failure) -> None:
    """What was answered is in the journal."""


def _forget(_: Mapping[str, Result]) -> None:
    """Keeps nothing."""
