"""`python -m tests.zoo [first] [towers] [held_out]`: train what is not cached, audit all, print what came out.

Writes results/zoo/NAME.jsonl, a line for every finding and conclusion, and results/zoo/calibration.png.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import torch

from harness.environment import ROOT
from tests.zoo.cases import ZOOS
from tests.zoo.confusion import judged, read, shown, write
from tests.zoo.plot import draw

RESULTS = ROOT / "results" / "zoo"


def main(names: list[str]) -> None:
    torch.set_num_threads(1)
    for name in names or list(ZOOS):
        with tempfile.TemporaryDirectory() as folder:
            lines = write(judged(ZOOS[name](Path(folder)), _say), RESULTS / f"{name}.jsonl")
        sys.stdout.write(f"\n{name}\n{shown(lines)}\n\n")
    drawn = {name: read(path) for name in ZOOS if (path := RESULTS / f"{name}.jsonl").exists()}
    sys.stdout.write(f"{draw(drawn, RESULTS / 'calibration.png')}\n")


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
