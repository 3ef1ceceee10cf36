"""What the sets share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]

FOUR = ("수박", "참외", "호박", "가지")
FIVE = (*FOUR, "당근")
LETTERS = "ABCDEFGHIJ"

PLACES = (1, 0, 3, 2)
"""Where the right choice of each asked row of four choices stands."""


def options(texts: Sequence[str], names: Sequence[str] = LETTERS) -> Row:
    """A column for each choice."""
    return dict(zip(names, texts, strict=False))


def shards(config: str, *splits: str) -> dict[str, str]:
    """Patterns of a config whose splits are parquet files in a folder of its name."""
    return {split: f"{config}/{split}-*" for split in splits}


def shard(folder: str, split: str) -> str:
    return f"{folder}/{split}-00000-of-00001.parquet"


SUBJECTS = (
    "biology",
    "business",
    "chemistry",
    "computer science",
    "economics",
    "engineering",
    "health",
    "history",
    "law",
    "math",
    "other",
    "philosophy",
    "physics",
    "psychology",
)
"""Of MMLU-Pro and of its translations."""
