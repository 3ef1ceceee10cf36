"""Mathematics answered in writing, by stock tasks on rows of our own: as their files grade it, and as the suites do."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.config import load_suite
from harness.errors import SuiteError
from harness.request import Answer, Generation, GenerationAnswer
from harness.suites import LoadedTask, load
from tests.mirrors import Row, write_set

pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")  # in lm-eval's own code

Said = dict[str, tuple[str, str]]
"""An answer, and its outcome by the stock task and by the suite."""

MATH: Said = {
    "Half of one is $\\frac{1}{2}$.": ("correct", "correct"),
    "Problem: one half?\nTwo halves are $1$, so one is $\\boxed{\\frac{1}{2}}$.": ("wrong", "correct"),
    "We add $0.25$ twice. The answer is **0.5**.": ("wrong", "correct"),
    "$\\boxed{\\dfrac{2}{4}}$": ("wrong", "correct"),
    "First I thought $\\boxed{2}$, but it is $\\boxed{1/2}$.": ("wrong", "correct"),
    "The answer is $2$.": ("wrong", "wrong"),
    "It is less than one.": ("wrong", "unparsed"),
}
HRM8K: Said = {
    "따라서 답은 $\\boxed{1234}$ 입니다.": ("correct", "correct"),
    "따라서 $\\boxed{1,234}$": ("wrong", "correct"),
    "정답은 1,234개입니다.": ("wrong", "correct"),
    "$\\boxed{1234\\text{ 개}}$": ("correct", "correct"),
    "정답: 천이백삼십사": ("wrong", "correct"),
    "$\\boxed{1235}$": ("wrong", "wrong"),
    "모르겠습니다.": ("wrong", "unparsed"),
}
AIME: Said = {
    "$\\boxed{070}$": ("wrong", "correct"),
    "So $m+n = 70$.": ("wrong", "correct"),
    "With $m = 21$ and $n = 49$ the sum is $70$.": ("wrong", "correct"),
    "**Answer: 70**": ("wrong", "correct"),
    "$\\boxed{71}$": ("wrong", "wrong"),
    "It is odd.": ("wrong", "unparsed"),
}


def _math(mirror: Path) -> None:
    row = {"solution": "It is $\\boxed{\\frac{1}{2}}$.", "level": "Level 1", "type": "Algebra"}
    rows: list[Row] = [row | {"problem": f"What is one half ({n})?"} for n in range(len(MATH))]
    write_set(mirror, "EleutherAI/hendrycks_math", {"algebra": {"train": rows[:1], "test": rows}})


def _hrm8k(mirror: Path) -> None:
    rows: list[Row] = [{"question": f"사과는 모두 몇 개입니까? ({n})", "answer": 1234} for n in range(len(HRM8K))]
    write_set(mirror, "HAERAE-HUB/HRM8K", {"GSM8K": {"test": rows}})


def _aime(mirror: Path) -> None:
    rows: list[Row] = [{"problem": f"Find $m+n$. ({n})", "answer": "70", "id": str(n)} for n in range(len(AIME))]
    write_set(mirror, "math-ai/aime25", {"default": {"test": rows}})


def _loaded(suite: str, name: str, project: Path, **changes: object) -> LoadedTask:
    found = load_suite(suite, project / "configs")
    (task,) = (task for task in found.tasks if task.name == name)
    (loaded,) = load(found.model_copy(update={"tasks": (task.model_copy(update=changes),)}), root=project, seed=0)
    return loaded


@pytest.mark.parametrize("by_suite", [False, True], ids=["stock", "suite"])
@pytest.mark.parametrize(
    ("suite", "name", "said"),
    [
        ("general_public", "hendrycks_math_algebra", MATH),
        ("round1_common", "hrm8k_gsm8k", HRM8K),
        ("round1_common", "aime25", AIME),
    ],
)
def test_a_formula_is_read_as_it_is_meant(
    suite: str, name: str, said: Said, by_suite: bool, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for fill in (_math, _hrm8k, _aime):
        fill(tmp_path)
    monkeypatch.setenv("HARNESS_MIRROR", str(tmp_path))
    changes: dict[str, object] = {"items": len(said)}
    loaded = _loaded(suite, name, project, **changes | ({} if by_suite else {"filter": "none"}))
    requests = loaded.requests(None, None)
    stops = [stop for one in requests[:1] if isinstance(one.ask, Generation) for stop in one.ask.until]
    assert not any(stop in answer for stop in stops for answer in said)
    answers: dict[tuple[str, int, int], Answer] = {
        (one.item_id, 0, 0): GenerationAnswer(text, "stop") for one, text in zip(requests, said, strict=True)
    }
    outcomes = {text: sample.outcome for text, sample in zip(said, loaded.grade(answers), strict=True)}
    assert outcomes == {text: outcome[by_suite] for text, outcome in said.items()}


def test_a_target_that_is_no_column_cannot_be_compared_by_its_meaning(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    row = {"A": "가", "B": "나", "C": "다", "D": "라", "answer": 2}
    rows = [row | {"question": f"물음 {n}"} for n in range(8)]
    write_set(tmp_path, "HAERAE-HUB/KMMLU", {"Law": {"test": rows, "dev": rows[:5]}})
    monkeypatch.setenv("HARNESS_MIRROR", str(tmp_path))
    with pytest.raises(SuiteError, match="'read_formula' needs the right answer in a column"):
        _loaded("korean_written", "kmmlu_direct_law", project, items=8, filter="read_formula")
