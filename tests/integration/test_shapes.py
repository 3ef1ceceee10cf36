"""What a remote engine can do, and what a reasoning model thinks, over HTTP with the fake engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.plan import RemoteEngine
from harness.plan.model import Thinking
from harness.request import Answer, Failure, Generation, GenerationAnswer, Loglikelihood, Request
from harness.score import Journal, Scorer, Tokenizer
from harness.serve.fake import THOUGHT, FakeServer
from harness.serve.faults import Faults
from tests.scoring import SCOPE, Server, engine

THINKING = Thinking(max_tokens=64)


class Asked:
    """Answers of a thinking model behind a fresh server, and what it took."""

    def __init__(
        self, requests: list[Request], journal: Journal, tokenizer: Tokenizer, folder: Path, thinking: Thinking
    ):
        self.seen: list[tuple[int, int]] = []
        with FakeServer(engine(), folder, "fake") as server:
            scorer = Scorer(tokenizer, journal, engine(), SCOPE, thinking=thinking)
            self.answers: list[Answer] = scorer.answer(requests, Server(server.url), lambda *now: self.seen.append(now))
            self.counts, self.sent = scorer.counts, server.requests


Ask = Callable[[list[Request], Thinking], Asked]


def thinkers(n: int) -> list[Request]:
    """Copying tasks whose stop strings all occur in what the fake engine thinks."""
    asks = [Generation(f"Item {number}\nCopy: Seoul\nAnswer:", ("\n", "Q:"), 16) for number in range(n)]
    return [Request("copying", str(number), 0, 0, ask) for number, ask in enumerate(asks)]


@pytest.fixture
def ask(journal: Journal, tokenizer: Tokenizer, tiny_checkpoint: Path) -> Ask:
    return lambda requests, thinking: Asked(requests, journal, tokenizer, tiny_checkpoint, thinking)


def test_stop_strings_do_not_fire_inside_thinking_and_thinking_is_kept_apart(ask: Ask):
    asked = ask(thinkers(3), THINKING)

    assert asked.answers == [GenerationAnswer("Seoul", "stop", THOUGHT.removesuffix("</think>"))] * 3
    assert asked.sent == 6
    assert asked.counts == Counter(engine=3, journal=0, failed=0, retries=0)


def test_thinking_that_the_budget_cuts_off_has_no_answer(ask: Ask):
    asked = ask(thinkers(1), Thinking(max_tokens=4))
    (answer,) = asked.answers

    assert isinstance(answer, GenerationAnswer)
    assert (answer.text, answer.finish, asked.sent) == ("", "length", 1)
    assert answer.thinking
    assert THOUGHT.startswith(answer.thinking)


def test_an_answer_whose_thinking_is_in_the_journal_is_asked_alone(ask: Ask, journal: Journal):
    whole = ask(thinkers(4), THINKING).answers
    rows = journal._connection.execute("SELECT key, value FROM answers").fetchall()
    answered = [key for key, value in rows if b'"stop":"</think>"' not in value]
    journal._connection.execute("DELETE FROM answers WHERE key = ?", answered[:1])
    journal._connection.commit()

    again = ask(thinkers(4), THINKING)

    assert again.answers == whole
    assert again.sent == 1
    assert again.counts == Counter(engine=1, journal=3, failed=0, retries=0)


def test_progress_counts_a_thinker_once_it_has_answered(ask: Ask):
    seen = ask(thinkers(3), THINKING).seen

    assert seen[-1] == (3, 3)
    assert sorted(seen) == seen


def remote(url: str) -> RemoteEngine:
    return RemoteEngine(kind="remote", url=url, served_model="fake", max_model_len=512)


LONG = [
    Request("long", "0", 0, 0, Loglikelihood("Which?" * 10, (" 서울시 부산시", " 대구시 인천시"))),
    Request("long", "1", 0, 0, Loglikelihood("Who?", (" A", " B"))),
]


@pytest.mark.parametrize(
    ("forcing", "refused", "shapes"),
    [
        (True, (), {"labels", "trace"}),
        (False, (), {"labels", "echo"}),
        (False, ("logprob_token_ids",), {"echo"}),
        (True, ("vllm_xargs", "logprob_token_ids"), {"echo"}),
    ],
)
def test_what_a_remote_engine_can_do_is_tried_and_remembered(
    tiny_checkpoint: Path,
    tokenizer: Tokenizer,
    journal: Journal,
    forcing: bool,
    refused: tuple[str, ...],
    shapes: set[str],
):
    faults: Faults = lambda payload: "400" if any(name in payload for name in refused) else None  # noqa: E731
    with FakeServer(engine(forcing=forcing), tiny_checkpoint, "fake", faults=faults) as server:
        scorer = Scorer(tokenizer, journal, remote(server.url), SCOPE, first_pause_s=0.01)
        assert scorer.agree(LONG, Server(server.url)) == []
        answers = scorer.answer(LONG, Server(server.url), lambda *_: None)
    again = Scorer(tokenizer, journal, remote(server.url), SCOPE)

    assert {call.shape for call in again._calls(LONG)[0].values()} == shapes
    assert again.unanswered(LONG) == 0
    assert again.answer(LONG, None, lambda *_: None) == answers
    assert not any(isinstance(answer, Failure) for answer in answers)


def test_an_engine_that_does_not_force_as_planned_is_found_out(
    tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal
):
    with FakeServer(engine(forcing=False), tiny_checkpoint, "fake") as server:
        problems = Scorer(tokenizer, journal, engine(), SCOPE).agree(LONG, Server(server.url))

    assert problems
    assert "other tokens than it was sent" in problems[0]


def test_a_sample_is_asked_again_once_under_every_condition(
    tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal
):
    planned = engine(replays=3)
    seen: list[dict[str, Any]] = []
    watch: Faults = lambda payload: seen.append(payload)  # type: ignore[func-returns-value]  # noqa: E731
    requests = [*LONG, *thinkers(4)]
    with FakeServer(planned, tiny_checkpoint, "fake", faults=watch) as server:
        scorer = Scorer(tokenizer, journal, planned, SCOPE, thinking=THINKING)
        answers = scorer.answer(requests, Server(server.url), lambda *_: None)
        assert scorer.unreplayed(requests) == 3 * 4
        scorer.replay(requests, Server(server.url))
        asked = len(seen)
        scorer.replay(requests, Server(server.url))
    again = Scorer(tokenizer, journal, planned, SCOPE, thinking=THINKING)
    found = again.certificate(requests, answers)

    assert len(seen) == asked, "replays are in the journal"
    salts = [payload["cache_salt"] for payload in seen if "cache_salt" in payload]
    assert salts
    assert len(salts) == len(set(salts))
    assert again.unreplayed(requests) == 0
    assert found is not None
    assert (found.requests, found.flip_rate) == (3, 0.0)
    assert [each.compared for each in found.conditions] == [3] * 4


def test_an_engine_that_answers_otherwise_the_second_time_is_certified_so(
    tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal
):
    planned = engine(replays=6)
    requests = thinkers(4)
    with FakeServer(planned, tiny_checkpoint, "fake") as server:
        scorer = Scorer(tokenizer, journal, planned, SCOPE)
        answers = scorer.answer(requests, Server(server.url), lambda *_: None)
    with FakeServer(engine(skill=0.0), tiny_checkpoint, "fake") as server:
        scorer.replay(requests, Server(server.url))

    found = scorer.certificate(requests, answers)

    assert found is not None
    assert found.flip_rate == 1.0


def test_without_replays_there_is_no_certificate(tokenizer: Tokenizer, journal: Journal):
    scorer = Scorer(tokenizer, journal, engine(replays=0), SCOPE)

    assert scorer.unreplayed(LONG) == 0
    assert scorer.certificate(LONG, []) is None
