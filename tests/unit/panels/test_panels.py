"""Panel files, tables, audit reports and rulings: every mistake is named with its line, its value and what to do."""

from __future__ import annotations

import json
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

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


KOREAN = HEAD + "김 위원,a,기술,7\n김 위원,b,기술,6.5\n이 위원,a,기술,8\n이 위원,b,기술,5\n"


@pytest.mark.parametrize(
    ("encoding", "form"),
    [(code, form) for code in ("utf-8", "utf-8-sig", "utf-16") for form in ("NFC", "NFD")] + [("cp949", "NFC")],
)
def test_korean_names_are_read_however_they_were_saved(tmp_path: Path, encoding: str, form: Any) -> None:
    path = tmp_path / "panel.csv"
    path.write_bytes(unicodedata.normalize(form, KOREAN).encode(encoding))
    panel = read_panel(path, [SOURCE], ["a", "b"])
    assert (panel.raters, panel.criteria) == (("김 위원", "이 위원"), ("기술",))


def test_one_name_in_two_forms_of_unicode_is_one_rater(tmp_path: Path) -> None:
    apart = KOREAN.replace("김 위원,b", unicodedata.normalize("NFD", "김 위원") + ",b")
    assert read_panel(written(tmp_path, apart), [SOURCE], ["a", "b"]).raters == ("김 위원", "이 위원")


def workbook(path: Path, *sheets: list[list[object]]) -> Path:
    import openpyxl  # type: ignore[import-untyped]

    book = openpyxl.Workbook()
    for at, rows in enumerate(sheets):
        sheet = book.active if at == 0 else book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


ROWS: list[list[object]] = [list(line.split(",")) for line in SOUND.splitlines() if line]


