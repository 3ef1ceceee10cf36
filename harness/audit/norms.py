"""Norm gains: the statistic of public accusations, done right. It never convicts.

Gains start at one value and stay near it, so the cosine of any two is near 1: N(1, 0.1) against N(1, 0.1) has 0.990.
The centred (Pearson) correlation of independents has mean 0 and s.d. 1/sqrt(width).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from harness.audit.finding import Component, Finding
from harness.audit.matrices import gain
from harness.audit.pair import Pair
from harness.audit.values import Floats

ROLES = ("norm_in", "norm_ffn")


def findings(pair: Pair) -> tuple[Finding, ...]:
    """Mean cosine and mean centred correlation of like norms, layer by layer, for streams of one width."""
    return tuple(finding for component in pair.components if (finding := _of(pair, component)))


def _of(pair: Pair, component: Component) -> Finding | None:
    gains = list(_gains(pair, component))
    if not gains:
        return None
    correlations = [correlation(a, b) for a, b in gains]
    # Layers may have moved: each of ours against the nearest of theirs.
    nearest = [max(correlation(a, b) for _, b in gains) for a, _ in gains]
    cosines = [_cosine(a.astype(np.float64), b.astype(np.float64)) for a, b in gains]
    width = len(gains[0][0])
    mean = float(np.mean(correlations))
    return Finding(
        component=component, candidate=pair.candidate, method="norms", strength="no_evidence",
        statement=f"the norm gains of {len(gains)} layers have a centred correlation of {mean:.3f} with"
        f" {pair.candidate}'s (independents: 0 with s.d. {width**-0.5:.3f} a layer); their cosine of"
        f" {np.mean(cosines):.3f} says nothing",
        statistic="mean centred correlation of norm gains", value=mean,
        details={"nearest": round(float(np.mean(nearest)), 4), "cosine": round(float(np.mean(cosines)), 4),
                 "null_sd": round(width**-0.5, 4), "by_layer": [round(value, 4) for value in correlations]},
    )  # fmt: skip


def _gains(pair: Pair, component: Component) -> Iterator[tuple[Floats, Floats]]:
    """Like norms of layers of one number, where both vary at all."""
    stacks = pair.stacks(component)
    if stacks is None or stacks[0].width != stacks[1].width:
        return
    ours, theirs = stacks
    for mine, other in zip(ours.blocks, theirs.blocks, strict=False):
        for role in ROLES:
            first = gain(ours, mine, role, pair.ours.subject.values)
            second = gain(theirs, other, role, pair.theirs.subject.values)
            if min(float(np.ptp(first)), float(np.ptp(second))) > 0:
                yield first, second


def _cosine(ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64]) -> float:
    return float(ours @ theirs / (np.linalg.norm(ours) * np.linalg.norm(theirs)))


def correlation(ours: Floats, theirs: Floats) -> float:
    """Pearson correlation."""
    return float(np.corrcoef(ours.astype(np.float64), theirs.astype(np.float64))[0, 1])
