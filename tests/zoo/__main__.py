"""`python -m tests.zoo [first] [towers] [held_out]`: train what is not cached, audit all, print what came out.

Writes results/zoo/NAME.jsonl, a line for every finding and conclusion, and results/zoo/calibration.png.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import torch
from transformers.utils.logging import disable_progress_bar

from harness.environment import ROOT
from tests.zoo.cases import ZOOS
from tests.zoo.confusion import judged, read, shown, write
from tests.zoo.plot import draw

RESULTS = ROOT / "results" / "zoo"


def main(names: list[str]) -> None:
    torch.set_num_threads(1)
    disable_progress_bar()
    for name in names or list(ZOOS):
        with tempfile.TemporaryDirectory() as folder:
            cases = list(ZOOS[name](Path(folder)))
            lines = write(judged(cases, _counting(len(cases))), RESULTS / f"{name}.jsonl")
        sys.stdout.write(f"\n{name}\n{shown(lines)}\n\n")
    drawn = {name: read(path) for name in ZOOS if (path := RESULTS / f"{name}.jsonl").exists()}
    sys.stdout.write(f"{draw(drawn, RESULTS / 'calibration.png')}\n")


def _counting(total: int) -> Callable[[str], None]:
    """Says what is done, and how long the rest takes if it goes on like this."""
    started, done = time.monotonic(), count(1)

    def say(text: str) -> None:
        number, gone = next(done), time.monotonic() - started
        left = gone / number * (total - number) / 60
        sys.stderr.write(f"{number} of {total}: {text}; about {left:.0f} min left\n")

    return say


if __name__ == "__main__":
    main(sys.argv[1:])
