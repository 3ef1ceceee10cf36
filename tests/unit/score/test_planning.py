from __future__ import annotations

import pytest

from harness.request import Failure, Generation, GenerationAnswer, Loglikelihood, LoglikelihoodAnswer, Request
from harness.score import Tokenizer
from harness.score.calls import Scores, Tokens
from harness.score.planning import Planner
from harness.score.shapes import EchoCall, LabelsCall
from harness.score.texts import GenerateCall


@pytest.fixture
def planner(tokenizer: Tokenizer) -> Planner:
    return Planner(tokenizer, "s" * 64, seed=0)


def request(ask: Loglikelihood | Generation, repeat: int = 0) -> Request:
    return Request("task", "item", 0, repeat, ask)


def test_one_token_choices_share_one_prefill(planner: Planner):
    plan = planner.plan(request(Loglikelihood("Answer:", ("A", "B", "C", "D"))))

    (call,) = plan.calls.values()
    assert isinstance(call, LabelsCall)
    assert len(call.labels) == 4


def test_longer_choices_are_echoed_one_by_one_and_equal_ones_once(planner: Planner):
    plan = planner.plan(request(Loglikelihood("정답:", (" 뷁뷁", " 뷁뷁", " 힣힣", " A"))))

    assert sorted(call.shape for call in plan.calls.values()) == ["echo", "echo", "labels"]
    assert plan.places[0] == plan.places[1] != plan.places[2]


def test_more_labels_than_one_call_takes_are_split(planner: Planner, tokenizer: Tokenizer):
    characters = [chr(code) for code in range(0x21, 0x7F)] + [chr(code) for code in range(0xA1, 0x180)]
    one_token = [text for text in characters if len(tokenizer.encode_pair("x\n", text)[1]) == 1]
    choices = tuple(one_token) + tuple(f" {c}" for c in "ABCD")

    plan = planner.plan(request(Loglikelihood("x\n", choices)))

    assert all(len(call.labels) <= 128 for call in plan.calls.values() if isinstance(call, LabelsCall))
    assert len(plan.places) == len(choices)


def test_scores_return_to_the_order_of_the_choices(planner: Planner):
    asked = request(Loglikelihood("Answer:", (" 뷁뷁", " B", " A", " B")))
    results = {}
    for key, call in planner.plan(asked).calls.items():
        size = len(call.labels) if isinstance(call, LabelsCall) else 1
        values = tuple(-1.0 - place - 10 * isinstance(call, EchoCall) for place in range(size))
        results[key] = Scores(values, (False,) * size, (1.0,) * size)

    assert planner.answer(asked, results) == LoglikelihoodAnswer((-11.0, -1.0, -2.0, -1.0), (False,) * 4)


def test_one_failed_choice_fails_the_request(planner: Planner):
    asked = request(Loglikelihood("Answer:", (" 뷁뷁", " A")))
    echo, labels = planner.plan(asked).calls

    answer = planner.answer(asked, {echo: Failure("HTTP 500"), labels: Scores((-1.0,), (True,), (0.0,))})

    assert answer == Failure("HTTP 500")


def test_greedy_repeats_are_one_call_and_sampled_ones_differ(planner: Planner):
    def calls(temperature: float) -> list[GenerateCall]:
        ask = Generation("Hi", ("\n",), 8, temperature=temperature)
        plans = [planner.plan(request(ask, repeat)) for repeat in range(3)]
        return [call for plan in plans for call in plan.calls.values() if isinstance(call, GenerateCall)]

    assert {call.seed for call in calls(0.0)} == {None}
    assert len({call.key for call in calls(0.0)}) == 1
    assert len({call.key for call in calls(0.8)}) == 3


def test_the_end_token_is_a_stop_string_too(planner: Planner):
    (call,) = planner.plan(request(Generation("Hi", ("\n", "", "\n"), 8))).calls.values()

    assert isinstance(call, GenerateCall)
    assert call.stop == ("\n", "<|im_end|>")


@pytest.mark.parametrize(
    ("generated", "finish", "expected"),
    [
        (" A\nB\n", "stop", GenerationAnswer(" A", "stop")),
        (" A\nB", "length", GenerationAnswer(" A", "stop")),
        (" A", "length", GenerationAnswer(" A", "length")),
        (" A<|im_end|>", "stop", GenerationAnswer(" A", "stop")),
        ("", "stop", GenerationAnswer("", "stop")),
    ],
)
def test_texts_end_before_the_first_stop_string(
    planner: Planner, tokenizer: Tokenizer, generated: str, finish: str, expected: GenerationAnswer
):
    asked = request(Generation("Hi", ("\n",), 8))
    (key,) = planner.plan(asked).calls
    ids = tokenizer.encode_prompt(generated)

    assert planner.answer(asked, {key: Tokens(ids, "stop" if finish == "stop" else "length")}) == expected


@pytest.mark.parametrize(
    ("ask", "obstacle"),
    [
        (Loglikelihood("  ", (" A",)), "the context has no tokens"),
        (Loglikelihood("Answer:", (" A", "")), "a continuation has no tokens"),
        (Loglikelihood("Answer:", ()), "a continuation has no tokens"),
        (Generation("", ("\n",), 8), "the context has no tokens"),
    ],
)
def test_what_has_no_tokens_cannot_be_asked(planner: Planner, ask: Loglikelihood | Generation, obstacle: str):
    assert planner.plan(request(ask)).obstacle == obstacle
    assert planner.answer(request(ask), {}) == Failure(obstacle)
