from __future__ import annotations

import errno
from pathlib import Path

import pytest

from harness.errors import StorageError, VerificationError
from harness.records import Number, Sample
from harness.store import Results, RunFolder, atomic_path, disk_errors, read_record, write_record, write_text

SAMPLE = Sample(
    item_id="ko-1",
    repeat=0,
    outcome="correct",
    score=1.0,
    target="서울",
    response="서울\u2028\n",
    cluster=None,
    prompt_sha256="0" * 64,
)


def test_samples_survive_the_round_trip_in_order(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    other = SAMPLE.model_copy(update={"item_id": "ko-2"})
    folder.write_samples("a/b", [SAMPLE, other])
    assert folder.read_samples("a/b") == [SAMPLE, other]
    assert folder.samples("a/b").name == "a__b.jsonl"


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "round.json"
    write_text(target, "old")

    def fail_midway() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_midway()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_a_full_or_failing_disk_is_named_and_means_incomplete(tmp_path: Path, code: int) -> None:
    with (
        pytest.raises(StorageError, match=r"cannot write .*record\.json") as caught,
        disk_errors(tmp_path / "record.json"),
    ):
        raise OSError(code, "No space left on device")
    assert caught.value.exit_code == 3


def test_a_place_where_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    with pytest.raises(StorageError, match=r"cannot write .*record\.json: .*\n  -> name a place that may be written"):
        write_text(tmp_path / "results" / "record.json", "{}")
    with pytest.raises(StorageError, match="cannot write"), disk_errors(tmp_path):
        raise PermissionError(errno.EACCES, "no")


def test_other_os_errors_pass_through(tmp_path: Path) -> None:
    with pytest.raises(InterruptedError), disk_errors(tmp_path):
        raise InterruptedError(errno.EINTR, "no")


def test_a_record_that_is_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match="cannot be read: Is a directory"):
        read_record(tmp_path, Number)


def test_a_record_that_is_missing_or_garbled_is_named(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match=r"number\.json is missing"):
        read_record(tmp_path / "number.json", Number)
    (tmp_path / "number.json").write_text('{"value": "many"}')
    with pytest.raises(VerificationError, match="not a valid record"):
        read_record(tmp_path / "number.json", Number)


def test_nan_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="finite number"):
        Number(value=float("nan"))
    with pytest.raises(ValueError, match="Out of range"):
        write_record(tmp_path / "number.json", Number(value=1.0).model_copy(update={"value": float("nan")}))
    assert list(tmp_path.iterdir()) == []


def test_runs_of_a_model_are_listed(tmp_path: Path) -> None:
    folder = Results(tmp_path).round("demo")
    for name in ("b", "a"):
        write_text(folder.run("m", name).manifest, "{}")
    assert [run.path.name for run in folder.runs("m")] == ["a", "b"]
    assert folder.runs("unknown") == []
