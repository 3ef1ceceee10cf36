"""Graders of tasks whose answer is a program: it runs in the harness's sandbox, or the task is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.graders.code import completed, modules, taken, written
from harness.sandbox import passes, require

require()  # where no sandbox works, the task ends here, before anything is asked


def humaneval(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, int]:
    """The item's `check` of the completed function. What the prompt itself defines, the check has of its own."""
    name = doc["entry_point"]
    program = completed(doc["prompt"], results[0], name)
    return {"passed": int(passes(program, f"{doc['test']}\n\ncheck({name})", [name], given=doc["prompt"]))}


def mbpp(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, int]:
    """The item's assertions, after its own set-up code."""
    setup = doc.get("test_setup_code") or ""
    tests = "\n".join([setup, *doc["test_list"]])
    given = "\n".join(f"import {name}" for name in modules(tests))
    return {"passed": int(passes(written(results[0]), tests, taken(tests), given=given))}
