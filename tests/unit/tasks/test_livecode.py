"""Programs of LiveCodeBench's kind: every test case is passed, or the item is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from typing import Any

import pytest

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
