"""Weighted sums of estimates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records import Number
from harness.stats import combine, proportion
from harness.stats.binomial import share_interval


def number(value: float, low: float, high: float, n: int = 10) -> Number:
    return Number(value=value, low=low, high=high, level=0.95, n=n)


def test_two_estimates_by_hand() -> None:
    """Arms below: 0.5 × 0.1 and 2 × 0.06; above: 0.5 × 0.2 and 2 × 0.08."""
    found = combine([number(0.4, 0.3, 0.6), number(0.5, 0.44, 0.58, n=7)], [0.5, 2])
    assert found.value == pytest.approx(1.2)
    assert found.low == pytest.approx(1.2 - 0.13)
    assert found.high == pytest.approx(1.2 + 0.0356**0.5)
    assert (found.level, found.n) == (0.95, 17)


def test_a_number_without_interval_leaves_the_sum_without_one() -> None:
    assert combine([number(0.4, 0.3, 0.6), Number(value=1)], [1, 1]) == Number(value=1.4)


@pytest.mark.parametrize(
    ("numbers", "weights", "message"),
    [
        ([], [], "0 numbers"),
        ([number(0.4, 0.3, 0.6)], [1, 2], "1 numbers for 2"),
        ([number(0.4, 0.3, 0.6)], [0], "positive"),
        ([number(0.4, 0.3, 0.6), Number(value=0.5, low=0.4, high=0.6, level=0.9, n=3)], [1, 1], "levels"),
    ],
)
def test_what_cannot_be_combined_is_refused(numbers: list, weights: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        combine(numbers, weights)


def test_many_tasks_near_one_reach_as_far_as_their_items_together() -> None:
    """13 tasks of 48, of which 9 are all right: the wrong answers are 25 of 624, as the binomial of all items says."""
    wrong = [0] * 9 + [6, 6, 6, 7]
    tasks = [proportion([1] * (48 - each) + [0] * each, None, 0.99, "exact") for each in wrong]
    found = combine(tasks, [1 / 13] * 13, "exact")
    arms = [each.high - each.value for each in tasks]
    mover = sum(arm**2 for arm in arms) ** 0.5 / 13
    assert found.high is not None
    assert found.high - found.value > mover
    even = combine([proportion([1] * 46 + [0] * 2, None, 0.99, "exact")] * 13, [1 / 13] * 13, "exact")
    assert even.effective == pytest.approx(624, rel=0.03)
    assert even.high == pytest.approx(share_interval(13 * 46, 624, 0.99, "exact")[1], abs=5e-4)


def test_tasks_that_differ_in_difficulty_are_worth_more_items() -> None:
    """Their mean varies less than as many items of one difficulty do (Hoeffding 1956)."""
    found = combine([proportion([1] * 30 + [0] * 70, None, 0.95), proportion([1] * 99 + [0], None, 0.95)], [0.5, 0.5])
    assert found.effective is not None
    assert 300 < found.effective < 450


def test_all_right_is_as_sure_as_all_items_are() -> None:
    found = combine([proportion([1] * 20, None, 0.95, "exact")] * 5, [0.2] * 5, "exact")
    assert found.effective == pytest.approx(100)
    assert (found.value, found.high) == (1, pytest.approx(1))


def test_other_numbers_are_added_to_the_means() -> None:
    means = [proportion([1] * 9 + [0], None, 0.95)] * 3
    alone, panel = combine(means, [1.0] * 3), number(0.4, 0.3, 0.6)
    found = combine([*means, panel], [1.0] * 4)
    assert found.high == pytest.approx(found.value + ((alone.high - alone.value) ** 2 + 0.04) ** 0.5)
    assert found.effective is None


estimates = st.builds(
    lambda right, wrong: proportion([1] * right + [0] * wrong, None, 0.95), st.integers(0, 20), st.integers(1, 20)
)


@given(estimates, st.floats(0.1, 50))
def test_one_estimate_is_only_scaled(one: Number, weight: float) -> None:
    found = combine([one], [weight])
    assert (found.value, found.low, found.high) == pytest.approx(
        (weight * one.value, weight * one.low, weight * one.high)
    )


@given(st.lists(estimates, min_size=1, max_size=5))
def test_interval_holds_the_value_and_stays_in_range(numbers: list[Number]) -> None:
    found = combine(numbers, [1 / len(numbers)] * len(numbers))
    assert -1e-12 <= found.low <= found.value <= found.high <= 1 + 1e-12
    assert found.n == sum(each.n for each in numbers)
