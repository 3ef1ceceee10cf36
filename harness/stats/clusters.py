"""Clusters of items that are not independent, and the variance of a mean under them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Clusters:
    """Which of n items belong together; G clusters."""

    codes: NDArray[np.intp]
    """Cluster of each item, 0 … G - 1, shape (n,)."""
    sizes: Values
    """Items per cluster, shape (G,)."""

    @classmethod
    def of(cls, labels: Sequence[Hashable] | None, n: int) -> Clusters:
        """Clusters from one label an item; None: all n items are independent. ValueError on another length."""
        if labels is None:
            return cls(np.arange(n), np.ones(n))
        if len(labels) != n:
            raise ValueError(f"{len(labels)} cluster labels for {n} scores")
        numbers: dict[Hashable, int] = {}
        codes = np.fromiter((numbers.setdefault(label, len(numbers)) for label in labels), np.intp, n)
        return cls(codes, np.bincount(codes, minlength=len(numbers)).astype(float))

    @property
    def count(self) -> int:
        """Number of clusters, G."""
        return len(self.sizes)

    @property
    def independent(self) -> bool:
        """Whether every item is a cluster of its own."""
        return self.count == len(self.codes)

    @property
    def effective(self) -> float:
        """Independent items that n items are worth if clusters hold copies: n² / Σm² (Kish 1965)."""
        return float(self.sizes.sum() ** 2 / (self.sizes**2).sum())

    def covariance(self, first: Values, second: Values) -> float:
        """Covariance of the means of two scores, shapes (n,); the variance where they are the same scores.

        Miller (2024, arXiv 2411.00640) sums products of residuals within clusters; CR2 (Bell & McCaffrey 2002)
        inflates each cluster's by 1 / (1 - share of items), which removes the bias that few or unequal clusters
        bring and gives the sample variance / n where items are independent. Needs two clusters: ValueError.
        """
        if self.count < 2:
            raise ValueError("a variance needs at least two clusters")
        products = self._residuals(first) * self._residuals(second)
        return float((products / (1 - self._shares)).sum() / len(self.codes) ** 2)

    @property
    def degrees_of_freedom(self) -> float:
        """Satterthwaite's degrees of freedom of the variance (Bell & McCaffrey 2002); G - 1 for equal clusters."""
        lever = self._shares**2 / (1 - self._shares)
        return float(1 / ((self._shares**2).sum() + lever.sum() ** 2 - (lever**2).sum()))

    def design_effect(self, scores: Values) -> float:
        """How many times larger clusters make the variance of the mean, from 1 to what copies would (Kish 1965).

        Scores that hardly vary show little of it: the worst case (clusters of copies) is averaged in with the weight of
        one 0/1 item, as in `estimate`.
        """
        worst = len(self.codes) / self.effective
        spread = float(scores.var())
        if self.independent or self.count < 2:
            return worst
        plain = spread / (len(scores) - 1)
        shown = self.covariance(scores, scores) / plain if plain > 0 else worst
        weight = 4 * self.count * spread
        return float(np.clip((weight * shown + worst) / (weight + 1), 1.0, worst))

    @property
    def _shares(self) -> Values:
        shares: Values = self.sizes / self.sizes.sum()
        return shares

    def _residuals(self, scores: Values) -> Values:
        residuals: Values = np.bincount(self.codes, scores - scores.mean(), self.count).astype(float)
        return residuals
