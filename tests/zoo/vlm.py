"""Models of several parts: a text, an encoder and a projector that was trained between them. Which part is whose?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from harness.audit.finding import Component
from harness.environment import CACHE
from tests.zoo import tower_attacks
from tests.zoo.derivatives import FINE
from tests.zoo.originals import ORIGINALS, TRAINED, cached, original, write_checkpoint
from tests.zoo.tower import CLASSES, Kind, Tower, TowerShape, inputs, train_tower
from tests.zoo.train import Weights

TOWERS: dict[str, tuple[TowerShape, int, int]] = {
    "vision_a": (TowerShape("vision"), 1, 250),
    "vision_b": (TowerShape("vision"), 2, 250),
    "vision_c": (TowerShape("vision"), 3, 250),
    "vision_d": (TowerShape("vision", width=64, heads=4, ffn=160), 4, 250),
    "audio_a": (TowerShape("audio"), 11, 250),
    "audio_b": (TowerShape("audio"), 12, 250),
    "audio_c": (TowerShape("audio"), 13, 250),
}
"""Independent encoders: shape, seed, steps. All see the same inputs in the same order."""
PROJECTOR_STEPS, PROJECTOR_RATE = 200, 3e-3
Attack = Callable[[Weights, TowerShape, np.random.Generator], Weights]


def tower(name: str, cache: Path = CACHE / "zoo") -> Weights:
    """The weights of one encoder, trained where the cache has none."""
    shape, seed, steps = TOWERS[name]
    identity: dict[str, object] = {"name": name, "shape": str(shape), "seed": seed, "steps": steps, "trained": TRAINED}
    return cached(cache, name, identity, lambda: train_tower(shape, seed=seed, steps=steps))


def _tuned(weights: Weights, shape: TowerShape, _: np.random.Generator) -> Weights:
    return train_tower(shape, seed=77, world=3, order=5, steps=120, rate=5e-4, start=weights)[0]


def _chain(*steps: Attack) -> Attack:
    def make(weights: Weights, shape: TowerShape, rng: np.random.Generator) -> Weights:
        for step in steps:
            weights = step(weights, shape, rng)
        return weights

    return make


def _noised(share: float) -> Attack:
    return lambda weights, shape, rng: tower_attacks.noise(weights, share, rng)


DISGUISE = _chain(tower_attacks.permute, tower_attacks.rotate, tower_attacks.mix_heads)
ATTACKS: dict[str, Attack] = {
    "copied": lambda weights, shape, rng: weights,
    "tuned": _tuned,
    "noise_30": _noised(0.3),
    "permuted": tower_attacks.permute,
    "rotated": tower_attacks.rotate,
    "mixed": tower_attacks.mix_heads,
    "disguised": DISGUISE,
    "disguised_noise": _chain(DISGUISE, _noised(0.1)),
    "disguised_tuned": _chain(DISGUISE, _tuned),
}
"""On a reused encoder."""


@dataclass(frozen=True)
class Composed:
    """One model of several parts."""

    text: str
    """Original whose text it has."""
    tower: str
    """Encoder that it has."""
    attack: str = "copied"
    """What was done to the encoder."""
    tuned: bool = False
    """Whether the text was fine-tuned."""
    renamed: bool = False
    """Whether the encoder's names say nothing."""
    seed: int = 0
    """Of its own projector."""

    @property
    def kind(self) -> Kind:
        return TOWERS[self.tower][0].kind


CANDIDATES: dict[str, Composed] = {
    "seer": Composed("base_b", "vision_a", seed=1),
    "listener": Composed("base_b", "audio_a", seed=2),
}
"""Whose encoders and texts are reused."""
COMPOSED: dict[str, Composed] = {
    "own_seer": Composed("base_c", "vision_b", seed=3),
    "own_wide_seer": Composed("tied_a", "vision_d", seed=4),
    "own_listener": Composed("base_c", "audio_b", seed=5),
    **{f"vision_{attack}": Composed("base_c", "vision_a", attack, seed=6) for attack in ATTACKS},
    **{f"audio_{attack}": Composed("base_c", "audio_a", attack, seed=7) for attack in ATTACKS},
    "vision_renamed": Composed("base_c", "vision_a", "noise_30", renamed=True, seed=8),
    "audio_renamed": Composed("base_c", "audio_a", "noise_30", renamed=True, seed=9),
    "text_and_own_vision": Composed("base_b", "vision_b", tuned=True, seed=10),
    "text_and_own_audio": Composed("base_b", "audio_b", tuned=True, seed=11),
    "all_but_projector": Composed("base_b", "vision_a", "tuned", tuned=True, seed=12),
}


