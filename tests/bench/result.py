"""What a bench says: one figure of ours, the others', their ratio, and whether the scores agree."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from pydantic import Field
from rich.console import Console
from rich.table import Table

from harness.plan import Frozen
from harness.store import write_record

PACKAGES = ("vllm", "torch", "transformers", "lm-eval", "aiohttp", "tenacity", "orjson")


class Other(Frozen):
    """Another program's figure."""

    value: float | None
    """In the case's unit; null where it could not be measured."""
    measured: Mapping[str, Any] = {}
    """On how many items, at which concurrency, in which time."""
    skipped: str | None = None
    """Why it was not measured."""


class Case(Frozen):
    """One case of the bench."""

    ours: float
    """In the case's unit."""
    others: Mapping[str, Other]
    ratio: float | None
    """Ours over the one that is compared with; null where that could not be measured."""
    compared_with: str | None
    scores_equal: bool | None
    """Every log-likelihood within 1e-4 nats per token and every choice the same; null where nothing is scored."""
    unit: str
    aim: float
    """Of the ratio; of `ours` in e_overhead."""
    details: Mapping[str, Any] = {}
    """Tokens prefilled, what limits the figure, largest difference."""


class Bench(Frozen):
    """results/bench/scoring.json"""

    schema_version: int = 1
    quick: bool
    """Smaller sizes than the cases are defined by: a trial of the bench, no result."""
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    cases: Mapping[str, Case] = Field(default_factory=dict)


def machine() -> dict[str, Any]:
    """Where this runs, and how busy it was at the start."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_average_at_start": [round(load, 2) for load in os.getloadavg()],
    }


def versions() -> dict[str, str]:
    return {name: version(name) for name in PACKAGES}


def write(path: Path, bench: Bench) -> None:
    """As it stands, after every case: a bench that is cut short keeps what it measured."""
    write_record(path, bench)


def show(bench: Bench) -> None:
    table = Table(title="make bench" + (" (quick: smaller sizes)" if bench.quick else ""))
    for name in ("case", "ours", "others", "ratio", "aim", "scores equal"):
        table.add_column(name)
    for name, case in bench.cases.items():
        others = "\n".join(f"{other}: {_figure(each)}" for other, each in case.others.items())
        ratio = "-" if case.ratio is None else f"{case.ratio:.2f} × {case.compared_with}"
        equal = {True: "yes", False: "NO", None: "-"}[case.scores_equal]
        table.add_row(name, f"{case.ours:.4g} {case.unit}", others, ratio, f"{case.aim:g}", equal)
    Console().print(table)


def _figure(other: Other) -> str:
    return f"{other.value:.4g}" if other.value is not None else f"skipped: {other.skipped}"
