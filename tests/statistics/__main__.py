"""Simulate every interval and error rate in full, and time the bootstrap: results/bench/stats.json.

.venv/bin/python -m tests.statistics [DRAWS]

Every setting is kept in results/bench/stats.lines.jsonl as soon as it is measured: a run that was cut off goes on where
it ended, as long as neither the draws nor the code changed. `python -m tests.statistics.document` then writes the
tables of docs/methods.md.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.hashing import digest, sha256_file
from tests.statistics import errors, simulate, timing, worlds

RESULT = Path("results/bench/stats.json")
LINES = Path("results/bench/stats.lines.jsonl")
DRAWS = 10_000
CODE = ("harness/stats", "tests/statistics")
NOT_SIMULATED = ("__init__.py", "flip.py", "document.py", "__main__.py", "test_coverage.py", "test_errors.py")
EVERY_S = 10.0
"""Seconds between two lines of progress."""

WORLDS = {world.name: world for world in worlds.everything()}
CHECKS = {check.name: check for check in errors.everything()}


def main(draws: int) -> None:
    key = digest({"draws": draws, "code": _code()})
    known = _known(key)
    jobs = [name for name in (*WORLDS, *CHECKS) if name not in known]
    # In a mixed order the time spent so far tells how much is left.
    random.Random(0).shuffle(jobs)
    _say(f"{len(known)} settings are there, {len(jobs)} to go, {draws} draws each")
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    with LINES.open("a", encoding="utf-8") as lines:
        if "timing" not in known:
            _keep(lines, known, key, "timing", timing.timings())
        for name, share in _measured(jobs, draws):
            _keep(lines, known, key, name, share)
    _write(draws, known)
    _say(f"written to {RESULT}")


def _measured(jobs: list[str], draws: int):  # type: ignore[no-untyped-def]
    """Each job's share as soon as it is known, with a line of progress now and then."""
    start = said = time.monotonic()
    with multiprocessing.get_context("fork").Pool(os.cpu_count(), initializer=_one_thread) as pool:
        for done, found in enumerate(pool.imap_unordered(_share, [(job, draws) for job in jobs]), 1):
            yield found
            now = time.monotonic()
            if now - said > EVERY_S:
                said, left = now, (now - start) / done * (len(jobs) - done)
                _say(f"{done} of {len(jobs)}, {(now - start) / 60:.0f} min gone, about {left / 60:.0f} min left")


def _one_thread() -> None:
    import threadpoolctl

    threadpoolctl.threadpool_limits(1)


def _share(job: tuple[str, int]) -> tuple[str, float]:
    name, draws = job
    if name in WORLDS:
        return name, simulate.simulate(WORLDS[name], draws).share
    return name, errors.measured(CHECKS[name], draws)


def _code() -> dict[str, str]:
    files = [file for part in CODE for file in Path(part).glob("*.py") if file.name not in NOT_SIMULATED]
    return {str(file): sha256_file(file) for file in sorted(files)}


def _known(key: str) -> dict[str, Any]:
    if not LINES.is_file():
        return {}
    found = [json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    return {line["name"]: line["measured"] for line in found if line["key"] == key}


def _keep(lines: Any, known: dict[str, Any], key: str, name: str, measured: Any) -> None:
    known[name] = measured
    lines.write(json.dumps({"key": key, "name": name, "measured": measured}, ensure_ascii=False) + "\n")
    lines.flush()


def _write(draws: int, known: Mapping[str, Any]) -> None:
    coverage = simulate.rows([(world, known[name]) for name, world in WORLDS.items()], draws)
    found = {
        "schema_version": 2,
        "draws": draws,
        "level": simulate.LEVEL,
        "bootstrap": known["timing"],
        "coverage": [asdict(row) for row in coverage],
        "out_of_reach": {
            str(n): {
                "middle": round(simulate.out_of_reach(n, simulate.MIDDLE), 4),
                "ends": round(simulate.out_of_reach(n, simulate.ENDS), 4),
            }
            for n in simulate.SIZES
        },
        "checks": [
            {"name": name, "bound": check.bound, "forecast": check.forecast, "measured": known[name]}
            for name, check in CHECKS.items()
        ],
    }
    RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS)
