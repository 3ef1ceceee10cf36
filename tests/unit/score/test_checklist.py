from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from harness.plan.model import Thinking
from harness.records import Check
from harness.request import Generation, Loglikelihood, Request
from harness.score import Tokenizer
from harness.score.checklist import checklist
from harness.score.planning import Planner
from tests.unit.score.test_tokens import with_bos

REQUESTS = [
    Request("trivia", "0", 0, 0, Loglikelihood("Answer:", (" A", " B"))),
    Request("trivia", "1", 0, 0, Loglikelihood("A longer question. Answer:", (" A", " B"))),
    Request("writing", "0", 0, 0, Generation("Hi", ("\n", "Q:"), 8)),
]


def checks(tokenizer: Tokenizer, requests: list[Request], thinking: Thinking | None = None) -> dict[str, Check]:
    planner = Planner(tokenizer, "s" * 64, seed=0, thinking=thinking)
    return {f"{one.of}: {one.name}": one for one in checklist(requests, planner, tokenizer, 64, thinking)}


def test_a_sound_model_and_its_tasks_pass_every_check(tokenizer: Tokenizer):
    found = checks(tokenizer, REQUESTS)

    assert all(check.ok for check in found.values())
    assert found["model: Hangul round trip"].found == "all 11172 syllables"
    assert found["model: thinking"].found.startswith("off")
    assert found["trivia: calls"].found == "2 requests: 2 labels"
    assert found["writing: stop strings"].found == r"'\n', 'Q:', and the end token '<|im_end|>'; at most 8 tokens"


def test_the_longest_prompt_of_a_task_is_named_with_its_budget(tokenizer: Tokenizer):
    length = len(tokenizer.encode_prompt("Hi"))

    assert checks(tokenizer, REQUESTS)["writing: longest prompt + answer"].found == f"{length} + 8 of 64 tokens"


def test_the_template_is_shown_with_its_digest_and_an_example(tokenizer: Tokenizer):
    found = checks(tokenizer, REQUESTS)["model: chat template"].found

    assert found.startswith("sha256 ")
    assert "안녕하세요?" in found


def test_a_bos_that_stands_twice_is_marked(tiny_checkpoint: Path, tmp_path: Path):
    tokenizer = Tokenizer.load(with_bos(tmp_path / "bos", tiny_checkpoint))
    twice = Request("twice", "0", 0, 0, Generation("<|im_start|><|im_start|>Hi", (), 8))

    assert checks(tokenizer, REQUESTS)["model: BOS"].found == "1 time in 3 prompts (the tokenizer adds it)"
    found = checks(tokenizer, [*REQUESTS, twice])["model: BOS"]
    assert not found.ok
    assert "2 times in 1 prompts" in found.found


def test_prompts_in_decomposed_hangul_are_counted(tokenizer: Tokenizer):
    apart = Request("trivia", "2", 0, 0, Loglikelihood(unicodedata.normalize("NFD", "정답:"), (" A",)))

    found = checks(tokenizer, [*REQUESTS, apart])["trivia: NFC"]

    assert not found.ok
    assert found.found == "1 prompts are not in NFC"


def test_choices_of_a_thinking_model_are_marked(tokenizer: Tokenizer):
    found = checks(tokenizer, REQUESTS, Thinking(max_tokens=16))

    assert not found["trivia: thinking"].ok
    assert "writing: thinking" not in found
    assert found["model: thinking"].found.startswith("on; up to 16 tokens, ended by '</think>'")


@pytest.mark.parametrize("text", ["각", "뷁", "힣"])
def test_a_tokenizer_that_loses_hangul_is_marked(tokenizer: Tokenizer, text: str, monkeypatch: pytest.MonkeyPatch):
    whole = tokenizer.decode
    monkeypatch.setattr(tokenizer, "decode", lambda ids, special=False: whole(ids, special=special).replace(text, "?"))

    found = checks(tokenizer, REQUESTS)["model: Hangul round trip"]

    assert not found.ok
    assert found.found == "1 of 11172 syllables change"
