"""Many comparisons at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests  # type: ignore[import-untyped]
from statsmodels.stats.proportion import proportions_ztest  # type: ignore[import-untyped]

from harness.records import Number
from harness.stats import (
    Pairs,
    bonferroni,
    difference,
    difference_p,
    holm,
    max_t,
    max_t_normal,
    proportion,
    two_sided_p,
)


def test_holm_by_hand() -> None:
    """0.01 <= 0.05 / 4, 0.015 <= 0.05 / 3, 0.03 > 0.05 / 2: the rest stays."""
    found = holm([0.03, 0.01, 0.2, 0.015], 0.05)
    assert found.rejected.tolist() == [False, True, False, True]
    assert found.adjusted == pytest.approx([0.06, 0.04, 0.2, 0.045])
    assert 1 - found.levels == pytest.approx([0.025, 0.0125, 0.025, 0.05 / 3])


@pytest.mark.parametrize("seed", range(4))
def test_holms_levels_reject_what_holm_rejects(seed: int) -> None:
    p_values = np.random.default_rng(seed).beta(0.3, 3, 8)
    found = holm(p_values, 0.05)
    assert 0 < found.rejected.sum() < 8
    assert ((p_values <= 1 - found.levels) == found.rejected).all()
    rejected, adjusted, *_ = multipletests(p_values, 0.05, "holm")
    assert (rejected == found.rejected).all()
    assert found.adjusted == pytest.approx(adjusted)


def test_nothing_to_test_rejects_nothing() -> None:
    assert len(holm([], 0.05).rejected) == 0


@pytest.mark.parametrize(("p_values", "rate"), [([1.2], 0.05), ([float("nan")], 0.05), ([0.5], 0.0)])
def test_holm_refuses_what_is_no_probability(p_values: list[float], rate: float) -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        holm(p_values, rate)


def test_bonferroni_shares_the_error() -> None:
    assert bonferroni(0.95, 10) == pytest.approx(0.995)
    with pytest.raises(ValueError, match="nothing"):
        bonferroni(0.95, 0)


@pytest.mark.parametrize("minimum", [0.5, 0.6, 0.75])
def test_inverted_wilson_is_the_score_test(minimum: float) -> None:
    scores = [1.0] * 60 + [0.0] * 40
    _, expected = proportions_ztest(60, 100, minimum, prop_var=minimum)
    assert two_sided_p(lambda level: proportion(scores, None, level), minimum) == pytest.approx(expected, abs=1e-6)


def test_inverted_difference_is_its_p_value() -> None:
    rng = np.random.default_rng(1)
    first = (rng.random(80) < 0.5).astype(float)
    second = np.where(rng.random(80) < 0.2, 1.0, first)
    tasks = [Pairs(first, second, None, True, 1.0)]
    assert two_sided_p(lambda level: difference(tasks, level), 0.0) == pytest.approx(difference_p(tasks), rel=1e-4)


def test_what_has_no_interval_has_no_p_value() -> None:
    assert two_sided_p(lambda level: Number(value=0.5), 0.4) is None
    assert two_sided_p(lambda level: None, 0.4) is None


def test_max_t_of_independent_estimates_is_sidaks() -> None:
    drawn = np.random.default_rng(1).standard_normal((40_000, 5))
    found = max_t(np.zeros(5), drawn, 0.95)
    assert found.critical == pytest.approx(norm.ppf((1 + 0.95 ** (1 / 5)) / 2), abs=0.03)
    assert found.high == pytest.approx(np.full(5, found.critical), rel=0.02)


def test_max_t_of_one_and_the_same_estimate_is_no_wider_than_one() -> None:
    one = np.random.default_rng(1).standard_normal((40_000, 1))
    assert max_t(np.zeros(4), np.repeat(one, 4, axis=1), 0.95).critical == pytest.approx(1.96, abs=0.03)
    covariance = np.ones((4, 4))
    found = max_t_normal(np.zeros(4), covariance, 0.95, np.random.default_rng(1))
    assert found.critical == pytest.approx(1.96, abs=0.04)


def test_what_does_not_vary_keeps_its_estimate() -> None:
    drawn = np.column_stack([np.random.default_rng(1).standard_normal(1000), np.full(1000, 3.0)])
    found = max_t(np.array([0.0, 3.0]), drawn, 0.95)
    assert (found.low[1], found.high[1]) == (3, 3)
