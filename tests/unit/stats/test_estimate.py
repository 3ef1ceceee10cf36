"""Means and proportions with their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from harness.stats import mean, proportion


def ones(count: int, of: int) -> list[float]:
    return [1.0] * count + [0.0] * (of - count)


# Newcombe (1998), Statistics in Medicine 17:857-872, table I, score method without continuity correction.
@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_independent_items_give_wilsons_interval(count: int, of: int, low: float, high: float) -> None:
    number = proportion(ones(count, of), None, 0.95)
    assert (number.value, number.n, number.level) == (count / of, of, 0.95)
    assert number.low == pytest.approx(low, abs=5e-5)
    assert number.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("count", "of"), [(0, 1), (1, 1), (1, 2), (7, 40), (40, 40)])
def test_wilson_agrees_with_scipy(count: int, of: int, level: float) -> None:
    expected = binomtest(count, of).proportion_ci(level, method="wilson")
    number = proportion(ones(count, of), None, level)
    assert number.low == pytest.approx(expected.low, abs=1e-12)
    assert number.high == pytest.approx(expected.high, abs=1e-12)


def test_clusters_of_one_are_independent_items() -> None:
    scores = ones(13, 40)
    alone = proportion(scores, [f"c{i}" for i in range(40)], 0.95)
    assert alone.low == pytest.approx(proportion(scores, None, 0.95).low, abs=1e-12)


def test_clusters_of_copies_count_about_once() -> None:
    """100 clusters of 5 equal answers are worth 100 answers, but for the cost of not knowing that."""
    scores = np.repeat(ones(40, 100), 5)
    copied = proportion(scores, list(np.repeat(np.arange(100), 5)), 0.95)
    once = proportion(ones(40, 100), None, 0.95)
    assert copied.n == 500
    assert copied.low == pytest.approx(once.low, abs=0.005)
    assert copied.high == pytest.approx(once.high, abs=0.005)


def test_negative_correlation_in_clusters_is_not_trusted() -> None:
    """Each cluster holds one right and one wrong answer: the variance between clusters is 0, the interval is not."""
    number = proportion([1.0, 0.0] * 50, [i // 2 for i in range(100)], 0.95)
    plain = proportion([1.0, 0.0] * 50, None, 0.95)
    assert number.low <= plain.low
    assert number.high >= plain.high


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("estimate", [proportion, mean])
def test_all_right_or_all_wrong_still_leaves_doubt(estimate: object, value: float) -> None:
    """Nothing shows how alike the items of a cluster are, so 4 clusters of 5 count as 4 items."""
    alone = estimate([value] * 20, None, 0.95)  # type: ignore[operator]
    clustered = estimate([value] * 20, [i // 5 for i in range(20)], 0.95)  # type: ignore[operator]
    assert alone.high - alone.low == pytest.approx(0.1611, abs=5e-5)
    assert clustered.high - clustered.low == pytest.approx(0.4899, abs=5e-5)  # Wilson at 0 of 4: z² / (4 + z²)
    assert alone.value == clustered.value == value


def test_one_cluster_is_worth_one_item() -> None:
    number = proportion(ones(7, 10), ["same"] * 10, 0.95)
    assert number.high - number.low > 0.8


def test_equal_scores_between_0_and_1_leave_the_doubt_of_a_coin() -> None:
    number = mean([0.5] * 20, None, 0.95)
    coin = proportion(ones(10, 20), None, 0.95)
    assert (number.low, number.high) == pytest.approx((coin.low, coin.high))


def test_many_graded_items_give_the_interval_of_a_t_test() -> None:
    scores = np.random.default_rng(0).beta(4, 6, 5000)
    number = mean(scores, None, 0.95)
    half = 1.9604 * scores.std(ddof=1) / 5000**0.5
    assert number.low == pytest.approx(scores.mean() - half, abs=2e-4)
    assert number.high == pytest.approx(scores.mean() + half, abs=2e-4)


def test_graded_items_are_worth_more_than_coins() -> None:
    scores = np.random.default_rng(0).beta(40, 60, 200)
    number, coin = mean(scores, None, 0.95), proportion(ones(80, 200), None, 0.95)
    assert number.high - number.low < 0.5 * (coin.high - coin.low)


@pytest.mark.parametrize(
    ("scores", "clusters", "message"),
    [
        ([], None, "at least one"),
        ([0.5, 1.5], None, "lie in"),
        ([float("nan")], None, "lie in"),
        ([1.0, 0.0], ["a"], "1 cluster labels for 2"),
    ],
)
def test_bad_scores_are_refused(scores: list[float], clusters: list[str] | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mean(scores, clusters, 0.95)


def test_a_proportion_refuses_graded_scores() -> None:
    with pytest.raises(ValueError, match="0 and 1"):
        proportion([0.5, 1.0], None, 0.95)


labelled = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5)), min_size=1, max_size=40)


@given(labelled, st.sampled_from([0.8, 0.95, 0.99]), st.booleans())
def test_interval_holds_the_value_and_lies_in_0_to_1(rows: list, level: float, binary: bool) -> None:
    scores = [round(score) if binary else score for score, _ in rows]
    number = (proportion if binary else mean)(scores, [label for _, label in rows], level)
    assert 0 <= number.low <= number.value <= number.high <= 1
    assert number.high - number.low > 0 or number.n > 1


@given(labelled, st.randoms())
def test_order_and_names_of_clusters_do_not_matter(rows: list, random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first = mean([score for score, _ in rows], [label for _, label in rows], 0.95)
    second = mean([score for score, _ in shuffled], [f"name {label}" for _, label in shuffled], 0.95)
    assert first.low == pytest.approx(second.low, abs=1e-7)
    assert first.high == pytest.approx(second.high, abs=1e-7)


@given(st.lists(st.integers(0, 1), min_size=1, max_size=40), st.booleans())
def test_right_and_wrong_are_mirror_images(scores: list[int], clustered: bool) -> None:
    clusters = [i // 3 for i in range(len(scores))] if clustered else None
    number = proportion(scores, clusters, 0.95)
    mirror = proportion([1 - score for score in scores], clusters, 0.95)
    assert number.low == pytest.approx(1 - mirror.high, abs=1e-9)


@given(st.integers(1, 200), st.data())
def test_one_more_right_answer_raises_both_ends(n: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, n - 1))
    before, after = (proportion(ones(each, n), None, 0.95) for each in (count, count + 1))
    assert after.low > before.low
    assert after.high > before.high
