"""What is known of a model's build and of how it is served, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from harness.plan.base import Frozen, Positive


class Shape(Frozen):
    """What the memory of a served model depends on."""

    layers: Positive
    """Layers that keep a cache of keys and values for every token (softmax attention)."""
    hidden: Positive
    """Width of the residual stream."""
    kv_values: Positive
    """Numbers that one layer keeps for one token: 2 × key-value heads × head width; for latent attention (MLA) the
    latent's width plus the rotary part."""
    shared_cache: bool = False
    """Latent attention: every tensor-parallel GPU keeps the whole cache."""


class Serving(Frozen):
    """How the model is served, as its owner or its card says."""

    tensor_parallel: Positive | None = None
    pipeline_parallel: Positive | None = None
    weight_bits: Annotated[float, Field(gt=0)] = 16.0
    """Bits of one stored parameter."""
    needs: Literal["vllm", "plugin", "remote_code", "unknown"] = "unknown"
    """Whether vLLM knows the architecture, or needs the owner's plugin or remote code."""
    template_flags: Mapping[str, bool | str] = {}
    """Flags of the chat template that turn thinking on, as the template names them."""


class Stated(Frozen):
    """Where a fact comes from."""

    source: str
    mark: Literal["published", "second_hand", "inferred"] = "published"
