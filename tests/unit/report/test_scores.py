from __future__ import annotations

import pandas as pd

from harness.report import write_scores
from harness.store import RoundFolder

COLUMNS = ["round", "model", "suite", "task", "metric", "value", "low", "high", "n"]


def test_both_tables_hold_the_same_rows(folder: RoundFolder) -> None:
    write_scores(folder)
    csv, parquet = pd.read_csv(folder.scores_csv), pd.read_parquet(folder.scores_parquet)
    assert list(csv.columns) == list(parquet.columns) == COLUMNS
    assert len(csv) == len(parquet) == 7 * 7 + 7 * 2 + 7 * 2 + 8
    pd.testing.assert_frame_equal(csv, parquet, check_dtype=False)


def test_tasks_suites_points_and_totals_each_have_their_row(folder: RoundFolder) -> None:
    write_scores(folder)
    table = pd.read_parquet(folder.scores_parquet)
    haneul = table[table["model"] == "haneul"]
    record = folder.read_record().entrants["haneul"]
    assert record.total is not None
    assert haneul[haneul["metric"] == "total"]["value"].item() == record.total.value
    assert haneul[haneul["metric"] == "mean"]["suite"].tolist() == ["demo_korean", "demo_general"]
    assert haneul[haneul["metric"] == "points:demo_korean"]["suite"].item() == "demo_korean"
    assert haneul["task"].notna().sum() == 7


def test_missing_evidence_stays_a_row_without_a_value(folder: RoundFolder) -> None:
    write_scores(folder)
    table = pd.read_parquet(folder.scores_parquet)
    lost = table[(table["model"] == "nuri") & table["value"].isna()]
    assert lost["metric"].tolist() == ["acc", "mean", "points:demo_korean", "total"]


def test_the_bytes_depend_on_the_records_alone(folder: RoundFolder) -> None:
    write_scores(folder)
    before = folder.scores_csv.read_bytes(), folder.scores_parquet.read_bytes()
    write_scores(folder)
    assert (folder.scores_csv.read_bytes(), folder.scores_parquet.read_bytes()) == before
