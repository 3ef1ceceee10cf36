"""Benchmarks of the public suites whose published rows were never at hand: loaded, asked and graded on made-up ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.config import load_suite
from harness.request import Answer, GenerationAnswer, LoglikelihoodAnswer
from harness.suites import LoadedTask
from tests.unit.tasks.public.sets import english, korean
from tests.unit.tasks.public.sets.shape import PLACES, SUBJECTS
from tests.unit.tasks.public.test_tasks import PROJECT, loaded

pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")  # in lm-eval's own code

Fill = Callable[[Path], Path]


def taking(found: LoadedTask, places: Sequence[int]) -> list[float | None]:
    """Scores where one choice of each item is the likeliest, be it a continuation or a request of its own."""
    taken = {item.id: place for item, place in zip(found.items, places, strict=True)}
    answers: dict[tuple[str, int, int], Answer] = {}
    for one in found.requests(None, None):
        n = len(one.ask.continuations)  # type: ignore[union-attr]
        logprobs = tuple(0.0 if one.index + at == taken[one.item_id] else -40.0 for at in range(n))
        answers[one.item_id, 0, one.index] = LoglikelihoodAnswer(logprobs, (False,) * n)
    return [sample.score for sample in found.grade(answers)]


def outcomes(found: LoadedTask, texts: Sequence[str]) -> list[str]:
    """What becomes of one written answer to each item; none of them holds a stop string."""
    asked = found.requests(None, None)
    for one, text in zip(asked, texts, strict=True):
        assert not any(stop in text for stop in one.ask.until)  # type: ignore[union-attr]
    answers: dict[tuple[str, int, int], Answer] = {
        (one.item_id, 0, 0): GenerationAnswer(text, "stop") for one, text in zip(asked, texts, strict=True)
    }
    samples = found.grade(answers)
    assert all(sample.score == float(sample.outcome == "correct") for sample in samples)
    return [sample.outcome for sample in samples]


@dataclass(frozen=True)
class Benchmark:
    """Tasks of one suite that read one set, and what is right of each row."""

    suite: str
    fill: Fill
    right: Mapping[str, tuple[Any, ...]]
    """By task: the right choice's place, or the answer that is written, of each row."""
    wrong: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By task: written answers that are not right."""
    said: tuple[str, ...] = ()
    """Sentences in which an answer is written."""
    nothing: str = "잘 모르겠습니다."
    """An answer that takes none."""


def cases(benchmarks: Sequence[Benchmark]) -> list[Any]:
    """A case for each task; of a benchmark with many of one kind only the first is left to the short run."""
    return [
        pytest.param(one, name, id=name, marks=[pytest.mark.full] if n and len(one.right) > 7 else [])
        for one in benchmarks
        for n, name in enumerate(one.right)
    ]


def kmmlu_hard(mirror: Path) -> Path:
    return korean.kmmlu_hard(mirror, KMMLU_HARD)


KMMLU_HARD = [
    task.name.removeprefix("kmmlu_hard_")
    for task in load_suite("korean_public", PROJECT / "configs").tasks
    if task.name.startswith("kmmlu_hard_")
]

CHOSEN = (
    Benchmark("korean_public", kmmlu_hard, {f"kmmlu_hard_{one}": PLACES for one in KMMLU_HARD}),
    Benchmark("korean_public", korean.wic, {"kobest_wic": (0, 1)}),
    Benchmark("korean_public", korean.click, {task: (3,) * len(names) for task, names in korean.CLICK.items()}),
    Benchmark(
        "korean_public", korean.csatqa, {f"csatqa_{one}": (4, 0) for one in ("gr", "li", "rch", "rcs", "rcss", "wr")}
    ),
    Benchmark("korean_public", korean.belebele, {"belebele_kor_Hang": PLACES}),
    Benchmark(
        "korean_public",
        korean.global_mmlu,
        {f"global_mmlu_ko_{one.lower().replace(' ', '_')}": PLACES for one in korean.GLOBAL_MMLU},
    ),
    Benchmark("general_public", english.arc, {"arc_challenge": (1, 0, 2, 3)}),
    Benchmark("general_public", english.winogrande, {"winogrande": (1, 0)}),
    Benchmark("safety_public", english.truthfulqa, {"truthfulqa_mc1": (0, 0)}),
)
"""Answered by log-likelihoods."""


@pytest.mark.parametrize(("benchmark", "name"), cases(CHOSEN))
def test_the_likeliest_choice_scores_where_it_is_right(
    benchmark: Benchmark, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    benchmark.fill(tmp_path)
    right = benchmark.right[name]
    found = loaded(benchmark.suite, name, tmp_path, monkeypatch, items=len(right))
    others = [(place + 1) % len(item.choices or ()) for place, item in zip(right, found.items, strict=True)]
    assert taking(found, right) == [1.0] * len(right)
    assert taking(found, others) == [0.0] * len(right)


KOREAN = ("{}", "정답: {}", "정답은 {}입니다.", "정답은 {}이다.", "A일까? 아니다.\n\n따라서 **답변: {}**")
KOREAN_STEPS = ("둥근 것을 찾습니다. 따라서 답은 ({})입니다.", "정답: {}")
ENGLISH_STEPS = ("None are left, not even (A). The answer is ({}).", "**Answer: {}**")
FORMULAS = ("따라서 $\\boxed{{{}}}$ 입니다.", "The answer is ${}$.")

MEDICAL = [f"kormedmcqa_{job}" for job in ("dentist", "doctor", "nurse", "pharm")]
KBL_TASKS = [f"kbl_{name.partition('_')[2]}_em" for name in korean.KBL_TEXTS]
KBL_EXAMS = [f"kbl_bar_exam_em_{exam}" for exam in korean.KBL_EXAMS]
PROX = [f"mmlu_prox_ko_{subject.replace(' ', '_')}" for subject in SUBJECTS]
PRO = [f"mmlu_pro_{subject.replace(' ', '_')}" for subject in SUBJECTS]
DIRECT_HARD = [f"kmmlu_direct_hard_{one}" for one in KMMLU_HARD]
MATH = {
    "hendrycks_math_algebra": ("\\frac12", "-3"),
    "hendrycks_math_counting_and_prob": ("6", "120"),
    "hendrycks_math_geometry": ("90^\\circ", "25\\pi"),
    "hendrycks_math_intermediate_algebra": ("[-2, 7]", "(x-1)(x+1)"),
    "hendrycks_math_num_theory": ("1011_2", "7"),
    "hendrycks_math_prealgebra": ("\\$1.50\\text{ or }\\$2", "10\\%"),
    "hendrycks_math_precalc": ("(3, -4)", "\\sqrt 3"),
}
HRM8K = {
    "hrm8k_gsm8k": ("1,234", "18"),
    "hrm8k_ksm": ("7", "12"),
    "hrm8k_math": ("\\frac{1}{2}", "30"),
    "hrm8k_mmmlu": ("3", "1"),
    "hrm8k_omni_math": ("0.5", "\\sqrt{3}"),
}
HRM8K_WRONG = {
    "hrm8k_gsm8k": ("1,235", "-18"),
    "hrm8k_ksm": ("8", "\\frac{12}{7}"),
    "hrm8k_math": ("5", "3"),
    "hrm8k_mmmlu": ("2", "4"),
    "hrm8k_omni_math": ("\\frac{3}{2}", "2\\sqrt{3}"),
}


def same(tasks: Iterable[str], answers: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The same answers for each of the tasks."""
    return dict.fromkeys(tasks, answers)


