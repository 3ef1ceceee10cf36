"""`harness data families` and `harness data generate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.data.families import items, names


def _generate(family: str, out: Path, *, seed: int = 1, n: int = 5) -> int:
    return main(["data", "generate", family, "--seed", f"{seed}", "--n", f"{n}", "--out", f"{out}"])


def test_families_are_listed_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "families"]) == 0
    assert capsys.readouterr().out == "".join(f"{name}\n" for name in names())


def test_generate_writes_one_item_a_line_and_the_same_again(tmp_path: Path) -> None:
    one, two = tmp_path / "new" / "one.jsonl", tmp_path / "two.jsonl"
    assert (_generate("age_ko", one), _generate("age_ko", two)) == (0, 0)
    assert one.read_bytes() == two.read_bytes()
    rows = [json.loads(line) for line in one.read_text(encoding="utf-8").splitlines()]
    assert rows == list(items("age_ko", seed=1, n=5))


def test_no_items_make_an_empty_file(tmp_path: Path) -> None:
    assert _generate("age_ko", tmp_path / "none.jsonl", n=0) == 0
    assert (tmp_path / "none.jsonl").read_bytes() == b""


def test_an_unknown_family_names_a_close_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _generate("age_kr", tmp_path / "x.jsonl") == 2
    assert "there is no family 'age_kr'" in (error := capsys.readouterr().err)
    assert "age_ko" in error


@pytest.mark.parametrize("n", [-1, 1_000_001, 10**30])
def test_a_number_that_is_none_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str], n: int) -> None:
    assert _generate("age_ko", tmp_path / "x.jsonl", n=n) == 2
    assert "from 0 to 1,000,000" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", [-1, 0, 10**40])
def test_any_whole_number_is_a_seed(tmp_path: Path, seed: int) -> None:
    assert _generate("age_ko", tmp_path / "x.jsonl", seed=seed) == 0
    assert len((tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()) == 5


def test_a_file_that_is_there_is_replaced_whole_or_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.jsonl"
    out.write_text("what was there")
    real = json.dumps

    def full(row: object, **how: Any) -> str:
        if "00003" in real(row):
            raise OSError(28, "No space left on device")
        return real(row, **how)

    monkeypatch.setattr(json, "dumps", full)
    assert _generate("age_ko", out) == 2
    assert "No space left" in capsys.readouterr().err
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["x.jsonl"]
    assert out.read_text() == "what was there"
    assert _generate("age_ko", out) == 0
    assert out.read_text(encoding="utf-8").startswith('{"item_id": "age_ko-')


@pytest.mark.parametrize("given", [["--seed", "x", "--n", "1"], ["--seed", "1", "--n", "1.5"], ["--seed", "1"]])
def test_what_is_no_number_is_a_mistake_of_the_command_line(
    given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["data", "generate", "age_ko", *given, "--out", str(tmp_path / "x.jsonl")])
    assert caught.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert _generate("age_ko", tmp_path / "file" / "x.jsonl") == 2
    for out in (tmp_path, Path("/dev/null")):
        assert _generate("age_ko", out) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_more_than_a_seed_has_names_the_largest_number_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from tasks.generated import registry
    from tasks.generated.family import Candidate

    few = replace(registry.FAMILIES["age_ko"], makes=(lambda draw, level: Candidate(f"{draw.below(3)}", "0"),))
    monkeypatch.setitem(registry.FAMILIES, "age_ko", few)
    assert _generate("age_ko", tmp_path / "x.jsonl", n=9) == 2
    assert "no more than 3 different items" in (error := capsys.readouterr().err)
    assert "at most 3" in error
    assert list(tmp_path.iterdir()) == []
