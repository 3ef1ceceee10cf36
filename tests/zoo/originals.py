"""The zoo's independent models: their own initialisation each, much else in common. Cached under .cache/zoo."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

from harness.environment import CACHE
from harness.hashing import digest
from tests.zoo.model import Shape
from tests.zoo.train import Weights, train

TRAINED = 2
"""Raised whenever training itself changes."""


@dataclass(frozen=True)
class Original:
    """How one model came to be."""

    shape: Shape = field(default_factory=Shape)
    seed: int = 0
    language: int = 0
    order: int = 0
    steps: int = 300
    rate: float = 3e-3


BASE = Shape()
GROUPED = Shape(kv_heads=2, family="qwen")
TIED = Shape(tied=True)

ORIGINALS: dict[str, Original] = {
    # Same data in the same order, same tokenizer, same sizes: only the initialisation differs.
    "base_a": Original(seed=1),
    "base_b": Original(seed=2),
    "base_c": Original(seed=3),
    "base_d": Original(seed=4),
    # The same for longer, where what the data teach has had more time to show.
    "long_a": Original(seed=5, steps=900),
    "long_b": Original(seed=6, steps=900),
    # Tied embeddings, grouped queries with biases, Gemma's manner, other widths and depths, other data.
    "tied_a": Original(TIED, seed=7),
    "tied_b": Original(TIED, seed=8),
    "qwen_a": Original(GROUPED, seed=9),
    "qwen_b": Original(GROUPED, seed=10),
    "gemma_a": Original(Shape(family="gemma", tied=True, kv_heads=1), seed=11),
    "wide_a": Original(Shape(width=96, ffn=256, heads=6, kv_heads=6), seed=12),
    "wide_b": Original(Shape(width=96, ffn=256, heads=6, kv_heads=2, tied=True), seed=13),
    "deep_a": Original(Shape(layers=6), seed=14),
    "order_a": Original(seed=15, order=1),
    "other_a": Original(seed=16, language=1, order=1),
    # Few units, many, and rates at which little of the start is left.
    "small_a": Original(Shape(width=32, ffn=80, heads=2, kv_heads=2, layers=3), seed=17, steps=600),
    "small_b": Original(Shape(width=32, ffn=80, heads=2, kv_heads=1, layers=3, tied=True), seed=18, steps=600),
    "hot_a": Original(seed=19, steps=500, rate=8e-3),
    "hot_b": Original(TIED, seed=20, steps=500, rate=8e-3),
    "broad_a": Original(Shape(width=128, ffn=344, heads=8, kv_heads=2), seed=21, steps=200),
}


def original(name: str, cache: Path = CACHE / "zoo") -> Weights:
    """The weights of one independent model, trained where the cache has none."""
    spec = ORIGINALS[name]
    return cached(cache, name, {**asdict(spec), "trained": TRAINED}, lambda: _train(spec))


def cached(cache: Path, name: str, identity: dict[str, object], make: object) -> Weights:
    """Weights by everything that made them."""
    path = cache / f"{name}-{digest(identity)[:16]}.safetensors"
    if not path.exists():
        assert callable(make)
        weights, loss = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        save_file(
            {key: np.ascontiguousarray(value) for key, value in weights.items()}, part, {"loss": json.dumps(loss)}
        )
        part.rename(path)
    return load_file(path)


def _train(spec: Original) -> tuple[Weights, float]:
    return train(spec.shape, seed=spec.seed, language=spec.language, order=spec.order, steps=spec.steps, rate=spec.rate)


def write_checkpoint(folder: Path, weights: Weights, config: dict[str, object]) -> Path:
    """A checkpoint in the hub's layout."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    save_file({name: np.ascontiguousarray(value) for name, value in weights.items()}, folder / "model.safetensors")
    return folder
