"""What a layer is made of: tensor names by role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.audit.finding import Component

Fusion = Literal["no", "halves", "alternating"]
"""How gate and up share one matrix: not at all, one after the other, or row by row in turn (gpt-oss)."""


@dataclass(frozen=True)
class FeedForward:
    """Names of one feed-forward block's matrices; `slice_` picks an expert of a stacked tensor."""

    part: str
    """ffn, or experts.N, or shared."""
    gate: str | None
    """Null where one matrix reads (GELU, ReLU), or where gate and up are fused."""
    up: str
    down: str
    fused: Fusion = "no"
    """How `up` holds the gate too."""
    slice_: int | None = None
    """Index of the expert on the first axis."""


@dataclass
class Block:
    """One layer: tensor names by role, and its feed-forward blocks."""

    roles: dict[str, str] = field(default_factory=dict)
    feed_forwards: list[FeedForward] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Vectors of the stream's width of which no name tells what they do."""


@dataclass(frozen=True)
class Stack:
    """The layers of one component, in order, on one residual stream."""

    component: Component
    width: int
    """Size of the residual stream."""
    blocks: tuple[Block, ...]
    heads: int | None
    """Query heads; null where the config does not say."""
    kv_heads: int | None
    """Key heads; null where the config does not say."""
    norm_offset: float
    """1 where norm gains are stored less 1 (Gemma)."""
    sizes: Mapping[str, Any] = field(default_factory=dict)
    """The component's part of config.json."""
    centred: bool = False
    """Whether norms take the mean out (LayerNorm): what is read along the vector of ones is then never seen."""
    transposed: bool = False
    """Whether square matrices stand as (in, out)."""
    name: str = ""
    """What the names of its tensors begin with, before the layer's number."""
    seed: int = 0
    """By which experts are drawn: of the weights themselves, so that nobody can choose which are looked at."""
