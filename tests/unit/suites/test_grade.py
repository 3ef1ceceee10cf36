"""Every item and repeat ends in exactly one outcome, and a failure of the machine is never graded."""

from __future__ import annotations

import math
import tokenize
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError, SuiteError
from harness.hashing import sha256_text
from harness.records import OUTCOMES, Sample
from harness.request import Answer, Failure, Generation, GenerationAnswer, Loglikelihood, LoglikelihoodAnswer
from harness.suites import LoadedTask, load
from tests.unit.suites.toysuite import choice_task, suite, write, written_task

Answers = dict[tuple[str, int, int], Answer]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    write(folder)
    return folder


@pytest.fixture(scope="module")
def choice(root: Path) -> LoadedTask:
    (task,) = load(suite(choice_task(repeats=2)), root=root, seed=0)
    task.requests(None, None)
    return task


@pytest.fixture(scope="module")
def written(root: Path) -> LoadedTask:
    (task,) = load(suite(written_task()), root=root, seed=0)
    task.requests(None, None)
    return task


def chosen(place: int) -> LoglikelihoodAnswer:
    return LoglikelihoodAnswer((-1.0, -2.0) if place == 0 else (-2.0, -1.0), (False, False))


def said(text: str, finish: str = "stop") -> GenerationAnswer:
    return GenerationAnswer(text, "length" if finish == "length" else "stop")


def one(task: LoadedTask, answer: Answer | None, item: str) -> Sample:
    """The sample of one item of which only that answer came back."""
    answers = {} if answer is None else {(item, 0, 0): answer}
    return next(sample for sample in task.grade(answers) if sample.item_id == item)


def test_one_request_carries_all_choices_of_an_item(choice: LoadedTask) -> None:
    requests = choice.requests(None, None)
    assert [(r.item_id, r.repeat, r.index) for r in requests[:3]] == [("q0", 0, 0), ("q0", 1, 0), ("q1", 0, 0)]
    ask = requests[0].ask
    assert isinstance(ask, Loglikelihood)
    assert ask.continuations == (" one", " two")
    assert ask.context == "Which is number 8?\nAnswer: one\n\nWhich is number 0?\nAnswer:"


def test_a_written_item_carries_its_stop_strings_and_budget(written: LoadedTask) -> None:
    ask = written.requests(None, None)[0].ask
    assert ask == Generation("8 plus 1?\nAnswer: 9\n\n0 plus 1?\nAnswer:", ("\n",), 8)


def test_requests_are_the_same_however_often_they_are_built(choice: LoadedTask) -> None:
    assert choice.requests(None, None) == choice.requests(None, None)


def test_a_chat_template_frames_the_prompt(written: LoadedTask) -> None:
    def template(messages: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
        turns = "".join(f"<{message['role']}>{message['content']}" for message in messages)
        return turns + ("<assistant>" if add_generation_prompt else "")

    ask = written.requests(template, "Be brief.")[0].ask
    assert ask.context.startswith("<system>Be brief.<user>8 plus 1?\nAnswer:<assistant>9<user>0 plus 1?")
    written.requests(None, None)


def test_a_system_prompt_is_a_message_of_chats_and_no_part_of_a_plain_prompt(written: LoadedTask) -> None:
    assert written.requests(None, "Be brief.") == written.requests(None, None)


@pytest.mark.parametrize(
    ("place", "outcome", "score", "response"), [(0, "correct", 1.0, "one"), (1, "wrong", 0.0, "two")]
)
def test_grades_a_choice(choice: LoadedTask, place: int, outcome: str, score: float, response: str) -> None:
    sample = one(choice, chosen(place), "q0")
    assert (sample.outcome, sample.score, sample.response, sample.target) == (outcome, score, response, "one")
    assert (sample.cluster, sample.logprobs) == ("g0", chosen(place).logprobs)
    assert sample.prompt_sha256 == sha256_text(choice.requests(None, None)[0].ask.context)


@pytest.mark.parametrize(
    ("answer", "outcome", "score"),
    [
        (said(" 3"), "correct", 1.0),
        (said(" It is 3."), "correct", 1.0),
        (said(" 4"), "wrong", 0.0),
        (said(" no idea"), "unparsed", 0.0),
        (said(" I'm sorry, but I cannot help with that."), "refused", 0.0),
        (said(" 죄송합니다. 이 질문에는 답변을 드릴 수 없습니다."), "refused", 0.0),
        (said(" I cannot say for sure, but 3."), "correct", 1.0),
        (said(""), "unparsed", 0.0),
        (said(" \n"), "unparsed", 0.0),
        (said(" 3", "length"), "truncated", 0.0),
        (said("\ud800 3"), "correct", 1.0),
    ],
)
def test_grades_a_text(written: LoadedTask, answer: Answer, outcome: str, score: float) -> None:
    sample = one(written, answer, "w2")
    assert (sample.outcome, sample.score) == (outcome, score)
    assert sample.response is not None
    sample.model_dump_json().encode()


def test_a_cut_answer_is_graded_where_the_suite_says_so(root: Path) -> None:
    (task,) = load(suite(written_task(truncated="grade")), root=root, seed=0)
    task.requests(None, None)
    assert one(task, said(" 3", "length"), "w2").outcome == "correct"


def test_thinking_that_the_budget_cut_off_is_truncated_wherever_cut_answers_are_graded(root: Path) -> None:
    (task,) = load(suite(written_task(truncated="grade")), root=root, seed=0)
    task.requests(None, None)
    assert one(task, GenerationAnswer("", "length", "<think>2 plus 1 is 3"), "w2").outcome == "truncated"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (None, "no answer came back"),
        (Failure("the engine died"), "the engine died"),
        (LoglikelihoodAnswer((math.nan, -1.0), (False, False)), "log-likelihood is nan"),
        (LoglikelihoodAnswer((-1.0, -math.inf), (False, False)), "log-likelihood is -inf"),
        (LoglikelihoodAnswer((-1.0,), (False,)), "1 log-likelihoods came back for 2 continuations"),
        (said("one"), "a text came back where a log-likelihood was asked"),
    ],
)
def test_a_failure_of_the_machine_is_never_graded(choice: LoadedTask, answer: Answer | None, cause: str) -> None:
    sample = one(choice, answer, "q0")
    assert (sample.outcome, sample.score, sample.response, sample.cause) == ("failed", None, None, cause)


