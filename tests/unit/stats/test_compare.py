"""Differences and ratios of two models on the same items."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test, ttest_rel
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar  # type: ignore[import-untyped]

from harness.stats import Pairs, difference, difference_p, mcnemar, permutation, proportion, ratio, ratio_p


def pair(first: list[float], second: list[float], *, clusters: list | None = None, weight: float = 1) -> Pairs:
    binary = set(first) | set(second) <= {0.0, 1.0}
    return Pairs(np.array(first, float), np.array(second, float), clusters, binary, weight)


def table(both: int, first: int, second: int, neither: int) -> Pairs:
    """Pairs from a fourfold table of right answers."""
    return pair(
        [1] * (both + first) + [0] * (second + neither), [1] * both + [0] * first + [1] * second + [0] * neither
    )


def test_many_pairs_give_the_paired_t_interval() -> None:
    rng = np.random.default_rng(5)
    second = rng.beta(4, 4, 4000)
    first = np.clip(second + rng.normal(0.05, 0.1, 4000), 0, 1)
    expected = ttest_rel(first, second).confidence_interval(0.95)
    found = difference([pair(list(first), list(second))], 0.95)
    assert found.value == pytest.approx((first - second).mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=3e-4)


def test_large_fourfold_table_gives_the_wald_interval_of_paired_proportions() -> None:
    """b = 300, c = 200 of n = 4000: d = 0.025, variance = (b + c - (b - c)² / n) / n² (Agresti 2013, 11.1.2)."""
    found = difference([table(2500, 300, 200, 1000)], 0.95)
    half = 1.96 * ((500 - 100**2 / 4000) / 4000**2) ** 0.5
    assert (found.low, found.high) == pytest.approx((0.025 - half, 0.025 + half), abs=4e-4)


def test_pairing_narrows_the_interval() -> None:
    paired = difference([table(45, 5, 5, 45)], 0.95)
    unrelated = difference([table(25, 25, 25, 25)], 0.95)
    assert paired.high - paired.low < 0.7 * (unrelated.high - unrelated.low)


@pytest.mark.parametrize("right", [0, 5, 10, 20])
def test_equal_answers_do_not_prove_equal_models(right: int) -> None:
    """The rule of three: no disagreement in 20 items leaves up to 3 / 20 (14 % at 95 %)."""
    found = difference([table(right, 0, 0, 20 - right)], 0.95)
    assert found.value == 0
    assert found.high > 0.09
    assert found.low < -0.09


def test_large_samples_give_fiellers_ratio() -> None:
    first, second, shared = 0.6, 0.5, 0.4
    n = 10000
    found = ratio([table(4000, 2000, 1000, 3000)], 0.95)
    variances = first * (1 - first) / n, second * (1 - second) / n
    common = (shared - first * second) / n
    z2 = 1.96**2
    a, b, c = second**2 - z2 * variances[1], first * second - z2 * common, first**2 - z2 * variances[0]
    root = (b**2 - a * c) ** 0.5
    assert found is not None
    assert found.value == pytest.approx(1.2)
    assert (found.low, found.high) == pytest.approx(((b - root) / a, (b + root) / a), abs=1e-3)


def test_no_ratio_to_nothing() -> None:
    assert ratio([table(0, 5, 0, 15)], 0.95) is None


def test_ratio_of_nothing_is_zero_up_to_something() -> None:
    found = ratio([table(0, 0, 10, 10)], 0.95)
    assert found is not None
    assert (found.value, found.low) == (0, 0)
    assert found.high is not None
    assert 0.1 < found.high < 0.6


def test_weights_are_used_as_given() -> None:
    one, other = table(5, 5, 0, 10), table(2, 0, 8, 10)
    found = difference([Pairs(*_parts(one), weight=30), Pairs(*_parts(other), weight=10)], 0.95)
    assert found.value == pytest.approx(30 * 0.25 - 10 * 0.4)
    assert found.n == 40


def _parts(task: Pairs) -> tuple:
    return task.first, task.second, task.clusters, task.binary


def test_first_less_a_perfect_failure_is_first() -> None:
    """Nothing in common, and the second model's arm is that of 0 of 1000."""
    task = table(0, 400, 0, 600)
    found, alone = difference([task], 0.95), proportion([1] * 400 + [0] * 600, None, 0.95)
    assert found.value == pytest.approx(alone.value)
    assert found.low == pytest.approx(alone.low, abs=3e-3)


