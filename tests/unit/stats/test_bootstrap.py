"""Joint resamples of many models' tasks."""

from __future__ import annotations

import numpy as np
import pytest

from harness.stats import Items, percentile, resample
from harness.stats.bootstrap import POISSON


def task(
    scores: list | np.ndarray, *, clusters: tuple[str, ...] | None = None, noise: np.ndarray | None = None
) -> Items:
    values = np.asarray(scores, float)
    return Items(tuple(str(i) for i in range(len(values))), values, clusters, False, noise)


def answers(n: int, models: int, seed: int = 3) -> list[Items]:
    rng = np.random.default_rng(seed)
    hard = rng.random(n)
    return [task((rng.random(n) < hard).astype(float)) for _ in range(models)]


def test_poisson_table_has_mean_and_variance_1() -> None:
    assert len(POISSON) == 1 << 16
    assert POISSON.mean() == pytest.approx(1, abs=1e-4)
    assert POISSON.var() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("n", [60, 1500, 20_000], ids=["multinomial", "poisson", "alike"])
def test_spread_and_pairing_are_those_of_the_items(n: int) -> None:
    row = answers(n, 2)
    found = resample([row], 4000, np.random.default_rng(1)).weighted(np.ones(1))
    scores = np.column_stack([each.scores for each in row])
    expected = np.cov(scores.T) / n + np.eye(2) / (n + 4) ** 2
    assert found.mean(axis=0) == pytest.approx(scores.mean(axis=0), abs=4 * expected[0, 0] ** 0.5 / 4000**0.5)
    assert np.cov(found.T) == pytest.approx(expected, rel=0.12, abs=0.05 * expected[0, 0])


def test_graded_scores_of_many_items_are_resampled_one_by_one() -> None:
    scores = np.random.default_rng(2).random(3000)
    found = resample([[task(scores)]], 2000, np.random.default_rng(1)).weighted(np.ones(1))
    assert found.std() == pytest.approx(scores.std() / 3000**0.5, rel=0.08)


def test_whole_clusters_are_resampled() -> None:
    centres = np.random.default_rng(4).random(100)
    clusters = tuple(str(i // 5) for i in range(500))
    found = resample([[task(np.repeat(centres, 5), clusters=clusters)]], 4000, np.random.default_rng(1))
    assert found.means.std() == pytest.approx(centres.std(ddof=1) / 10, rel=0.08)


def test_models_with_other_items_are_resampled_apart() -> None:
    first, second = answers(400, 2)
    other = Items(tuple(f"other{i}" for i in range(400)), first.scores, None, True)
    found = resample([[first, other, first]], 2000, np.random.default_rng(1)).means[:, 0]
    assert abs(np.corrcoef(found.T)[0, 1]) < 0.1
    assert np.corrcoef(found.T)[0, 2] == pytest.approx(1)
    assert second.ids == first.ids


def test_a_task_that_a_model_lacks_has_no_mean_and_no_weight() -> None:
    first, second = answers(50, 2)
    found = resample([[first, second], [first, None]], 10, np.random.default_rng(1))
    assert np.isnan(found.means[:, 1, 1]).all()
    assert np.isfinite(found.weighted(np.array([[1.0, 2.0], [1.0, 0.0]]))).all()
    assert found.value(np.array([[1.0, 2.0], [1.0, 0.0]]))[1] == pytest.approx(2 * second.scores.mean())
    with pytest.raises(ValueError, match="lacks"):
        found.weighted(np.ones(2))
    with pytest.raises(ValueError, match="negative"):
        found.weighted(np.array([1.0, -1.0]))


def test_equal_answers_do_not_make_ranks_certain() -> None:
    """All right: nothing varies but the pseudo-items, about as widely as Wilson's interval is."""
    found = resample([[task([1.0] * 50)]], 4000, np.random.default_rng(1)).weighted(np.ones(1))
    assert found.std() == pytest.approx(1 / 54, rel=0.1)


def test_seed_decides() -> None:
    row = answers(300, 3)
    first, again, other = (resample([row], 20, np.random.default_rng(seed)).means for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_fixed_test_varies_by_its_repeats_only() -> None:
    scores, noise = np.full(100, 0.5), np.full(100, 0.04)
    row = [task(scores, noise=noise), task(scores)]
    found = resample([row], 4000, np.random.default_rng(1), "fixed").weighted(np.ones(1))
    assert found[:, 0].std() == pytest.approx(0.02, rel=0.1)
    assert found[:, 1].std() == 0


def test_fixed_repeats_of_models_on_one_task_keep_their_own_noise() -> None:
    row = [task(np.full(100, 0.5), noise=np.full(100, spread)) for spread in (0.04, 0.01)]
    found = resample([row], 4000, np.random.default_rng(1), "fixed").weighted(np.ones(1))
    assert found.std(axis=0) == pytest.approx([0.02, 0.01], rel=0.1)


def test_percentiles_leave_out_as_much_as_another_resample_would_exceed() -> None:
    """Of 99 resamples the 5th lies above another one with the chance 5 / 100."""
    low, high = percentile(np.arange(1.0, 100.0)[:, None], 0.9)
    assert (low[0], high[0]) == pytest.approx((5, 95))


def test_resamples_spread_about_the_pulled_sum() -> None:
    """58 of 60 right and four pseudo-items, two of them right: 60 of 64."""
    found = resample([[task([1.0] * 58 + [0.0] * 2)]], 4000, np.random.default_rng(1))
    assert found.centre(np.ones(1)) == pytest.approx([60 / 64])
    assert found.weighted(np.ones(1)).mean() == pytest.approx(60 / 64, abs=0.002)
    assert found.value(np.ones(1)) == pytest.approx([58 / 60])


@pytest.mark.parametrize("tasks", [[], [[None], [None, None]]])
def test_what_cannot_be_resampled_is_refused(tasks: list) -> None:
    with pytest.raises(ValueError, match="resampling takes"):
        resample(tasks, 10, np.random.default_rng(1))
