"""Many models' task means under resampled items, jointly: stratified by task, by whole clusters, paired over models.

Field & Welsh (2007) for resampling clusters, Rao & Wu (1988) for the scale G / (G - 1), Hanley & MacGibbon (2006) and
Chamandy et al. (2012) for Poisson weights where there are many clusters.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.stats.clusters import Clusters, Values
from harness.stats.estimate import Estimand
from harness.stats.items import Items
from harness.stats.pairs import PRIOR

Rng = np.random.Generator

MANY = 200
"""From so many clusters on, counts are drawn as independent Poisson variables. The weighted mean divides by their sum,
which leaves its variance 3 / MANY = 1.5 % too large at most."""
ALIKE = 20
"""Clusters of equal scores are drawn together, as one Poisson variable, where they are so many on average."""
CELLS = 1 << 21
"""Counts in memory at once."""
POISSON = np.repeat(np.arange(9, dtype=np.float32), (24109, 24110, 12054, 4018, 1005, 201, 33, 5, 1))
"""Poisson(1) by 16 random bits: each count as often as its probability × 65536, rounded."""


@dataclass(frozen=True)
class Replicates:
    """Task means of E models on T tasks, as observed and in B resamples. NaN where a model has no such task."""

    observed: Values
    """Shape (T, E)."""
    means: Values
    """Shape (B, T, E)."""
    effective: Values
    """Effective items of each mean, shape (T, E); infinite: no pseudo-items."""
    coins: Values
    """Standard normal noise of each model's pseudo-items, shape (B, E)."""

    def central(self) -> Replicates:
        """The observed means as the only resample, without noise: what the others spread about."""
        return Replicates(self.observed, self.observed[None], self.effective, np.zeros((1, len(self.observed[0]))))

    def centre(self, weights: Values) -> Values:
        """What `weighted` spreads about, shape (E,): the observed sums, pulled by the same pseudo-items.

        Intervals from resamples lie about it. About the observed sums they would be too bold: resamples of n items and
        a few pseudo-items spread as if so many more had been asked (Agresti & Coull 1998).
        """
        return np.asarray(self.central().weighted(weights)[0])

    def value(self, weights: Values) -> Values:
        """Weighted sums of the observed task means, shape (E,); weights as in `weighted`."""
        factors = self._factors(weights)
        return np.asarray(np.where(factors == 0, 0.0, factors * self.observed).sum(axis=0))

    def weighted(self, weights: Values) -> Values:
        """Weighted sums of the task means in every resample, shape (B, E).

        weights: (T,) or (T, E), not negative; a weight of 0 leaves a task out, NaN or not. The pseudo-items of
        `pairs.joint` pull here and add their noise, so that models (nearly) all right or all equal are not certain.
        """
        factors = self._factors(weights)
        added = self._pseudo_items(factors)
        kept = 1 / (1 + added / self.effective)
        summed: Values = np.zeros(self.coins.shape)
        for task, factor in enumerate(factors):
            used = factor > 0
            pulled = kept[task, used] * self.means[:, task, used] + (1 - kept[task, used]) / 2
            summed[:, used] += factor[used] * pulled
        noise = np.sqrt((factors**2 * added / 4 / (self.effective + added) ** 2).sum(axis=0))
        return np.asarray(summed + self.coins * noise)

    def _pseudo_items(self, factors: Values) -> Values:
        """How many pseudo-items each task gets, by its share of the worst-case variance, shape (T, E)."""
        worst = factors**2 / self.effective
        total = worst.sum(axis=0)
        return np.asarray(PRIOR * np.divide(worst, total, out=np.zeros_like(worst), where=total > 0))

    def _factors(self, weights: Values) -> Values:
        given = np.asarray(weights, dtype=float)
        factors = np.broadcast_to(given[:, None] if given.ndim == 1 else given, self.observed.shape)
        if not (factors >= 0).all():
            raise ValueError("weights must not be negative")
        if np.isnan(self.observed[factors > 0]).any():
            raise ValueError("a task that some model lacks has a weight for that model")
        return factors


@dataclass(frozen=True)
class _Group:
    """The models that answered the same items of one task, side by side."""

    models: tuple[int, ...]
    scores: Values
    """Shape (n, models)."""
    noise: Values
    """Shape (models,): variance of each mean over repeats; 0 where asked once."""
    clusters: Clusters


