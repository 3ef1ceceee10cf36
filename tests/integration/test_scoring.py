"""Requests answered over HTTP by the fake engine, sound and faulty."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.errors import EngineError, StorageError
from harness.plan import FakeEngine
from harness.request import Answer, Failure, Generation, GenerationAnswer, Loglikelihood, LoglikelihoodAnswer, Request
from harness.score import Journal, Scorer, Tokenizer
from harness.score.calls import Result
from harness.serve.fake import FakeServer, Fault, Faults, in_turn

LETTERS = (" A", " B", " D", " 가")
"""Each one token of the tiny tokenizer."""
SCOPE = "f" * 64


def alive() -> None:
    """The check of an engine that lives."""


@dataclass(frozen=True)
class Server:
    """An endpoint as the scorer sees it."""

    url: str
    served_model: str = "fake"
    api_key: str | None = field(default=None, repr=False)
    check: Callable[[], None] = alive


def engine(**changes: Any) -> FakeEngine:
    return FakeEngine(**({"kind": "fake", "max_model_len": 512, "skill": 1.0, "attempts": 3} | changes))


def choices(n: int) -> list[Request]:
    """Copying tasks with one-token labels, the right one each letter in turn."""
    return [
        Request(
            "letters", str(number), 0, 0, Loglikelihood(f"Item {number}\nCopy:{LETTERS[number % 4]}\nAnswer:", LETTERS)
        )
        for number in range(n)
    ]


def texts(n: int) -> list[Request]:
    return [
        Request(
            "texts", str(number), 0, 0, Loglikelihood(f"문항 {number}\n복사: 서울\n정답: ", ("부산시", "서울", "제주"))
        )
        for number in range(n)
    ]


def generations(n: int, *, repeats: int = 1, temperature: float = 0.0) -> list[Request]:
    ask = [Generation(f"Item {number}\nCopy: Seoul\nAnswer:", ("\n",), 16, temperature) for number in range(n)]
    return [Request("copying", str(n), 0, repeat, one) for n, one in enumerate(ask) for repeat in range(repeats)]


@pytest.fixture(scope="session")
def tokenizer(tiny_checkpoint: Path) -> Tokenizer:
    return Tokenizer.load(tiny_checkpoint)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.sqlite") as opened:
        yield opened


Score = Callable[..., tuple[list[Answer], Counter[str], int]]


@pytest.fixture
def score(tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal) -> Score:
    """Answer requests on a fresh server; answers, counts and how many requests the server saw."""

    def run(
        requests: Sequence[Request], *, faults: Faults | None = None, **changes: Any
    ) -> tuple[list[Answer], Counter[str], int]:
        planned = engine(**changes)
        scorer = Scorer(tokenizer, journal, planned, SCOPE, first_pause_s=0.01)
        with FakeServer(planned, tiny_checkpoint, "fake", faults=faults) as server:
            answers = scorer.answer(requests, Server(server.url), lambda *_: None)
            return answers, scorer.counts, server.requests

    return run


def best(answer: Answer) -> int:
    assert isinstance(answer, LoglikelihoodAnswer), answer
    return max(range(len(answer.logprobs)), key=answer.logprobs.__getitem__)


def test_a_skilled_engine_copies_in_every_shape(score: Score):
    answers, counts, _ = score([*choices(12), *texts(4), *generations(4)])

    assert [best(answer) for answer in answers[:12]] == [number % 4 for number in range(12)]
    assert [best(answer) for answer in answers[12:16]] == [1] * 4
    assert answers[16:] == [GenerationAnswer(" Seoul", "stop")] * 4
    assert counts == Counter(engine=20, journal=0, failed=0, retries=0)


def test_skill_is_the_share_of_prompts_that_are_copied(score: Score):
    answers, _, _ = score(generations(200), skill=0.5)

    assert 75 <= sum(answer == GenerationAnswer(" Seoul", "stop") for answer in answers) <= 125


def test_the_second_time_nothing_is_sent_and_answers_are_equal(score: Score):
    requests = [*choices(8), *texts(3), *generations(3)]
    first, _, _ = score(requests)

    second, counts, sent = score(requests)

    assert second == first
    assert sent == 0
    assert counts == Counter(engine=0, journal=len(requests), failed=0, retries=0)


def test_answers_keep_the_order_of_the_requests_whatever_the_concurrency(score: Score, journal: Journal):
    requests = [*generations(5), *choices(9), *texts(5)]
    together, _, _ = score(requests, concurrency=16)
    journal._connection.execute("DELETE FROM answers")
    journal._connection.commit()

    alone, _, _ = score(requests[::-1], concurrency=1)

    assert alone[::-1] == together


def test_equal_questions_are_sent_once(score: Score):
    same = [Request("letters", str(number), 0, 0, choices(1)[0].ask) for number in range(10)]

    answers, counts, sent = score([*same, *generations(1, repeats=5)])

    assert sent == 2
    assert len(set(answers[:10])) == 1
    assert counts["engine"] == 15


def test_sampled_repeats_are_questions_of_their_own(score: Score):
    answers, _, sent = score(generations(1, repeats=8, temperature=1.0), skill=0.0)

    assert sent == 8
    assert len(set(answers)) > 1


def test_without_an_endpoint_the_journal_answers_alone(score: Score, tokenizer: Tokenizer, journal: Journal):
    score(choices(2))
    scorer = Scorer(tokenizer, journal, engine(), SCOPE)

    known, unknown = scorer.answer([choices(1)[0], choices(3)[2]], None, lambda *_: None)

    assert isinstance(known, LoglikelihoodAnswer)
    assert isinstance(unknown, Failure)
    assert scorer.unanswered(choices(3)) == 1
    assert scorer.counts == Counter(engine=0, journal=1, failed=1, retries=0)


def test_another_scope_shares_no_answers(score: Score, tokenizer: Tokenizer, journal: Journal):
    score(choices(2))

    assert Scorer(tokenizer, journal, engine(), "e" * 64).unanswered(choices(2)) == 2


def test_progress_counts_requests_to_the_end(tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal):
    seen: list[tuple[int, int]] = []
    with FakeServer(engine(), tiny_checkpoint, "fake") as server:
        scorer = Scorer(tokenizer, journal, engine(), SCOPE)
        scorer.answer([*choices(6), *texts(4)], Server(server.url), lambda done, total: seen.append((done, total)))

    assert seen[-1] == (10, 10)
    assert sorted(seen) == seen


MENDED: list[Fault] = ["429", "500", "503", "reset", "half_json", "empty_choices"]


@pytest.mark.parametrize("fault", MENDED)
def test_a_passing_fault_is_retried_and_changes_no_answer(score: Score, journal: Journal, fault: Fault):
    requests = [*choices(3), *generations(3)]
    sound, _, _ = score(requests)
    journal._connection.execute("DELETE FROM answers")
    journal._connection.commit()

    answers, counts, _ = score(requests, faults=in_turn([fault, fault]), concurrency=1)

    assert answers == sound
    assert counts["retries"] == 2
    assert counts["failed"] == 0


CAUSES: dict[Fault, str] = {
    "429": "HTTP 429: too many requests",
    "500": "HTTP 500: made to fail",
    "503": "HTTP 503: made to fail",
    "400": "refused the request: HTTP 400",
    "reset": "the connection broke",
    "half_json": "not JSON",
    "hang": "no answer within 0.2 s",
    "empty_choices": "without a choice",
    "nan": "no number",
}


@pytest.mark.parametrize("fault", CAUSES)
def test_a_lasting_fault_fails_its_request_alone_and_is_never_journalled(score: Score, fault: Fault):
    requests = choices(5)
    poisoned = lambda payload: fault if _is_item(payload, requests[2]) else None  # noqa: E731

    answers, counts, _ = score(requests, faults=poisoned, request_timeout_s=0.2, attempts=2)

    assert [isinstance(answer, Failure) for answer in answers] == [False, False, True, False, False]
    assert isinstance(answers[2], Failure)
    assert CAUSES[fault] in answers[2].cause
    assert counts["failed"] == 1
    mended, counts, _ = score(requests)
    assert best(mended[2]) == 2
    assert counts == Counter(engine=1, journal=4, failed=0, retries=0)


_TOKENS: dict[str, list[int]] = {}


def _is_item(payload: dict[str, Any], request: Request) -> bool:
    """Whether a payload asks about the request's item; its tokens are looked up once by the caller's fixture."""
    return payload["prompt"][: len(_TOKENS[request.item_id])] == _TOKENS[request.item_id]


@pytest.fixture(autouse=True)
def _tokens(tokenizer: Tokenizer) -> None:
    _TOKENS.update({request.item_id: list(tokenizer.encode_prompt(request.ask.context)) for request in choices(5)})


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


def test_retry_after_is_honoured(score: Score, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("harness.serve.fake.RETRY_AFTER_S", 0.5)
    began = time.monotonic()

    _, counts, _ = score(generations(1), faults=in_turn(["429"]))

    assert counts["retries"] == 1
    assert time.monotonic() - began >= 0.5


def test_a_wrong_model_name_stops_the_run_at_once_with_what_the_server_said(
    tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal
):
    with FakeServer(engine(), tiny_checkpoint, "fake") as server:
        scorer = Scorer(tokenizer, journal, engine(), SCOPE)
        with pytest.raises(EngineError, match=r"'other'.*Valid aliases: fake"):
            scorer.answer(choices(50), Server(server.url, "other"), lambda *_: None)
        assert server.requests <= engine().concurrency


def test_an_engine_that_died_stops_the_run_and_keeps_what_it_answered(
    tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal
):
    requests = generations(40)
    dead = threading.Event()
    planned = engine(concurrency=2)

    def dies_after_ten(payload: dict[str, Any]) -> Fault | None:
        if server.requests > 10:
            dead.set()
        return "reset" if dead.is_set() else None

    def check() -> None:
        if dead.is_set():
            raise EngineError("vLLM died: out of memory")

    scorer = Scorer(tokenizer, journal, planned, SCOPE, first_pause_s=0.01)
    with FakeServer(planned, tiny_checkpoint, "fake", faults=dies_after_ten) as server:
        with pytest.raises(EngineError, match="out of memory"):
            scorer.answer(requests, Server(server.url, check=check), lambda *_: None)
        assert server.requests <= 12

    assert scorer.unanswered(requests) == 30


def test_an_engine_that_nobody_listens_for_is_an_engine_error_not_failed_requests(
    tokenizer: Tokenizer, journal: Journal
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    scorer = Scorer(tokenizer, journal, engine(attempts=2), SCOPE, first_pause_s=0.01)

    with pytest.raises(EngineError, match="cannot be reached"):
        scorer.answer(choices(50), Server(url), lambda *_: None)


def test_a_disk_that_fills_up_stops_the_run(
    tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal, monkeypatch: pytest.MonkeyPatch
):
    def full(answers: dict[str, Result]) -> None:
        raise StorageError("disk full")

    monkeypatch.setattr(journal, "put", full)
    with FakeServer(engine(), tiny_checkpoint, "fake") as server:
        scorer = Scorer(tokenizer, journal, engine(), SCOPE)
        with pytest.raises(StorageError, match="disk full"):
            scorer.answer(generations(2000), Server(server.url), lambda *_: None)
        assert server.requests < 2000


def test_the_key_is_sent_and_never_quoted(tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal):
    async def refuse(request: Any) -> Any:
        from aiohttp import web

        seen.append(request.headers["Authorization"])
        return web.Response(status=401, text="the key hush-hush is wrong")

    seen: list[str] = []
    server = FakeServer(engine(), tiny_checkpoint, "fake")
    server._complete = refuse  # type: ignore[method-assign]
    with server:
        scorer = Scorer(tokenizer, journal, engine(), SCOPE)
        with pytest.raises(EngineError, match=r"the key \*\*\* is wrong"):
            scorer.answer(choices(1), Server(server.url, api_key="hush-hush"), lambda *_: None)

    assert seen[0] == "Bearer hush-hush"


def test_labels_agree_with_echoes_on_a_sound_engine(tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal):
    with FakeServer(engine(), tiny_checkpoint, "fake") as server:
        scorer = Scorer(tokenizer, journal, engine(), SCOPE)

        assert scorer.agree([*choices(10), *generations(3)], Server(server.url)) == []
        assert server.requests == 2 * (1 + 4)
        assert scorer.unanswered(choices(10)) == 10


def test_every_engine_proves_itself_whatever_the_journal_holds(
    score: Score, tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal
):
    first, _, _ = score(choices(10))
    with FakeServer(engine(), tiny_checkpoint, "fake") as server:
        scorer = Scorer(tokenizer, journal, engine(), SCOPE)

        assert scorer.agree(choices(10), Server(server.url)) == []
        assert server.requests == 2 * (1 + 4)
        assert scorer.answer(choices(10), Server(server.url), lambda *_: None) == first
        assert scorer.counts == Counter(engine=0, journal=10, failed=0, retries=0)


def test_an_engine_whose_fast_scores_differ_is_found_out(
    tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal, monkeypatch: pytest.MonkeyPatch
):
    from harness.serve.fake_model import FakeModel

    honest = FakeModel.logprobs
    monkeypatch.setattr(
        FakeModel, "logprobs", lambda self, prefix, tokens: [v - 0.01 for v in honest(self, prefix, tokens)]
    )
    with FakeServer(engine(), tiny_checkpoint, "fake") as server:
        scorer = Scorer(tokenizer, journal, engine(), SCOPE)

        problems = scorer.agree(choices(3), Server(server.url))

        assert scorer.unanswered(choices(3)) == 3, "what it said on trial is not kept"
    assert problems
    assert "letters: item 0: token" in problems[0]
    assert "tolerance 0.001" in problems[0]


INTERRUPTED = """
import os, sys
from pathlib import Path
from harness.plan import FakeEngine
from harness.score import Journal, Scorer, Tokenizer
from tests.integration.test_scoring import SCOPE, Server, engine, generations
with Journal.open(Path(sys.argv[2])) as journal:
    scorer = Scorer(Tokenizer.load(Path(sys.argv[1])), journal, engine(concurrency=4), SCOPE)
    progress = lambda done, total: print(done, flush=True)
    scorer.answer(generations(400), Server(sys.argv[3]), progress)
"""


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_no_answered_request_is_sent_again_after(
    blow: signal.Signals, tiny_checkpoint: Path, tokenizer: Tokenizer, tmp_path: Path
):
    path, requests = tmp_path / "journal.sqlite", generations(400)
    with FakeServer(engine(latency_ms=2), tiny_checkpoint, "fake") as server:
        command = [sys.executable, "-c", INTERRUPTED, str(tiny_checkpoint), str(path), server.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
            assert run.stdout is not None
            while int(run.stdout.readline()) < 100:
                pass
            run.send_signal(blow)
            counted = [int(line) for line in run.stdout.read().split()]
        with Journal.open(path) as journal:
            assert journal.note is None
            scorer = Scorer(tokenizer, journal, engine(), SCOPE)
            missing, sent = scorer.unanswered(requests), server.requests
            answers = scorer.answer(requests, Server(server.url), lambda *_: None)
            assert missing <= 400 - max(counted, default=100)
            assert server.requests - sent == missing
    assert answers == [GenerationAnswer(" Seoul", "stop")] * 400
