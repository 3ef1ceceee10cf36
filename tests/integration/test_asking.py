"""An engine that dies while it is asked is started again, and not for ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.errors import EngineDied, EngineError
from harness.plan import RemoteEngine
from harness.request import GenerationAnswer
from harness.run.asking import Asking
from harness.run.log import Log
from harness.run.screen import Notify, Screen
from harness.score import Journal, Scorer, Tokenizer
from harness.serve.fake import FakeServer
from harness.serve.faults import Fault
from tests.scoring import SCOPE, Server, engine, generations

Faults = Callable[[int, int], Fault | None]
"""The fault of a request, by the engine's start and the request's number, both from 0."""


class Starts:
    """Starts a fake engine each time, and counts."""

    def __init__(self, checkpoint: Path, faults: Faults) -> None:
        self._checkpoint, self._faults = checkpoint, faults
        self.made = 0

    @contextmanager
    def __call__(self, _: Notify) -> Iterator[Any]:
        start, requests = self.made, iter(range(10**9))
        self.made += 1
        faults = lambda _: self._faults(start, next(requests))  # noqa: E731
        with FakeServer(engine(), self._checkpoint, "fake", faults=faults) as server:
            yield _Endpoint(server.url, check=server.check)


class _Endpoint(Server):
    reported: dict[str, str] = {}  # noqa: RUF012 - a fake's


@pytest.fixture
def scorer(tokenizer: Tokenizer, journal: Journal) -> Scorer:
    return Scorer(tokenizer, journal, engine(concurrency=2, attempts=2), SCOPE, first_pause_s=0.01)


def asking(start: Starts, log: Log, plan: Any = None, said: StringIO | None = None) -> Asking:
    return Asking("Able", plan or engine(restarts=2), start, Screen(Console(file=said or StringIO(), width=200)), log)


def test_it_is_started_again_and_only_what_is_missing_is_asked(scorer: Scorer, tiny_checkpoint: Path):
    start, log, said = Starts(tiny_checkpoint, lambda n, i: "die" if (n, i) == (0, 10) else None), Log(), StringIO()

    answers = asking(start, log, said=said).answers(scorer, generations(40))

    assert answers == [GenerationAnswer(" Seoul", "stop")] * 40
    assert (start.made, log.restarts) == (2, 1)
    assert log.execution().requests["restarts"] == 1
    assert "made to die" in said.getvalue()
    assert "starting it again (1 of 2)" in said.getvalue()


def test_it_is_given_up_after_the_planned_number_of_starts(scorer: Scorer, tiny_checkpoint: Path):
    start = Starts(tiny_checkpoint, lambda _, i: "die" if i == 5 else None)

    with pytest.raises(EngineError, match=r"(?s)made to die.*engine\.restarts=2 times"):
        asking(start, Log()).answers(scorer, generations(40))

    assert start.made == 3
    assert scorer.unanswered(generations(40)) < 40 - 3 * 3, "what each of them answered is kept"


def test_one_that_dies_while_it_starts_is_not_started_again(scorer: Scorer, tiny_checkpoint: Path):
    starts = []

    @contextmanager
    def stillborn(_: Notify) -> Iterator[Any]:
        starts.append(1)
        raise EngineDied("no memory")
        yield

    with pytest.raises(EngineError, match="no memory"):
        Asking("Able", engine(), stillborn, Screen(Console(file=StringIO())), Log()).answers(scorer, generations(4))
    assert len(starts) == 1


def test_a_remote_one_is_its_operators_to_start(scorer: Scorer, tiny_checkpoint: Path):
    start = Starts(tiny_checkpoint, lambda _, i: "die" if i == 10 else None)
    plan = RemoteEngine(kind="remote", url="http://127.0.0.1:9", served_model="fake", max_model_len=64)

    with pytest.raises(EngineDied, match="made to die"):
        asking(start, Log(), plan).answers(scorer, generations(40))
    assert start.made == 1
