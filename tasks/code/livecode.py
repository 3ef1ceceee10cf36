"""LiveCodeBench's problems: the program passes every test case, or it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.graders.code import written
from harness.graders.testcases import calls, cases, same_output
from harness.sandbox import Limits, passes, require, run

require()  # where no sandbox works, the task ends here, before anything is asked

LIMITS = Limits(cpu_s=10, wall_s=60, memory_mib=2048, output_kib=16 * 1024, scratch_mib=128)
"""For one test case of a program that reads its input."""
OF_ALL = LIMITS.model_copy(update={"cpu_s": 60, "wall_s": 180})
"""For all test cases of a function together."""

PRELUDE = """from typing import *
from collections import *
from heapq import *
from bisect import *
from itertools import *
from functools import *
from math import *
from builtins import *
import bisect, collections, datetime, functools, heapq, itertools, math, operator, random, re, string, sys
sys.setrecursionlimit(50_000)
"""
"""What the sites that the problems come from import for everybody."""


FUTURE = re.compile(r"^from __future__ import [^\n(]+$", re.MULTILINE)


def graded(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, int]:
    """`passed`: 1 where every test case, public and hidden, is passed."""
    program, found = _whole(written(results[0])), cases(doc)
    functional = [case for case in found if case.kind == "functional"]
    if functional and not passes(program, calls(doc, functional), ["Solution"], limits=OF_ALL):
        return {"passed": 0}
    return {"passed": int(all(_answers(program, case.given, case.expected) for case in found if case.kind == "stdin"))}


def _whole(program: str) -> str:
    """The program behind the prelude, its imports from the future before all else."""
    return "".join(f"{line}\n" for line in FUTURE.findall(program)) + PRELUDE + FUTURE.sub("", program)


def _answers(program: str, given: str, expected: str) -> bool:
    ran = run(program, LIMITS, given=given)
    return ran.ended == "done" and same_output(ran.output, expected)


def recent(rows: Any) -> Any:
    """Problems that were published in 2025, the part of the sixth release that no earlier one has."""
    return rows.filter(lambda row: str(row["contest_date"]) >= "2025-01-01")  # a time, or text: as datasets reads it
