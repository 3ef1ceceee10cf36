"""Questions to a served model: the engine is started, proves itself, answers, and is started again where it died."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack

from harness.errors import EngineDied, EngineError
from harness.plan import Engine, RemoteEngine
from harness.request import Answer, Request
from harness.run.log import Log
from harness.run.screen import Notify, Screen
from harness.score import Scorer
from harness.serve import Endpoint

Start = Callable[[Notify], AbstractContextManager[Endpoint]]
"""Starts the engine, or reaches it; told how far it is."""


class Asking:
    """One model's requests on one planned engine."""

    def __init__(self, title: str, engine: Engine, start: Start, screen: Screen, log: Log) -> None:
        self._title, self._engine, self._start = title, engine, start
        self._screen, self._log = screen, log

    def answers(self, scorer: Scorer, requests: Sequence[Request]) -> list[Answer]:
        """Answers from the journal alone where it has all of them, else from the journal and a served model.

        An engine of ours that dies is started again, `engine.restarts` times; the scorer knows what was in flight.
        EngineError where the engine does not start, disagrees with itself or dies once more.
        """
        while (missing := scorer.unanswered(requests)) or scorer.unreplayed(requests):
            try:
                return self._asked(scorer, requests, missing)
            except EngineDied as death:
                self._go_on_after(death)
        if not self._log.restarts:
            self._screen.say(f"{self._title}: all {len(requests)} answers are in the journal")
        return scorer.answer(requests, None, lambda _done, _total: None)

    def _asked(self, scorer: Scorer, requests: Sequence[Request], missing: int) -> list[Answer]:
        with ExitStack() as stack:
            with self._log.timed("starting"), self._screen.waiting(f"{self._title}: starting the engine") as notify:
                endpoint = self._started(stack, notify)
            self._log.server = endpoint.reported
            scorer.hear(endpoint.reported)
            checking = f"{self._title}: fast scores agree with plain ones"
            with self._log.timed("agreement"), self._screen.waiting(checking):
                self._stop_on(scorer.agree(requests, endpoint))
            asking = f"{self._title}: {missing} questions"
            with self._log.timed("scoring"), self._screen.counting(asking) as advance:
                answers = scorer.answer(requests, endpoint, advance)
            again = f"{self._title}: a sample asked again in other orders, alone and without cache"
            with self._log.timed("determinism"), self._screen.waiting(again):
                scorer.replay(requests, endpoint)
            return answers

    def _started(self, stack: ExitStack, notify: Notify) -> Endpoint:
        try:
            return stack.enter_context(self._start(notify))
        except EngineDied as error:  # it never lived: to start it again would only cost time
            raise EngineError(error.message, error.remedy) from error

    def _stop_on(self, disagreements: Sequence[str]) -> None:
        if disagreements:
            listed = "\n".join(f"  {sentence}" for sentence in disagreements)
            raise EngineError(
                f"{self._title}: the engine's fast scores disagree with its plain ones:\n{listed}",
                "report this with the server's log; no score was taken",
            )

    def _go_on_after(self, death: EngineDied) -> None:
        """Count the death; raise it where nobody here can start the engine again, or has done so often enough."""
        most = self._engine.restarts
        if isinstance(self._engine, RemoteEngine):
            raise death
        if self._log.restarts >= most:
            raise EngineError(f"{death.message}\n  (it was started again engine.restarts={most} times)", death.remedy)
        self._log.restarts += 1
        again = f"starting it again ({self._log.restarts} of {most})"
        self._screen.say(f"{self._title}: {death.message}\n  -> what was answered is kept; {again}")
