"""CSAT-QA: the rows of a subject, asked in lm-eval's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def grammar(rows: Any) -> Any:
    """Questions on grammar."""
    return _of(rows, "GR")


def literature(rows: Any) -> Any:
    """Questions on literature."""
    return _of(rows, "LI")


def humanities(rows: Any) -> Any:
    """Questions on texts of the humanities."""
    return _of(rows, "RCH")


def science(rows: Any) -> Any:
    """Questions on texts of the sciences."""
    return _of(rows, "RCS")


def social_science(rows: Any) -> Any:
    """Questions on texts of the social sciences."""
    return _of(rows, "RCSS")


def writing(rows: Any) -> Any:
    """Questions on writing."""
    return _of(rows, "WR")


def _of(rows: Any, subject: str) -> Any:
    return rows.filter(lambda row: row["Category"] == subject).map(_asked)


def _asked(row: Mapping[str, Any]) -> dict[str, Any]:
    """The prompt, and the right option's place; the file has its number as a text."""
    options = "\n".join(f"({number}) {row[f'option#{number}']}" for number in range(1, 6))
    texts = f"### Context: {row['context']}\n### Question: {row['question']}\n### Options:\n{options}"
    asked = f"다음을 읽고 정답으로 알맞은 것을 고르시요.\n{texts}\n### Answer: 주어진 문제의 정답은"
    return {"asked": asked, "right": int(row["gold"]) - 1}
