from __future__ import annotations

import pytest

from harness.plan.engine import Engine, FakeEngine, RemoteEngine, VllmEngine
from harness.request import Loglikelihood, Request
from harness.score import Tokenizer
from harness.score.agreement import (
    CHOICES_PER_ITEM,
    ITEMS_PER_TASK,
    MOST_ECHOES,
    Tolerance,
    coarse,
    exact,
    tolerance_of,
    trials,
)
from harness.score.calls import Scores
from harness.score.planning import Planner
from harness.score.shapes import EchoCall, LabelsCall

LABELS = (" A", " B", " D", " 가", "A")


def asked(tasks: int, items: int = 5) -> list[Request]:
    return [
        Request(f"task{task}", str(item), 0, 0, Loglikelihood(f"Question {task}.{item}\nAnswer:", LABELS))
        for task in range(tasks)
        for item in range(items)
    ]


def echoed(tokenizer: Tokenizer, tasks: int) -> list[list[EchoCall]]:
    found = trials(asked(tasks), Planner(tokenizer, "s" * 64, seed=0))
    return [[call for call in trial.calls().values() if isinstance(call, EchoCall)] for trial in found]


def test_a_few_tasks_try_several_choices_of_two_items_each(tokenizer: Tokenizer):
    found = echoed(tokenizer, tasks=3)

    assert len(found) == 3 * ITEMS_PER_TASK
    assert all(len(echoes) == CHOICES_PER_ITEM for echoes in found)


def test_many_tasks_all_try_two_items_with_fewer_choices(tokenizer: Tokenizer):
    found = echoed(tokenizer, tasks=57)

    assert len(found) == 57 * ITEMS_PER_TASK
    assert sum(map(len, found)) <= MOST_ECHOES


def test_no_place_among_the_choices_is_left_untried(tokenizer: Tokenizer):
    tried = {echoes[0].continuation for echoes in echoed(tokenizer, tasks=57)}

    assert len(tried) == len(LABELS)


CPU = VllmEngine(kind="vllm", device="cpu", dtype="float32", max_model_len=64)


@pytest.mark.parametrize(
    ("engine", "tolerance"),
    [
        (CPU, exact),
        (CPU.model_copy(update={"dtype": "bfloat16"}), coarse),
        (CPU.model_copy(update={"device": "cuda"}), coarse),
        (CPU.model_copy(update={"device": "cuda", "dtype": "bfloat16"}), coarse),
        (RemoteEngine(kind="remote", url="http://host", served_model="m", max_model_len=64), coarse),
        (FakeEngine(kind="fake", max_model_len=64), exact),
    ],
)
def test_only_float32_on_a_processor_is_held_to_the_last_decimals(engine: Engine, tolerance: Tolerance):
    """On a GPU float32 is multiplied in TF32: two shapes lay up to 0.015 nats a token apart."""
    assert tolerance_of(engine) is tolerance


@pytest.mark.parametrize(("tokens", "seen"), [(1, 0.368), (2, 0.455), (4, 0.532), (8, 0.516), (16, 0.678)])
def test_what_another_kernel_does_to_sound_scores_is_no_disagreement(tokens: int, seen: float):
    """`seen`: the largest difference between `trace` and `echo` in bfloat16 on a GPU, docs/scoring.md."""
    assert seen < coarse(tokens)


def test_long_continuations_may_differ_by_a_tenth_of_a_nat_a_token():
    assert coarse(100) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("tolerance", "difference", "agrees"), [(exact, 0.3, False), (coarse, 0.3, True), (coarse, 0.6, False)]
)
def test_a_label_that_differs_by_more_than_the_tolerance_is_named(
    tokenizer: Tokenizer, tolerance: Tolerance, difference: float, agrees: bool
):
    request = Request("letters", "7", 0, 0, Loglikelihood("Question\nAnswer:", (" A", " B")))
    (trial,) = trials([request], Planner(tokenizer, "s" * 64, seed=0))
    echo = Scores((-1.0 - difference,), (False,), (2.0,))
    results = {
        key: Scores((-1.0,) * len(call.labels), (False,) * len(call.labels), (2.0,) * len(call.labels))
        if isinstance(call, LabelsCall)
        else echo
        for key, call in trial.calls().items()
    }

    sentences = trial.disagreements(results, tolerance)

    assert len(sentences) == (0 if agrees else 2)
    assert all(f"letters: item 7: choice {place}" in text for place, text in enumerate(sentences, 1))
