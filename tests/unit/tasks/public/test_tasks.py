"""The project's own task files for published sets: on real rows as the suites count them, and on rows made up here."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.config import load_suite
from harness.plan import Task
from harness.request import Answer, GenerationAnswer, LoglikelihoodAnswer
from harness.suites import LoadedTask, load
from tests import mirrors
from tests.mirrors import write_set

PROJECT = Path(__file__).parents[4]


def loaded(suite: str, name: str, mirror: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> LoadedTask:
    """A task as its suite has it."""
    monkeypatch.setenv("HARNESS_MIRROR", str(mirror))
    whole = load_suite(suite, PROJECT / "configs")
    (task,) = [task for task in whole.tasks if task.name == name]
    (found,) = load(whole.model_copy(update={"tasks": (task.model_copy(update=changes),)}), root=PROJECT, seed=0)
    return found


def taking(found: LoadedTask, place: int) -> list[float]:
    """Scores where the choice at one place is always the likeliest."""
    answers: dict[tuple[str, int, int], Answer] = {}
    for one in found.requests(None, None):
        n = len(one.ask.continuations)  # type: ignore[union-attr]
        logprobs = tuple(-1.0 if at == place else -5.0 for at in range(n))
        answers[one.item_id, 0, one.index] = LoglikelihoodAnswer(logprobs, (False,) * n)
    return [sample.score or 0.0 for sample in found.grade(answers)]


REAL = [
    ("korean_public", "klue_nli", mirrors.klue_nli),
    ("korean_public", "kornli", mirrors.kornli),
    ("nia_like", "kobbq", mirrors.kobbq),
    ("nia_like", "kobbq_unbiased", mirrors.kobbq),
    ("safety_public", "square_sensitive", mirrors.safety),
    ("safety_public", "square_harmless", mirrors.safety),
    ("safety_public", "square_acceptable", mirrors.safety),
    ("safety_public", "square_unacceptable", mirrors.safety),
    ("safety_public", "kosbi_safe", mirrors.safety),
    ("safety_public", "kosbi_unsafe", mirrors.safety),
    ("korean_written", "kite", mirrors.kite),
    ("code_public", "humaneval_sandboxed", mirrors.humaneval),
    ("round1_common", "ifeval", mirrors.ifeval),
]


@pytest.mark.full
@mirrors.needs_real_data
@pytest.mark.parametrize(("suite", "name", "make"), REAL, ids=[name for _, name, _ in REAL])
def test_the_published_rows_are_as_the_suite_says(
    suite: str, name: str, make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path)
    found = loaded(suite, name, tmp_path, monkeypatch)
    assert found.n == found.plan.items == len(found.requests(None, None))


def bias_rows() -> list[dict[str, Any]]:
    """Three items in the shape of KoBBQ's: two of one template, one whose context tells."""
    shared = {"context": "둘이 있다.", "question": "누가 늦었는가?", "choices": "['갑', '을', '알 수 없음']"}
    return [
        shared | {"sample_id": "age-001a-001-amb-bsd", "biased_answer": "갑", "answer": "알 수 없음"},
        shared | {"sample_id": "age-001b-001-amb-cnt", "biased_answer": "을", "answer": "알 수 없음"},
        shared | {"sample_id": "job-002a-001-dis-bsd", "biased_answer": "갑", "answer": "갑"},
    ]


@pytest.fixture
def bias(tmp_path: Path) -> Path:
    write_set(tmp_path, "naver-ai/kobbq", {"default": {"test": bias_rows()}})
    return tmp_path


