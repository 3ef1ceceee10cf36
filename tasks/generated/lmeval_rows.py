"""The rows of a generated task for lm-eval: test items of the suite's seed, few-shots of another.

lm-eval imports this file by its path and calls `rows` with the task file's `metadata` and `dataset_kwargs`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in sys.path:
    sys.path.append(ROOT)

from tasks.generated.registry import Row, generate  # noqa: E402

FEWSHOT_SEED = "few-shot examples, first edition"
"""A text: no seed of a suite, which is a number, draws the same items."""


def rows(family: str, seed: int, n: int, shots: int = 0, levels: Sequence[int] | None = None, **_: object) -> Any:
    """The splits `test` (n items) and, where shots are shown, `fewshot` (none of whose prompts stands in `test`)."""
    from datasets import Dataset, DatasetDict

    test = list(generate(family, seed, n, levels))
    found = {"test": Dataset.from_list([_columns(row) for row in test])}
    if shots:
        asked = {row["prompt"] for row in test}
        spare = (row for row in generate(family, FEWSHOT_SEED, 100, levels) if row["prompt"] not in asked)
        found["fewshot"] = Dataset.from_list([_columns(row) for row in islice(spare, shots)])
    return DatasetDict(found)


def _columns(row: Row) -> Row:
    """The row with its cluster: an item and its other-language version are not independent."""
    cluster = str(row["item_id"]).removesuffix("-ko").removesuffix("-en")
    return {name: value for name, value in row.items() if value is not None} | {"cluster": cluster}
