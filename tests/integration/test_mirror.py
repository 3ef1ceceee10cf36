"""A round of unmodified stock tasks, asked from a mirror on a machine without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.store import RoundFolder
from tests import mirrors


@mirrors.needs_real_data
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap, which takes the network away, is not installed")
def test_stock_tasks_are_evaluated_from_the_mirror_without_a_network(tmp_path: Path, project: Path) -> None:
    mirror = tmp_path / "mirror"
    mirrors.kobest(mirror)
    mirrors.mmlu(mirror, ["anatomy"])
    mirrors.gsm8k(mirror, asked=40)
    program = [sys.executable, "-m", "tests.offline", str(tmp_path), str(project)]
    done = subprocess.run(
        ["bwrap", "--dev-bind", "/", "/", "--unshare-net", "--die-with-parent", *program],
        cwd=project,
        env={**os.environ, "HARNESS_MIRROR": str(mirror), "HF_HOME": str(tmp_path / "hf")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    record = RoundFolder(Path(done.stdout.strip().splitlines()[-1])).read_record()
    assert record.status == "complete"
    reasons = {reason.code for reason in record.unofficial_because}
    assert "unofficial_unlocked" in reasons
