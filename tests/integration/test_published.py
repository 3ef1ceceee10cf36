"""Published sets by `python -m tests.published`: a few rows of them, a real server, lm-eval's own program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import mirrors
from tests.published import compare

pytestmark = [
    pytest.mark.real,
    pytest.mark.full,
    pytest.mark.skipif(not mirrors.REAL.is_dir(), reason="no published test sets here; name them in PUBLISHED_DATA"),
]


@pytest.mark.timeout(900)
def test_scores_of_published_sets_equal_those_of_lm_evals_program(project: Path, tmp_path: Path):
    command = [sys.executable, "-m", "tests.published", "kobest", "gsm8k", "--rows", "4", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=project, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    outcomes = compare.read(tmp_path / "kobest.json") + compare.read(tmp_path / "gsm8k.json")
    assert [(one.task, one.n) for one in outcomes] == [
        ("kobest_boolq", 4),
        ("kobest_copa", 4),
        ("kobest_sentineg", 4),
        ("kobest_hellaswag", 4),
        ("gsm8k", 4),
    ]
    assert all(not one.differing and not one.prompts_differ and not one.texts_differ for one in outcomes)
    assert max(one.largest for one in outcomes) < 1e-3
