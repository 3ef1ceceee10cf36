"""What is known of a model's build and of how it is served, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from harness.plan.base import Frozen, Positive


class Shape(Frozen):
    """What the memory of a served model depends on."""

    layers: Positive
    """Layers that keep keys and values of every token."""
    hidden: Positive
    """Width of the residual stream."""
    kv_values: Positive
    """Numbers that one layer keeps for one token: 2 × key-value heads × head width; for latent attention (MLA) the
    latent's width plus the rotary part."""
    kv_heads: Positive | None = None
    """Key-value heads, which tensor-parallel GPUs share out, each keeping one at least; as many as GPUs where null."""
    shared_cache: bool = False
    """Latent attention: every tensor-parallel GPU keeps the whole cache."""
    window_layers: Annotated[int, Field(ge=0)] = 0
    """Further layers, of sliding-window attention, which keep no more than the last `window` tokens."""
    window: Positive | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Shape:
        if self.window_layers and self.window is None:
            raise ValueError("window_layers needs the tokens of a window: give window")
        if self.kv_heads is not None and self.shared_cache:
            raise ValueError("latent attention has no key-value heads to share out: leave kv_heads out")
        if self.kv_heads is not None and self.kv_values % (2 * self.kv_heads):
            raise ValueError(f"kv_values {self.kv_values} is no multiple of 2 × {self.kv_heads} key-value heads")
        return self


class Serving(Frozen):
    """How the model is served, as its owner or its card says."""

    tensor_parallel: Positive | None = None
    pipeline_parallel: Positive | None = None
    weight_bits: Annotated[float, Field(gt=0)] = 16.0
    """Bits of one stored parameter, on average over all of them, scales included."""
    needs: Literal["vllm", "plugin", "remote_code", "unknown"] = "unknown"
    """Whether vLLM knows the architecture, or needs the owner's plugin or remote code."""
    template_flags: Mapping[str, bool | str] = {}
    """Flags of the chat template that turn thinking on, as the template names them."""


Mark = Literal["published", "second_hand", "inferred"]
"""How surely a fact is known."""

MARKS: Mapping[Mark, str] = {"published": "", "second_hand": "[2°] ", "inferred": "[inf] "}
"""What is written before a fact that is not published."""


class Stated(Frozen):
    """Where a fact comes from."""

    source: str
    mark: Mark = "published"
