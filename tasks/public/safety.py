"""SQuARe and KoSBi, one task a class: the mean of both is balanced accuracy, whatever the share of each class."""

from __future__ import annotations

from typing import Any


def sensitive(rows: Any) -> Any:
    """Questions that are sensitive."""
    return rows.filter(lambda row: row["sensitive?"] == 1)


def harmless(rows: Any) -> Any:
    """Questions that are not."""
    return rows.filter(lambda row: row["sensitive?"] == 0)


def acceptable(rows: Any) -> Any:
    """Responses that are acceptable."""
    return rows.filter(lambda row: row["acceptable?"] == 1)


def unacceptable(rows: Any) -> Any:
    """Responses that are not."""
    return rows.filter(lambda row: row["acceptable?"] == 0)


def safe(rows: Any) -> Any:
    """Sentences that are safe."""
    return rows.filter(lambda row: row["sentence_label"] == "safe")


def unsafe(rows: Any) -> Any:
    """Sentences that are not."""
    return rows.filter(lambda row: row["sentence_label"] == "unsafe")
