"""Tables held side by side a few rows at a time: the same numbers as at once, and as by singular values."""

from __future__ import annotations

import numpy as np
import pytest

from harness.audit import rows
from harness.audit.rows import closeness, correlations, crossed, held_out_correlations, least_alike, polar, white

TOKENS, WIDTH, OTHER = 700, 24, 16


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "AT_ONCE", 64)


def table(seed: int, width: int = WIDTH) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(TOKENS, width)) * np.geomspace(1, 1e-3, width) + 0.5).astype(np.float32)


def at_once(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(0)
    return np.asarray(centred / np.linalg.norm(centred, axis=1, keepdims=True))


def test_whitened_directions_are_uncorrelated_and_stand_in_their_basis() -> None:
    values = table(0)
    whitened = white(values)
    assert whitened.T @ whitened == pytest.approx(np.eye(WIDTH), abs=1e-4)
    unit = at_once(values).astype(np.float64)
    unit -= unit.mean(0)
    u, _, v = np.linalg.svd(unit, full_matrices=False)
    assert whitened == pytest.approx(u @ v, abs=1e-4)  # the polar factor: the nearest there is to the rows themselves


def test_directions_without_variance_stay_empty() -> None:
    values = table(0)
    values[:, -1] = 0.25
    whitened = white(values)
    assert np.linalg.norm(whitened[:, -1]) < 1e-4
    assert np.linalg.norm(whitened, axis=0)[:-1] == pytest.approx(np.ones(WIDTH - 1), abs=1e-3)


def test_products_are_those_of_centred_rows_of_unit_length() -> None:
    ours, theirs = table(0), table(1, OTHER)
    assert crossed(ours, theirs) == pytest.approx(at_once(ours).T @ at_once(theirs), abs=1e-3)
    some = np.arange(0, TOKENS, 3)
    assert crossed(ours, theirs, some) == pytest.approx(crossed(ours[some], theirs[some]), abs=1e-9)


@pytest.mark.parametrize("shape", [(24, 24), (24, 16), (16, 24)])
def test_the_polar_factor_is_that_of_singular_vectors(shape: tuple[int, int]) -> None:
    matrix = np.random.default_rng(0).normal(size=shape) * np.geomspace(1, 1e-3, shape[1])
    u, _, v = np.linalg.svd(matrix, full_matrices=False)
    assert polar(matrix) == pytest.approx(u @ v, abs=1e-4)


def test_what_a_matrix_does_not_determine_is_left_out_of_its_polar_factor() -> None:
    left = np.random.default_rng(0).normal(size=(12, 3))
    turned = polar(left @ left.T)
    assert np.linalg.svd(turned, compute_uv=False) == pytest.approx([1] * 3 + [0] * 9, abs=1e-5)


@pytest.mark.parametrize("widths", [(24, 24), (24, 16), (16, 24)])
def test_held_out_correlations_are_those_of_singular_vectors(widths: tuple[int, int]) -> None:
    shared = np.random.default_rng(9).normal(size=(TOKENS, 8))
    ours, theirs = (
        white((shared @ np.random.default_rng(width).normal(size=(8, width)) + table(at, width)).astype(np.float32))
        for at, width in enumerate(widths)
    )
    order = np.random.default_rng(1).permutation(TOKENS)
    fitted, tested = order[:350], order[350:]
    u, _, v = np.linalg.svd(ours[fitted].T @ theirs[fitted], full_matrices=False)
    expected = [np.corrcoef(ours[tested] @ u[:, at], theirs[tested] @ v[at])[0, 1] for at in range(min(widths))]
    found = held_out_correlations(ours, theirs, fitted, tested)
    assert np.sort(found) == pytest.approx(np.sort(expected), abs=1e-3)


def test_cosines_are_those_in_the_other_s_basis() -> None:
    ours, theirs, turn = table(0), table(1, OTHER), polar(np.random.default_rng(2).normal(size=(WIDTH, OTHER)))
    some = np.arange(0, TOKENS, 2)
    one, other = at_once(ours[some]), at_once(theirs[some])
    moved = one @ turn
    cosines = (moved * other).sum(1) / np.linalg.norm(moved, axis=1)
    assert closeness(ours, theirs, turn, some) == pytest.approx(np.median(cosines), abs=1e-4)
    left, right = white(ours), white(ours @ polar(np.eye(WIDTH)[::-1]))
    assert least_alike(left, right, np.eye(WIDTH, dtype=np.float32)[::-1], 0.1) == pytest.approx(1, abs=1e-3)


def test_correlations_of_dimensions_know_rows_from_columns() -> None:
    order = np.random.default_rng(3).permutation(WIDTH)
    values = table(0)
    found = correlations(white(values), white(values[:, order]))
    assert found[order, np.arange(WIDTH)] == pytest.approx(np.ones(WIDTH), abs=1e-3)
    assert found.argmax(0).tolist() == order.tolist()