WRITTEN = (
    Benchmark(
        "korean_written",
        kmmlu_hard,
        same(DIRECT_HARD, ("B", "A", "D", "C")),
        same(DIRECT_HARD, ("C", "B", "A", "D")),
        KOREAN,
    ),
    Benchmark(
        "korean_public",
        korean.kormedmcqa,
        same(MEDICAL, ("E", "②")),
        same(MEDICAL, ("D", "①")),
        KOREAN[:4],
    ),
    Benchmark("korean_public", korean.kbl, same(KBL_TASKS, ("B", "A")), same(KBL_TASKS, ("A", "B")), KOREAN),
    Benchmark("korean_written", korean.kbl, same(KBL_EXAMS, ("B", "A")), same(KBL_EXAMS, ("A", "E")), KOREAN),
    Benchmark("korean_written", korean.mmlu_prox, same(PROX, ("D", "J")), same(PROX, ("J", "D")), KOREAN_STEPS),
    Benchmark(
        "nia_like", korean.mmlu_prox, {"mmlu_prox_ko_math": ("D", "J")}, {"mmlu_prox_ko_math": ("A", "I")}, KOREAN_STEPS
    ),
    Benchmark(
        "round1_common", english.mmlu_pro, same(PRO, ("D", "J")), same(PRO, ("J", "D")), ENGLISH_STEPS, "I do not know."
    ),
    Benchmark("general_public", english.hendrycks_math, MATH, same(MATH, ("0.75", "x")), FORMULAS, "It is small."),
    Benchmark("round1_common", korean.hrm8k, HRM8K, HRM8K_WRONG, FORMULAS),
    Benchmark("round1_common", english.aime25, {"aime25": ("070", "588")}, {"aime25": ("71", "885")}, FORMULAS),
)
"""Answered in writing."""