def resample(
    tasks: Sequence[Sequence[Items | None]], resamples: int, rng: Rng, estimand: Estimand = "population"
) -> Replicates:
    """Resample every task's clusters B = `resamples` times.

    tasks: the items of task t as answered by model e, at [t][e]; None where it was not asked. Models with the same
    items and clusters get the same resamples, others are resampled apart. `fixed`: items stay, the noise of their
    repeats is drawn (normal); asked once, a mean does not vary. ValueError for no tasks or resamples, or rows of
    unequal length.
    """
    if not tasks or resamples < 1 or len({len(row) for row in tasks}) != 1:
        raise ValueError("resampling takes tasks of equally many models, and at least one resample")
    shape = len(tasks), len(tasks[0])
    observed, effective = np.full(shape, np.nan), np.full(shape, np.inf)
    means = np.full((resamples, *shape), np.nan)
    for index, row in enumerate(tasks):
        for group in _groups(row):
            columns = list(group.models)
            observed[index, columns] = group.scores.mean(axis=0)
            drawn = _drawn(group, resamples, rng) if estimand == "population" else _noisy(group, resamples, rng)
            means[:, index, columns] = drawn
            if estimand == "population":
                effective[index, columns] = _effective(group)
    return Replicates(observed, means, effective, rng.standard_normal((resamples, shape[1])))


def percentile(replicates: Values, level: float) -> tuple[Values, Values]:
    """Both ends of the percentile intervals of every column; replicates: (B, K), ends: (K,)."""
    low, high = quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return low, high


def quantile(replicates: Values, shares: Sequence[float]) -> Values:
    """Quantiles along the first axis, where another resample would lie below with these chances, whatever their number.

    Weibull's plotting position (Hyndman & Fan 1996, definition 6): few resamples do not make an interval too narrow.
    """
    return np.asarray(np.quantile(replicates, shares, axis=0, method="weibull"))


def _groups(row: Sequence[Items | None]) -> Iterator[_Group]:
    alike: dict[tuple[Hashable, Hashable], list[int]] = {}
    for index, graded in enumerate(row):
        if graded is not None:
            alike.setdefault((graded.ids, graded.clusters), []).append(index)
    for models in alike.values():
        answered = [graded for index in models if (graded := row[index]) is not None]
        noise = [0.0 if each.noise is None else each.noise.sum() / len(each.noise) ** 2 for each in answered]
        yield _Group(
            models=tuple(models),
            scores=np.column_stack([each.scores for each in answered]),
            noise=np.array(noise, dtype=float),
            clusters=Clusters.of(answered[0].clusters, len(answered[0].ids)),
        )


def _effective(group: _Group) -> Values:
    size = len(group.scores)
    return np.array([size / group.clusters.design_effect(column) for column in group.scores.T])


def _noisy(group: _Group, resamples: int, rng: Rng) -> Values:
    drawn = rng.standard_normal((resamples, len(group.models)))
    return np.asarray(group.scores.mean(axis=0) + np.sqrt(group.noise) * drawn)


def _drawn(group: _Group, resamples: int, rng: Rng) -> Values:
    """Weighted means under resampled clusters, shape (resamples, models).

    Deviations are spread by the root of G / (G - 1), and to Student's t, since few clusters show little of theirs.
    """
    count, seen = group.clusters.count, group.scores.mean(axis=0)
    if count < 2:
        # One cluster shows nothing of its spread: the largest that a score in [0, 1] can have, for each model alone.
        return np.asarray(seen + rng.choice([-0.5, 0.5], (resamples, len(seen))))
    columns = [np.bincount(group.clusters.codes, column, count) for column in (group.scores - seen).T]
    sums = np.column_stack([*columns, group.clusters.sizes]).astype(np.float32)
    found = np.vstack(list(_sums(sums, resamples, rng))).astype(float)
    shift = found[:, :-1] / found[:, -1:]
    freedom = group.clusters.degrees_of_freedom
    stretch = np.sqrt(count / (count - 1) * freedom / rng.chisquare(freedom, resamples))
    return np.asarray(seen + stretch[:, None] * shift)


def _sums(sums: NDArray[np.float32], resamples: int, rng: Rng) -> Iterator[NDArray[np.float32]]:
    """Column sums over resampled clusters, some resamples at a time; sums: one row a cluster."""
    unlike, many = np.unique(sums, axis=0, return_counts=True) if len(sums) >= MANY else (sums, np.ones(len(sums)))
    together = ALIKE * len(unlike) <= len(sums)
    rows = unlike if together else sums
    step = max(1, CELLS // len(rows))
    for start in range(0, resamples, step):
        some = min(step, resamples - start)
        if together:
            counts = rng.poisson(many, (some, len(many))).astype(np.float32)
        else:
            counts = _poisson(len(rows), some, rng) if len(rows) >= MANY else _multinomial(len(rows), some, rng)
        yield counts @ rows


def _poisson(clusters: int, resamples: int, rng: Rng) -> NDArray[np.float32]:
    cells = clusters * resamples
    bits = rng.integers(0, 1 << 64, -(-cells // 4), dtype=np.uint64).view(np.uint16)[:cells]
    return POISSON[bits].reshape(resamples, clusters)


def _multinomial(clusters: int, resamples: int, rng: Rng) -> NDArray[np.float32]:
    """As many draws with replacement as there are clusters."""
    drawn = rng.integers(0, clusters, (resamples, clusters)) + clusters * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=clusters * resamples).reshape(resamples, clusters).astype(np.float32)
