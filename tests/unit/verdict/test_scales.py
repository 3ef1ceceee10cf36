"""From a value to points, and samples as the rules count them."""

from __future__ import annotations

import numpy as np
import pytest

from harness.plan import PointItem, Scoring, Task
from harness.records import Number, Outcome, Sample
from harness.stats import items
from harness.verdict.counted import counted
from harness.verdict.scales import points, scaled


def item(scale: dict[str, object], source: dict[str, object] | None = None) -> PointItem:
    given = source or {"kind": "suite", "suite": "main"}
    return PointItem.model_validate({"name": "item", "points": 20, "source": given, "scale": scale})


@pytest.mark.parametrize(
    ("scale", "value", "expected"),
    [
        ({"kind": "linear"}, 0.72, 14.4),
        ({"kind": "linear", "low": 0.25}, 0.25, 0.0),
        ({"kind": "linear", "low": 0.25}, 0.625, 10.0),
        ({"kind": "per_hundred"}, 47.6, 9.52),
        ({"kind": "points"}, 11.9, 11.9),
        ({"kind": "capped", "target": 0.8}, 0.4, 10.0),
        ({"kind": "capped", "target": 0.8}, 0.9, 20.0),
    ],
)
def test_a_scale_gives_points(scale: dict[str, object], value: float, expected: float) -> None:
    assert float(points(item(scale), np.array(value))) == pytest.approx(expected)


def test_a_relative_scale_divides_by_the_best_and_caps() -> None:
    relative = item({"kind": "relative"})
    assert points(relative, np.array([0.4, 0.8]), np.array([0.8])).tolist() == [10.0, 20.0]
    assert points(relative, np.array([0.9]), np.array([0.8])).tolist() == [20.0]
    assert points(item({"kind": "relative", "cap": False}), np.array([0.9]), np.array([0.6])).tolist() == [30.0]


def test_an_interval_is_scaled_with_its_value() -> None:
    number = scaled(item({"kind": "capped", "target": 0.5}), Number(value=0.4, low=0.3, high=0.6, level=0.95, n=10))
    assert number == Number(value=16.0, low=12.0, high=20.0, level=0.95, n=10)


def sample(index: int, outcome: Outcome) -> Sample:
    score = None if outcome == "failed" else float(outcome == "correct")
    return Sample(
        item_id=str(index),
        repeat=0,
        outcome=outcome,
        score=score,
        target="",
        response=None,
        cluster=None,
        prompt_sha256="",
    )


ENDED: list[Outcome] = ["correct", "wrong", "refused", "truncated", "unparsed", "failed"]


@pytest.mark.parametrize(
    ("scoring", "expected"),
    [
        ({}, None),
        ({"outcomes": {"refused": 1.0}}, None),
        ({"missing": "leave_out", "least_answered": 0.5}, [1, 0, 0, 0, 0]),
        ({"missing": "leave_out", "least_answered": 0.9}, None),
        ({"outcomes": {"refused": 1.0}, "missing": "leave_out", "least_answered": 0.5}, [1, 0, 1, 0, 0]),
        ({"outcomes": {"truncated": "missing"}, "missing": "leave_out", "least_answered": 0.5}, [1, 0, 0, 0]),
        ({"outcomes": {"unparsed": 0.25}, "missing": "leave_out", "least_answered": 0.5}, [1, 0, 0, 0, 0.25]),
    ],
)
def test_outcomes_count_as_the_rules_say_and_failures_never(
    scoring: dict[str, object], expected: list[float] | None
) -> None:
    task = Task(name="t", metric="acc", items=6, capability="knowledge")
    graded = items(*counted([sample(i, outcome) for i, outcome in enumerate(ENDED)], task, Scoring(**scoring)))  # type: ignore[arg-type]
    assert (None if graded is None else graded.scores.tolist()) == expected
