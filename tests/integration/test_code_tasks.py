"""Code tasks on rows of our own: written programs run in the sandbox, or the task is refused."""

from __future__ import annotations

import gzip
import importlib
import json
import shutil
from pathlib import Path

import pytest
import yaml

from harness.errors import SetupError, SuiteError
from harness.plan import Suite, Task
from harness.request import GenerationAnswer
from harness.suites import load
from tests import mirrors
from tests.conftest import PROJECT

REAL = mirrors.REAL / "humaneval" / "HumanEval.jsonl.gz"
ROWS = [
    {"task_id": f"own/{name}", "entry_point": name, "prompt": f'def {name}(x):\n    """{text}"""\n',
     "canonical_solution": f"    return {right}\n", "test": f"def check(f):\n    assert f(3) == {value}\n"}
    for name, text, right, value in (("double", "Twice x.", "2 * x", 6), ("square", "x squared.", "x * x", 9))
]  # fmt: skip

needs_a_sandbox = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    """humaneval_sandboxed on two rows of our own."""
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    task = {
        "include": str(PROJECT / "tasks/code/humaneval_sandboxed.yaml"),
        "task": "own_programs",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(rows)}},
    }
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(task))
    plan = Task(name="own_programs", metric="passed", items=2, capability="code", item_id="task_id")
    return Suite(name="own", title={}, language="en", folder=str(tmp_path), tasks=(plan,))


@needs_a_sandbox
def test_programs_are_graded_by_running_them(suite: Suite) -> None:
    (task,) = load(suite, root=PROJECT, seed=0)
    requests = task.requests(None, None)
    texts = ["    return 2 * x\n", "    import os; os._exit(0)\n"]
    answers = {
        (request.item_id, request.repeat, request.index): GenerationAnswer(text, "stop")
        for request, text in zip(requests, texts, strict=True)
    }
    assert [sample.outcome for sample in task.grade(answers)] == ["correct", "wrong"]


def test_without_a_sandbox_the_task_is_refused(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    running = importlib.import_module("harness.sandbox.run")
    monkeypatch.setattr(running, "_tried", lambda: (None, "bwrap is not installed"))
    with pytest.raises(SetupError, match="no sandbox works here"):
        load(suite, root=PROJECT, seed=0)


@pytest.mark.parametrize("name", ["humaneval", "mbpp"])
def test_tasks_of_lm_eval_s_that_run_programs_bare_are_refused(name: str) -> None:
    plan = Task(name=name, metric="pass@1", items=1, capability="code")
    with pytest.raises(SuiteError, match="would run generated programs outside a sandbox"):
        load(Suite(name="bare", title={}, language="en", tasks=(plan,)), root=PROJECT, seed=0)


@needs_a_sandbox
@pytest.mark.full
@pytest.mark.skipif(not REAL.is_file(), reason="the shared benchmark data is not here")
def test_every_canonical_solution_of_humaneval_passes_and_an_empty_one_fails() -> None:
    from tasks.code.programs import humaneval  # which needs a sandbox

    with gzip.open(REAL, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            texts = row["canonical_solution"], "    return None\n"
            assert [humaneval(row, [text])["passed"] for text in texts] == [1, 0], row["task_id"]