def descends(name: str, candidate: str) -> set[Component]:
    """The components of a model that are a candidate's."""
    ours, theirs = COMPOSED[name], CANDIDATES[candidate]
    found: set[Component] = set()
    if ours.text == theirs.text:
        found |= {"text", "embeddings", "head"}
    if ours.tower == theirs.tower:
        found.add(ours.kind)
    return found


def compose(name: str, cache: Path = CACHE / "zoo") -> tuple[Weights, dict[str, object]]:
    """Weights and config of one model."""
    spec = (CANDIDATES | COMPOSED)[name]
    identity: dict[str, object] = {"spec": str(spec), "tower": str(TOWERS[spec.tower]), "trained": TRAINED}
    weights = cached(cache, f"composed_{name}", identity, lambda: (_compose(spec, cache), 0.0))
    return weights, _config(spec)


def write_composed(folder: Path, name: str) -> Path:
    """One model as a checkpoint."""
    return write_checkpoint(folder / name, *compose(name))


def write_lone(folder: Path, name: str) -> Path:
    """An encoder by itself, as publishers of encoders ship it."""
    shape = TOWERS[name][0]
    renamed = {f"encoder.{key}": value for key, value in tower(name).items()}
    return write_checkpoint(folder / f"lone_{name}", renamed, shape.config())


def _compose(spec: Composed, cache: Path) -> Weights:
    text, shape = original(spec.text, cache), ORIGINALS[spec.text].shape
    rng = np.random.default_rng(spec.seed)
    if spec.tuned:
        text = FINE(text, shape, rng)
    encoder = ATTACKS[spec.attack](tower(spec.tower, cache), TOWERS[spec.tower][0], rng)
    projector = _projector(encoder, TOWERS[spec.tower][0], text["model.embed_tokens.weight"], spec.seed)
    prefix = _prefixes(spec)
    return {
        **{f"language_model.{name}": value for name, value in text.items()},
        **{f"{prefix[0]}{_outer(name, spec)}": value for name, value in encoder.items()},
        **{f"{prefix[1]}{name}": value for name, value in projector.items()},
    }


def _prefixes(spec: Composed) -> tuple[str, str]:
    if spec.renamed:
        return "sense.", "bridge."
    return f"{spec.kind}_tower.", "multi_modal_projector."


def _outer(name: str, spec: Composed) -> str:
    """The hub's names of the parts of an encoder."""
    if spec.renamed:
        return name.replace("layers", "cells").replace("patch_embedding", "stem").replace("conv1", "stem")
    if spec.kind == "audio":
        return name.replace("last.", "layer_norm.")
    moved = {"layers.": "encoder.layers.", "last.": "post_layernorm.", "patch_": "embeddings.patch_",
             "position_": "embeddings.position_"}  # fmt: skip
    return next((f"vision_model.{new}{name.removeprefix(old)}" for old, new in moved.items() if name.startswith(old)))


def _projector(encoder: Mapping[str, np.ndarray], shape: TowerShape, tokens: np.ndarray, seed: int) -> Weights:
    """Trained so that what the encoder sees of a class comes to lie at that class's token in the text's embedding."""
    torch.manual_seed(seed)
    model = Tower(shape)
    model.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in encoder.items()})
    table = torch.from_numpy(np.array(tokens))
    first, second = nn.Linear(shape.width, table.shape[1]), nn.Linear(table.shape[1], table.shape[1])
    optimiser = torch.optim.AdamW([*first.parameters(), *second.parameters()], lr=PROJECTOR_RATE)
    wanted = table[:CLASSES] / table.std()
    for values, classes in inputs(shape.kind, 0, 9, steps=PROJECTOR_STEPS, batch=16):
        with torch.no_grad():
            seen = model(values)
        loss = functional.mse_loss(
            second(functional.gelu(first(seen))), wanted[classes][:, None].expand(-1, seen.shape[1], -1)
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return {
        f"{name}.{kind}": value.detach().numpy().copy()
        for name, layer in (("linear_1", first), ("linear_2", second))
        for kind, value in layer.named_parameters()
    }


def _config(spec: Composed) -> dict[str, object]:
    text = ORIGINALS[spec.text].shape.config()
    key = f"{spec.kind}_config"
    inner = TOWERS[spec.tower][0].config()
    if spec.renamed:
        inner = {**inner, "model_type": "sense"}
    return {
        "architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", "text_config": text,
        "sense_config" if spec.renamed else key: inner,
    }  # fmt: skip
