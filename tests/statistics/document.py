"""Write the tables of docs/methods.md from results/bench/stats.json.

.venv/bin/python -m tests.statistics.document
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.statistics.__main__ import RESULT

PAGE = Path("docs/methods.md")


def written(page: str, found: Mapping[str, Any]) -> str:
    """The page with every generated part written anew."""
    for name, part in parts(found).items():
        before, begin, rest = page.partition(f"<!-- {name}: generated -->\n")
        _, end, after = rest.partition(f"<!-- {name}: end -->")
        if not begin or not end:
            raise ValueError(f"{PAGE} has no place for {name}")
        page = f"{before}{begin}{part}\n{end}{after}"
    return page


def parts(found: Mapping[str, Any]) -> dict[str, str]:
    """Each generated part, by its name in the page."""
    return {
        "coverage": f"{_chance(found)}\n\n{coverage(found['coverage'])}\n\n{_out_of_reach(found['out_of_reach'])}",
        "errors": checks(found["checks"]),
        "time": timings(found["bootstrap"]),
    }


def coverage(rows: Sequence[Mapping[str, Any]]) -> str:
    """Mean coverage (least–greatest) of each row and n in per cent."""
    sizes = sorted({row["n"] for row in rows})
    cells = {
        (row["row"], row["n"]): f"{_percent(row['mean'])} ({_percent(row['least'])}–{_percent(row['greatest'])})"
        for row in rows
    }
    lines = ["| interval | " + " | ".join(f"n = {n}" for n in sizes) + " |", "|---" * (len(sizes) + 1) + "|"]
    names = dict.fromkeys(row["row"] for row in rows)
    lines += [f"| {name} | " + " | ".join(cells.get((name, n), "–") for n in sizes) + " |" for name in names]
    return "\n".join(lines)


def checks(found: Sequence[Mapping[str, Any]]) -> str:
    """Every event, its bound or forecast, and how often it happened, in per cent."""
    lines = ["| event | bound or forecast | measured |", "|---|---|---|"]
    for check in found:
        bound = _percent(check["bound"]) if check["forecast"] else f"≤ {100 * check['bound']:.0f}"
        lines.append(f"| {check['name']} | {bound} | {_percent(check['measured'])} |")
    return "\n".join(lines)


def timings(found: Mapping[str, float]) -> str:
    """Wall and CPU seconds, and how much more CPU time the others take."""
    names = {
        "ours_binary": "this bootstrap, 0/1 scores",
        "ours_graded": "this bootstrap, graded scores",
        "lm_eval": "lm-eval's, graded scores (200 resamples of one entrant, scaled up)",
        "loop": "a plain numpy loop, graded scores (20 resamples of one entrant, scaled up)",
    }
    lines = ["| bootstrap | wall, s | CPU, s | CPU, ratio to ours |", "|---|---|---|---|"]
    for name, said in names.items():
        ratio = found.get(f"{name}_ratio")
        shown = "–" if ratio is None else f"{ratio:g}"
        lines.append(f"| {said} | {found[f'{name}_wall_s']:,.1f} | {found[f'{name}_cpu_s']:,.1f} | {shown} |")
    return "\n".join([*lines, "", f"Peak memory of ours: {found['peak_gib']:.2f} GiB."])


def _chance(found: Mapping[str, Any]) -> str:
    draws = found["draws"]
    near, half = (196 * (share * (1 - share) / draws) ** 0.5 for share in (0.95, 0.5))
    return (
        f"{draws:,} draws a setting, so that one setting carries ± {near:.1f} of chance where 95 % is true"
        f" (± {half:.1f} at 50 %)."
    )


def _out_of_reach(found: Mapping[str, Mapping[str, float]]) -> str:
    said = [f"{_percent(each['middle'])} and {_percent(each['ends'])} (n = {n})" for n, each in found.items()]
    return (
        "Answers are counted: at some truths no interval whatever of independent 0/1 items covers between 94 and"
        f" 96 %: of the truths from 0.05 to 0.95, and of those nearer to the ends, in per cent, {', '.join(said)}."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), json.loads(RESULT.read_text(encoding="utf-8"))), "utf-8")
    sys.stdout.write(f"{PAGE}\n")
