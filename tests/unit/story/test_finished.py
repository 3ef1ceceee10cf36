from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import VerificationError
from harness.store import RoundFolder, write_record
from harness.story import read_story
from tests.rounds import build_round


def test_a_round_without_a_verdict_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match=r"round\.json is missing"):
        read_story(RoundFolder(tmp_path / "none"))


def test_a_verdict_whose_plan_is_no_round_is_refused(tmp_path: Path) -> None:
    folder = build_round(tmp_path)
    write_record(folder.record, folder.read_record().model_copy(update={"plan": {"name": "demo"}}))
    with pytest.raises(VerificationError, match="plan is not a valid round"):
        read_story(folder)


def test_a_model_that_the_plan_does_not_name_is_refused(tmp_path: Path) -> None:
    folder = build_round(tmp_path)
    record = folder.read_record()
    references = {**record.references, "stranger": record.references["smol"]}
    write_record(folder.record, record.model_copy(update={"references": references}))
    with pytest.raises(VerificationError, match="stranger"):
        read_story(folder)


def test_a_run_whose_record_was_never_written_is_read_as_missing(tmp_path: Path) -> None:
    folder = build_round(tmp_path)
    result = folder.read_record().entrants["dodam"]
    assert result.run
    folder.run_at(result.run).record.unlink()
    dodam = next(model for model in read_story(folder).entrants if model.name == "dodam")
    assert dodam.record is None
    assert dodam.tasks == {}
    assert dodam.manifest is not None
