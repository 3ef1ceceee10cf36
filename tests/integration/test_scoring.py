"""Requests answered over HTTP by a sound fake engine."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.errors import EngineError, StorageError
from harness.request import Failure, GenerationAnswer, LoglikelihoodAnswer, Request
from harness.score import Journal, Scorer, Tokenizer
from harness.score.calls import Result
from harness.serve.fake import FakeServer
from tests.scoring import SCOPE, Score, Server, best, choices, engine, generations, texts


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
    assert "letters: item 0: choice 1" in problems[0]
    assert "tolerance 0.0001" in problems[0]


INTERRUPTED = """
import os, sys
from pathlib import Path
from harness.plan import FakeEngine
from harness.score import Journal, Scorer, Tokenizer
from tests.scoring import SCOPE, Server, engine, generations
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