def test_clustered_pairs_are_less_sure() -> None:
    first, second = [1, 1, 1, 1, 0, 0, 0, 0] * 10, [1, 1, 1, 1, 1, 1, 1, 1] * 10
    clusters = [i // 4 for i in range(80)]
    plain, clustered = (difference([pair(first, second, clusters=each)], 0.95) for each in (None, clusters))
    assert clustered.high - clustered.low > 1.5 * (plain.high - plain.low)


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        ([], "nothing"),
        ([pair([1, 0], [1])], "2 and 1"),
        ([pair([1, 0], [1, 0], weight=0)], "positive"),
    ],
)
def test_what_cannot_be_compared_is_refused(tasks: list[Pairs], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        difference(tasks, 0.95)


answers = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 3)), min_size=2, max_size=30)
graded = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 3)), min_size=2, max_size=30)


def _tasks(*tasks: list) -> list[Pairs]:
    return [
        pair(*(list(column) for column in list(zip(*rows, strict=True))[:2]), clusters=[r[2] for r in rows])
        for rows in tasks
    ]


@given(answers | graded, answers)
def test_intervals_hold_their_values_and_stay_in_range(rows: list, more: list) -> None:
    tasks = _tasks(rows, more)
    found, share = difference(tasks, 0.95), ratio(tasks, 0.95)
    assert -2 - 1e-9 <= found.low <= found.value <= found.high <= 2 + 1e-9
    if share is not None:
        assert 0 <= share.low <= share.value
        assert share.high is None or share.value <= share.high


@given(answers | graded)
def test_swapping_the_models_mirrors_the_difference(rows: list) -> None:
    there, back = (difference(_tasks(each), 0.95) for each in (rows, [(b, a, c) for a, b, c in rows]))
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)


@given(answers)
def test_ratio_excludes_1_where_the_difference_excludes_0(rows: list) -> None:
    tasks = _tasks(rows)
    found, share = difference(tasks, 0.95), ratio(tasks, 0.95)
    if share is not None and abs(found.low) > 1e-9 and abs(found.high) > 1e-9:
        assert (share.low > 1) == (found.low > 0)
        assert (share.high is not None and share.high < 1) == (found.high < 0)


@pytest.mark.parametrize("clusters", [None, [f"template {i // 4}" for i in range(336)]])
def test_nearly_equal_models_have_a_ratio_near_1(clusters: list | None) -> None:
    """336 items, all but three answered alike: the ratio is known to a few per cent, not to a sixth."""
    second = np.tile([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0], 48)
    first = second.copy()
    first[[10, 100, 200]] = 1 - first[[10, 100, 200]]
    found = ratio([Pairs(first, second, clusters, True, 1.0)], 0.95)
    assert found is not None
    assert found.high is not None
    assert found.low > 0.95
    assert found.high < 1.05


def test_many_tasks_share_one_correction() -> None:
    """Twenty tasks answered alike are no less sure than one of as many items and the same weight."""
    scores = np.tile([1.0, 0.0], 50)
    one = difference([Pairs(np.tile(scores, 20), np.tile(scores, 20), None, True, 20.0)], 0.95)
    many = difference([Pairs(scores, scores, None, True, 1.0)] * 20, 0.95)
    assert many.high == pytest.approx(one.high, rel=0.02)


def test_one_cluster_tells_nothing() -> None:
    found = difference([pair([1, 0, 1, 1], [0, 0, 0, 1], clusters=["a"] * 4)], 0.95)
    assert (found.low, found.high) == (-1, 1)


