"""The zoo's derivatives: each from one original by one attack or several, with the components that descend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from harness.audit.finding import Component
from harness.environment import CACHE
from tests.zoo import attacks, rebuilds
from tests.zoo.attacks import Config
from tests.zoo.model import Shape
from tests.zoo.originals import ORIGINALS, TRAINED, cached, original
from tests.zoo.train import Weights, train

Made = tuple[Weights, Config]
ALL: tuple[Component, ...] = ("text", "embeddings", "head")


@dataclass(frozen=True)
class Derivative:
    """One copy: whose, how it was made, and which of its components descend."""

    parent: str
    make: Callable[[Weights, Shape, np.random.Generator], Made]
    descends: tuple[Component, ...] = ALL
    also: tuple[str, ...] = ()
    """Other originals that the same components descend from."""
    trained: bool = False
    """Whether making it trains, so that it is worth keeping."""


def _tune(weights: Weights, shape: Shape, *, steps: int, rate: float, language: int = 0) -> Weights:
    return train(shape, seed=99, language=language, order=7, steps=steps, rate=rate, start=weights)[0]


def _plain(change: Callable[[Weights, Shape, np.random.Generator], Weights]) -> Callable[..., Made]:
    return lambda weights, shape, rng: (change(weights, shape, rng), shape.config())


def _disguise(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
    for step in (attacks.permute_units, attacks.permute_heads, attacks.rotate, attacks.rescale):
        weights = step(weights, shape, rng)
    return weights


def _depth(kept: tuple[int, ...], *, heal: int) -> Callable[..., Made]:
    def make(weights: Weights, shape: Shape, rng: np.random.Generator) -> Made:
        new, cut = attacks.keep_layers(weights, shape, kept)
        return (_tune(new, cut, steps=heal, rate=1e-3) if heal else new), cut.config()

    return make


def _width(weights: Weights, shape: Shape, rng: np.random.Generator) -> Made:
    new, cut = attacks.prune_width(weights, shape, rng, ffn=100, width=48, heads=3)
    return _tune(new, cut, steps=100, rate=1e-3), cut.config()


def _reset(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
    return _tune(attacks.reset_ffn(weights, shape, rng), shape, steps=150, rate=2e-3)


def _only_embeddings(*, turned: bool) -> Callable[[Weights, Shape, np.random.Generator], Weights]:
    def make(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
        other = dict(original("base_d"))
        source = attacks.rotate(weights, shape, rng) if turned else weights
        other["model.embed_tokens.weight"] = source["model.embed_tokens.weight"]
        return _tune(other, shape, steps=60, rate=1e-3)

    return make


def _merged(share: float) -> Callable[[Weights, Shape, np.random.Generator], Weights]:
    return lambda weights, shape, rng: attacks.merge(weights, original("base_d"), share)


def _tuned(steps: int, rate: float, language: int = 0) -> Callable[[Weights, Shape, np.random.Generator], Weights]:
    return lambda weights, shape, rng: _tune(weights, shape, steps=steps, rate=rate, language=language)


def _chain(*steps: Callable[..., Weights]) -> Callable[..., Made]:
    def make(weights: Weights, shape: Shape, rng: np.random.Generator) -> Made:
        for step in steps:
            weights = step(weights, shape, rng)
        return weights, shape.config()

    return make


def _noise(share: float) -> Callable[[Weights, Shape, np.random.Generator], Weights]:
    return lambda weights, shape, rng: attacks.noise(weights, share, rng)


def _new_embeddings(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
    return attacks.reset_embeddings(weights, rng)


def _shuffled(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
    return attacks.shuffle_tokens(weights, rng)


def _pruned_disguise(weights: Weights, shape: Shape, rng: np.random.Generator) -> Made:
    new, cut = attacks.keep_layers(_disguise(weights, shape, rng), shape, (0, 1, 3))
    return _tune(attacks.noise(new, 0.1, rng), cut, steps=60, rate=1e-3), cut.config()


def _upcycled_disguise(weights: Weights, shape: Shape, rng: np.random.Generator) -> Made:
    return attacks.upcycle(_disguise(weights, shape, rng), shape, 4, rng)


def _attention_only(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
    for step in (attacks.permute_heads, attacks.rotate, attacks.reset_ffn):
        weights = step(weights, shape, rng)
    return _tune(attacks.reset_embeddings(weights, rng), shape, steps=200, rate=3e-3)


def _attention_mixed(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
    return _attention_only(rebuilds.turn_planes(attacks.mix_values(weights, shape, rng), shape, rng), shape, rng)


def _spliced(layers: tuple[int, ...]) -> Callable[[Weights, Shape, np.random.Generator], Weights]:
    def make(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
        made = _tune(rebuilds.splice(weights, original("base_d"), layers), shape, steps=100, rate=1e-3)
        return _disguise(made, shape, rng)

    return make


def _regrouped(weights: Weights, shape: Shape, rng: np.random.Generator) -> Made:
    new, cut = rebuilds.regroup(weights, shape, 2)
    return _tune(new, cut, steps=100, rate=1e-3), cut.config()


def _narrow_new_vocabulary(weights: Weights, shape: Shape, rng: np.random.Generator) -> Made:
    new, cut = attacks.prune_width(_disguise(weights, shape, rng), shape, rng, ffn=100, width=48, heads=3)
    return _tune(attacks.reset_embeddings(new, rng), cut, steps=150, rate=2e-3), cut.config()


def _kept(*parts: str, steps: int = 400) -> Callable[[Weights, Shape, np.random.Generator], Weights]:
    """Only these parts are the parent's; all is then trained for long."""

    def make(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
        fresh = train(shape, seed=4711, steps=1)[0]
        return _tune(rebuilds.keep_only(weights, fresh, parts), shape, steps=steps, rate=3e-3)

    return make


FINE = _tuned(100, 5e-4)
DERIVATIVES: dict[str, Derivative] = {
    "copy": Derivative("base_a", _plain(lambda w, s, r: w)),
    "cast_half": Derivative("base_a", _plain(lambda w, s, r: attacks.half(w))),
    "quantised_4bit": Derivative("base_a", _plain(lambda w, s, r: attacks.quantise(w))),
    "fine_tune": Derivative("base_a", _chain(FINE), trained=True),
    "fine_tune_tied": Derivative("tied_a", _chain(FINE), descends=("text", "embeddings"), trained=True),
    "fine_tune_qwen": Derivative("qwen_a", _chain(FINE), trained=True),
    "fine_tune_gemma": Derivative("gemma_a", _chain(FINE), descends=("text", "embeddings"), trained=True),
    "continued_other_data": Derivative("base_a", _chain(_tuned(300, 3e-3, 1)), trained=True),
    "noise_10": Derivative("base_a", _chain(_noise(0.1))),
    "noise_50": Derivative("base_a", _chain(_noise(0.5))),
    "noise_100": Derivative("base_a", _chain(_noise(1.0))),
    "permuted": Derivative("base_a", _chain(attacks.permute_units, attacks.permute_heads)),
    "permuted_tuned": Derivative("base_a", _chain(attacks.permute_units, attacks.permute_heads, FINE), trained=True),
    "rotated": Derivative("base_a", _chain(attacks.rotate)),
    "rotated_tuned": Derivative("base_a", _chain(attacks.rotate, FINE), trained=True),
    "rotated_tied": Derivative("tied_a", _chain(attacks.rotate), descends=("text", "embeddings")),
    "rescaled": Derivative("base_a", _chain(attacks.rescale)),
    "rescaled_qwen": Derivative("qwen_a", _chain(attacks.rescale, attacks.permute_heads)),
    "disguised": Derivative("base_a", _chain(_disguise)),
    "disguised_noise": Derivative("base_a", _chain(_disguise, _noise(0.3))),
    "disguised_qwen": Derivative("qwen_a", _chain(_disguise)),
    "disguised_gemma": Derivative("gemma_a", _chain(_disguise), descends=("text", "embeddings")),
    "disguised_continued": Derivative("base_a", _chain(_disguise, _tuned(200, 2e-3, 1)), trained=True),
    "values_mixed": Derivative("base_a", _chain(attacks.mix_values)),
    "ffn_reset": Derivative("base_a", _chain(_reset), trained=True),
    "ffn_reset_disguised": Derivative("base_a", _chain(_disguise, _reset), trained=True),
    "ffn_reset_mixed": Derivative("base_a", _chain(_disguise, attacks.mix_values, _reset), trained=True),
    "depth_pruned": Derivative("base_a", _depth((0, 2, 3), heal=0)),
    "depth_pruned_healed": Derivative("base_a", _depth((0, 2, 3), heal=100), trained=True),
    "depth_doubled_healed": Derivative("base_a", _depth((0, 1, 1, 2, 2, 3), heal=100), trained=True),
    "width_pruned_healed": Derivative("base_a", _width, trained=True),
    "upcycled": Derivative("base_a", lambda w, s, r: attacks.upcycle(w, s, 4, r)),
    "upcycled_disguised": Derivative("base_a", _upcycled_disguise),
    "embeddings_only": Derivative("base_a", _chain(_only_embeddings(turned=False)), ("embeddings",), trained=True),
    "embeddings_turned": Derivative("base_a", _chain(_only_embeddings(turned=True)), ("embeddings",), trained=True),
    "merged_half": Derivative("base_a", _chain(_merged(0.5))),
    "merged_third": Derivative("base_a", _chain(_merged(0.35))),
    "renamed_noise": Derivative("base_a", lambda w, s, r: attacks.rename(attacks.noise(w, 0.1, r), s)),
    "renamed_permuted": Derivative("base_a", lambda w, s, r: attacks.rename(attacks.permute_units(w, s, r), s)),
    "renamed_disguised": Derivative("base_a", lambda w, s, r: attacks.rename(_disguise(w, s, r), s)),
    "fused": Derivative("base_a", _plain(lambda w, s, r: attacks.fuse(attacks.noise(w, 0.1, r), s))),
    "fused_disguised": Derivative("base_a", _plain(lambda w, s, r: attacks.fuse(_disguise(w, s, r), s))),
    "new_vocabulary": Derivative("base_a", _chain(_new_embeddings, FINE), ("text",), trained=True),
    "new_vocabulary_permuted": Derivative(
        "base_a", _chain(attacks.permute_units, attacks.permute_heads, _new_embeddings, FINE), ("text",), trained=True
    ),
    "new_vocabulary_disguised": Derivative("base_a", _chain(_disguise, _new_embeddings, FINE), ("text",), trained=True),
    "tokens_shuffled_disguised": Derivative("base_a", _chain(_disguise, _shuffled)),
    "attention_only": Derivative("base_a", _chain(_attention_only), ("text",), trained=True),
    "attention_only_mixed": Derivative("base_a", _chain(_attention_mixed), ("text",), trained=True),
    "two_layers_spliced": Derivative("base_a", _chain(_spliced((1, 2))), ("text",), trained=True),
    "one_layer_spliced": Derivative("base_a", _chain(_spliced((2,))), ("text",), trained=True),
    "heads_regrouped": Derivative("base_a", _regrouped, trained=True),
    "narrow_new_vocabulary": Derivative("base_a", _narrow_new_vocabulary, ("text",), trained=True),
    "new_vocabulary_long": Derivative(
        "long_a", _chain(_disguise, _new_embeddings, _tuned(300, 3e-3)), ("text",), trained=True
    ),
    "text_kept": Derivative("base_a", _chain(_kept(".layers.", "model.norm")), ("text",), trained=True),
    "embeddings_kept": Derivative("base_a", _chain(_kept("embed_tokens")), ("embeddings",), trained=True),
    "embeddings_kept_tied": Derivative("hot_b", _chain(_kept("embed_tokens")), ("embeddings",), trained=True),
    "head_kept": Derivative("base_a", _chain(_kept("lm_head")), ("head",), trained=True),
    "small_disguised": Derivative("small_a", _chain(_disguise, _noise(0.2))),
    "small_tuned": Derivative("small_b", _chain(_disguise, FINE), descends=("text", "embeddings"), trained=True),
    "hot_continued": Derivative("hot_a", _chain(_disguise, _tuned(300, 3e-3, 1)), trained=True),
    "broad_disguised": Derivative("broad_a", _chain(_disguise, _noise(0.2))),
    "pruned_disguised_healed": Derivative("base_a", _pruned_disguise, trained=True),
}


def derivative(name: str, cache: Path = CACHE / "zoo") -> Made:
    """Weights and config of one copy; those that train are kept in the cache."""
    spec = DERIVATIVES[name]
    parent = ORIGINALS[spec.parent]
    seed = sum(map(ord, name))
    config: list[Mapping[str, object]] = []

    def make() -> tuple[Weights, float]:
        weights, made = spec.make(original(spec.parent, cache), parent.shape, np.random.default_rng(seed))
        config.append(made)
        return weights, 0.0

    if not spec.trained:
        return make()[0], dict(config[0])
    weights = cached(cache, f"from_{spec.parent}_{name}", {"name": name, "trained": TRAINED}, make)
    return weights, dict(config[0]) if config else _config_of(weights, parent.shape)


def _config_of(weights: Weights, shape: Shape) -> Config:
    """The config of a kept copy: sizes are read off its tensors."""
    layers = 1 + max(int(name.split(".")[2]) for name in weights if ".layers." in name)
    width = weights["model.embed_tokens.weight"].shape[1]
    heads = len(weights["model.layers.0.self_attn.q_proj.weight"]) // shape.head_dim
    ffn = len(weights["model.layers.0.mlp.up_proj.weight"])
    kv_heads = len(weights["model.layers.0.self_attn.k_proj.weight"]) // shape.head_dim
    return replace(shape, layers=layers, width=width, heads=heads, kv_heads=kv_heads, ffn=ffn).config()
