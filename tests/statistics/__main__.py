"""Simulate every interval and error rate in full, and time the bootstrap.

.venv/bin/python -m tests.statistics [REPEATS]    prints the tables of docs/methods.md, writes results/bench/stats.json
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from dataclasses import asdict
from pathlib import Path

from tests.statistics import errors, simulate, timing

RESULT = Path("results/bench/stats.json")
WORLDS, CHECKS = list(simulate.everything()), list(errors.everything())


def main(repeats: int) -> None:
    times = timing.timings()
    with multiprocessing.get_context("fork").Pool() as pool:
        shares = pool.starmap(_covered, [(index, repeats) for index in range(len(WORLDS))], chunksize=4)
        chances = pool.starmap(_happened, [(index, repeats) for index in range(len(CHECKS))], chunksize=1)
    coverage = simulate.rows(list(zip(WORLDS, shares, strict=True)))
    checks = list(zip(CHECKS, chances, strict=True))
    _write(repeats, times, coverage, checks)
    seconds = "\n".join(f"| {name} | {value:.1f} |" for name, value in times.items())
    sys.stdout.write(f"{simulate.table(coverage)}\n\n{errors.table(checks)}\n\n| bootstrap | |\n|---|---|\n{seconds}\n")


def _covered(index: int, repeats: int) -> float:
    return simulate.simulate(WORLDS[index], repeats).share


def _happened(index: int, repeats: int) -> float:
    return errors.measured(CHECKS[index], repeats)


def _write(
    repeats: int, times: dict[str, float], coverage: list[simulate.Row], checks: list[tuple[errors.Check, float]]
) -> None:
    found = {
        "schema_version": 1,
        "repeats": repeats,
        "level": simulate.LEVEL,
        "bootstrap": {name: round(value, 2) for name, value in times.items()},
        "coverage": [asdict(row) for row in coverage],
        "checks": [
            {"name": check.name, "bound": check.bound, "forecast": check.forecast, "measured": share}
            for check, share in checks
        ],
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
