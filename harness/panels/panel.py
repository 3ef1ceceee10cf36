"""Panel files: who gave whom how many points, a line each."""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from harness.errors import ConfigError
from harness.panels.sheet import Row, not_a_number, number_of, read_sheet
from harness.plan import PanelMean
from harness.verdict import Panel

COLUMNS = ("rater", "entrant", "criterion", "score")
NAMES = COLUMNS[:3]
SHOWN = 20
"""Problems that one message lists."""

Line = tuple[int, Row]


def read_panel(path: Path, sources: Sequence[PanelMean], entrants: Sequence[str]) -> Panel:
    """All scores of a file; ConfigError lists every line that is not as it must be.

    `sources`: everything in the rules that looks at the file; they give the scale and the criteria.
    """
    rows = read_sheet(path, COLUMNS).rows
    problems = [*_rows(rows, sources, entrants), *_alike(rows), *_whole(rows, sources, entrants)]
    if problems:
        more = [f"  and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        lines = [f"{path}:", *(f"  {problem}" for problem in problems[:SHOWN]), *more]
        raise ConfigError("\n".join(lines), "mend these lines")
    return _panel([row for _, row in rows], entrants)


def _rows(rows: Sequence[Line], sources: Sequence[PanelMean], entrants: Sequence[str]) -> Iterator[str]:
    seen: dict[tuple[str, ...], int] = {}
    for line, row in rows:
        yield from (f"line {line}: {wrong}" for wrong in _names(row, entrants))
        key = tuple(row[column] for column in NAMES)
        if key in seen and all(key):
            yield (
                f"line {line}: rater {key[0]!r} scored {key[1]!r} on {key[2]!r} twice, in line {seen[key]} already;"
                " keep one of the lines, or tell the raters apart"
            )
        seen.setdefault(key, line)
        yield from (f"line {line}: {wrong}" for wrong in _score(row, sources))


def _names(row: Row, entrants: Sequence[str]) -> Iterator[str]:
    for column in NAMES:
        if row[column] == "":
            yield f"the {column} is empty"
        elif any(unicodedata.category(character) in ("Cc", "Cf") for character in row[column]):
            yield f"the {column} {row[column]!r} holds a character that cannot be seen"
    if row["entrant"] not in ("", *entrants):
        close = difflib.get_close_matches(row["entrant"].casefold(), entrants, n=1)
        meant = f" (did you mean {close[0]}?)" if close else ""
        yield f"entrant {row['entrant']!r} is not in this round{meant}; it has: {', '.join(entrants)}"


def _alike(rows: Sequence[Line]) -> Iterator[str]:
    """Raters and criteria that are told apart by nothing that a reader sees for sure."""
    for column in ("rater", "criterion"):
        written: dict[str, tuple[str, int]] = {}
        for line, row in rows:
            plain = "".join(unicodedata.normalize("NFKC", row[column]).casefold().split())
            name, first = written.setdefault(plain, (row[column], line))
            if name != row[column]:
                yield (
                    f"line {line}: {column} {row[column]!r} is {name!r} of line {first} but for case or spaces; write"
                    " them alike, or tell them apart"
                )


def _score(row: Row, sources: Sequence[PanelMean]) -> Iterator[str]:
    score = number_of(row["score"])
    if score is None:
        yield f"score {not_a_number(row['score'])}; leave the line out where there is no score"
        return
    for source in sources:
        counts = not source.criteria or row["criterion"] in source.criteria
        if counts and not source.low <= score <= source.high:
            yield f"score {score:g} of rater {row['rater']!r} lies outside {source.low:g} to {source.high:g}"
            return


def _whole(rows: Sequence[Line], sources: Sequence[PanelMean], entrants: Sequence[str]) -> Iterator[str]:
    """What no single line shows: criteria, entrants and raters that are absent."""
    found = Counter(row["criterion"] for _, row in rows)
    for criterion in sorted({name for source in sources for name in source.criteria} - set(found)):
        yield f"criterion {criterion!r} is in no line; the file has: {', '.join(sorted(found)) or 'none'}"
    scored = {row["entrant"] for _, row in rows}
    for entrant in entrants:
        if entrant not in scored:
            yield f"entrant {entrant!r} has no score of any rater"
    least = max((source.least_raters for source in sources), default=1)
    raters = {row["rater"] for _, row in rows}
    if len(raters) < least:
        yield f"{len(raters)} rater(s) where the rules ask for {least} at least"


def _panel(rows: Sequence[Row], entrants: Sequence[str]) -> Panel:
    raters = tuple(sorted({row["rater"] for row in rows}))
    criteria = tuple(sorted({row["criterion"] for row in rows}))
    scores = np.full((len(raters), len(entrants), len(criteria)), np.nan)
    places = [{name: at for at, name in enumerate(names)} for names in (raters, entrants, criteria)]
    for row in rows:
        at = tuple(place[row[column]] for place, column in zip(places, NAMES, strict=True))
        scores[at] = number_of(row["score"])
    return Panel(raters, tuple(entrants), criteria, scores)
