"""Copies that keep a part and build the rest anew: attention alone, single layers, fewer key heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tests.zoo.attacks import layer
from tests.zoo.model import Shape
from tests.zoo.train import Weights

Stored = Mapping[str, np.ndarray]


def turn_planes(weights: Stored, shape: Shape, rng: np.random.Generator) -> Weights:
    """Queries and keys turned and scaled within the planes that rotary positions turn: no dimension stays as it was."""
    new, size, group = dict(weights), shape.head_dim, shape.heads // shape.kv_heads
    half = size // 2
    for index in range(shape.layers):
        query, key = (layer(index, f"self_attn.{part}.weight") for part in ("q_proj", "k_proj"))
        queries, keys = new[query].copy(), new[key].copy()
        for head in range(shape.kv_heads):
            angle, scale = rng.uniform(0, 2 * np.pi, half), np.exp(rng.normal(0, 0.5, half))
            keys = _planes(keys, head * size, half, angle, scale)
            for member in range(head * group, (head + 1) * group):
                queries = _planes(queries, member * size, half, angle, 1 / scale)
        new[query], new[key] = queries.astype(np.float32), keys.astype(np.float32)
    return new


def _planes(rows: np.ndarray, start: int, half: int, angle: np.ndarray, scale: np.ndarray) -> np.ndarray:
    first, second = rows[start : start + half].copy(), rows[start + half : start + 2 * half].copy()
    cos, sin = (scale * np.cos(angle))[:, None], (scale * np.sin(angle))[:, None]
    rows[start : start + half], rows[start + half : start + 2 * half] = (
        cos * first - sin * second,
        sin * first + cos * second,
    )
    return rows


def splice(weights: Stored, host: Stored, layers: Sequence[int]) -> Weights:
    """Another model with some of these layers in place of its own."""
    return {
        name: weights[name] if any(name.startswith(f"model.layers.{index}.") for index in layers) else value
        for name, value in host.items()
    }


def regroup(weights: Stored, shape: Shape, kv_heads: int) -> tuple[Weights, Shape]:
    """Fewer key heads: each the mean of those that it replaces (Ainslie and others, arXiv 2305.13245)."""
    new = dict(weights)
    for index in range(shape.layers):
        for part in ("k_proj", "v_proj"):
            name = layer(index, f"self_attn.{part}.weight")
            grouped = weights[name].reshape(kv_heads, -1, shape.head_dim, shape.width)
            new[name] = np.ascontiguousarray(grouped.mean(1).reshape(-1, shape.width), np.float32)
    return new, replace(shape, kv_heads=kv_heads)


def keep_only(weights: Stored, fresh: Stored, parts: Sequence[str]) -> Weights:
    """A fresh model with the named parts of this one."""
    return {name: weights[name] if any(part in name for part in parts) else value for name, value in fresh.items()}
