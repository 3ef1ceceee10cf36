"""Forecasts, against textbooks and against one another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm

from harness.stats import (
    Plan,
    Tails,
    design_effect,
    detectable_difference,
    detectable_floor,
    detectable_ratio,
    items_difference,
    items_floor,
    items_ratio,
    power_difference,
    power_floor,
    power_ratio,
    proportion,
    total_detectable,
)


def test_floor_is_the_textbooks_size() -> None:
    """n = ((z √(p0 q0) + zβ √(p q)) / (p - p0))², Chow et al. 2008, 4.1."""
    z, zb = norm.ppf(0.975), norm.ppf(0.8)
    expected = ((z * (0.6 * 0.4) ** 0.5 + zb * (0.55 * 0.45) ** 0.5) / 0.05) ** 2
    assert items_floor(0.55, 0.6) == int(np.ceil(expected))


@pytest.mark.parametrize(("truth", "items"), [(0.5, 200), (0.7, 300), (0.4, 60)])
@pytest.mark.parametrize("tails", ["score", "exact"])
def test_floor_forecasts_what_an_interval_settles(truth: float, items: int, tails: Tails) -> None:
    right = np.arange(items + 1)
    intervals = [proportion([1.0] * k + [0.0] * (items - k), None, 0.95, tails) for k in right]
    settled = [n.high < 0.6 if truth < 0.6 else n.low > 0.6 for n in intervals]
    exact = binom.pmf(right, items, truth) @ np.array(settled)
    assert power_floor(truth, 0.6, Plan(items)) == pytest.approx(exact, abs=0.03)


def test_clusters_cost_their_design_effect() -> None:
    assert power_floor(0.5, 0.6, Plan(300, 3.0)) == power_floor(0.5, 0.6, Plan(100))
    clusters = [i // 5 for i in range(100)]
    copies = np.repeat(np.random.default_rng(1).integers(0, 2, 20), 5).astype(float)
    assert design_effect(copies, clusters) == pytest.approx(5, rel=0.06)
    assert design_effect(copies, None) == 1


def test_agreement_makes_ratios_cheaper() -> None:
    assert power_ratio(0.6, 0.7, 0.95, 0.8, Plan(300)) > power_ratio(0.6, 0.7, 0.95, 0.0, Plan(300))
    loose, tight = items_ratio(0.6, 0.7, 0.95, 0.0), items_ratio(0.6, 0.7, 0.95, 0.8)
    assert loose is not None
    assert tight is not None
    assert tight < loose / 3


def test_detectable_has_the_power_it_says() -> None:
    found = detectable_floor(0.6, Plan(400))
    assert found.below is not None
    assert found.above is not None
    assert power_floor(found.below, 0.6, Plan(400)) == pytest.approx(0.8)
    assert power_floor(found.above, 0.6, Plan(400)) == pytest.approx(0.8)
    share = detectable_ratio(0.7, 0.95, 0.5, Plan(400))
    assert share.below is not None
    assert power_ratio(share.below * 0.7, 0.7, 0.95, 0.5, Plan(400)) == pytest.approx(0.8)
    gap = detectable_difference(0.7, 0.5, Plan(400))
    assert gap is not None
    assert power_difference(0.7 - gap, 0.7, 0.5, Plan(400)) == pytest.approx(0.8)


def test_too_few_items_detect_nothing() -> None:
    found = detectable_floor(0.5, Plan(2))
    assert found.below is None
    assert found.above is None
    assert detectable_difference(0.5, 0.0, Plan(2)) is None


def test_no_items_settle_a_truth_at_its_threshold() -> None:
    assert items_floor(0.6, 0.6) is None
    assert items_difference(0.6, 0.6, 0.5) is None


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.integers(10, 2000))
def test_power_is_a_probability_and_grows_with_items(truth: float, minimum: float, items: int) -> None:
    few, many = (power_floor(truth, minimum, Plan(count)) for count in (items, 10 * items))
    assert 0 <= few <= 1
    assert abs(truth - minimum) < 1e-3 or many >= few - 1e-9


def test_totals_sum_their_variances() -> None:
    one = total_detectable([40.0], [0.5], [1000], 0.5, [1.0])
    assert one == pytest.approx((1.959964 + 0.841621) * 40 * (2 * 0.25 * 0.5 / 1000) ** 0.5, rel=1e-5)
    assert total_detectable([20.0, 20.0], [0.5, 0.5], [500, 500], 0.5, [1, 1]) == pytest.approx(one)


def test_what_is_no_share_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        power_floor(1.2, 0.5, Plan(10))
