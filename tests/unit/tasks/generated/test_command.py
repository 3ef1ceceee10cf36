"""`harness data families` and `harness data generate`."""

from __future__ import annotations

import json
from pathlib import Path

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


def test_a_negative_number_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _generate("age_ko", tmp_path / "x.jsonl", n=-1) == 2
    assert "0 or more" in capsys.readouterr().err


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
