"""Fewest changes that reverse a decision, held against trying all."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats import Change, Items, fewest, lowering, raising, rater_changes


def graded(scores: list[float]) -> Items:
    return Items(tuple(f"i{i}" for i in range(len(scores))), np.array(scores), None, False)


def test_floor_of_equal_items_takes_the_missing_answers() -> None:
    """3 of 10 right, 0.5 needed: two more reach it; three less fall below 0.1 only after the last."""
    answers = graded([1.0] * 3 + [0.0] * 7)
    found = fewest(raising("a", "t", answers, 1.0), 0.5 - 0.3, strict=False)
    assert (found.count, found.exact) == (2, True)
    assert [change.item_id for change in found.changes] == ["i3", "i4"]
    assert fewest(lowering("a", "t", answers, 1.0), 0.3 - 0.1).count == 3


def test_all_changes_may_be_too_few() -> None:
    assert fewest(raising("a", "t", graded([1.0, 1.0]), 1.0), 0.1).count is None


def test_a_closed_gap_takes_no_change() -> None:
    assert fewest([], 0.0, strict=False).count == 0
    assert fewest([Change("a", "t", "i", 1.0)], 0.0, strict=True).count == 1


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=8), st.floats(0.001, 4))
def test_greedy_is_exact(gains: list[float], gap: float) -> None:
    found = fewest([Change("a", "t", str(i), gain) for i, gain in enumerate(gains)], gap)
    sizes = [k for k in range(len(gains) + 1) if any(sum(some) > gap + 1e-9 for some in combinations(gains, k))]
    assert found.count == (min(sizes) if sizes else None)


def test_raters_move_a_mean_by_their_share() -> None:
    changes = rater_changes("a", "plan", ["x", "y", "z"], np.array([9.0, np.nan, 4.0]), end=10.0, weight=2.0)
    assert [(change.item_id, change.gain) for change in changes] == [("x", pytest.approx(1)), ("z", pytest.approx(6))]


def test_a_change_that_moves_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="must move"):
        fewest([Change("a", "t", "i", 0.0)], 1.0)
