"""Constraints that are one task each. Pure."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from harness.graders.constraints.english import EDGES

Args = Mapping[str, Any]

NORTH = [
    *("Reykjavik", "Helsinki", "Oslo", "Tallinn", "Stockholm", "Riga", "Moscow", "Copenhagen", "Vilnius", "Minsk"),
    *("Dublin", "Berlin", "Amsterdam", "Warsaw", "London", "Brussels", "Kyiv", "Prague", "Luxembourg", "Paris"),
    *("Vienna", "Bratislava", "Budapest", "Vaduz", "Chisinau", "Bern", "Ljubljana", "Zagreb"),
]
"""Capitals of Europe north of 45 degrees, from north to south."""
AFRICA = 52
"""Countries that must be named at least; lists differ about two or three."""
QUESTION = re.compile(r"^Question\b", re.MULTILINE)
OPTION = re.compile(r"^[A-Ea-e][.):]\s*\S")


def multiples(text: str, _: str, __: Args) -> bool:
    """From 10 to 50, multiples of seven and no other number."""
    return re.findall(r"\d+", text) == ["14", "21", "28", "35", "42", "49"]


def questions(text: str, _: str, __: Args) -> bool:
    """Four questions, each longer than the one before, with five options each, and nothing before them."""
    if not text.startswith("Question"):
        return False
    parts = [part.strip().split("\n") for part in QUESTION.split(text)[1:]]
    asked = [[line.strip() for line in part if line.strip()] for part in parts]
    if len(asked) != 4 or any(sum(map(bool, map(OPTION.match, part))) != 5 for part in asked):
        return False
    lengths = [len(" ".join(_asked(part))) for part in asked]
    return all(one < two for one, two in pairwise(lengths))


def _asked(part: list[str]) -> list[str]:
    """The lines of a question before its first option."""
    first = next(place for place, line in enumerate(part) if OPTION.match(line))
    return part[:first]


def countries(text: str, _: str, __: Args) -> bool:
    """A country a line, from Z to A."""
    lines = [name for line in text.split("\n") if (name := _ascii(line.strip(EDGES)))]
    start = next((place for place, line in enumerate(lines) if "Zimbabwe" in line), len(lines))
    listed = lines[start:]
    return len(listed) >= AFRICA and listed == sorted(listed, reverse=True)


def capitals(text: str, _: str, __: Args) -> bool:
    """Parted by commas, from north to south; Kyiv may be left out, which some lists do."""
    listed = [name for part in _ascii(text).replace("Kiev", "Kyiv").split(",") if (name := part.strip(EDGES))]
    return listed in (NORTH, [name for name in NORTH if name != "Kyiv"])


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _table(text: str, delimiter: str = ",") -> list[list[str]]:
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    except csv.Error:
        return []


def _has(table: list[list[str]], head: list[str], rows: int) -> bool:
    return len(table) == rows + 1 and table[0] == head and all(len(row) == len(head) for row in table)


def cities(text: str, _: str, __: Args) -> bool:
    return _has(_table(text.strip()), ["ID", "Country", "City", "Year", "Count"], 7)


def special_character(text: str, _: str, __: Args) -> bool:
    """Fourteen rows, and a field in double quotes with a sign in it that is neither letter, digit nor blank."""
    quoted = re.findall(r'"([^"\n]*)"', text)
    head = ["ProductID", "Category", "Brand", "Price", "Stock"]
    return _has(_table(text.strip()), head, 14) and any(re.search(r"[^\w\s]", field) for field in quoted)


def quoted_fields(text: str, _: str, __: Args) -> bool:
    """Three rows, parted by tabs, every field in double quotes."""
    lines = [line.strip().split("\t") for line in text.strip().split("\n") if line.strip()]
    bare = [[field.strip().strip('"') for field in line] for line in lines]
    all_quoted = all(re.fullmatch(r'\s*"[^"]*"\s*', field) for line in lines for field in line)
    return _has(bare, ["StudentID", "Subject", "Grade", "Semester", "Score"], 3) and all_quoted


def dates(text: str, _: str, __: Args) -> bool:
    """Dates of Napoleon's lifetime as YYYY-MM-DD, parted by commas."""
    try:
        found = [date.fromisoformat(part.strip()) for part in text.strip().split(",")]
    except ValueError:
        return False
    return all(1769 <= day.year <= 1821 for day in found) and bool(re.fullmatch(r"[\d\s,-]+", text.strip()))
