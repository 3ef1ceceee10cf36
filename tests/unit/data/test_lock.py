"""The lock fixes every file of a set; each difference is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.data.lock import Lock, counted, differences, is_locked_set, locked_set, read_lock, write_lock
from harness.data.mirror import Mirror, mirror_of
from harness.errors import StorageError, SuiteError
from harness.plan import Suite, Task
from tests.mirrors import write_set

HUB = "org/name"
COMMIT = "a" * 40


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    rows = [{"question": "하나?", "answer": "1"}, {"question": "둘?", "answer": "2"}]
    write_set(tmp_path / "mirror", HUB, {"default": {"test": rows, "dev": rows[:1]}})
    return Mirror(tmp_path / "mirror")


def lock_of(mirror: Mirror, revision: str | None = COMMIT) -> Lock:
    return Lock(sets={HUB: locked_set(mirror, HUB, revision)}, items={"task": 2})


def test_a_lock_is_read_as_it_was_written(mirror: Mirror, tmp_path: Path) -> None:
    lock = lock_of(mirror)
    write_lock(tmp_path, lock)
    assert read_lock(tmp_path) == lock
    assert set(lock.sets[HUB].files) == {"README.md", "default/dev.jsonl", "default/test.jsonl"}


def test_the_same_files_give_the_same_bytes(mirror: Mirror, tmp_path: Path) -> None:
    first = write_lock(tmp_path, lock_of(mirror)).read_bytes()
    backwards = Lock(sets=dict(reversed(lock_of(mirror).sets.items())), items={"task": 2})
    assert write_lock(tmp_path, backwards).read_bytes() == first
    assert json.loads(first)["schema_version"] == 1


def test_without_a_lock_nothing_is_locked(mirror: Mirror, tmp_path: Path) -> None:
    assert read_lock(tmp_path) == Lock()
    assert not is_locked_set(mirror, HUB, Lock())


def test_a_damaged_lock_is_an_error_and_not_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/data.lock").write_text('{"schema_version": 2}')
    with pytest.raises(SuiteError, match="damaged"):
        read_lock(tmp_path)


def _change(folder: Path) -> None:
    path = folder / "default/test.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("1", "7"), encoding="utf-8")


def _remove(folder: Path) -> None:
    (folder / "default/dev.jsonl").unlink()


def _add(folder: Path) -> None:
    (folder / "default/extra.jsonl").write_text("{}\n")


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (_change, f"{HUB}: default/test.jsonl has changed"),
        (_remove, f"{HUB}: default/dev.jsonl is missing"),
        (_add, f"{HUB}: default/extra.jsonl is not in the lock"),
    ],
)
def test_a_changed_a_missing_and_a_further_file_are_each_named(mirror: Mirror, tamper: object, said: str) -> None:
    lock = lock_of(mirror)
    assert is_locked_set(mirror, HUB, lock)
    tamper(mirror.folder / HUB)  # type: ignore[operator]
    assert list(differences(mirror, HUB, lock.sets[HUB])) == [said]
    assert not is_locked_set(mirror, HUB, lock)


def test_a_set_at_another_commit_than_the_suite_pins_is_not_locked(mirror: Mirror) -> None:
    assert is_locked_set(mirror, HUB, lock_of(mirror), COMMIT)
    assert not is_locked_set(mirror, HUB, lock_of(mirror), "b" * 40)
    assert not is_locked_set(mirror, HUB, lock_of(mirror, None), COMMIT)


def test_hidden_files_do_not_count(mirror: Mirror) -> None:
    lock = lock_of(mirror)
    (mirror.folder / HUB / ".cache").mkdir()
    (mirror.folder / HUB / ".cache/huggingface").write_text("a client's own")
    assert is_locked_set(mirror, HUB, lock)


def test_a_task_without_a_stated_number_of_items_takes_the_locked_one() -> None:
    tasks = [Task(name=name, metric="acc", items=n, capability="x") for name, n in (("task", 0), ("own", 5), ("no", 0))]
    suite = counted(Suite(name="s", title={}, language="ko", tasks=tasks), Lock(items={"task": 2, "own": 9}))
    assert [task.items for task in suite.tasks] == [2, 5, 0]


def test_the_mirror_is_where_the_variable_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARNESS_MIRROR", raising=False)
    assert mirror_of(tmp_path).folder == tmp_path / ".cache/mirror"
    monkeypatch.setenv("HARNESS_MIRROR", str(tmp_path / "elsewhere"))
    assert mirror_of(tmp_path).folder == tmp_path / "elsewhere"


@pytest.mark.parametrize("hub", ["../outside", "/etc", "json", ".", "org/missing"])
def test_what_is_no_set_is_not_found(mirror: Mirror, hub: str) -> None:
    assert mirror.find(hub) is None


def test_sets_are_listed(mirror: Mirror) -> None:
    assert mirror.sets() == [HUB]
    assert mirror.find(HUB) == mirror.folder / HUB


def _behind_a_link(mirror: Mirror) -> Path:
    elsewhere = mirror.folder.parent / "elsewhere"
    (mirror.folder / HUB / "default").rename(elsewhere)
    (mirror.folder / HUB / "default").symlink_to(elsewhere)
    return elsewhere


def test_files_behind_a_link_count_like_others(mirror: Mirror) -> None:
    lock = lock_of(mirror)
    elsewhere = _behind_a_link(mirror)
    assert is_locked_set(mirror, HUB, lock)
    (elsewhere / "test.jsonl").write_text("{}\n")
    assert not is_locked_set(mirror, HUB, lock)


def test_a_set_that_is_a_link_and_one_with_a_circle_are_read_once(mirror: Mirror) -> None:
    lock = lock_of(mirror)
    moved = mirror.folder / HUB
    moved.rename(mirror.folder.parent / "moved")
    moved.symlink_to(mirror.folder.parent / "moved")
    (moved / "circle").symlink_to(moved)
    assert is_locked_set(mirror, HUB, lock)


def test_a_lock_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "tasks").write_text("a file in the folder's place")
    with pytest.raises(StorageError, match=r"data\.lock cannot be written"):
        write_lock(tmp_path, Lock())
