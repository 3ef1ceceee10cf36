"""What an audit found and concludes: the record that `harness audit` writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import Field, JsonValue

from harness.plan import Frozen, Share

Component = Literal["text", "vision", "audio", "projector", "embeddings", "head", "tokenizer", "code"]
COMPONENTS: tuple[Component, ...] = get_args(Component)

Strength = Literal["derived", "refer", "no_evidence", "not_comparable"]
"""A conclusion, or the most that one finding supports. There is no "independent": nothing here can show it."""

Lineage = Literal["own", "foreign", "unknown"]
"""Whose model a candidate is to the entrant: its owner's own, somebody else's, or nobody said."""

P_FLOOR = 2.0**-52
"""No p-value below a double's resolution is written: it would claim what arithmetic cannot tell."""


LEFT_OUT = "left_out"
"""Of a finding's details: something was not compared, for lack of memory or of a method that reads it, so that no
evidence beside it is no conclusion."""


class Party(Frozen):
    """Who made a model, as its config or the committee's file says."""

    owner: str
    country: str | None = None
    """ISO 3166 alpha-2 code."""
    licence: str | None = None
    """SPDX identifier, or the licence's own name."""


class LayerPair(Frozen):
    """One layer of the checkpoint against the layer of the candidate that it resembles most, or any other."""

    layer: int
    """Layer of the checkpoint, from 0."""
    other: int
    """Layer of the candidate, from 0."""
    part: str
    """Which part of the layers: ffn, value, query, experts.3 ..."""
    agreement: Share
    """Share of units on which two separate matchings agree."""
    similarity: float = Field(ge=-1, le=1)
    """Median similarity of matched units in tensors that did not choose the match."""
    p_value: float | None = Field(None, ge=0, le=1)
    """Chance of such an agreement between independent initialisations, before any adjustment; null where none."""
    beyond: bool | None = None
    """Whether the two layers agree beyond what independent models show; null where the p-value alone tells."""


class Finding(Frozen):
    """What one method saw in one component against one candidate."""

    component: Component
    """Component of the checkpoint that the method looked at."""
    candidate: str
    """Name that --against gave."""
    method: str
    """Method: census, weights, matching, embeddings, tokenizer, code ..."""
    strength: Strength
    """The most that this finding supports by itself, before the p-values are adjusted."""
    statement: str
    """One sentence with the figures."""
    statistic: str | None = None
    """What `value` measures; null where the method counts nothing."""
    value: float | None = None
    """The statistic's value."""
    p_value: float | None = Field(None, ge=0, le=1)
    """Before Holm's adjustment; null where the method has none."""
    exact: bool = False
    """Whether the p-value is exact within the pair, without models known to be independent."""
    layers: tuple[LayerPair, ...] = ()
    """Layer against layer, for the heat map."""
    details: Mapping[str, JsonValue] = {}
    """Further figures by name."""


class Conclusion(Frozen):
    """What is concluded of one component against one candidate."""

    component: Component
    """Component of the checkpoint."""
    candidate: str
    """Name that --against gave."""
    conclusion: Strength
    """derived, refer (experts should look), no_evidence (against this candidate) or not_comparable."""
    method: str
    """Method whose finding decided."""
    p_value: float | None = Field(None, ge=0, le=1)
    """Adjusted by Holm over all candidates, components and layers; null where no p-value decided."""
    reason: str
    """One sentence that a reader who is no specialist can follow."""
    left_out: bool = False
    """Whether it is not comparable since some of it was not compared, for lack of memory or of a method that reads it.
    """
    value: float | None = None
    """Statistic of the finding that decided, as the finding says what it measures; null where it has none."""
    owner: str | None = None
    """Who made the candidate; null where nobody said."""
    country: str | None = None
    """Country of that owner, ISO 3166 alpha-2."""
    lineage: Lineage = "unknown"
    """own: the candidate is the entrant's owner's own model, so that descent from it is no foreign descent."""


class Examined(Frozen):
    """One checkpoint that took part."""

    name: str
    """Name that --against or --null gave; the folder's name for the audited checkpoint."""
    digest: str
    """SHA-256 over names, shapes and values of all tensors."""
    parameters: int
    """Values in all weight tensors."""
    model_type: str | None
    """As config.json says."""
    components: tuple[Component, ...]
    """Components that were found."""
    layers: Mapping[str, int]
    """Layers by component."""
    width: Mapping[str, int]
    """Size of the residual stream by component."""
    party: Party | None = None
    """Who made it; null where nobody said."""
    sketch: bool = False
    """Whether only a sketch of it took part: then the digest is what the sketch states."""


class Cost(Frozen):
    """What the audit took; excluded from comparisons of reports."""

    seconds: float
    """Wall time."""
    bytes_read: int
    """Bytes of weights in all checkpoints."""
    digest_seconds: float
    """Of that, reading every file once for damage and digests."""
    seconds_per_layer: float | None
    """Mean over layers of the checkpoint and candidates; null where no layers were compared."""
    layer_pairs: int = 0
    """Pairs of layers, one of the checkpoint and one of a candidate or, among nulls, one of each."""
    method_seconds: Mapping[str, float] = {}
    """Wall time of each method on weights, by its module's name, over all pairs of models."""
    peak_memory_bytes: int
    """Largest resident size of the process."""


class AuditReport(Frozen):
    """The whole audit."""

    schema_version: Literal[1] = 1
    """Version of this format."""
    checkpoint: Examined
    """The audited checkpoint."""
    candidates: tuple[Examined, ...]
    """Every candidate that it was held against."""
    nulls: tuple[Examined, ...]
    """Models known to be independent of each other, where --null gave some."""
    methods: tuple[str, ...]
    """Methods that ran."""
    alpha: float
    """Family-wise error rate of all conclusions together."""
    tests: int
    """Number of p-values that Holm's adjustment covers."""
    null_pairs: int
    """Pairs of known independents that widened the thresholds."""
    notes: tuple[str, ...]
    """What a reader must know: limits, assumptions, files that were left aside."""
    conclusions: tuple[Conclusion, ...]
    """One for every candidate and every component of the checkpoint."""
    findings: tuple[Finding, ...]
    """Everything that the methods saw."""
    cost: Cost | None = None
    """Time and memory; null where they stand apart from the findings, as in a round's audits."""


class AuditManifest(Frozen):
    """What one audit of a round rests on: manifest.json in its folder."""

    schema_version: Literal[1] = 1
    audit: str
    """First 16 hex digits of the identity's SHA-256; the folder's name."""
    entrant: str
    """Name of the audited entrant."""
    identity: Mapping[str, Any]
    """Files of entrant and candidates, their owners, the harness's code and the versions of its libraries."""


class AuditExecution(Frozen):
    """Clock, host and cost of one audit of a round: execution.json in its folder. No finding depends on them."""

    schema_version: Literal[1] = 1
    started: str
    """ISO 8601, UTC."""
    finished: str
    host: Mapping[str, Any]
    """Name, platform, cores, memory, versions."""
    cost: Cost
    """Time and memory."""