@pytest.mark.parametrize(("benchmark", "name"), cases(WRITTEN))
def test_a_written_answer_scores_where_it_is_right(
    benchmark: Benchmark, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    benchmark.fill(tmp_path)
    n = len(benchmark.right[name])
    found = loaded(benchmark.suite, name, tmp_path, monkeypatch, items=n)
    for sentence in benchmark.said:
        assert outcomes(found, [sentence.format(one) for one in benchmark.right[name]]) == ["correct"] * n, sentence
        assert outcomes(found, [sentence.format(one) for one in benchmark.wrong[name]]) == ["wrong"] * n, sentence
    assert outcomes(found, [benchmark.nothing] * n) == ["unparsed"] * n


def test_the_shuffled_choices_of_gpqa_are_read_by_their_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    english.gpqa(tmp_path)
    found = loaded("round1_common", "gpqa_diamond_cot_zeroshot", tmp_path, monkeypatch, items=6)
    right = [item.target.strip("()") for item in found.items]
    assert [item.doc[f"choice{'ABCD'.index(one) + 1}"] for item, one in zip(found.items, right, strict=True)] == [
        f"{n} mol" for n in range(6)
    ]
    wrong = ["ABCD"[("ABCD".index(one) + 1) % 4] for one in right]
    for sentence in (*ENGLISH_STEPS, "({})"):
        assert outcomes(found, [sentence.format(one) for one in right]) == ["correct"] * 6, sentence
        assert outcomes(found, [sentence.format(one) for one in wrong]) == ["wrong"] * 6, sentence
    assert outcomes(found, ["I do not know."] * 6) == ["unparsed"] * 6


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
def test_a_program_of_mbpp_passes_its_assertions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    english.mbpp(tmp_path)
    found = loaded("code_public", "mbpp_sandboxed", tmp_path, monkeypatch, items=2)
    assert [item.id for item in found.items] == ["11", "12"]
    right, wrong = "def twice(n):\n    return n + n\n", "def twice(n):\n    return n * n\n"
    assert outcomes(found, [right, right]) == ["correct"] * 2
    assert outcomes(found, [wrong, "I cannot."]) == ["wrong"] * 2


@pytest.mark.full
def test_each_question_of_click_belongs_to_one_category(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    korean.click(tmp_path)
    for task, names in korean.CLICK.items():
        found = loaded("korean_public", task, tmp_path, monkeypatch, items=len(names))
        assert sorted(item.id for item in found.items) == sorted(names)


@pytest.mark.parametrize(
    ("suite", "name", "fill"),
    [
        ("korean_written", "mmlu_prox_ko_law", korean.mmlu_prox),
        ("round1_common", "mmlu_pro_law", english.mmlu_pro),
        ("korean_written", "kmmlu_direct_hard_law", kmmlu_hard),
    ],
)
def test_the_examples_of_a_chat_leave_no_two_turns_of_one_side_together(
    suite: str, name: str, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Templates of Gemma and Mistral refuse what does not alternate."""
    fill(tmp_path)
    n = 4 if "hard" in name else 2
    found = loaded(suite, name, tmp_path, monkeypatch, items=n)
    (first, *_) = found.requests(lambda turns, **_: json.dumps(turns), None)
    roles = [turn["role"] for turn in json.loads(first.ask.context) if turn["role"] != "system"]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
