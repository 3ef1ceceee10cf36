"""A set comes into the mirror whole or not at all, at the commit that is pinned."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.errors import OfflineModeIsEnabled

from harness.data.lock import Lock, LockedSet
from harness.data.mirror import Mirror
from harness.data.pull import Wanted, from_folder, from_hub, pull, pulled_revision, wanted
from harness.errors import SetupError, SuiteError
from tests.mirrors import write_set

HUB = "org/name"
NEW, OLD = "a" * 40, "b" * 40


def fetch(hub: str, revision: str | None, target: Path) -> str:
    write_set(target.parent, target.name, {"default": {"test": [{"q": revision or "newest"}]}})
    return revision or NEW


def test_a_pulled_set_is_whole_and_knows_its_commit(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path)
    assert pull(mirror, Wanted(HUB, OLD), fetch) == OLD
    assert pulled_revision(mirror, HUB) == OLD
    assert OLD in (tmp_path / HUB / "default/test.jsonl").read_text()


def test_a_second_pull_replaces_the_first(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path)
    pull(mirror, Wanted(HUB, OLD), fetch)
    assert pull(mirror, Wanted(HUB, None), fetch) == NEW
    assert "newest" in (tmp_path / HUB / "default/test.jsonl").read_text()
    assert [path.name for path in (tmp_path / "org").iterdir()] == ["name"]


def test_a_failed_pull_leaves_what_was_there(tmp_path: Path) -> None:
    def broken(hub: str, revision: str | None, target: Path) -> str:
        target.mkdir()
        (target / "half.jsonl").write_text("{")
        raise SetupError("the line broke")

    mirror = Mirror(tmp_path)
    pull(mirror, Wanted(HUB, OLD), fetch)
    with pytest.raises(SetupError, match="the line broke"):
        pull(mirror, Wanted(HUB, NEW), broken)
    assert pulled_revision(mirror, HUB) == OLD
    assert not (tmp_path / HUB / "half.jsonl").exists()


def test_a_carried_folder_is_taken_with_its_commit(tmp_path: Path) -> None:
    carried, here = Mirror(tmp_path / "stick"), Mirror(tmp_path / "here")
    pull(carried, Wanted(HUB, OLD), fetch)
    assert pull(here, Wanted(HUB, None), from_folder(carried.folder)) == OLD
    assert (here.folder / HUB / "README.md").is_file()


def test_a_carried_folder_at_another_commit_is_refused(tmp_path: Path) -> None:
    carried = Mirror(tmp_path / "stick")
    pull(carried, Wanted(HUB, OLD), fetch)
    with pytest.raises(SetupError, match=f"at {OLD}, pinned is {NEW}"):
        pull(Mirror(tmp_path / "here"), Wanted(HUB, NEW), from_folder(carried.folder))


def test_a_folder_that_lacks_the_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="holds no org/name"):
        pull(Mirror(tmp_path / "here"), Wanted(HUB, None), from_folder(tmp_path))


def test_a_loading_script_is_refused(tmp_path: Path) -> None:
    def script(hub: str, revision: str | None, target: Path) -> str:
        target.mkdir()
        (target / "name.py").write_text("class Name: ...")
        return NEW

    with pytest.raises(SuiteError, match="loading script"):
        pull(Mirror(tmp_path), Wanted(HUB, None), script)


def test_each_set_is_wanted_once_at_the_pinned_else_the_locked_commit() -> None:
    lock = Lock(sets={name: LockedSet(revision=OLD, files={}) for name in ("a/locked", "b/pinned")})
    origins = [("b/pinned", None), ("a/locked", None), ("b/pinned", NEW), ("c/free", None), ("a/locked", None)]
    assert wanted(origins, lock) == [Wanted("a/locked", OLD), Wanted("b/pinned", NEW), Wanted("c/free", None)]


def test_two_pins_of_one_set_are_a_mistake() -> None:
    with pytest.raises(SuiteError, match="pinned to"):
        wanted([(HUB, OLD), (HUB, NEW)], Lock())


def test_the_hub_is_asked_for_the_newest_commit_and_then_for_exactly_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(
        huggingface_hub, "HfApi", lambda: SimpleNamespace(dataset_info=lambda _: SimpleNamespace(sha=NEW))
    )
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda hub, **how: asked.append({"hub": hub, **how}))
    assert from_hub(HUB, None, tmp_path / "set") == NEW
    assert from_hub(HUB, OLD, tmp_path / "set") == OLD
    assert [one["revision"] for one in asked] == [NEW, OLD]
    assert all(one["repo_type"] == "dataset" and one["local_dir"] == tmp_path / "set" for one in asked)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OfflineModeIsEnabled("offline"), "HF_HUB_OFFLINE"),
        (OSError("no route to host"), "cannot be reached: no route to host"),
    ],
)
def test_a_hub_out_of_reach_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(SetupError, match=said):
        from_hub(HUB, NEW, tmp_path)
