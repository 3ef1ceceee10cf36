"""Panels: agreement against published tables, intervals against textbooks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, ttest_1samp, ttest_rel

from harness.stats import (
    alpha,
    alpha_interval,
    crossed_mean,
    outlying_raters,
    rater_difference,
    rater_mean,
    rater_replicates,
    step_variance,
)

NAN = float("nan")


def table(*rows: str) -> np.ndarray:
    values = (
        {".": NAN} | {letter: float(ord(letter)) for letter in "abcde"} | {digit: float(digit) for digit in "012345"}
    )
    return np.array([[values[cell] for cell in row] for row in rows])


BINARY = table("0100000010", "1110010000")
NOMINAL = table("aabbdcccedda", "babbbccceddd")
FOUR = table("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


@pytest.mark.parametrize(
    ("ratings", "metric", "published"),
    [
        (BINARY, "nominal", 0.095),
        (NOMINAL, "nominal", 0.692),
        (FOUR, "nominal", 0.743),
        (FOUR, "ordinal", 0.815),
        (FOUR, "interval", 0.849),
        (FOUR, "ratio", 0.797),
    ],
)
def test_alpha_is_krippendorffs(ratings: np.ndarray, metric: str, published: float) -> None:
    """Krippendorff (2011), Computing Krippendorff's alpha-reliability, examples A to D."""
    assert alpha(ratings, metric) == pytest.approx(published, abs=6e-4)  # type: ignore[arg-type]


@pytest.mark.parametrize("ratings", [table("11", "11"), table("1.", ".2")])
def test_no_variation_or_no_pairs_is_no_agreement(ratings: np.ndarray) -> None:
    assert alpha(ratings) is None
    assert alpha_interval(ratings, "interval", 0.95, 10, np.random.default_rng(1)) is None


def test_alphas_interval_holds_it() -> None:
    found = alpha_interval(FOUR, "interval", 0.95, 500, np.random.default_rng(1))
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high <= 1
    assert found.n == 11


def test_rater_mean_is_the_t_interval() -> None:
    scores = np.array([[7.0, 8.0], [9.0, NAN], [6.0, 5.0], [8.0, 8.0]])
    first, second = rater_mean(scores, 0.95)
    expected = ttest_1samp(scores[:, 0], 0).confidence_interval(0.95)
    assert (first.low, first.high) == pytest.approx((expected.low, expected.high))
    assert (second.value, second.n) == (7, 3)
    assert rater_mean(scores, 0.95, "fixed")[0].low is None


def test_rater_difference_is_paired() -> None:
    first, second = np.array([7.0, 9, 6, 8]), np.array([6.0, 7, 6, 6])
    expected = ttest_rel(first, second).confidence_interval(0.9)
    found = rater_difference(first, second, 0.9)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_crossed_mean_knows_both_samples() -> None:
    """Additive scores: variances of the raters' and of the units' means add up."""
    raters, units = np.array([0.0, 2.0, 4.0]), np.array([0.0, 1.0, 5.0, 6.0])
    found = crossed_mean(raters[:, None] + units, 0.95)
    variance = raters.var(ddof=1) / 3 + units.var(ddof=1) / 4
    parts = np.array([raters.var(ddof=1) / 3, units.var(ddof=1) / 4])
    from scipy.stats import t

    half = t.ppf(0.975, variance**2 / (parts**2 / [2, 3]).sum()) * variance**0.5
    assert found.value == 5
    assert found.high == pytest.approx(5 + half)


@pytest.mark.parametrize("scores", [np.ones((1, 3)), np.array([[1.0, NAN], [1.0, 2.0]])])
def test_crossed_mean_refuses_gaps(scores: np.ndarray) -> None:
    with pytest.raises(ValueError, match="crossed"):
        crossed_mean(scores, 0.95)


def test_resampled_raters_keep_entrants_paired() -> None:
    rng = np.random.default_rng(3)
    severity = rng.normal(0, 3, 30)
    scores = np.column_stack([severity + 20, severity + 21])
    found = rater_replicates(scores, 4000, rng)
    assert (found[:, 1] - found[:, 0]) == pytest.approx(np.ones(4000))
    assert found[:, 0].std() == pytest.approx(severity.std(ddof=1) / 30**0.5 * (29 / 27) ** 0.5, rel=0.08)


def test_raters_who_stand_apart_are_named() -> None:
    rng = np.random.default_rng(3)
    ratings = 5 + rng.normal(0, 0.5, (10, 8))
    assert outlying_raters(ratings) == []
    ratings[4] -= 3
    (found,) = outlying_raters(ratings)
    assert found.rater == 4
    assert found.score < -3.5
    assert outlying_raters(ratings[:3]) == []


def test_a_rater_who_disagrees_without_bias_is_named() -> None:
    ratings = np.tile([3.0, 4.0, 5.0, 4.0], (8, 1)) + np.random.default_rng(1).normal(0, 0.2, (8, 4))
    ratings[2] += [3, -3, 3, -3]
    worst = max(outlying_raters(ratings), key=lambda each: abs(each.score))
    assert worst.rater == 2


def test_nobody_stands_apart_where_all_agree() -> None:
    assert outlying_raters(np.ones((6, 3))) == []


def test_raters_who_agree_to_a_step_leave_the_doubt_of_that_step() -> None:
    """Three raters of a scale in whole points, who differ by 0.4 points: equal ratings are frequent and not certain."""
    rng = np.random.default_rng(1)
    truths = 7 + rng.random(1500)
    ratings = np.round(truths + 0.4 * rng.standard_normal((3, 1500)))
    points = np.arange(3, 13)
    chances = np.diff(norm.cdf((np.arange(3, 14)[:, None] - 0.5 - truths) / 0.4), axis=0)
    means = points @ chances  # of many such raters
    least = step_variance(ratings, 10.0)
    assert least == pytest.approx(1 / 12)
    held = []
    for floor in (0.0, least):
        numbers = rater_mean(ratings, 0.95, least=floor)
        held.append(
            np.mean([(each.low or 0) <= mean <= (each.high or 0) for each, mean in zip(numbers, means, strict=True)])
        )
    assert held[0] < 0.7
    assert held[1] > 0.95


def test_a_step_is_the_smallest_gap_and_a_tenth_of_the_scale_where_all_are_equal() -> None:
    assert step_variance(np.array([[7.0, 7.5], [9.0, np.nan]]), 10.0) == pytest.approx(0.25 / 12)
    assert step_variance(np.full((2, 3), 4.0), 5.0) == pytest.approx(0.25 / 12)


def test_resampled_means_of_raters_who_agree_spread_as_their_interval_does() -> None:
    scores = np.full((6, 1), 7.0)
    found = rater_replicates(scores, 40_000, np.random.default_rng(1), least=1 / 12)
    number = rater_mean(scores, 0.95, least=1 / 12)[0]
    assert number.low is not None
    assert np.quantile(found, 0.025) == pytest.approx(number.low, abs=0.02)
    assert rater_replicates(scores, 100, np.random.default_rng(1)).std() == 0
