"""Everything that can go wrong between the harness and an engine, and what becomes of the requests."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.errors import EngineDied, EngineError
from harness.plan import RemoteEngine
from harness.request import Failure, GenerationAnswer
from harness.score import Journal, Scorer, Tokenizer
from harness.serve import Endpoint, serve
from harness.serve.fake import FakeServer
from harness.serve.faults import Fault, in_turn
from tests.scoring import SCOPE, Score, Server, best, choices, engine, generations, texts

# A fake server that dies, or stops while a client connects, leaves that socket to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

POISONED = 2
"""The item that a lasting fault strikes."""


@dataclass(frozen=True)
class Row:
    """One fault: how it passes, and what it is called where it lasts."""

    fault: Fault
    cause: str
    """Of the failed request, where the fault strikes each of its attempts."""
    retried: int = 2
    """Attempts that it may strike before the answer comes all the same; 0 where another attempt cannot help."""

    @property
    def timeout_s(self) -> float:
        """Of a request: short where the fault is that no answer comes, else more than a busy machine needs."""
        return 1.0 if "no answer" in self.cause else 30.0


TABLE = [
    Row("429", "HTTP 429: made to fail"),
    Row("429_date", "HTTP 429: made to fail", retried=1),
    Row("500", "HTTP 500: made to fail"),
    Row("503", "HTTP 503: made to fail"),
    Row("reset", "the connection broke"),
    Row("half_json", "not JSON"),
    Row("empty_choices", "without a choice"),
    Row("hang", "no answer within 1 s", retried=1),
    Row("hung_stream", "no answer within 1 s", retried=1),
    Row("400", "refused the request: HTTP 400", retried=0),
    Row("nan", "no number", retried=0),
]


@pytest.fixture
def is_struck(tokenizer: Tokenizer) -> Callable[[dict[str, Any]], bool]:
    """Whether a payload asks about the poisoned item."""
    (request,) = choices(5)[POISONED : POISONED + 1]
    tokens = list(tokenizer.encode_prompt(request.ask.context))
    return lambda payload: payload["prompt"][: len(tokens)] == tokens


@pytest.mark.parametrize("row", [row for row in TABLE if row.retried], ids=lambda row: row.fault)
def test_a_passing_fault_is_retried_and_changes_no_answer(score: Score, journal: Journal, row: Row):
    requests = [*choices(3), *generations(3)]
    sound, _, _ = score(requests)
    journal._connection.execute("DELETE FROM answers")
    journal._connection.commit()

    faults = in_turn([row.fault] * row.retried)
    answers, counts, _ = score(requests, faults=faults, concurrency=1, request_timeout_s=row.timeout_s)

    assert answers == sound
    assert counts["retries"] == row.retried
    assert counts["failed"] == 0


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.fault)
def test_a_lasting_fault_fails_its_request_alone_and_is_never_journalled(
    score: Score, is_struck: Callable[[dict[str, Any]], bool], row: Row
):
    requests = choices(5)
    faults = lambda payload: row.fault if is_struck(payload) else None  # noqa: E731

    answers, counts, _ = score(requests, faults=faults, request_timeout_s=row.timeout_s, attempts=2)

    failed = [number for number, answer in enumerate(answers) if isinstance(answer, Failure)]
    assert failed == [POISONED]
    assert isinstance(answers[POISONED], Failure)
    assert row.cause in answers[POISONED].cause
    assert counts["failed"] == 1
    assert counts["retries"] == (1 if row.retried else 0)
    mended, counts, _ = score(requests)
    assert best(mended[POISONED]) == POISONED
    assert counts == Counter(engine=1, journal=4, failed=0, retries=0)


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.fault in ("429", "500", "reset", "hang")], ids=lambda row: row.fault
)
def test_clocks_that_jump_change_nothing(score: Score, monkeypatch: pytest.MonkeyPatch, row: Row):
    leaps = random.Random(0)
    monkeypatch.setattr(time, "time", lambda: leaps.uniform(-1e9, 4e9))
    began = time.monotonic()

    answers, counts, _ = score(generations(6), faults=in_turn([row.fault]), request_timeout_s=row.timeout_s)

    assert answers == [GenerationAnswer(" Seoul", "stop")] * 6
    assert counts["retries"] == 1
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(("fault", "seconds"), [("429", 0.5), ("429_date", 1.0)])
def test_the_pause_that_the_server_asks_for_is_kept(
    score: Score, monkeypatch: pytest.MonkeyPatch, fault: Fault, seconds: float
):
    monkeypatch.setattr("harness.serve.faults.RETRY_AFTER_S", 0.5)
    began = time.monotonic()

    _, counts, _ = score(generations(1), faults=in_turn([fault]))

    assert counts["retries"] == 1
    assert time.monotonic() - began >= seconds


NONSENSE: list[dict[str, Any]] = [
    {"logprobs": {"tokens": ["a"], "top_logprobs": [{"token_id:1": -1.0, "a": -2.0}]}},
    {"logprobs": {"tokens": ["a"], "top_logprobs": [{"token_id:1": "-1.0"}]}},
    {"logprobs": {"tokens": ["a"], "top_logprobs": [7]}, "token_ids": [-1], "finish_reason": "stop"},
    {"token_ids": ["a"], "finish_reason": "stop"},
]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_nonsense_from_a_server_fails_requests_and_never_the_run(
    tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal, nonsense: dict[str, Any]
):
    async def answer(_: Any) -> Any:
        from aiohttp import web

        return web.json_response({"choices": [nonsense]})

    server = FakeServer(engine(), tiny_checkpoint, "fake")
    server._complete = answer  # type: ignore[method-assign]
    requests = [*choices(2), *texts(2), *generations(2)]
    scorer = Scorer(tokenizer, journal, engine(attempts=2), SCOPE, first_pause_s=0.01)
    with server:
        answers = scorer.answer(requests, Server(server.url), lambda *_: None)

    assert all(isinstance(each, Failure) for each in answers)
    assert scorer.unanswered(requests) == len(requests)


def test_a_wrong_model_name_stops_the_run_at_once_with_what_the_server_said(
    tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal
):
    with FakeServer(engine(), tiny_checkpoint, "fake") as server:
        scorer = Scorer(tokenizer, journal, engine(), SCOPE)
        with pytest.raises(EngineError, match=r"'other'.*Valid aliases: fake") as caught:
            scorer.answer(choices(50), Server(server.url, "other"), lambda *_: None)
        assert not isinstance(caught.value, EngineDied), "a new start would not mend it"
        assert server.requests <= engine().concurrency


def test_an_engine_that_nobody_listens_for_is_dead_and_no_request_failed(tokenizer: Tokenizer, journal: Journal):
    scorer = Scorer(tokenizer, journal, engine(attempts=2), SCOPE, first_pause_s=0.01)

    with pytest.raises(EngineDied, match="cannot be reached"):
        scorer.answer(choices(50), Server(f"http://127.0.0.1:{free_port()}"), lambda *_: None)


def test_a_server_that_comes_late_is_waited_for(tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal):
    port = free_port()
    scorer = Scorer(tokenizer, journal, engine(attempts=8), SCOPE, first_pause_s=0.05)
    server = FakeServer(engine(), tiny_checkpoint, "fake", port=port)
    timer = threading.Timer(0.3, server.__enter__)
    timer.start()
    try:
        answers = scorer.answer(choices(8), Server(f"http://127.0.0.1:{port}"), lambda *_: None)
    finally:
        timer.join()
        server.__exit__(None, None, None)

    assert [best(answer) for answer in answers] == [number % 4 for number in range(8)]
    assert scorer.counts["retries"] > 0


def test_an_engine_that_fails_every_request_is_dead_and_no_request_failed(score: Score):
    with pytest.raises(EngineDied, match="HTTP 500"):
        score(choices(50), faults=lambda _: "500", attempts=2)


def test_a_server_that_only_asks_for_patience_is_not_dead(score: Score):
    answers, counts, _ = score(choices(3), faults=lambda _: "429", attempts=2)

    assert counts["failed"] == 3
    assert all(isinstance(answer, Failure) and "HTTP 429" in answer.cause for answer in answers)


def test_an_engine_that_hangs_is_found_dead_after_one_time_out_and_not_after_all_attempts(score: Score):
    asked = []

    def hang(payload: dict[str, Any]) -> Fault:
        asked.append(payload)
        return "hang"

    with pytest.raises(EngineDied, match=r"no answer within 0\.3 s"):
        score(choices(50), faults=hang, request_timeout_s=0.3, attempts=50)

    assert len(asked) < 50


@contextmanager
def remote(url: str, tmp_path: Path, **changes: Any) -> Iterator[Endpoint]:
    """A server as `engine=remote` sees it."""
    plan = RemoteEngine(kind="remote", url=url, served_model="fake", max_model_len=256, **changes)
    with serve(plan, tmp_path, "fake", tmp_path / "log", lambda _: None) as endpoint:
        yield endpoint


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_model_len": 256}, "max_model_len was 512 and is 256"),
        ({"seed": 7}, "the log-probabilities of a fixed text moved by up to"),
        ({}, None),
    ],
    ids=["shorter context", "other weights", "as before"],
)
def test_a_server_that_was_restarted_with_other_flags_stops_the_run(
    tiny_checkpoint: Path,
    tokenizer: Tokenizer,
    journal: Journal,
    tmp_path: Path,
    changes: dict[str, Any],
    said: str | None,
):
    requests, port = generations(40), free_port()
    planned = engine(concurrency=2, attempts=8)
    scorer = Scorer(tokenizer, journal, planned, SCOPE, first_pause_s=0.05)
    servers = [FakeServer(planned, tiny_checkpoint, "fake", port=port, faults=dies_after(20))]

    def restart() -> None:
        while not servers[0]._dead:
            time.sleep(0.01)
        servers[0].__exit__(None, None, None)
        servers.append(FakeServer(engine(**changes), tiny_checkpoint, "fake", port=port))
        servers[1].__enter__()

    with servers[0]:
        operator = threading.Thread(target=restart)
        operator.start()
        try:
            with remote(servers[0].url, tmp_path) as endpoint:
                if said is None:
                    assert (
                        scorer.answer(requests, endpoint, lambda *_: None) == [GenerationAnswer(" Seoul", "stop")] * 40
                    )
                else:
                    with pytest.raises(EngineError, match=f"another server than before.*{said}"):
                        scorer.answer(requests, endpoint, lambda *_: None)
                    assert scorer.unanswered(requests) >= 20, "nothing that the other one said is kept"
        finally:
            operator.join()
            servers[1].__exit__(None, None, None)


def dies_after(n: int) -> Callable[[dict[str, Any]], Fault | None]:
    asked = iter(range(10**9))
    return lambda _: "die" if next(asked) == n else None


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_an_engine_that_died_stops_the_run_and_keeps_what_it_answered(
    tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal
):
    requests = generations(40)
    planned = engine(concurrency=2)
    scorer = Scorer(tokenizer, journal, planned, SCOPE, first_pause_s=0.01)
    with FakeServer(planned, tiny_checkpoint, "fake", faults=dies_after(10)) as server:
        with pytest.raises(EngineDied, match="made to die"):
            scorer.answer(requests, Server(server.url, check=server.check), lambda *_: None)
        assert server.requests <= 12

    assert 29 <= scorer.unanswered(requests) <= 30


def test_poison_is_found_by_asking_the_suspects_alone_and_the_rest_goes_on(
    tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal, is_struck: Callable[[dict[str, Any]], bool]
):
    requests = choices(40)
    planned = engine(concurrency=8)
    scorer = Scorer(tokenizer, journal, planned, SCOPE, first_pause_s=0.01)
    start = partial(
        FakeServer, planned, tiny_checkpoint, "fake", faults=lambda payload: "die" if is_struck(payload) else None
    )
    sent = []
    for _ in range(2):
        with start() as server, pytest.raises(EngineDied):
            scorer.answer(requests, Server(server.url, check=server.check), lambda *_: None)
        sent.append(server.requests)
    assert sent[1] <= 8, "after the first death only those in flight were asked, one at a time"
    with start() as server:
        answers = scorer.answer(requests, Server(server.url, check=server.check), lambda *_: None)

    assert [number for number, answer in enumerate(answers) if isinstance(answer, Failure)] == [POISONED]
    assert isinstance(answers[POISONED], Failure)
    assert answers[POISONED].cause.startswith("the engine died twice over this request")
    assert scorer.unanswered(requests) == 0, "poison is not asked again by this run"
    with Journal.open(journal.path) as reopened:
        assert Scorer(tokenizer, reopened, planned, SCOPE).unanswered(requests) == 1, "and by the next one it is"
