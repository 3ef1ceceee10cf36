"""Ranks and their doubt."""

from __future__ import annotations

import numpy as np
import pytest

from harness.stats import last_probabilities, p_reversal, rank_intervals, rank_probabilities, stays

RNG = np.random.default_rng(7)


def test_far_apart_entrants_have_one_rank_each() -> None:
    totals = np.array([70.0, 50.0, 60.0])
    found = rank_intervals(totals, totals + RNG.standard_normal((500, 3)), 0.95)
    assert found.low.tolist() == found.high.tolist() == [1, 3, 2]
    assert found.above[0].tolist() == [False, True, True]


def test_equal_entrants_may_have_any_rank() -> None:
    totals = np.array([60.0, 60.0, 60.0])
    found = rank_intervals(totals, totals + RNG.standard_normal((500, 3)), 0.95)
    assert found.low.tolist() == [1, 1, 1]
    assert found.high.tolist() == [3, 3, 3]


def test_one_far_entrant_frees_power_for_the_rest() -> None:
    """Step-down: 2.1 standard errors are significant for the last pair left, not among three pairs at once."""
    totals = np.array([100.0, 3.1, 0.0])
    drawn = totals + RNG.standard_normal((20_000, 3))
    found = rank_intervals(totals, drawn, 0.95)
    assert found.above[1, 2]
    assert np.quantile(np.abs(drawn - totals)[:, :1] * 2.4, 0.95) > 3.1 / 2**0.5


def test_imported_totals_that_do_not_vary_rank_as_observed() -> None:
    totals = np.array([2.0, 1.0, 2.0])
    found = rank_intervals(totals, np.tile(totals, (10, 1)), 0.95)
    assert found.low.tolist() == [1, 3, 1]
    assert found.high.tolist() == [2, 3, 2]


def test_a_single_entrant_is_first() -> None:
    found = rank_intervals(np.array([1.0]), np.ones((10, 1)), 0.95)
    assert (found.low[0], found.high[0]) == (1, 1)


def test_probabilities_share_ties() -> None:
    drawn = np.array([[3.0, 2.0, 1.0], [2.0, 2.0, 1.0]])
    found = rank_probabilities(drawn)
    assert found == pytest.approx(np.array([[0.75, 0.25, 0], [0.25, 0.75, 0], [0, 0, 1]]))
    assert found.sum(axis=0) == pytest.approx(np.ones(3))
    assert last_probabilities(np.array([[1.0, 1.0, 2.0], [1.0, 3.0, 2.0]])) == pytest.approx([0.75, 0.25, 0])


def test_who_fails_a_gate_frees_a_place() -> None:
    totals = np.array([[4.0, 3.0, 2.0, 1.0]] * 2)
    passed = np.array([[True] * 4, [True, False, True, True]])
    assert stays(totals, passed, 2).tolist() == [[True, True, False, False], [True, False, True, False]]


def test_who_ties_with_the_last_place_stays() -> None:
    assert stays(np.array([3.0, 2.0, 2.0, 1.0]), np.ones(4, bool), 2).tolist() == [True, True, True, False]


def test_reversal_counts_other_decisions() -> None:
    assert p_reversal(np.array([True, False]), np.array([[True, True], [False, False]])) == pytest.approx([0.5, 0.5])
