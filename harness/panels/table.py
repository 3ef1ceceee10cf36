"""External tables: one number or outcome a model, measured or published by somebody else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from harness.errors import ConfigError
from harness.panels.files import read_cells
from harness.plan import TableValue
from harness.verdict import Cell, Mark, Table

OUTCOMES = ("pass", "fail", "undecided", "held")


def read_table(path: Path, source: TableValue, models: Sequence[str], *, outcomes: bool = False) -> Table:
    """The lines that a source looks at; ConfigError names the line, the value and what it should be.

    `outcomes`: the cells hold the outcome of a gate, else numbers.
    """
    frame = read_cells(path)
    for column in (source.key, source.value, *source.where):
        if column not in frame.columns:
            raise ConfigError(
                f"{path}: there is no column {column!r}; it has: {', '.join(map(str, frame.columns))}",
                "mend the table or the rule that names it",
            )
    problems: list[str] = []
    cells: dict[str, Cell] = {}
    seen: dict[str, int] = {}
    for line, row in frame.iterrows():
        if any(row[column] != value for column, value in source.where.items()):
            continue
        model, text = row[source.key], row[source.value]
        if model in seen:
            problems.append(f"line {line}: {model!r} is there already, in line {seen[model]}")
            continue
        seen[model] = int(str(line))
        if text == "" or model not in models:
            continue
        wrong = _wrong(text, outcomes=outcomes)
        mark: Any = row["mark"] if "mark" in frame.columns and row["mark"] else "published"
        if wrong or mark not in get_args(Mark):
            problems.append(f"line {line}: {wrong or _no_mark(mark)}")
        cells[model] = Cell(text, mark)
    if problems:
        raise ConfigError("\n".join([f"{path}:", *(f"  {problem}" for problem in problems)]), "mend these lines")
    return Table(cells)


def _wrong(text: str, *, outcomes: bool) -> str | None:
    if outcomes:
        return None if text in OUTCOMES else f"{text!r} is none of {', '.join(OUTCOMES)}"
    try:
        return None if math.isfinite(float(text)) else f"{text!r} is no finite number"
    except ValueError:
        return f"{text!r} is no number"


def _no_mark(mark: str) -> str:
    return f"mark {mark!r} is none of {', '.join(get_args(Mark))}"