@pytest.mark.parametrize(("ours", "theirs"), [(5, 5), (9, 2), (0, 4), (0, 0)])
def test_mcnemar_is_exact(ours: int, theirs: int) -> None:
    task = table(10, ours, theirs, 10)
    found = mcnemar(task.first, task.second)
    assert (found.first_only, found.second_only) == (ours, theirs)
    expected = reference_mcnemar([[10, ours], [theirs, 10]], exact=True).pvalue if ours + theirs else 1.0
    assert found.p_value == pytest.approx(expected)


def test_mcnemar_refuses_graded_scores() -> None:
    with pytest.raises(ValueError, match="0 and 1"):
        mcnemar(np.array([0.5]), np.array([1.0]))


def test_permutation_of_independent_items_is_mcnemars() -> None:
    task = table(10, 9, 2, 10)
    found = permutation([task], 20_000, np.random.default_rng(1))
    assert found == pytest.approx(mcnemar(task.first, task.second).p_value, abs=0.01)


def test_permutation_swaps_whole_clusters() -> None:
    """Ten discordant copies in two clusters are two draws of a coin: p = 1/2."""
    task = pair([1.0] * 10, [0.0] * 10, clusters=[i // 5 for i in range(10)])
    assert permutation([task], 4000, np.random.default_rng(1)) == pytest.approx(0.5, abs=0.03)


def test_a_reference_that_scored_next_to_nothing_has_no_ratio() -> None:
    tasks = [Pairs(np.array([0.0, 1.0]), np.array([1e-311, 0.0]), None, False, 1.0)]
    assert ratio(tasks, 0.95) is None


def test_equal_answers_are_no_evidence() -> None:
    assert permutation([table(3, 0, 0, 3)], 100, np.random.default_rng(1)) == 1
    assert difference_p([table(3, 0, 0, 3)]) == 1


@given(answers | graded, st.sampled_from([0.8, 0.95, 0.99]))
def test_p_values_and_intervals_agree(rows: list, level: float) -> None:
    tasks = _tasks(rows)
    found, p_value = difference(tasks, level), difference_p(tasks)
    assert p_value is not None
    if abs(p_value - (1 - level)) > 1e-9 and abs(found.value) > 1e-9:
        assert (not found.low < 0 < found.high) == (p_value < 1 - level)
    share, p_value = ratio(tasks, level), ratio_p(tasks, 1.2)
    assert p_value is not None
    if share is not None and share.high is not None and abs(p_value - (1 - level)) > 1e-9 and share.value != 1.2:
        assert not (share.low < 1.2 < share.high) or p_value > 1 - level or share.value in (share.low, share.high)


def test_a_fixed_test_varies_by_its_repeats_only() -> None:
    noise = np.full(100, 0.02)
    task = Pairs(np.full(100, 0.6), np.full(100, 0.5), None, False, 1.0, (noise, noise))
    found = difference([task], 0.95, "fixed")
    assert found.high - found.value == pytest.approx(1.97 * (2 * 0.02 / 100) ** 0.5, rel=0.01)
    once = difference([pair([1, 1, 0], [1, 0, 0])], 0.95, "fixed")
    assert (once.low, once.level, once.n) == (None, None, 3)
    assert difference_p([pair([1, 0], [0, 0])], estimand="fixed") is None


def test_permutation_agrees_with_scipys_exact_test() -> None:
    """All 2^10 swaps of ten pairs, against as many draws as make chance small."""
    rng = np.random.default_rng(5)
    first, second = rng.random(10), rng.random(10) * 0.8
    exact = permutation_test(
        (first, second), lambda a, b: np.mean(a) - np.mean(b), permutation_type="samples", n_resamples=np.inf
    )
    tasks = [Pairs(first, second, None, False, 1.0)]
    found = permutation(tasks, 200_000, np.random.default_rng(1))
    assert found == pytest.approx(exact.pvalue, abs=0.005)
