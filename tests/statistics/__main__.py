"""Simulate every interval and error rate in full, and time the bootstrap: results/bench/stats.json.

.venv/bin/python -m tests.statistics [DRAWS]

Draws are made in batches of 1000 over all settings. What was measured is kept at once (stats.lines.jsonl): a run that
was cut off goes on where it ended, as long as the code did not change, and stats.json holds every whole batch so far.
`python -m tests.statistics.document` then writes the tables of docs/methods.md.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from harness.hashing import digest, sha256_file
from tests.statistics import errors, simulate, timing, worlds

RESULT = Path("results/bench/stats.json")
LINES = Path("results/bench/stats.lines.jsonl")
DRAWS, BATCH = 10_000, 1_000
CODE = ("harness/stats", "tests/statistics")
NOT_SIMULATED = ("__init__.py", "flip.py", "document.py", "__main__.py", "test_coverage.py", "test_errors.py")
EVERY_S = 10.0
"""Seconds between two lines of progress."""

WORLDS = {world.name: world for world in worlds.everything()}
CHECKS = {check.name: check for check in errors.everything()}
SETTINGS = (*WORLDS, *CHECKS)

Job = tuple[int, str]
"""Batch and setting."""


def main(draws: int) -> None:
    batches, key = -(-draws // BATCH), digest(_code())
    known, times = _known(key)
    _say(f"{len(known)} of {batches * len(SETTINGS)} batches of {BATCH} draws are there")
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    with LINES.open("a", encoding="utf-8") as lines:
        if times is None:
            times = timing.timings()
            _keep(lines, {"key": key, "timing": times})
        for (batch, name), share in _measured([job for job in _jobs(batches) if job not in known]):
            known[batch, name] = share
            _keep(lines, {"key": key, "batch": batch, "name": name, "measured": share})
            if all((batch, setting) in known for setting in SETTINGS):
                _write(known, times)
    _write(known, times)


def _jobs(batches: int) -> Iterator[Job]:
    """Batch after batch, in a mixed order, in which the time spent so far tells how much is left."""
    for batch in range(batches):
        mixed = list(SETTINGS)
        random.Random(batch).shuffle(mixed)
        yield from ((batch, name) for name in mixed)


def _measured(jobs: list[Job]) -> Iterator[tuple[Job, float]]:
    """Each job's share as soon as it is known, with a line of progress now and then."""
    start = said = time.monotonic()
    with multiprocessing.get_context("fork").Pool(os.cpu_count(), initializer=_one_thread) as pool:
        for done, found in enumerate(pool.imap_unordered(_share, jobs), 1):
            yield found
            now = time.monotonic()
            if now - said > EVERY_S:
                said, left = now, (now - start) / done * (len(jobs) - done)
                _say(f"{done} of {len(jobs)}, {(now - start) / 60:.0f} min gone, about {left / 60:.0f} min left")


def _one_thread() -> None:
    import threadpoolctl

    threadpoolctl.threadpool_limits(1)


def _share(job: Job) -> tuple[Job, float]:
    batch, name = job
    if name in WORLDS:
        return job, simulate.simulate(WORLDS[name], BATCH, batch).share
    return job, errors.measured(CHECKS[name], BATCH, batch)


def _code() -> dict[str, str]:
    files = [file for part in CODE for file in Path(part).glob("*.py") if file.name not in NOT_SIMULATED]
    return {str(file): sha256_file(file) for file in sorted(files)}


def _known(key: str) -> tuple[dict[Job, float], dict[str, float] | None]:
    """What the same code measured before."""
    text = LINES.read_text(encoding="utf-8") if LINES.is_file() else ""
    found = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    ours = [line for line in found if line["key"] == key]
    shares = {(line["batch"], line["name"]): line["measured"] for line in ours if "name" in line}
    return shares, next((line["timing"] for line in ours if "timing" in line), None)


def _keep(lines: TextIO, line: Mapping[str, Any]) -> None:
    lines.write(json.dumps(line, ensure_ascii=False) + "\n")
    lines.flush()


def _write(known: Mapping[Job, float], times: Mapping[str, float]) -> None:
    """Every whole batch."""
    batches = [batch for batch, _ in known if all((batch, setting) in known for setting in SETTINGS)]
    whole = sorted(set(batches))
    if not whole:
        return
    shares = {name: sum(known[batch, name] for batch in whole) / len(whole) for name in SETTINGS}
    draws = BATCH * len(whole)
    coverage = simulate.rows([(world, shares[name]) for name, world in WORLDS.items()], draws)
    found = {
        "schema_version": 2,
        "draws": draws,
        "level": simulate.LEVEL,
        "bootstrap": times,
        "coverage": [asdict(row) for row in coverage],
        "out_of_reach": {
            str(n): {
                "middle": round(simulate.out_of_reach(n, simulate.MIDDLE), 4),
                "ends": round(simulate.out_of_reach(n, simulate.ENDS), 4),
            }
            for n in simulate.SIZES
        },
        "checks": [
            {"name": name, "bound": check.bound, "forecast": check.forecast, "measured": shares[name]}
            for name, check in CHECKS.items()
        ],
    }
    RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _say(f"{draws} draws of every setting: {RESULT}")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS)
