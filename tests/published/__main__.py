"""`python -m tests.published [GROUP ...]`: a group that was compared before is not asked again."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from pathlib import Path

from harness.environment import ROOT, contain
from tests import mirrors
from tests.bench.engine import Served, served
from tests.published import compare, ours, theirs
from tests.published.groups import Group, fill, groups

MAX_MODEL_LEN = 8192
"""Tokens: all that the model was trained for. Nothing may be cut on either side."""


def main() -> int:
    given = _arguments()
    contain()
    warnings.filterwarnings("ignore")  # of the programs that are compared with
    out: Path = given.out
    known = groups()
    failed: list[str] = []
    todo = [name for name in given.groups if given.again or not (out / f"{name}.json").is_file()]
    if todo:
        out.mkdir(parents=True, exist_ok=True)
        with served("cpu", out, max_model_len=MAX_MODEL_LEN) as server:
            failed = [name for name in todo if not _done(name, known[name], server, out, given.rows)]
    for name in given.groups:
        if (out / f"{name}.json").is_file():
            _show(name, known[name], compare.read(out / f"{name}.json"))
    return 1 if failed else 0


def _done(name: str, group: Group, server: Served, out: Path, rows: int | None) -> bool:
    """Compare one group and keep what came of it; a group that fails keeps no other back."""
    print(name, flush=True)  # noqa: T201
    try:
        compare.write(out / f"{name}.json", _compared(group, server, out, rows))
    except (RuntimeError, ValueError, KeyError) as error:
        print(f"  failed: {error}", flush=True)  # noqa: T201
        return False
    return True


def _compared(group: Group, server: Served, out: Path, rows: int | None) -> list[compare.Outcome]:
    with tempfile.TemporaryDirectory() as folder:
        mirror = Path(folder) / "mirror"
        fill(group, mirror, rows)
        os.environ["HARNESS_MIRROR"] = str(mirror)
        tasks = ours.loaded(group)
        samples = ours.samples(group, tasks, server, out / "journal.sqlite")
        logged = theirs.rows(group, server, mirror, Path(folder) / "log")
    return [compare.compared(task, samples[task.plan.name], logged[task.plan.name]) for task in tasks]


def _show(name: str, group: Group, outcomes: list[compare.Outcome]) -> None:
    for one in outcomes:
        print(  # noqa: T201
            f"| {name} | `{one.task}` | {group.reference} | {one.n} | {one.ours:.4f} | {one.theirs:.4f} | "
            f"{len(one.differing)} | {one.texts_differ} | {one.prompts_differ} | {one.largest:.1e} |"
        )
        for item in one.differing:
            print(f"    {item.id}: {item.ours} and {item.theirs}; {item.why}")  # noqa: T201


def _arguments() -> argparse.Namespace:
    names = list(groups()) if mirrors.REAL.is_dir() else []
    parser = argparse.ArgumentParser(prog="python -m tests.published", description="scores beside lm-eval's own")
    parser.add_argument("groups", nargs="*", default=names, help=f"{' '.join(names)}; all where none is named")
    parser.add_argument("--rows", type=int, help="rows of each asked file, in place of each group's own number")
    parser.add_argument("--again", action="store_true", help="ask groups anew that were compared before")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "published")
    given = parser.parse_args()
    if not names:
        parser.error(f"there are no published test sets in {mirrors.REAL}; name their folder in PUBLISHED_DATA")
    if unknown := [name for name in given.groups if name not in names]:
        parser.error(f"no group {unknown[0]!r}: choose from {' '.join(names)}")
    return given


if __name__ == "__main__":
    sys.exit(main())
