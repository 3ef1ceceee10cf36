from __future__ import annotations

from pathlib import Path

import pytest

from harness.plan import FakeEngine
from harness.request import Generation, Loglikelihood, Request
from harness.score import Journal, Scorer, Tokenizer
from tests.unit.score.test_tokens import with_bos


def problems(
    tokenizer: Tokenizer, folder: Path, *asks: Loglikelihood | Generation, max_model_len: int = 64
) -> list[str]:
    engine = FakeEngine(kind="fake", max_model_len=max_model_len)
    requests = [Request("trivia", str(number), 0, 0, ask) for number, ask in enumerate(asks)]
    with Journal.open(folder / "journal.sqlite") as journal:
        return Scorer(tokenizer, journal, engine, "s" * 64).preflight(requests)


def test_sound_requests_raise_no_problem(tokenizer: Tokenizer, tmp_path: Path):
    assert problems(tokenizer, tmp_path, Loglikelihood("Answer:", (" A", " 뷁뷁")), Generation("Hi", (), 8)) == []


@pytest.mark.parametrize(
    "ask",
    [
        Loglikelihood("x" * 200 + "\nAnswer:", (" A", " B")),
        Loglikelihood("Answer:", ("뷁" * 40,)),
        Generation("Hi", ("\n",), 64),
    ],
)
def test_what_does_not_fit_is_refused_not_truncated(
    tokenizer: Tokenizer, tmp_path: Path, ask: Loglikelihood | Generation
):
    (problem,) = problems(tokenizer, tmp_path, ask)

    assert problem.startswith("trivia: 1 request would not fit into the model's context (item 0: ")
    assert "max_model_len=64" in problem


def test_what_fits_to_the_last_token_is_accepted(tokenizer: Tokenizer, tmp_path: Path):
    prompt = len(tokenizer.encode_prompt("Hi"))

    assert problems(tokenizer, tmp_path, Generation("Hi", ("\n",), 64 - prompt)) == []
    assert problems(tokenizer, tmp_path, Generation("Hi", ("\n",), 65 - prompt)) != []


def test_problems_of_one_kind_are_one_sentence_with_a_count(tokenizer: Tokenizer, tmp_path: Path):
    asks = [Generation("Hi", (), 100 + number) for number in range(3)]

    (problem,) = problems(tokenizer, tmp_path, *asks)

    assert "3 requests would not fit" in problem


def test_a_request_without_tokens_is_named(tokenizer: Tokenizer, tmp_path: Path):
    (problem,) = problems(tokenizer, tmp_path, Generation("Hi", (), 8), Loglikelihood("Answer:", ("",)))

    assert "item 1: a continuation has no tokens" in problem


def test_a_doubled_bos_is_refused(tiny_checkpoint: Path, tmp_path: Path):
    tokenizer = Tokenizer.load(with_bos(tmp_path / "bos", tiny_checkpoint))

    assert problems(tokenizer, tmp_path, Generation("Hi", (), 8)) == []
    assert problems(tokenizer, tmp_path, Generation("<|im_start|>Hi", (), 8)) == []
    (problem,) = problems(tokenizer, tmp_path, Generation("<|im_start|><|im_start|>Hi", (), 8))
    assert "BOS twice" in problem


def test_a_bos_that_the_config_asks_for_and_the_tokenizer_loses_is_refused(tokenizer: Tokenizer, tmp_path: Path):
    lost = Tokenizer(tokenizer._backend)
    lost.should_add_bos = True

    (problem,) = problems(lost, tmp_path, Generation("Hi", (), 8))

    assert "without the BOS" in problem


def test_a_tokenizer_that_ends_every_text_is_refused(tokenizer: Tokenizer, tmp_path: Path):
    ending = Tokenizer(tokenizer._backend)
    ending.adds_end = True

    (problem,) = problems(ending, tmp_path, Generation("Hi", (), 8))

    assert "add_eos_token" in problem
