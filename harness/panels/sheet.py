"""A file of cells, CSV or XLSX, as lines of text under headings."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import ConfigError

REMEDY = "supply CSV in UTF-8 (or as a Korean Excel saves it), separated by commas, or XLSX"
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)

Row = Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """All cells that are not blank lines."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, Row], ...]
    """Line in the file, and cells by heading."""


def read_sheet(path: Path, columns: Sequence[str]) -> Sheet:
    """Every cell as text in Unicode NFC, white space at its ends and doubled in it taken out.

    ConfigError where the file is neither CSV nor XLSX, a line has other cells than the heading, or one of `columns` is
    not in it.
    """
    lines = list(_workbook(path) if path.suffix.lower() in (".xlsx", ".xlsm") else _text(path))
    written = [(line, tuple(map(_clean, cells))) for line, cells in lines if any(map(_clean, cells))]
    if not written:
        raise ConfigError(f"{path} is empty", f"give it the columns {', '.join(columns)}, and a line for each entry")
    heading, found = _heading(written[0][1]), written[1:]
    _check_heading(path, heading, columns)
    wrong = [(line, cells) for line, cells in found if len(_heading(cells)) > len(heading)]
    if wrong:
        said = [f"  line {line}: {len(cells)} cells under {len(heading)} headings" for line, cells in wrong[:20]]
        raise ConfigError("\n".join([f"{path}:", *said]), "mend these lines; put cells that hold commas in quotes")
    rows = ((line, dict(zip(heading, (*cells, *[""] * len(heading)), strict=False))) for line, cells in found)
    return Sheet(heading, tuple(rows))


def number_of(text: str) -> float | None:
    """A cell as a number; None where it is none, or not finite."""
    plain = unicodedata.normalize("NFKC", text)
    return float(plain) if NUMBER.fullmatch(plain) and abs(float(plain)) < float("inf") else None


def not_a_number(text: str) -> str:
    """What is to be said of such a cell."""
    if re.fullmatch(r"[+-]?\d+,\d{1,2}", text):
        return f"{text!r} is no number; write {text.replace(',', '.')!r}"
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return f"{text!r} is not finite"
    return f"{text!r} is no number"


def _text(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    reader = csv.reader(io.StringIO(_decoded(path), newline=""), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise ConfigError(f"{path} cannot be read as a table: line {reader.line_num + 1}: {error}", REMEDY) from error


def _decoded(path: Path) -> str:
    """UTF-8, with or without a mark; UTF-16 with one; else cp949, in which Korean spreadsheets save CSV."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read as a table: {error}", REMEDY) from error
    marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigError(f"{path} cannot be read as a table: it is text neither in UTF-8 nor in cp949", REMEDY)


def _workbook(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """The only sheet that holds anything."""
    from openpyxl import load_workbook  # type: ignore[import-untyped] # slow to import
    from openpyxl.utils.exceptions import InvalidFileException  # type: ignore[import-untyped]

    broken = (
        InvalidFileException,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        SyntaxError,  # of either XML parser
        KeyError,
        ValueError,
        TypeError,
        OSError,
    )
    try:
        sheets = {
            sheet.title: list(sheet.iter_rows(values_only=True))
            for sheet in load_workbook(path, data_only=True).worksheets
        }
    except broken as error:
        raise ConfigError(f"{path} cannot be read as a table: {error}", REMEDY) from error
    held = [title for title, rows in sheets.items() if any(cell is not None for row in rows for cell in row)]
    if len(held) > 1:
        raise ConfigError(
            f"{path} has {len(held)} sheets that hold something: {', '.join(held)}", "leave one sheet in the file"
        )
    for title in held:
        yield from ((line, tuple(map(_cell, row))) for line, row in enumerate(sheets[title], 1))


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _clean(cell: str) -> str:
    return " ".join(unicodedata.normalize("NFC", cell).split())


def _heading(cells: Iterable[str]) -> tuple[str, ...]:
    """Cells without the empty ones at the end."""
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)


def _check_heading(path: Path, heading: Sequence[str], columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in heading]
    twice = sorted({column for column in heading if column and list(heading).count(column) > 1})
    if twice:
        raise ConfigError(f"{path}: the column {', '.join(twice)} is there twice", "leave one of them")
    if not missing:
        return
    other = next((mark for mark in (";", "\t", "|") if len(heading) == 1 and mark in heading[0]), None)
    # White space was made plain above, so that a tab shows as a space between all headings.
    spaced = len(heading) == 1 and all(column in heading[0].split() for column in columns)
    if other or spaced:
        raise ConfigError(f"{path}: its columns are not separated by commas: {heading[0]!r}", REMEDY)
    alike = [f"{name!r}: write {column!r}" for column in missing for name in heading if name.casefold() == column]
    raise ConfigError(
        f"{path}: there is no column {', '.join(missing)}; the first line has: {', '.join(heading)}",
        "; ".join(alike) or f"put the headings {', '.join(columns)} into the first line, and a line for each entry",
    )
