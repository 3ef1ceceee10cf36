"""A public accusation and its answer, as records: what `harness claim` works out and the page shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from harness.plan import Frozen, Lang

Statistic = Literal["cosine", "pearson", "cka", "divergence", "jaccard", "code", "agreement", "profile", "identical"]
"""What was computed. `profile`: a curve over layers, such as their standard deviations. `identical`: weights said to be
the same, or a share of them."""

Part = Literal["norm", "router", "embeddings", "weights", "vision", "audio", "tokenizer", "code", "outputs"]
"""What it was computed of."""

Standing = Literal["ordinary", "not_telling", "disclosure", "remarkable", "impossible", "unsettled"]
"""ordinary: independent models show this too. not_telling: the statistic separates nothing. disclosure: a question of
openness, not of weights. remarkable: independent models do not show this, if it is right. impossible: the
statistic cannot take this value. unsettled: a figure is missing. None of them is a verdict."""


class Claim(Frozen):
    """An accusation in one line, parsed."""

    text: str
    """As it was given."""
    statistic: Statistic
    """What was computed."""
    part: Part
    """What it was computed of."""
    value: float | None
    """As claimed, percentages as shares; null where none was given."""
    sigmas: float | None = None
    """Standard deviations that the claim boasts of; shown, never used."""
    models: tuple[str, str]
    """Between which models."""


class Spread(Frozen):
    """A statistic over independent pairs."""

    source: Literal["simulated", "checkpoints", "published code"]
    """Simulated vectors N(1, 0.1), pairs of checkpoints that --null gave, or the installed model code."""
    pairs: int
    """Pairs behind the numbers."""
    low: float
    """Smallest, or the 0.5th percentile of simulated ones."""
    median: float
    """The middle one."""
    high: float
    """Largest, or the 99.5th percentile."""


class Measured(Frozen):
    """The statistic measured on the two models' own tensors."""

    tensors: int
    """Tensors of both models that have the same name and shape and are not constant."""
    values: int
    """Values in the smallest of them."""
    cosine: float
    """Mean over the tensors."""
    pearson: float
    """Mean centred correlation over the tensors."""
    largest: float
    """Centred correlation that is farthest from 0."""
    largest_name: str
    """Its tensor."""
    null_sd: float
    """Standard deviation of that mean between independent models: 1 / sqrt(values), over all tensors."""
    p_value: float
    """Chance that any of so many independent tensors lies so far from 0 (Bonferroni)."""


class ClaimAnswer(Frozen):
    """The answer on one page."""

    claim: Claim
    """What was asked."""
    standing: Standing
    """What the claimed number is worth. Never a verdict on a model."""
    reference: tuple[Spread, ...]
    """The same statistic over independent pairs."""
    measured: Measured | None
    """What the two models' own tensors show; null where their checkpoints were not given."""
    headline: Mapping[Lang, str]
    """The answer in one sentence."""
    independent: Mapping[Lang, tuple[str, ...]]
    """What independent models show."""
    fair: Mapping[Lang, tuple[str, ...]]
    """What a fair statistic says."""
    needed: Mapping[Lang, tuple[str, ...]]
    """What is still needed to settle it."""
