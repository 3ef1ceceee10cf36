"""Matchings of units, and how likely two of them agree by chance."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import linear_sum_assignment

from harness.audit.finding import P_FLOOR
from harness.audit.values import Floats, Ids

LARGEST_ASSIGNMENT = 3000
"""Above so many units each takes its nearest instead of the best assignment of all."""
ENOUGH = 48
"""Agreements beyond which no chance is worked out: 1 / 18! is below what is written."""


def match(similarity: Floats, seed: int = 0) -> Ids:
    """For each row the column that the best one-to-one assignment gives it; -1 where there are too few columns.

    Columns are shuffled by `seed` first: among equals (zeroed or padded units) an assignment takes the first column
    for the first row, which would put them in place, or agree with another matching, for no reason in the weights.
    """
    rows, columns = similarity.shape
    order = np.random.default_rng(seed).permutation(columns)
    shuffled = similarity[:, order]
    if max(rows, columns) > LARGEST_ASSIGNMENT:
        nearest: Ids = order[shuffled.argmax(1)].astype(np.int64)
        return nearest
    chosen = np.full(rows, -1, np.int64)
    left, right = linear_sum_assignment(shuffled, maximize=True)
    chosen[left] = order[right]
    return chosen


def chance_of_agreement(agreeing: int, rows: int, columns: int) -> float:
    """Upper bound on P(at least `agreeing` of the rows agree) for two independent uniform one-to-one matchings.

    For N agreements, P(N >= k) <= E[C(N, k)] = C(m, k) (n - k)! / n!, m <= n: exact in the limit, never too small.
    """
    fewer, more = sorted((rows, columns))
    if agreeing <= 0:
        return 1.0
    if agreeing > fewer:
        raise ValueError(f"{agreeing} agreements of {fewer}")
    log = math.lgamma(fewer + 1) - math.lgamma(agreeing + 1) - math.lgamma(fewer - agreeing + 1)
    log += math.lgamma(more - agreeing + 1) - math.lgamma(more + 1)
    return min(1.0, max(math.exp(max(log, -700.0)), P_FLOOR))


def chance_in_heads(agreeing: int, heads: int, size: int) -> float:
    """The same for units whose order is random within heads, and whose heads stand in random order as wholes.

    With F(x) = sum of x^i / i! up to `size` for the fixed units of one head that stays in place, and as many terms for
    the heads that do, E[C(N, k)] is the coefficient of x^k in the sum over j <= heads of (F(x) - 1)^j / j!.
    """
    if agreeing <= 0:
        return 1.0
    if agreeing > heads * size:
        raise ValueError(f"{agreeing} agreements of {heads * size}")
    degree = min(agreeing, ENOUGH)
    one = np.array([1 / math.factorial(i) if 1 <= i <= size else 0.0 for i in range(degree + 1)])
    total, power = np.zeros(degree + 1), np.eye(1, degree + 1)[0]
    for fixed in range(1, min(heads, degree) + 1):
        power = np.convolve(power, one)[: degree + 1] / fixed
        total += power
    return min(1.0, max(float(total[degree]), P_FLOOR))
