"""A set comes into the mirror whole or not at all, at the commit that is pinned."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import huggingface_hub
import pytest
from huggingface_hub.errors import (
    GatedRepoError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from harness.data.lock import Lock, LockedSet
from harness.data.mirror import Mirror
from harness.data.pull import Wanted, from_folder, from_hub, pull, pulled_revision, wanted
from harness.errors import SetupError, StorageError, SuiteError
from harness.plan import Origin
from tests.mirrors import write_set

HUB = "org/name"
NEW, OLD = "a" * 40, "b" * 40
RESPONSE = httpx2.Response(403, request=httpx2.Request("GET", "https://hub.example/x"))


def fetch(want: Wanted, target: Path) -> str:
    write_set(target.parent, target.name, {"default": {"test": [{"q": want.revision or "newest"}]}})
    return want.revision or NEW


def origin(hub: str, revision: str | None = None, files: tuple[str, ...] = ()) -> Origin:
    return Origin(hub=hub, revision=revision, licence="CC0-1.0", counted="here", files=files)


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
    def broken(want: Wanted, target: Path) -> str:
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
    def script(want: Wanted, target: Path) -> str:
        target.mkdir()
        (target / "name.py").write_text("class Name: ...")
        return NEW

    with pytest.raises(SuiteError, match="loading script"):
        pull(Mirror(tmp_path), Wanted(HUB, None), script)


def test_each_set_is_wanted_once_at_the_pinned_else_the_locked_commit() -> None:
    lock = Lock(sets={name: LockedSet(revision=OLD, files={}) for name in ("a/locked", "b/pinned")})
    named = [("b/pinned", None), ("a/locked", None), ("b/pinned", NEW), ("c/free", None), ("a/locked", None)]
    origins = [origin(hub, revision) for hub, revision in named]
    assert wanted(origins, lock) == [Wanted("a/locked", OLD), Wanted("b/pinned", NEW), Wanted("c/free", None)]


def test_two_pins_of_one_set_are_a_mistake() -> None:
    with pytest.raises(SuiteError, match="pinned to"):
        wanted([origin(HUB, OLD), origin(HUB, NEW)], Lock())


def test_the_hub_is_asked_for_the_newest_commit_and_then_for_exactly_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(
        huggingface_hub, "HfApi", lambda: SimpleNamespace(dataset_info=lambda _: SimpleNamespace(sha=NEW))
    )
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda hub, **how: asked.append({"hub": hub, **how}))
    assert from_hub(Wanted(HUB, None), tmp_path / "set") == NEW
    assert from_hub(Wanted(HUB, OLD, ("test6.jsonl",)), tmp_path / "set") == OLD
    assert [one["revision"] for one in asked] == [NEW, OLD]
    assert [one["allow_patterns"] for one in asked] == [None, ["README.md", "test6.jsonl"]]
    assert all(one["repo_type"] == "dataset" and one["local_dir"] == tmp_path / "set" for one in asked)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OfflineModeIsEnabled("offline"), "HF_HUB_OFFLINE"),
        (OSError("no route to host"), "cannot be reached: no route to host"),
        (httpx2.ReadTimeout("timed out"), "cannot be reached: timed out"),
        (GatedRepoError("403 Client Error: gated", response=RESPONSE), f"gated.*\n.*datasets/{HUB}.*HF_TOKEN"),
        (RepositoryNotFoundError("401 Client Error.", response=RESPONSE), "the hub answered: 401 Client Error"),
        (RevisionNotFoundError("404 Client Error.", response=RESPONSE), "the hub answered: 404 Client Error"),
    ],
)
def test_a_hub_out_of_reach_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(SetupError, match=said):
        from_hub(Wanted(HUB, NEW), tmp_path)


def full(error: int) -> OSError:
    return OSError(error, os.strerror(error))


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_disk_that_is_full_or_may_not_be_written_is_said_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    mirror = Mirror(tmp_path)
    pull(mirror, Wanted(HUB, OLD), fetch)

    def fail(*_: object, **__: object) -> None:
        raise full(error)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(StorageError, match=f"org/name cannot be written into the mirror.*{os.strerror(error)}"):
        pull(mirror, Wanted(HUB, NEW), from_hub)
    assert pulled_revision(mirror, HUB) == OLD
    assert [path.name for path in (tmp_path / "org").iterdir()] == ["name"]


def test_a_set_whose_place_cannot_be_taken_is_what_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = Mirror(tmp_path)
    pull(mirror, Wanted(HUB, OLD), fetch)
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.name == "set":
            raise full(errno.EIO)
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(StorageError):
        pull(mirror, Wanted(HUB, NEW), fetch)
    monkeypatch.undo()
    assert pulled_revision(mirror, HUB) == OLD


def test_an_interrupted_pull_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    def interrupted(want: Wanted, target: Path) -> str:
        fetch(want, target)
        raise KeyboardInterrupt

    mirror = Mirror(tmp_path)
    pull(mirror, Wanted(HUB, OLD), fetch)
    with pytest.raises(KeyboardInterrupt):
        pull(mirror, Wanted(HUB, NEW), interrupted)
    assert pulled_revision(mirror, HUB) == OLD
    assert [path.name for path in (tmp_path / "org").iterdir()] == ["name"]


def test_a_half_set_of_a_killed_pull_is_no_set(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path)
    pull(mirror, Wanted(HUB, OLD), fetch)
    write_set(tmp_path / "org/.pull-abc", "set", {"default": {"test": [{"q": "half"}]}})
    assert mirror.sets() == [HUB]


def test_only_the_files_that_are_needed_are_brought(tmp_path: Path) -> None:
    carried = tmp_path / "stick" / HUB
    carried.mkdir(parents=True)
    for name in ("README.md", "test.jsonl", "test6.jsonl", ".hidden"):
        (carried / name).write_text("{}" if name.endswith("l") else "")
    mirror = Mirror(tmp_path / "here")
    pull(mirror, Wanted(HUB, None, ("test6.jsonl",)), from_folder(tmp_path / "stick"))
    assert [path.name for path in mirror.files(HUB)] == ["README.md", "test6.jsonl"]
    (carried / "README.md").unlink()
    with pytest.raises(SetupError, match="no file that is needed"):
        pull(mirror, Wanted(HUB, None, ("test7.jsonl",)), from_folder(tmp_path / "stick"))


def test_suites_that_need_different_files_of_a_set_get_all_of_them() -> None:
    some = [origin(HUB, files=("a.jsonl",)), origin(HUB, files=("b.jsonl", "a.jsonl"))]
    assert wanted(some, Lock()) == [Wanted(HUB, None, ("a.jsonl", "b.jsonl"))]
    assert wanted([*some, origin(HUB)], Lock()) == [Wanted(HUB, None)]
    assert wanted([origin(HUB), *some], Lock()) == [Wanted(HUB, None)]


def test_a_mirror_is_not_pulled_from_itself(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path / "here")
    pull(mirror, Wanted(HUB, OLD), fetch)
    (tmp_path / "again").symlink_to(mirror.folder)
    for source in (mirror.folder, tmp_path / "again"):
        with pytest.raises(SetupError, match="the mirror's own"):
            pull(mirror, Wanted(HUB, None), from_folder(source))
    assert pulled_revision(mirror, HUB) == OLD


def test_a_loading_script_beside_data_is_left_behind(tmp_path: Path) -> None:
    def with_script(want: Wanted, target: Path) -> str:
        (fetched := fetch(want, target))
        (target / "name.py").write_text("class Name: ...")
        return fetched

    mirror = Mirror(tmp_path)
    pull(mirror, Wanted(HUB, OLD), with_script)
    assert [path.name for path in mirror.files(HUB)] == ["README.md", "test.jsonl"]


def test_a_damaged_note_is_said(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path)
    pull(mirror, Wanted(HUB, OLD), fetch)
    (tmp_path / HUB / ".pulled.json").write_text("{")
    with pytest.raises(SuiteError, match="is damaged"):
        pulled_revision(mirror, HUB)
