"""All inputs of a round together: figures within their points, rulings that agree, plans before the files are there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ConfigError
from harness.panels import read_inputs, read_what_is_there
from harness.plan import Round
from tests.unit.verdict.test_imported import POLICY, round_of

CELLS = "model,value\na,60\nb,40\n"
PANEL = "rater,entrant,criterion,score\nx,a,one,7\nx,b,one,6\ny,a,one,8\ny,b,one,5\n"
RULING = "entrant: a\nfindings: [{finding}]\ndecision: {decision}\nreply: Ours.\nwho: the committee\nwhen: {when}\n"


def within(folder: Path, files: Mapping[str, str]) -> Any:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return lambda name: folder / name


def item(**changes: Any) -> dict[str, Any]:
    source = {"kind": "table", "file": "table.csv"}
    return {"name": "index", "points": 40, "source": source, "scale": {"kind": "per_hundred"}, **changes}


@pytest.mark.parametrize(
    ("items", "cells", "expected"),
    [
        ([item()], "a,140", "a has 56 points of the 40 that item 'index' can earn"),
        ([item()], "a,-5", "a has -2 points of the 40 that item 'index' can earn"),
        ([item(scale={"kind": "points"})], "a,41", "a has 41 points of the 40 that item 'index' can earn"),
        ([item(scale={"kind": "linear", "low": 20, "high": 80})], "a,81", "a has 40.6667 points of the 40"),
        ([item(scale={"kind": "linear", "low": 20, "high": 80})], "a,19", "a has -0.666667 points of the 40"),
    ],
)
def test_no_figure_earns_more_than_its_item_or_less_than_nothing(
    tmp_path: Path, items: list, cells: str, expected: str
) -> None:
    round_ = round_of("ab", items=items)
    with pytest.raises(ConfigError, match=expected):
        read_inputs(round_, within(tmp_path, {"table.csv": f"model,value\n{cells}\n"}))


def test_no_imported_total_is_more_than_all_points(tmp_path: Path) -> None:
    totals = {"kind": "table", "file": "totals.csv"}
    round_ = round_of("ab", items=[item()], totals=totals)
    files = {"table.csv": CELLS, "totals.csv": "model,value\na,41\n"}
    with pytest.raises(ConfigError, match="a has 41 points of the 40 that all items together can earn"):
        read_inputs(round_, within(tmp_path, files))


def audited(**more: Any) -> Round:
    gate = {"kind": "independence", "name": "independence", "policy": POLICY}
    content = round_of("ab", items=[item()], gates=[gate]).model_dump()
    return Round.model_validate(content | {"audits": {"a": ("audit.json",)}, **more})


REPORT = json.dumps({"conclusions": [{"component": "vision", "candidate": "x", "conclusion": "derived"}]})


@pytest.mark.parametrize(("other", "refused"), [("0" * 64, False), (None, False), ("1" * 64, True)])
def test_reports_about_two_checkpoints_of_one_entrant_are_refused(
    tmp_path: Path, other: str | None, refused: bool
) -> None:
    digests = {"audit.json": "0" * 64, "other.json": other}
    reports = {
        name: json.dumps({**json.loads(REPORT), "checkpoint": {"name": "a", "digest": digest}})
        for name, digest in digests.items()
    }
    round_, files = audited(audits={"a": tuple(reports)}), within(tmp_path, {"table.csv": CELLS, **reports})
    if refused:
        with pytest.raises(ConfigError, match=r"audit\.json and other\.json are about different checkpoints"):
            read_inputs(round_, files)
    else:
        assert len(read_inputs(round_, files).findings["a"]) == 2


def finding(folder: Path) -> str:
    files = within(folder, {"table.csv": CELLS, "audit.json": REPORT})
    return read_inputs(audited(), files).findings["a"][0].sha256


def test_rulings_of_one_day_must_agree_and_a_later_one_counts(tmp_path: Path) -> None:
    names = {"cleared": "one.yaml", "disqualified": "two.yaml"}
    said = finding(tmp_path)
    for when, later in (("2026-01-15", "2026-01-15"), ("2026-01-15", "2026-02-01")):
        days = dict(zip(names, (when, later), strict=True))
        files = {names[how]: RULING.format(finding=said, decision=how, when=days[how]) for how in names}
        round_ = audited(rulings=tuple(names.values()))
        if when == later:
            with pytest.raises(ConfigError, match=r"one\.yaml and two\.yaml rule otherwise on finding"):
                read_inputs(round_, within(tmp_path, files))
        else:
            assert len(read_inputs(round_, within(tmp_path, files)).rulings) == 2


def test_a_ruling_on_a_report_that_changed_since_is_refused(tmp_path: Path) -> None:
    ruling = RULING.format(finding=finding(tmp_path), decision="cleared", when="2026-01-15")
    changed = REPORT.replace('"x"', '"y"')
    files = within(tmp_path, {"table.csv": CELLS, "audit.json": changed, "ruling.yaml": ruling})
    with pytest.raises(ConfigError, match=r"is in no audit report of a[\s\S]*a report that changed since"):
        read_inputs(audited(rulings=("ruling.yaml",)), files)


def test_a_plan_reads_what_is_there_and_misses_nothing_else(tmp_path: Path) -> None:
    panel = {"kind": "panel", "file": "panel.csv", "high": 10}
    items = [item(), {"name": "expert", "points": 60, "source": panel}]
    round_ = round_of("ab", items=items)
    found = read_what_is_there(round_, within(tmp_path, {"table.csv": CELLS}))
    assert (len(found.tables), found.panels) == (1, {})
    found = read_what_is_there(round_, within(tmp_path, {"panel.csv": PANEL}))
    assert set(found.panels) == {"panel.csv"}
    assert set(found.files) == {"table.csv", "panel.csv"}
    with pytest.raises(ConfigError, match="line 6: score 11 of rater 'z' lies outside"):
        read_what_is_there(round_, within(tmp_path, {"panel.csv": PANEL + "z,a,one,11\n"}))


def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path: Path) -> None:
    round_ = round_of("ab", items=[item()])
    with pytest.raises(ConfigError, match=r"table table\.csv: there is no such file"):
        read_inputs(round_, within(tmp_path, {}))
    (tmp_path / "table.csv").mkdir()
    with pytest.raises(ConfigError, match=r"table table\.csv: there is a folder"):
        read_inputs(round_, within(tmp_path, {}))
