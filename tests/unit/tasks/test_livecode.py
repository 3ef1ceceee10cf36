"""Programs of LiveCodeBench's kind: every test case is passed, or the item is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.config import load_suite
from harness.request import GenerationAnswer
from harness.suites import load

PROJECT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")

SUM = "print(sum(map(int, input().split())))"
CLASS = "class Solution:\n    def double(self, n: int) -> List[int]:\n        return [n, n]"


def doc(kind: str, cases: list[tuple[str, str]], name: str = "") -> Mapping[str, Any]:
    listed = [{"input": given, "output": expected, "testtype": kind} for given, expected in cases]
    metadata = {"func_name": name} if name else {}
    return {
        "public_test_cases": json.dumps(listed[:1]),
        "private_test_cases": json.dumps(listed[1:]),
        "metadata": json.dumps(metadata),
    }


STDIN = doc("stdin", [("1 2\n", "3\n"), ("5 7\n", "12\n")])
FUNCTION = doc("functional", [("3", "[3, 3]"), ("4", "[4, 4]")], "double")


@pytest.mark.parametrize(
    ("row", "program", "passed"),
    [
        (STDIN, SUM, 1),
        (STDIN, f"from __future__ import annotations\n{SUM}", 1),
        (STDIN, f'"""Adds."""\nfrom __future__ import annotations\n\n{SUM}', 1),
        (STDIN, "print(3)", 0),
        (STDIN, "", 0),
        (FUNCTION, CLASS, 1),
        (FUNCTION, f"from __future__ import annotations\n{CLASS}", 1),
        (FUNCTION, CLASS.replace("[n, n]", "[3, 3]"), 0),
    ],
)
def test_a_program_passes_where_it_passes_every_case(row: Mapping[str, Any], program: str, passed: int) -> None:
    from tasks.code.livecode import graded

    assert graded(row, [f"Here it is.\n\n```python\n{program}\n```\n"]) == {"passed": passed}


def published(number: int, date: str) -> dict[str, Any]:
    """A row of made-up content with the columns of the published file."""
    shared = {"question_title": "t", "platform": "p", "contest_id": "c", "starter_code": "", "difficulty": "easy"}
    return shared | STDIN | {"question_id": f"q{number}", "question_content": "Add two numbers.", "contest_date": date}


def test_the_suite_asks_the_problems_of_2025_from_the_file_as_it_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "livecodebench/code_generation_lite/test6.jsonl"
    file.parent.mkdir(parents=True)
    dates = ("2024-12-31T00:00:00", "2025-01-01T00:00:00", "2025-03-22T07:30:00")
    file.write_text("".join(f"{json.dumps(published(*row))}\n" for row in enumerate(dates)), encoding="utf-8")
    monkeypatch.setenv("HARNESS_MIRROR", str(tmp_path))
    suite = load_suite("code_public", PROJECT / "configs")
    (task,) = [task for task in suite.tasks if task.name == "livecodebench_sandboxed"]
    (found,) = load(suite.model_copy(update={"tasks": (task.model_copy(update={"items": 2}),)}), root=PROJECT, seed=0)
    assert [one.item_id for one in found.requests(None, None)] == ["q1", "q2"]
    texts = (f"```python\n{SUM}\n```", "I cannot.")
    answers = {
        (one.item_id, 0, one.index): GenerationAnswer(text, "stop")
        for one, text in zip(found.requests(None, None), texts, strict=True)
    }
    assert [sample.score for sample in found.grade(answers)] == [1.0, 0.0]