def test_the_choices_of_a_bias_item_stand_in_an_order_of_its_own(bias: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = loaded("nia_like", "kobbq", bias, monkeypatch, items=3)
    options = [item.doc["options"] for item in found.items]
    assert all(sorted(one) == ["갑", "알 수 없음", "을"] for one in options)
    assert len({tuple(one) for one in options}) > 1
    assert [one.doc["options"] for one in loaded("nia_like", "kobbq", bias, monkeypatch, items=3).items] == options
    assert [item.cluster for item in found.items] == ["age-001", "age-001", "job-002"]


def test_the_stereotype_counts_only_where_the_context_does_not_tell(
    bias: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = loaded("nia_like", "kobbq_unbiased", bias, monkeypatch, items=2)
    for place in range(3):
        stereotyped = [item.doc["stereotype"] == place for item in found.items]
        assert taking(found, place) == [float(not one) for one in stereotyped]


def test_a_right_answer_may_be_the_stereotype(bias: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = loaded("nia_like", "kobbq", bias, monkeypatch, items=3)
    assert [sum(taking(found, place)) for place in range(3)] == [
        sum(item.doc["gold"] == place for item in found.items) for place in range(3)
    ]


def test_a_constant_answer_finds_one_class_and_misses_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"context": "맥락", "sentence": f"문장 {n}", "sentence_label": "safe" if n else "unsafe"} for n in range(4)]
    write_set(tmp_path, "naver-ai/korean-safety-benchmarks", {"kosbi": {"test": rows}})
    safe = loaded("safety_public", "kosbi_safe", tmp_path, monkeypatch, items=3)
    unsafe = loaded("safety_public", "kosbi_unsafe", tmp_path, monkeypatch, items=1)
    assert (taking(safe, 0), taking(unsafe, 0)) == ([1.0] * 3, [0.0])
    assert (taking(safe, 1), taking(unsafe, 1)) == ([0.0] * 3, [1.0])


def test_four_and_five_choices_stand_side_by_side_and_written_answers_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"question": "물음", "options": ["가", "나", "다", "라"], "solution": "4"},
        {"question": "물음 2", "options": ["가", "나", "다", "라", "마"], "solution": "5"},
        {"question": "물음 3", "options": ["1", "2", "3", "4", "5"], "solution": "2"},
        {"question": "물음 4", "options": ["1", "2", "3", "4", "5"], "solution": "2"},
    ]
    write_set(tmp_path, "LGAI-EXAONE/KMMLU-Pro", {"default": {"test": rows}})
    found = loaded("round1_common", "kmmlu_pro", tmp_path, monkeypatch, items=4)
    assert [item.target for item in found.items] == ["D", "E", "B", "B"]
    asked = found.requests(None, None)
    assert asked[1].ask.context.endswith("물음 2\nA. 가\nB. 나\nC. 다\nD. 라\nE. 마\n")
    texts = ("A일까? 아니다.\n정답: D", "정답은 ⑤입니다.", "답은 2이다.", "죄송하지만 답할 수 없습니다.")
    answers: dict[tuple[str, int, int], Answer] = {
        (one.item_id, 0, 0): GenerationAnswer(text, "stop") for one, text in zip(asked, texts, strict=True)
    }
    assert [sample.outcome for sample in found.grade(answers)] == ["correct", "correct", "unparsed", "refused"]


def test_every_rule_of_an_instruction_must_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = ["punctuation:no_comma", "keywords:existence"]
    settings = [{"keywords": None}, {"keywords": ["부산"]}]
    row = {"key": 1, "instruction": "부산에 대해 쉼표 없이 쓰세요.", "instruction_id_list": rules, "kwargs": settings}
    write_set(tmp_path, "junkim100/KITE", {"translated_and_filtered": {"test": [row | {"key": n} for n in range(3)]}})
    found = loaded("korean_written", "kite", tmp_path, monkeypatch, items=3)
    texts = ("부산은 항구다.", "부산은, 항구다.", "서울은 수도다.")
    asked = found.requests(None, None)
    answers: dict[tuple[str, int, int], Answer] = {
        (one.item_id, 0, 0): GenerationAnswer(text, "stop") for one, text in zip(asked, texts, strict=True)
    }
    outcomes = Counter(sample.outcome for sample in found.grade(answers))
    assert outcomes == {"correct": 1, "wrong": 2}


def test_the_plan_says_nothing_that_json_cannot(bias: Path) -> None:
    tasks = load_suite("nia_like", PROJECT / "configs").tasks
    assert [Task.model_validate(json.loads(task.model_dump_json())) for task in tasks] == list(tasks)
