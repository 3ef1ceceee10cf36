"""The tables of docs/methods.md are those of the simulations that the code has."""

from __future__ import annotations

from typing import Any

import pytest

from harness.environment import ROOT
from tests.statistics.__main__ import CHECKS, SETTINGS, WORLDS, _write
from tests.statistics.document import PAGE, coverage, parts, written
from tests.statistics.simulate import EXACT

FOUND: dict[str, Any] = {
    "draws": 10_000,
    "coverage": [
        {"row": "one", "n": 20, "mean": 0.95, "least": 0.94, "greatest": 0.96},
        {"row": "two", "n": 60, "mean": 0.951, "least": 0.951, "greatest": 0.951},
    ],
    "out_of_reach": {"20": {"middle": 0.2, "ends": 0.7}},
    "checks": [
        {"name": "an error", "bound": 0.05, "forecast": False, "measured": 0.0312},
        {"name": "a power", "bound": 0.702, "forecast": True, "measured": 0.71},
    ],
    "bootstrap": {
        **{
            f"{name}_{kind}_s": 8.0
            for name in ("ours_binary", "ours_graded", "lm_eval", "loop")
            for kind in ("wall", "cpu")
        },
        "lm_eval_ratio": 480.0,
        "loop_ratio": 6.0,
        "peak_gib": 0.25,
    },
}


def test_a_row_has_a_cell_for_each_size() -> None:
    assert coverage(FOUND["coverage"]).splitlines()[2:] == [
        "| one | 95.0 (94.0–96.0) | – |",
        "| two | – | 95.1 (95.1–95.1) |",
    ]


def test_every_part_is_written_between_its_marks_and_nothing_else_changes() -> None:
    page = "before\n" + "\n".join(
        f"<!-- {name}: generated -->\nold\n<!-- {name}: end -->\nkept" for name in parts(FOUND)
    )
    found = written(page, FOUND)
    assert "old" not in found
    assert found.count("kept") == 3
    assert "| an error | ≤ 5 | 3.1 |" in found
    assert "| a power | 70.2 | 71.0 |" in found
    assert "10,000 draws a setting, so that one setting carries ± 0.4 of chance" in found
    assert written(found, FOUND) == found


def test_a_page_without_a_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="has no place for coverage"):
        written("nothing", FOUND)


def test_the_page_holds_a_row_for_every_simulation() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    rows = {line.split(" | ")[0].removeprefix("| ") for line in page.splitlines() if line.startswith("| ")}
    wanted = {world.row for world in WORLDS.values()} | set(CHECKS) | {name for name, *_ in EXACT}
    assert wanted <= rows


def test_only_whole_batches_are_written(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One setting of the second batch is missing: the first alone counts."""
    from tests.statistics import __main__ as bench

    monkeypatch.setattr(bench, "RESULT", tmp_path / "stats.json")
    known = {(batch, name): 0.9 for batch in (0, 1) for name in SETTINGS}
    del known[1, SETTINGS[0]]
    _write(known, {})
    assert '"draws": 1000' in (tmp_path / "stats.json").read_text(encoding="utf-8")
