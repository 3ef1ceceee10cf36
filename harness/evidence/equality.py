"""Whether a recomputed result is the recorded one, on whatever processor."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from harness.plan import Frozen, Round
from harness.records import EntrantResult, ModelResult, Reason
from harness.verdict import reason

RELATIVE = 1e-6
"""Sums end differently on another processor: by 2e-8 where they are of float32."""

ABSOLUTE = 1e-9


def same(recorded: Any, recomputed: Any) -> bool:
    """Whether fractions are equal but for rounding and everything else is equal.

    Words of a reason are left out, because a last digit can round to another one in them: `misworded` judges them.
    """
    if isinstance(recorded, Frozen) and type(recorded) is type(recomputed):
        return all(same(*values) for values in _fields(recorded, recomputed))
    if isinstance(recorded, Mapping) and isinstance(recomputed, Mapping):
        return recorded.keys() == recomputed.keys() and all(same(recorded[key], recomputed[key]) for key in recorded)
    if isinstance(recorded, tuple) and isinstance(recomputed, tuple):
        return len(recorded) == len(recomputed) and all(map(same, recorded, recomputed))
    if isinstance(recorded, float) and isinstance(recomputed, float):
        return math.isclose(recorded, recomputed, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    return bool(recorded == recomputed)


def _fields(recorded: Frozen, recomputed: Frozen) -> Iterator[tuple[Any, Any]]:
    for name in type(recorded).model_fields:
        if not (isinstance(recorded, Reason) and name == "text"):
            yield getattr(recorded, name), getattr(recomputed, name)


def misworded(result: ModelResult, round_: Round) -> Iterator[str]:
    """Sentences of a model's result that are not the words of their recorded facts."""
    gates = result.gates.values() if isinstance(result, EntrantResult) else ()
    of_gates = [because for gate in gates for because in (gate.reason, *gate.further)]
    for because in (*result.reasons, *of_gates):
        if because.text != reason(round_, because.code, **because.facts).text:
            yield because.text