@pytest.mark.parametrize(
    ("sheets", "expected"),
    [
        ([[["notes"]], ROWS], "has 2 sheets that hold something: Sheet, Sheet1"),
        ([[["Scores of 2027"], *ROWS]], "there is no column rater, entrant, criterion, score; the first line has"),
        ([[*ROWS, ["kim", "a", "two", "=7+1"]]], "line 6: score '' is no number"),
        ([[*ROWS, ["", "a", "two", 7]]], "line 6: the rater is empty"),
        ([[]], "is empty"),
    ],
)
def test_a_mistake_in_a_workbook_is_named(tmp_path: Path, sheets: list, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_panel(workbook(tmp_path / "panel.xlsx", *sheets), [SOURCE], ["a", "b"])
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"), [("p.xlsx", b"rater,entrant"), ("p.xls", b"\xd0\xcf\x11\xe0"), ("p.csv", b"\xff")]
)
def test_what_is_no_table_is_refused_with_what_to_supply(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read as a table") as caught:
        read_panel(path, [SOURCE], ["a", "b"])
    assert "CSV in UTF-8" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        (SOUND.replace(",", ";"), "its columns are not separated by commas"),
        (SOUND.replace(",", "\t"), "its columns are not separated by commas"),
        (SOUND.replace("rater,", "Rater,"), "'Rater': write 'rater'"),
        (SOUND.replace("score\n", "score,score\n"), "the column score is there twice"),
        (SOUND + "park,a,one,8,9\n", "line 7: 5 cells under 4 headings"),
        (SOUND + '"park,a,one,8\n', "unexpected end of data"),
        (SOUND + 'park,a,one,"7,5"\n', "line 7: score '7,5' is no number; write '7.5'"),
        (SOUND + "park,a,one,1_0\n", "line 7: score '1_0' is no number"),
        (SOUND + "park,A,one,4\n", "entrant 'A' is not in this round (did you mean a?)"),
        (SOUND + "Kim,a,two,4\n", "line 7: rater 'Kim' is 'kim' of line 2 but for case or spaces"),
        (SOUND + "kim,a,ONE,4\n", "line 7: criterion 'ONE' is 'one' of line 2 but for case or spaces"),
        (SOUND + " kim ,a,one,4\n", "line 7: rater 'kim' scored 'a' on 'one' twice, in line 2 already"),
        (SOUND + "pa\u200brk,a,one,4\n", "holds a character that cannot be seen"),
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


def test_full_width_digits_are_digits(tmp_path: Path) -> None:
    panel = read_panel(written(tmp_path, SOUND.replace("kim,a,one,7", "kim,a,one,７．５")), [SOURCE], ["a", "b"])
    assert panel.scores[0, 0, 0] == 7.5


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
        ("B,total,7,\n", "line 5: 'B' is not in this round; write 'b'"),
        (",total,7,\n", "line 5: the model is empty"),
        ("c,total,88%,\n", "line 5: '88%' is no number; leave the cell empty where nothing was published"),
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


def test_a_misspelt_line_is_told_from_one_that_was_never_published(tmp_path: Path) -> None:
    path = written(tmp_path, CELLS)
    assert read_table(path, TABLE.model_copy(update={"where": {"quantity": "citizen"}}), ["a"]).cells == {}
    with pytest.raises(ConfigError, match=r"no line has 'totl' as its quantity \(did you mean total\?\)"):
        read_table(path, TABLE.model_copy(update={"where": {"quantity": "totl"}}), ["a"])


def test_lines_of_models_of_other_rounds_are_no_mistake(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, CELLS + "a2,total,rumour,\n"), TABLE, ["a", "b"])
    assert set(table.cells) == {"a"}


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


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("when: '2026-02-31'", "when: Value error, '2026-02-31' is no day"),
        ("when: 2026-02-31", "day is out of range for month"),
        ("who: '  '", "who: String should have at least 1 character"),
        ("decision: guilty", "decision: Input should be 'cleared' or 'disqualified'"),
        ("findings: [9d89]", "findings.0: String should match"),
        ("note: further", "note: Extra inputs are not permitted"),
    ],
)
def test_a_ruling_with_a_part_that_is_none_is_refused(tmp_path: Path, line: str, expected: str) -> None:
    kept = [each for each in RULING.splitlines() if not each.startswith(line.partition(":")[0])]
    with pytest.raises(ConfigError) as caught:
        read_ruling(written(tmp_path, "\n".join([*kept, line]), "ruling.yaml"))
    assert expected in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a\n", "a: [", "!!python/object:os.system {}"])
def test_what_is_no_ruling_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="no ruling"):
        read_ruling(written(tmp_path, text, "ruling.yaml"))


def test_an_audit_report_with_a_number_that_is_none_is_refused(tmp_path: Path) -> None:
    said = '{"component": "text", "candidate": "x", "conclusion": "derived", "p_value": NaN}'
    with pytest.raises(ConfigError, match="p_value: Input should be a finite number"):
        read_report(written(tmp_path, f'{{"conclusions": [{said}]}}', "audit.json"), "a")


@pytest.mark.parametrize("lost", ["findings", "decision", "reply", "who", "when"])
def test_a_ruling_without_a_part_is_refused(tmp_path: Path, lost: str) -> None:
    text = "".join(line for line in RULING.splitlines(keepends=True) if not line.startswith(lost))
    with pytest.raises(ConfigError, match=f"no ruling: {lost}"):
        read_ruling(written(tmp_path, text, "ruling.yaml"))


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook_that_is_cut_off_inside_is_refused(tmp_path: Path, part: str) -> None:
    whole = workbook(tmp_path / "whole.xlsx", [["rater", "entrant", "criterion", "score"], ["r", "a", "c", 1]])
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(whole) as read, zipfile.ZipFile(broken, "w") as write:
        for name in read.namelist():
            content = read.read(name)
            write.writestr(name, content[: len(content) // 2] if name == part else content)
    with pytest.raises(ConfigError, match="cannot be read as a table"):
        read_panel(broken, [SOURCE], ["a", "b"])
