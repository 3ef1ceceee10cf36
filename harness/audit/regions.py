"""Which component a tensor belongs to: by its name, else by what feeds it.

A tower whose names say nothing is known by its first convolution: over pixels (four axes) or over a spectrum (three).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from harness.audit.finding import Component
from harness.checkpoint.tensors import Tensor

PLACES: tuple[tuple[Component, re.Pattern[str]], ...] = (
    ("projector", re.compile(r"projector|mm_proj|merger|connector|adapter|aligner|resampler|perceiver|abstractor")),
    ("audio", re.compile(r"audio|speech|whisper|wav|acoustic|mel_")),
    ("vision", re.compile(r"vision|visual|vit\b|vit_|image|img|siglip|clip|patch_embed|pixel|resblocks")),
)
TOWERS: tuple[tuple[Component, re.Pattern[str]], ...] = (
    ("vision", re.compile(r"vision|vit|clip|siglip|dino|image")),
    ("audio", re.compile(r"audio|whisper|wav2vec|hubert|speech")),
)
NUMBERED = re.compile(r"^(?P<stack>.*?)[._](?P<layer>\d{1,6})[._](?P<tail>.+)$")
ENCODER = re.compile(r"(^|\.)encoder\.")
MOST_COLOURS = 4
"""Channels of a picture."""
NESTED = ("text_config", "llm_config", "language_config")


def is_tower(config: Mapping[str, Any]) -> bool:
    """Whether the config describes a lone encoder."""
    return _kind(config) is not None and not _has_text(config)


def in_tower(name: str) -> bool:
    """Whether a name speaks of another component than the text."""
    return any(pattern.search(name.lower()) for _, pattern in PLACES)


def places(
    weights: Mapping[str, Tensor], config: Mapping[str, Any], embedding: str | None, head: str | None
) -> dict[str, Component]:
    """The component of every tensor."""
    found = {name: _by_name(name, config, embedding, head) for name in weights}
    if any(component in ("vision", "audio") for component in found.values()):
        return found
    for prefix, component in _regions(weights, embedding).items():
        inside = [name for name, known in found.items() if known == "text" and name.startswith(prefix)]
        found.update(dict.fromkeys(inside, component))
    return found


def _by_name(name: str, config: Mapping[str, Any], embedding: str | None, head: str | None) -> Component:
    if name == embedding:
        return "embeddings"
    if name == head:
        return "head"
    lowered = name.lower()
    for component, pattern in PLACES:
        if pattern.search(lowered):
            return component
    kind = _kind(config)
    return "text" if kind is None or (embedding is not None and not ENCODER.search(lowered)) else kind


def _kind(config: Mapping[str, Any]) -> Component | None:
    """What the model type says of the encoder in it."""
    kind = str(config.get("model_type", "")).lower()
    if any(isinstance(config.get(key), dict) for key in NESTED):
        return None
    return next((component for component, pattern in TOWERS if pattern.search(kind)), None)


def _has_text(config: Mapping[str, Any]) -> bool:
    return bool(config.get("vocab_size"))


def _regions(weights: Mapping[str, Tensor], embedding: str | None) -> dict[str, Component]:
    """Where towers of unknown names lie: the longest name that a convolution shares with numbered layers."""
    stacks = {match["stack"] for name in weights if (match := NUMBERED.match(name))}
    found: dict[str, Component] = {}
    for name, tensor in weights.items():
        component = _fed_by(name, tensor)
        if component is None:
            continue
        shared = max((_common(name, stack) for stack in stacks), key=len, default="")
        if embedding is None:
            found[""] = component
        elif shared and not embedding.startswith(shared):
            found[shared] = component
    return found


def _fed_by(name: str, tensor: Tensor) -> Component | None:
    """What a convolution at the entrance takes in; None for any other tensor."""
    if NUMBERED.match(name) or len(tensor.shape) < 3:
        return None
    if len(tensor.shape) >= 4:
        return "vision" if tensor.shape[1] <= MOST_COLOURS else None
    # One channel a filter is a state-space model's own convolution.
    return "audio" if tensor.shape[1] > 1 else None


def _common(name: str, stack: str) -> str:
    """The parts that both names begin with."""
    shared: list[str] = []
    for ours, theirs in zip(name.split("."), stack.split("."), strict=False):
        if ours != theirs:
            break
        shared.append(ours)
    return "".join(f"{part}." for part in shared)
