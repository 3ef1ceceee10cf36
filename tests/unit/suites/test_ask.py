"""Requests carry what lm-eval's own backends would have been asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import SuiteError
from harness.hashing import digest
from harness.request import Generation, Loglikelihood, LoglikelihoodAnswer
from harness.suites import load
from harness.suites.ask import generation
from tests.unit.suites.toysuite import choice_task, suite, write


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"until": "\n"}, Generation("Q", ("\n",), 256)),
        ({"until": ["\n", "", "\n", "."], "max_new_tokens": 9}, Generation("Q", ("\n", "."), 9)),
        ({"until": [], "do_sample": False, "temperature": 0.7}, Generation("Q", (), 256)),
        ({"until": [], "do_sample": True, "temperature": 0.7, "top_p": 0.9}, Generation("Q", (), 256, 0.7, 0.9)),
        ({"until": [], "temperature": 0.7}, Generation("Q", (), 256, 0.7)),
    ],
)
def test_generation_settings_are_read_as_lm_eval_reads_them(settings: dict[str, object], expected: Generation) -> None:
    assert generation("Q", settings) == expected


def test_a_setting_that_the_engine_would_not_get_is_refused() -> None:
    with pytest.raises(SuiteError, match="num_beams"):
        generation("Q", {"until": [], "num_beams": 4})


def test_unconditional_requests_of_mutual_information_are_asked_and_graded(tmp_path: Path) -> None:
    write(tmp_path, {"metric: acc\n": "metric: acc_mutual_info\n"})
    (tmp_path / "folder/written.yaml").unlink()
    (task,) = load(suite(choice_task(metric="acc_mutual_info")), root=tmp_path, seed=0)
    first, alone = task.requests(None, None)[:2]
    assert isinstance(first.ask, Loglikelihood)
    assert alone.ask == Loglikelihood("", first.ask.continuations)
    assert (first.item_id, first.index, alone.item_id, alone.index) == ("q0", 0, "q0", 1)
    likely = LoglikelihoodAnswer((-1.0, -1.5), (True, False))
    samples = task.grade({("q0", 0, 0): likely, ("q0", 0, 1): LoglikelihoodAnswer((-1.0, -9.0), (True, False))})
    assert (samples[0].outcome, samples[0].response, samples[0].logprobs) == ("wrong", "two", (-1.0, -1.5))
    assert samples[0].prompt_sha256 == digest([first.ask.context, ""])


def test_choices_in_the_context_are_one_request_each(tmp_path: Path) -> None:
    folder = write(tmp_path, {'doc_to_text: "{{question}}\\nAnswer:"': "doc_to_text: answer", "num_fewshot: 1": ""})
    (folder / "written.yaml").unlink()
    text = (folder / "choice.yaml").read_text().replace("doc_to_target: answer", 'doc_to_target: "{{question}}"')
    (folder / "choice.yaml").write_text(text)
    (task,) = load(suite(choice_task()), root=tmp_path, seed=0)
    requests = task.requests(None, None)[:2]
    assert [(r.index, r.ask) for r in requests] == [
        (0, Loglikelihood("one", (" Which is number 0?",))),
        (1, Loglikelihood("two", (" Which is number 0?",))),
    ]
    answers = {("q0", 0, n): LoglikelihoodAnswer((value,), (False,)) for n, value in enumerate((-1.0, -2.0))}
    sample = task.grade(answers)[0]
    assert (sample.outcome, sample.response, sample.target) == ("correct", "one", "one")


def test_several_right_answers_are_a_json_list(tmp_path: Path) -> None:
    both = {"group": "g", "choices": ["one", "둘"], "answer": [0, 1]}
    rows = [both | {"id": f"q{n}", "question": f"{n}?"} for n in range(5)]
    data = {"choice": rows[:4], "choice_shots": rows[4:]}
    write(tmp_path, {"num_fewshot: 1": "num_fewshot: 0"}, data)
    (task,) = load(suite(choice_task()), root=tmp_path, seed=0)
    task.requests(None, None)
    sample = task.grade({("q0", 0, 0): LoglikelihoodAnswer((-2.0, -1.0), (False, False))})[0]
    assert (json.loads(sample.target), sample.outcome, sample.response) == (["one", "둘"], "correct", "둘")


def test_a_row_that_lm_eval_cannot_prompt_is_a_mistake_of_the_suite(tmp_path: Path) -> None:
    both = {"group": "g", "choices": ["one", "two"], "answer": [0, 1]}
    rows = [both | {"id": f"q{n}", "question": f"{n}?"} for n in range(5)]
    write(tmp_path, {}, {"choice": rows[:4], "choice_shots": rows[4:]})
    with pytest.raises(SuiteError, match="Answer is not a string"):
        load(suite(choice_task()), root=tmp_path, seed=0)
