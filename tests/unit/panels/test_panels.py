"""Panel files, tables, audit reports and rulings: every mistake is named with its line, its value and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.errors import ConfigError
from harness.panels.findings import read_report, read_ruling
from harness.panels.panel import read_panel
from harness.panels.table import read_table
from harness.plan import PanelMean, TableValue

SOURCE = PanelMean(kind="panel", file="panel.csv", high=10)
HEAD = "rater,entrant,criterion,score\n"
SOUND = HEAD + "kim,a,one,7\nkim,b,one,6.5\nlee,a,one,8\n\nlee,b,one,5\n"


def written(folder: Path, text: str, name: str = "panel.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_sound_panel_is_read_by_rater_entrant_and_criterion(tmp_path: Path) -> None:
    panel = read_panel(written(tmp_path, SOUND), [SOURCE], ["b", "a"])
    assert (panel.raters, panel.criteria) == (("kim", "lee"), ("one",))
    assert panel.scores[:, panel.entrants.index("a"), 0].tolist() == [7.0, 8.0]


def test_a_workbook_is_read_as_a_csv_is(tmp_path: Path) -> None:
    import pandas as pd

    path = tmp_path / "panel.xlsx"
    pd.read_csv(written(tmp_path, SOUND)).to_excel(path, index=False)
    ours, theirs = (read_panel(each, [SOURCE], ["a", "b"]) for each in (path, tmp_path / "panel.csv"))
    np.testing.assert_array_equal(ours.scores, theirs.scores)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rater,entrant,score\n", "there is no column criterion; the first line has: rater, entrant, score"),
        (SOUND + "kim,a,one,3\n", "line 7: rater 'kim' scored 'a' on 'one' twice, in line 2 already"),
        (SOUND + "park,a,one,11\n", "line 7: score 11 of rater 'park' lies outside 0 to 10"),
        (SOUND + "park,a,one,good\n", "line 7: score 'good' is no number"),
        (SOUND + "park,a,one,nan\n", "line 7: score 'nan' is not finite"),
        (SOUND + "park,c,one,4\n", "line 7: entrant 'c' is not in this round; it has: a, b"),
        (SOUND + ",a,one,4\n", "line 7: the rater is empty"),
        (HEAD + "kim,a,one,7\nlee,a,one,7\n", "entrant 'b' has no score of any rater"),
        (HEAD + "kim,a,one,7\nkim,b,one,7\n", "1 rater(s) where the rules ask for 2 at least"),
    ],
)
def test_a_mistake_in_a_panel_is_named_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_panel(written(tmp_path, text), [SOURCE], ["a", "b"])
    assert expected in str(caught.value)


def test_a_criterion_that_the_rules_name_must_be_there(tmp_path: Path) -> None:
    two = SOURCE.model_copy(update={"criteria": ("one", "two")})
    with pytest.raises(ConfigError, match="criterion 'two' is in no line; the file has: one"):
        read_panel(written(tmp_path, SOUND), [two], ["a", "b"])


TABLE = TableValue(kind="table", file="table.csv", where={"quantity": "total"})
CELLS = "model,quantity,value,mark\na,total,70.6,second_hand\nb,total,,\nb,nia,9,\n"


def test_a_table_gives_each_model_its_number_and_mark(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, CELLS), TABLE, ["a", "b"])
    assert (table.number("a"), table.cells["a"].mark, table.number("b")) == (70.6, "second_hand", None)
    assert table.doubtful


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a,total,71,\n", "line 5: 'a' is there already, in line 2"),
        ("c,total,high,\n", "line 5: 'high' is no number"),
        ("c,total,nan,\n", "line 5: 'nan' is not finite"),
        ("c,total,7,rumour\n", "line 5: mark 'rumour' is none of published, second_hand, inferred"),
    ],
)
def test_a_mistake_in_a_table_is_named_with_its_line(tmp_path: Path, line: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_table(written(tmp_path, CELLS + line), TABLE, ["a", "b", "c"])
    assert expected in str(caught.value)


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no column index; the first line has: model, quantity, value, mark"):
        read_table(written(tmp_path, CELLS), TABLE.model_copy(update={"value": "index"}), ["a"])


def test_an_audit_report_gives_findings_with_digests_of_their_own(tmp_path: Path) -> None:
    said = {"component": "vision", "candidate": "x", "conclusion": "derived", "method": "census", "p_value": None}
    other = {**said, "component": "text", "conclusion": "no_evidence", "effect": 0.1}
    path = written(tmp_path, json.dumps({"conclusions": [said, other], "findings": []}), "audit.json")
    first, second = read_report(path, "a")
    assert (first.component, first.relation, second.relation) == ("vision", "derived", "no_evidence")
    assert first.sha256 != second.sha256
    assert read_report(path, "b")[0].sha256 != first.sha256


def test_what_is_no_audit_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no audit report"):
        read_report(written(tmp_path, '{"scores": []}', "audit.json"), "a")


RULING = f"entrant: a\nfindings: [{'f' * 64}]\ndecision: cleared\nreply: Ours.\nwho: the committee\nwhen: 2026-01-15\n"


def test_a_ruling_is_read_with_its_day(tmp_path: Path) -> None:
    ruling = read_ruling(written(tmp_path, RULING, "ruling.yaml"))
    assert (ruling.decision, ruling.when) == ("cleared", "2026-01-15")


@pytest.mark.parametrize("lost", ["findings", "decision", "reply", "who", "when"])
def test_a_ruling_without_a_part_is_refused(tmp_path: Path, lost: str) -> None:
    text = "".join(line for line in RULING.splitlines(keepends=True) if not line.startswith(lost))
    with pytest.raises(ConfigError, match=f"no ruling: {lost}"):
        read_ruling(written(tmp_path, text, "ruling.yaml"))
