"""`python -m tests.zoo`: train what is not cached, audit everything, print the confusion matrix."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import torch

from tests.zoo.confusion import judge_derivatives, judge_originals, pairs, shown


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        judged = [*judge_originals(Path(folder)), *judge_derivatives(Path(folder))]
    sys.stdout.write(f"{pairs()} pairs of independents\n{shown(judged)}\n")


if __name__ == "__main__":
    main()
