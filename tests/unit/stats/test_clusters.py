"""Variance of a mean under clusters, against other computations."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS  # type: ignore[import-untyped]

from harness.stats.clusters import Clusters

SIZES = [1, 1, 2, 5, 9, 3]


def unequal() -> tuple[np.ndarray, list[int], np.ndarray]:
    labels = [cluster for cluster, size in enumerate(SIZES) for _ in range(size)]
    scores = np.random.default_rng(3).random(len(labels))
    return scores, labels, np.array(SIZES) / len(labels)


def test_independent_items_have_the_variance_of_the_mean() -> None:
    scores = np.random.default_rng(0).random(31)
    assert Clusters.of(None, 31).covariance(scores, scores) == pytest.approx(scores.var(ddof=1) / 31)


def test_independent_items_have_the_covariance_of_the_means() -> None:
    first, second = np.random.default_rng(0).random((2, 31))
    assert Clusters.of(None, 31).covariance(first, second) == pytest.approx(np.cov(first, second)[0, 1] / 31)


def test_equal_clusters_agree_with_statsmodels() -> None:
    scores = np.random.default_rng(1).random(60)
    labels = np.arange(60) // 4
    fitted = OLS(scores, np.ones(60)).fit(cov_type="cluster", cov_kwds={"groups": labels})
    assert Clusters.of(list(labels), 60).covariance(scores, scores) == pytest.approx(fitted.cov_params()[0, 0])


def test_unequal_clusters_agree_with_the_matrix_form() -> None:
    """Bell & McCaffrey (2002): A_g = (I - H_gg)^(-1/2), by eigenvalues; df = tr(M)² / tr(M²)."""
    scores, labels, shares = unequal()
    n, groups = len(scores), Clusters.of(labels, len(scores))
    adjusted, rows = 0.0, []
    for cluster, size in enumerate(SIZES):
        inside = np.array(labels) == cluster
        values, vectors = np.linalg.eigh(np.eye(size) - np.ones((size, size)) / n)
        root = vectors @ np.diag(values**-0.5) @ vectors.T
        adjusted += float(np.ones(size) @ root @ (scores[inside] - scores.mean())) ** 2
        row = -np.full((size, n), 1 / n)
        row[:, inside] += np.eye(size)
        rows.append(np.ones(size) @ root @ row)
    matrix = np.array(rows) @ np.array(rows).T
    assert groups.covariance(scores, scores) == pytest.approx(adjusted / n**2)
    assert groups.degrees_of_freedom == pytest.approx(np.trace(matrix) ** 2 / np.trace(matrix @ matrix))
    assert groups.effective == pytest.approx(1 / (shares**2).sum())


def test_equal_clusters_have_one_degree_less_than_clusters() -> None:
    assert Clusters.of([i // 4 for i in range(40)], 40).degrees_of_freedom == pytest.approx(9)


def test_one_cluster_has_no_variance() -> None:
    with pytest.raises(ValueError, match="two clusters"):
        Clusters.of(["a", "a"], 2).covariance(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
