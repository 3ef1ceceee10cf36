"""The fewest changes that meet several demands at once, held against trying all."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.stats import Change, Rival, cover, crossing
from harness.stats.cover import Cover

gains = st.sampled_from([0.0, 0.1, 0.25, 0.5])


def tried(table: np.ndarray, gaps: np.ndarray, needed: int, choice: np.ndarray, strict: np.ndarray) -> int | None:
    """The fewest columns, by trying all."""
    for count in range(table.shape[1] + 1):
        for some in combinations(range(table.shape[1]), count):
            met = table[:, list(some)].sum(axis=1) >= gaps + np.where(strict, 1e-9, -1e-9)
            if met[~choice].all() and met[choice].sum() >= needed:
                return count
    return None


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.integers(1, 7), st.data())
def test_it_is_the_fewest(rows: int, columns: int, data: st.DataObject) -> None:
    table = np.array([[data.draw(gains) for _ in range(columns)] for _ in range(rows)])
    gaps = np.array([data.draw(st.sampled_from([0.0, 0.2, 0.5, 0.6, 1.0])) for _ in range(rows)])
    choice = np.array([data.draw(st.booleans()) for _ in range(rows)])
    strict = np.array([data.draw(st.booleans()) for _ in range(rows)])
    needed = data.draw(st.integers(0, int(choice.sum())))
    best = tried(table, gaps, needed, choice, strict)
    assert cover(table, gaps, needed, choice, strict) == (None if best is None else Cover(best, best))


def test_a_change_that_serves_two_demands_counts_once() -> None:
    """One by one it is 2 + 2 changes; the two that serve both do."""
    table = np.array([[0.5, 0.5, 0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5, 0.5, 0.5]])
    assert cover(table, np.array([1.0, 1.0])) == Cover(2, 2)


def test_what_is_not_proven_is_said_to_lie_between() -> None:
    """Many unlike gains in six demands: the search ends, and what it proved stands."""
    table = np.random.default_rng(0).random((6, 400)) / 400
    found = cover(table, np.full(6, 0.3))
    assert found is not None
    assert found.least <= found.most <= found.least + 2
    assert found.most < 400


def test_demands_beyond_all_changes_cannot_be_met() -> None:
    assert cover(np.array([[0.1, 0.2]]), np.array([0.4])) is None
    assert cover(np.array([[0.1, 0.2]]), np.array([0.1]), 2, np.array([True])) is None


def changes(name: str, given_: list[float]) -> list[Change]:
    return [Change(name, "t", str(index), gain) for index, gain in enumerate(given_)]


def crossed(own: list[float], rivals: list[tuple[float, list[float]]], needed: int, *, strict: bool) -> int | None:
    """The fewest changes by which so many rivals change sides, by trying all."""
    every = [(-1, gain) for gain in own] + [(at, gain) for at, (_, some) in enumerate(rivals) for gain in some]
    for count in range(len(every) + 1):
        for some in combinations(every, count):
            moved = sum(gain for at, gain in some if at < 0)
            left = [gap - moved - sum(gain for at, gain in some if at == i) for i, (gap, _) in enumerate(rivals)]
            if sum(each < -1e-9 if strict else each <= 1e-9 for each in left) >= needed:
                return count
    return None


some_gains = st.lists(st.sampled_from([0.1, 0.2, 0.5]), max_size=3)


@settings(max_examples=80, deadline=None)
@given(some_gains, st.lists(st.tuples(st.sampled_from([0.0, 0.3, 0.7]), some_gains), min_size=1, max_size=3), st.data())
def test_crossing_several_rivals_takes_the_fewest(own: list, rivals: list, data: st.DataObject) -> None:
    needed, strict = data.draw(st.integers(1, len(rivals))), data.draw(st.booleans())
    others = [Rival(str(at), gap, tuple(changes(str(at), some))) for at, (gap, some) in enumerate(rivals)]
    assert crossing(changes("own", own), others, needed, strict=strict).count == crossed(
        own, rivals, needed, strict=strict
    )


def test_own_changes_count_against_every_rival() -> None:
    """Two of its own pass both rivals; each rival alone would take two."""
    rivals = [Rival(name, 0.9, tuple(changes(name, [0.5, 0.5]))) for name in "ab"]
    found = crossing(changes("own", [0.5, 0.5]), rivals, 2)
    assert (found.count, found.rivals) == (2, ("a", "b"))
    assert {change.model for change in found.changes} == {"own"}


@pytest.mark.parametrize("needed", [2, 3])
def test_more_rivals_than_there_are_cannot_change_sides(needed: int) -> None:
    assert crossing(changes("own", [1.0]), [Rival("a", 0.5, ())], needed).count is None
