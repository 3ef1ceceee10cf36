"""External tables: one number or outcome a model, measured or published by somebody else."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from harness.errors import ConfigError
from harness.panels.sheet import Row, Sheet, not_a_number, number_of, read_sheet
from harness.plan import TableValue
from harness.plan.serving import Mark
from harness.verdict import Cell, Table

OUTCOMES = ("pass", "fail", "undecided", "held")


def read_table(path: Path, source: TableValue, models: Sequence[str], *, outcomes: bool = False) -> Table:
    """The lines that a source looks at; ConfigError names the line, the value and what it should be.

    `outcomes`: the cells hold the outcome of a gate, else numbers.
    """
    sheet = read_sheet(path, tuple(dict.fromkeys((source.key, source.value, *source.where))))
    rows = [(line, row) for line, row in sheet.rows if all(row[name] == value for name, value in source.where.items())]
    problems = [*_lines(rows, source, models, outcomes=outcomes), *(() if rows else _no_line(sheet, source))]
    if problems:
        raise ConfigError("\n".join([f"{path}:", *(f"  {problem}" for problem in problems)]), "mend these lines")
    cells = {row[source.key]: Cell(_plain(row[source.value]), _mark(row)) for _, row in rows if row[source.value]}
    return Table({model: cell for model, cell in cells.items() if model in models})


def _lines(
    rows: Sequence[tuple[int, Row]], source: TableValue, models: Sequence[str], *, outcomes: bool
) -> Iterator[str]:
    seen: dict[str, int] = {}
    for line, row in rows:
        model, text, mark = row[source.key], row[source.value], _mark(row)
        if model == "":
            yield f"line {line}: the {source.key} is empty"
        elif model in seen:
            yield f"line {line}: {model!r} is there already, in line {seen[model]}"
        elif model not in models and (meant := [name for name in models if _bare(name) == _bare(model)]):
            yield f"line {line}: {model!r} is not in this round; write {meant[0]!r}"
        seen.setdefault(model, line)
        if text != "" and model in models:
            if outcomes and text not in OUTCOMES:
                yield f"line {line}: {text!r} is none of {', '.join(OUTCOMES)}"
            if not outcomes and number_of(text) is None:
                yield f"line {line}: {not_a_number(text)}; leave the cell empty where nothing was published"
            if mark not in get_args(Mark):
                yield f"line {line}: mark {mark!r} is none of {', '.join(get_args(Mark))}"


def _no_line(sheet: Sheet, source: TableValue) -> Iterator[str]:
    """A figure that was never published has no line; one that is misspelt has none either."""
    for column, value in source.where.items():
        known = sorted({row[column] for _, row in sheet.rows})
        if value not in known and (close := difflib.get_close_matches(value, known, n=1, cutoff=0.8)):
            yield f"no line has {value!r} as its {column} (did you mean {close[0]}?)"


def _bare(name: str) -> str:
    """A name without what people write now so, now so."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


def _plain(text: str) -> str:
    """A number in plain digits, anything else as it stands."""
    number = number_of(text)
    return text if number is None else repr(number)


def _mark(row: Row) -> Any:
    return row.get("mark") or "published"
