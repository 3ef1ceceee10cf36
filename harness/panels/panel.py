"""Panel files: who gave whom how many points, a line each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from harness.errors import ConfigError
from harness.panels.files import read_cells
from harness.plan import PanelMean
from harness.verdict import Panel

COLUMNS = ("rater", "entrant", "criterion", "score")
SHOWN = 20
"""Problems that one message lists."""

Row = Mapping[str, str]


def read_panel(path: Path, sources: Sequence[PanelMean], entrants: Sequence[str]) -> Panel:
    """All scores of a file; ConfigError lists every line that is not as it must be.

    `sources`: everything in the rules that looks at the file; they give the scale and the criteria.
    """
    frame = read_cells(path)
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise ConfigError(
            f"{path}: there is no column {', '.join(missing)}; it has: {', '.join(map(str, frame.columns))}",
            f"give it the columns {', '.join(COLUMNS)}, a line a score",
        )
    rows = [(int(str(line)), dict(row)) for line, row in frame.iterrows()]
    problems = [*_rows(rows, sources, entrants), *_whole(rows, sources, entrants)]
    if problems:
        more = [f"  and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        lines = [f"{path}:", *(f"  {problem}" for problem in problems[:SHOWN]), *more]
        raise ConfigError("\n".join(lines), "mend these lines")
    return _panel([row for _, row in rows], entrants)


def _rows(rows: Sequence[tuple[int, Row]], sources: Sequence[PanelMean], entrants: Sequence[str]) -> Iterator[str]:
    seen: dict[tuple[str, str, str], int] = {}
    for line, row in rows:
        for column in COLUMNS[:3]:
            if row[column] == "":
                yield f"line {line}: the {column} is empty"
        if row["entrant"] not in ("", *entrants):
            yield f"line {line}: entrant {row['entrant']!r} is not in this round; it has: {', '.join(entrants)}"
        key = (row["rater"], row["entrant"], row["criterion"])
        if key in seen:
            yield (
                f"line {line}: rater {key[0]!r} scored {key[1]!r} on {key[2]!r} twice, in line {seen[key]} already;"
                " keep one of the lines, or tell the raters apart"
            )
        seen.setdefault(key, line)
        yield from (f"line {line}: {wrong}" for wrong in _score(row, sources))


def _score(row: Row, sources: Sequence[PanelMean]) -> Iterator[str]:
    try:
        score = float(row["score"])
    except ValueError:
        yield f"score {row['score']!r} is no number; leave the line out where there is no score"
        return
    if not math.isfinite(score):
        yield f"score {row['score']!r} is not finite; leave the line out where there is no score"
        return
    for source in sources:
        counts = not source.criteria or row["criterion"] in source.criteria
        if counts and not source.low <= score <= source.high:
            yield f"score {score:g} of rater {row['rater']!r} lies outside {source.low:g} to {source.high:g}"
            return


def _whole(rows: Sequence[tuple[int, Row]], sources: Sequence[PanelMean], entrants: Sequence[str]) -> Iterator[str]:
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
    entrants_at = {name: at for at, name in enumerate(entrants)}
    raters_at = {name: at for at, name in enumerate(raters)}
    criteria_at = {name: at for at, name in enumerate(criteria)}
    for row in rows:
        scores[raters_at[row["rater"]], entrants_at[row["entrant"]], criteria_at[row["criterion"]]] = float(
            row["score"]
        )
    return Panel(raters, tuple(entrants), criteria, scores)