def test_a_repeat_is_a_sample_of_its_own(choice: LoadedTask) -> None:
    samples = choice.grade({("q0", 0, 0): chosen(0), ("q0", 1, 0): chosen(1)})
    assert [(s.item_id, s.repeat, s.outcome) for s in samples[:3]] == [
        ("q0", 0, "correct"),
        ("q0", 1, "wrong"),
        ("q1", 0, "failed"),
    ]


def test_grading_needs_requests_first(root: Path) -> None:
    (task,) = load(suite(), root=root, seed=0)
    with pytest.raises(HarnessError, match="before requests"):
        task.grade({})


RULE = "process_results: !function rules.rule\nfilter_list:"


def ruled(root: Path, code: str, **changes: object) -> LoadedTask:
    folder = write(root, {"filter_list:": RULE})
    (folder / "choice.yaml").unlink()
    (folder / "rules.py").write_text(code)
    (task,) = load(suite(written_task(**{"metric": "rule"} | changes)), root=root, seed=0)
    task.requests(None, None)
    return task


def test_a_share_is_scored(tmp_path: Path) -> None:
    task = ruled(tmp_path, "def rule(doc, results):\n    return {'rule': 0.5}\n", binary=False)
    assert (one(task, said("1"), "w0").outcome, one(task, said("1"), "w0").score) == ("scored", 0.5)


@pytest.mark.parametrize(
    ("value", "binary", "part"),
    [
        ("0.5", True, "neither 0 nor 1"),
        ("1.5", False, "outside [0, 1]"),
        ("float('nan')", False, "outside [0, 1]"),
        ("(1, 2)", True, "not a number per item"),
        ("None", True, "not a number per item"),
        ("10 ** 400", False, "not a number per item"),
    ],
)
def test_refuses_a_metric_that_is_no_share_per_item(tmp_path: Path, value: str, binary: bool, part: str) -> None:
    with pytest.raises(SuiteError) as caught:
        ruled(tmp_path, f"def rule(doc, results):\n    return {{'rule': {value}}}\n", binary=binary)
    assert part in str(caught.value)


@pytest.mark.parametrize("body", ["raise OSError('gone')", "eval('(')", "raise RecursionError"])
def test_a_grader_that_stops_on_an_invented_answer_is_refused_before_anything_is_served(
    tmp_path: Path, body: str
) -> None:
    with pytest.raises(SuiteError, match="cannot grade item w0"):
        ruled(tmp_path, f"def rule(doc, results):\n    {body}\n")


def test_a_grader_that_stops_on_one_answer_fails_that_item_only(tmp_path: Path) -> None:
    task = ruled(tmp_path, "def rule(doc, results):\n    return {'rule': int(1 // (int(results[0]) - 7) >= -9)}\n")
    samples = task.grade({("w0", 0, 0): said("7"), ("w1", 0, 0): said("8")})
    assert [sample.outcome for sample in samples[:2]] == ["failed", "correct"]
    assert "ZeroDivisionError" in str(samples[0].cause)


