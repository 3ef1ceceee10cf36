"""Rule-checked instructions: how many of an item's rules an answer keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.graders.constraints import CONSTRAINTS, meets, meets_loosely
from harness.graders.instructions import follows


def kite(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`followed`: share of the item's rules that the answer keeps; `all_followed`: 1 where it keeps every one.

    Rows have `instruction`, `instruction_id_list` and, rule by rule, `kwargs`; arguments that are null do not count.
    """
    kept = [
        follows(
            rule, results[0], doc["instruction"], {name: value for name, value in given.items() if value is not None}
        )
        for rule, given in zip(doc["instruction_id_list"], doc["kwargs"], strict=True)
    ]
    return {"followed": sum(kept) / len(kept), "all_followed": float(all(kept))}


def verifiable(rows: Any) -> Any:
    """IFBench's rows whose every constraint has a verifier here."""
    return rows.filter(lambda row: set(row["instruction_id_list"]) <= CONSTRAINTS.keys())


def ifbench(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """`all_met`: 1 where every constraint is met, first and last line and stars aside; `all_met_strictly`: as it is."""
    asked = [
        (name, results[0], doc["prompt"], {key: value for key, value in given.items() if value is not None})
        for name, given in zip(doc["instruction_id_list"], doc["kwargs"], strict=True)
    ]
    return {
        "all_met": float(all(meets_loosely(*each) for each in asked)),
        "all_met_strictly": float(all(meets(*each) for each in asked)),
    }
