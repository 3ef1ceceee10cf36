"""scores.parquet and scores.csv: the tidy table for pandas users."""

from __future__ import annotations

import csv

from harness.store import RoundFolder, atomic_path
from harness.story import ScoreRow, read_story, score_rows


def write_scores(folder: RoundFolder) -> None:
    """Write every number of a decided round as a row: tasks, suite means, points and totals."""
    rows = score_rows(read_story(folder))
    _write_csv(folder, rows)
    _write_parquet(folder, rows)


def _write_csv(folder: RoundFolder, rows: list[ScoreRow]) -> None:
    with atomic_path(folder.scores_csv) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ScoreRow._fields)
        writer.writerows(rows)


def _write_parquet(folder: RoundFolder, rows: list[ScoreRow]) -> None:
    import pyarrow as pa  # slow to import
    import pyarrow.parquet

    types = {"value": pa.float64(), "low": pa.float64(), "high": pa.float64(), "n": pa.int64()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in ScoreRow._fields])
    table = pa.Table.from_pylist([row._asdict() for row in rows], schema=schema)
    with atomic_path(folder.scores_parquet) as temporary:
        pyarrow.parquet.write_table(table, temporary)
