"""Do 95 % intervals hold the truth 95 times in 100? Seeded, so that a bound is either met or not.

Bounds are one-sided where data are few: an interval may be too careful, never far too bold. What was measured stands in
docs/methods.md.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.statistics.simulate import ENDS, MIDDLE, World, exact_coverage, out_of_reach, simulate
from tests.statistics.worlds import (
    bootstraps,
    comparisons,
    everything,
    fixed,
    means,
    near,
    panels,
    proportions,
    sums,
)

FAST = [
    *proportions((20, 200), (0.05, 0.5), (0.3,)),
    *means((20, 200), (0.05, 0.5)),
    *sums((60,)),
    *comparisons((60,), (0.5,)),
    *near((200,)),
    *bootstraps((60,)),
    *panels((5, 20)),
    *fixed((60,)),
]
FAST_REPEATS, FAST_LEAST = 200, 0.91  # 0.95 less 2.6 standard errors of 200 draws
FULL_REPEATS, FULL_LEAST, SMALL_LEAST = 1000, 0.925, 0.915  # small: 20 items, perhaps in 4 clusters
LARGE, LARGE_MOST = 500, 0.99


def name(world: World) -> str:
    return world.name.replace("/", "-")


@pytest.mark.parametrize(
    ("n", "least", "mean"), [(20, 0.92, 0.95), (60, 0.92, 0.95), (200, 0.93, 0.95), (500, 0.93, 0.95)]
)
def test_wilson_covers_exactly_as_known(n: int, least: float, mean: float) -> None:
    """It swings around 95 % with p, since answers are counted (Brown, Cai & DasGupta 2001)."""
    shares = exact_coverage(n, MIDDLE)
    assert min(shares) >= least
    assert np.mean(shares) == pytest.approx(mean, abs=0.005)


@pytest.mark.parametrize(("n", "least"), [(20, 0.93), (60, 0.92), (200, 0.935), (500, 0.94)])
def test_exact_tails_cover_in_the_middle_and_near_the_ends(n: int, least: float) -> None:
    assert min(exact_coverage(n, MIDDLE, "exact")) >= least
    assert min(exact_coverage(n, ENDS, "exact")) >= 0.915
    assert n > 60 or min(exact_coverage(n, ENDS)) < min(exact_coverage(n, ENDS, "exact"))


def test_few_items_put_some_coverages_out_of_reach_of_every_method() -> None:
    """20 items, a truth of 0.05: runs of counts have the chance 0.925 (0 to 2), 0.984 (0 to 3), nothing between."""
    assert out_of_reach(20, np.array([0.05])) == 1.0
    assert out_of_reach(20, np.array([0.5])) == 0.0  # 6 to 14 of 20: 0.959
    assert out_of_reach(500, MIDDLE) == 0.0


@pytest.mark.parametrize("world", FAST, ids=name)
def test_intervals_cover(world: World) -> None:
    assert simulate(world, FAST_REPEATS).share >= FAST_LEAST


@pytest.mark.full
@pytest.mark.parametrize("world", list(everything()), ids=name)
def test_intervals_cover_everywhere(world: World) -> None:
    coverage = simulate(world, FULL_REPEATS)
    assert coverage.share >= (SMALL_LEAST if world.n == 20 else FULL_LEAST)
    assert world.n < LARGE or coverage.share <= LARGE_MOST


@pytest.mark.parametrize("icc", [0.3, 0.8])
def test_ignoring_clusters_would_not_cover(icc: float) -> None:
    """The simulation can tell: a plain interval on clustered items is far too bold."""
    (world,) = proportions((200,), (0.5,), (icc,))
    rng = np.random.default_rng(1)
    bold = []
    for _ in range(FAST_REPEATS):
        number, truth = world.draw(rng)
        assert number is not None
        half = 1.96 * (number.value * (1 - number.value) / 200) ** 0.5
        bold.append(abs(number.value - truth) <= half)
    assert np.mean(bold) < simulate(world, FAST_REPEATS).share - 0.04
