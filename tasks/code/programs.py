"""Graders of tasks whose answer is a program: it runs in the harness's sandbox, or the task is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.graders.code import completed, written
from harness.sandbox import passes, require

require()  # where no sandbox works, the task ends here, before anything is asked


def humaneval(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, int]:
    """The item's `check` of the completed function."""
    program = completed(doc["prompt"], results[0], doc["entry_point"])
    return {"passed": int(passes(program, f"{doc['test']}\n\ncheck({doc['entry_point']})"))}


def mbpp(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, int]:
    """The item's assertions, after its own set-up code."""
    tests = "\n".join([doc.get("test_setup_code") or "", *doc["test_list"]])
    return {"passed": int(passes(written(results[0]), tests))}
