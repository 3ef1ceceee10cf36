"""Ends of a share's interval: Wilson's for readers, the binomial's own tails for decisions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import binom, binomtest

from harness.stats import bonferroni, mean, proportion
from harness.stats.binomial import mid_p, share_interval


def by_scipy(right: int, items: int, level: float) -> tuple[float, float]:
    """The mid-p interval from scipy's binomial distribution."""

    def beyond(share: float) -> float:
        return float(binom.sf(right, items, share) + binom.pmf(right, items, share) / 2)

    tail = (1 - level) / 2
    low = 0.0 if right == 0 else brentq(lambda share: beyond(share) - tail, 0, 1, xtol=1e-13)
    high = 1.0 if right == items else brentq(lambda share: 1 - beyond(share) - tail, 0, 1, xtol=1e-13)
    return low, high


@pytest.mark.parametrize("level", [0.8, 0.95, 0.995])
@pytest.mark.parametrize(("right", "items"), [(0, 1), (1, 1), (7, 40), (50, 100), (29, 30), (0, 20), (200, 200)])
def test_whole_numbers_give_the_binomials_own_tails(right: int, items: int, level: float) -> None:
    assert mid_p(right, items, level) == pytest.approx(by_scipy(right, items, level), abs=1e-10)


@pytest.mark.parametrize(("right", "items"), [(3, 20), (19, 20), (50, 100)])
def test_mid_p_lies_within_clopper_and_pearson(right: int, items: int) -> None:
    wide = binomtest(right, items).proportion_ci(0.95, method="exact")
    low, high = mid_p(right, items, 0.95)
    assert wide.low < low < high < wide.high


@given(st.floats(0, 1), st.floats(0.5, 300), st.sampled_from([0.9, 0.95, 0.999]))
def test_an_interval_holds_its_value_also_between_whole_numbers(value: float, items: float, level: float) -> None:
    low, high = share_interval(value * items, items, level, "exact")
    assert 0 <= low <= value + 1e-9
    assert value - 1e-9 <= high <= 1


@pytest.mark.parametrize(("items", "truth"), [(60, 0.98), (200, 0.99), (500, 0.95), (60, 0.5)])
@pytest.mark.parametrize("entrants", [1, 5, 20])
def test_no_floor_eliminates_falsely_more_often_than_declared(items: int, truth: float, entrants: int) -> None:
    """The exact chance that any of several entrants, all exactly at a floor, surely fails it: at most the sum."""
    level = bonferroni(0.95, entrants)
    counts = np.arange(items + 1)
    highs = np.array([mid_p(count, items, level)[1] for count in counts])
    assert entrants * binom.pmf(counts, items, truth) @ (highs < truth) <= 0.05


def test_wilson_would_eliminate_falsely_near_the_end_of_the_scale() -> None:
    """Why gates do not use it: five entrants at a floor of 0.98, 60 items."""
    level, counts = bonferroni(0.95, 5), np.arange(61)
    highs = np.array([share_interval(count, 60, level)[1] for count in counts])
    assert 5 * binom.pmf(counts, 60, 0.98) @ (highs < 0.98) == pytest.approx(0.161, abs=0.001)


@pytest.mark.parametrize("estimate", [proportion, mean])
def test_clusters_count_as_fewer_items_in_the_tails_too(estimate: object) -> None:
    scores, clusters = np.repeat([1.0, 1.0, 1.0, 0.0], 10), list(np.repeat(np.arange(20), 2))
    alone = estimate(scores, None, 0.99, "exact")  # type: ignore[operator]
    clustered = estimate(scores, clusters, 0.99, "exact")  # type: ignore[operator]
    assert clustered.low < alone.low
    assert clustered.high > alone.high