@pytest.mark.parametrize(
    "stop",
    [
        "import re; re.compile('(')",
        "exec('(')",
        "raise RecursionError",
        "raise OSError('no such file')",
        "class Odd(Exception): pass\n        raise Odd('own')",
    ],
)
def test_whatever_a_grader_raises_fails_that_item_only(tmp_path: Path, stop: str) -> None:
    task = ruled(
        tmp_path, f"def rule(doc, results):\n    if results[0] == '777':\n        {stop}\n    return {{'rule': 1}}\n"
    )
    samples = task.grade({("w0", 0, 0): said("777"), ("w1", 0, 0): said("8")})
    assert [sample.outcome for sample in samples[:2]] == ["failed", "correct"]
    assert str(samples[0].cause).startswith("the task's grader stopped: ")


def test_whatever_a_filter_raises_fails_that_item_only(written: LoadedTask, monkeypatch: pytest.MonkeyPatch) -> None:
    (ensemble,) = [each for each in written.task._filters if each.name == "number"]
    apply = ensemble.apply

    def stopping(instances: list[Any]) -> None:
        if instances[0].resps == ["("]:
            raise tokenize.TokenError("unbalanced")
        apply(instances)

    monkeypatch.setattr(ensemble, "apply", stopping)
    samples = written.grade({("w0", 0, 0): said("("), ("w1", 0, 0): said("2")})
    assert [sample.outcome for sample in samples[:2]] == ["failed", "correct"]
    assert samples[0].cause == "the task's grader stopped: TokenError: unbalanced"


@pytest.mark.parametrize(
    ("metrics", "cause"),
    [
        ("{'rule': None}", "is None, not a number per item"),
        ("{'rule': float('nan')}", "is nan, outside [0, 1]"),
        ("{'rule': [1, 0]}", "is [1, 0], not a number per item"),
        ("{'rule': 10 ** 400}", "not a number per item"),
        ("{'rule': 0.5}", "is 0.5, neither 0 nor 1"),
        ("{'rule': 7}", "is 7.0, outside [0, 1]"),
        ("{}", "is not computed; the task has: none"),
        ("None", "is not computed; the task returns None"),
    ],
)
def test_a_metric_without_a_share_fails_that_item_only(tmp_path: Path, metrics: str, cause: str) -> None:
    code = f"def rule(doc, results):\n    return {metrics} if results[0] == '777' else {{'rule': 1}}\n"
    task = ruled(tmp_path, code)
    samples = task.grade({("w0", 0, 0): said("777"), ("w1", 0, 0): said("8")})
    assert [(sample.outcome, sample.score) for sample in samples[:2]] == [("failed", None), ("correct", 1.0)]
    assert cause in str(samples[0].cause)
    samples[0].model_dump_json().encode()


def test_ctrl_c_while_grading_ends_the_command(tmp_path: Path) -> None:
    stop = "if results[0] == '777':\n        raise KeyboardInterrupt\n"
    code = f"def rule(doc, results):\n    {stop}    return {{'rule': 1}}\n"
    task = ruled(tmp_path, code)
    with pytest.raises(KeyboardInterrupt):
        task.grade({("w0", 0, 0): said("777")})


LOGPROB = st.floats(allow_nan=True, allow_infinity=True)
ANSWERS = st.one_of(
    st.none(),
    st.builds(Failure, st.text()),
    st.builds(GenerationAnswer, st.text(st.characters(codec=None)), st.sampled_from(["stop", "length"])),
    st.builds(
        LoglikelihoodAnswer,
        st.lists(LOGPROB, max_size=3).map(tuple),
        st.lists(st.booleans(), max_size=3).map(tuple),
    ),
)


@pytest.mark.parametrize("kind", ["choice", "written"])
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_answers=st.lists(ANSWERS, min_size=8, max_size=8))
def test_any_mix_of_answers_ends_in_one_outcome_each(
    kind: str, given_answers: list[Answer | None], choice: LoadedTask, written: LoadedTask
) -> None:
    task = choice if kind == "choice" else written
    keys = [(item.id, repeat, 0) for item in task.items for repeat in range(task.plan.repeats)]
    answers = {key: answer for key, answer in zip(keys, given_answers, strict=False) if answer is not None}
    samples = task.grade(answers)
    assert [(sample.item_id, sample.repeat) for sample in samples] == [key[:2] for key in keys]
    counts = Counter(sample.outcome for sample in samples)
    assert sum(counts[outcome] for outcome in OUTCOMES) == task.n * task.plan.repeats
    for sample in samples:
        assert (sample.score is None) == (sample.outcome == "failed") == (sample.cause is not None)
        assert sample.score is None or 0 <= sample.score <= 1
        sample.model_dump_json().encode()
    lost = [key for key in keys if key not in answers or isinstance(answers[key], Failure)]
    assert all(s.outcome == "failed" for s in samples if (s.item_id, s.repeat, 0) in lost)
