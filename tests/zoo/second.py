"""The second zoo: made after the floors were set, measured once. Independents and copies of the hub's own classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from harness.audit.finding import Component
from harness.environment import CACHE
from tests.zoo import family_attacks as fa
from tests.zoo.families import Member, build, config, continued, member_weights, weights_of
from tests.zoo.originals import TRAINED, cached, write_checkpoint
from tests.zoo.train import Weights

ALL: tuple[Component, ...] = ("text", "embeddings", "head")
TIED: tuple[Component, ...] = ("text", "embeddings")
MEMBERS: dict[str, Member] = {
    "llama_a": Member("llama", 201),
    "llama_b": Member("llama", 202),
    "llama_c": Member("llama", 203, steps=700),
    "llama_tied_a": Member("llama", 204, tied=True),
    "llama_tied_b": Member("llama", 205, tied=True, steps=700, rate=4e-3),
    "llama_wide": Member("llama", 206, width=120, heads=6, kv_heads=3, layers=4),
    "llama_narrow": Member("llama", 207, width=40, heads=4, kv_heads=2, layers=6, steps=500),
    "qwen3_a": Member("qwen3", 208, kv_heads=2),
    "qwen3_b": Member("qwen3", 209, kv_heads=2, order=1),
    "gemma3_a": Member("gemma3_text", 210, kv_heads=1, tied=True),
    "gemma3_b": Member("gemma3_text", 211, kv_heads=1, tied=True),
    "mixtral_a": Member("mixtral", 212, layers=4),
    "qwen3_moe_a": Member("qwen3_moe", 213, layers=4, kv_heads=3),
    "deepseek_a": Member("deepseek_v3", 214, layers=4),
    "deepseek_b": Member("deepseek_v3", 215, layers=4),
    "olmo2_a": Member("olmo2", 216),
    "phi3_a": Member("phi3", 217),
}
CONTROLS = ("llama_b", "qwen3_a", "llama_tied_a")
"""Independents that every copy is held against too."""
Make = Callable[[Weights, Member, np.random.Generator], tuple[Weights, Member]]


@dataclass(frozen=True)
class Copy:
    """One copy: whose, how it was made, and which of its components descend."""

    parent: str
    make: Make
    descends: tuple[Component, ...] = ALL
    also: tuple[str, ...] = ()
    """Other members that it descends from."""
    more: Callable[[Member], dict[str, object]] | None = None
    """Keys of config.json that the copy's family has and the parent's has not."""


Step = Callable[[Weights, Member, np.random.Generator], Weights]


def _chain(*steps: Step) -> Make:
    def make(weights: Weights, member: Member, rng: np.random.Generator) -> tuple[Weights, Member]:
        for step in steps:
            weights = step(weights, member, rng)
        return weights, member

    return make


def _tuned(steps: int, rate: float) -> Step:
    return lambda weights, member, rng: continued(weights, member, steps=steps, rate=rate)


def _noise(share: float) -> Step:
    return lambda weights, member, rng: fa.noise(weights, share, rng)


def _reset(*parts: str) -> Step:
    def step(weights: Weights, member: Member, rng: np.random.Generator) -> Weights:
        return fa.reset(weights, weights_of(build(replace(member, seed=int(rng.integers(10**6))))), parts)

    return step


def _only(*parts: str) -> Step:
    """A fresh model with the named parts of the parent."""

    def step(weights: Weights, member: Member, rng: np.random.Generator) -> Weights:
        fresh = weights_of(build(replace(member, seed=int(rng.integers(10**6)))))
        return {name: weights[name] if any(part in name for part in parts) else value for name, value in fresh.items()}

    return step


def _layers(*kept: int) -> Make:
    def make(weights: Weights, member: Member, rng: np.random.Generator) -> tuple[Weights, Member]:
        cut = replace(member, layers=len(kept))
        return continued(fa.keep_layers(weights, kept), cut, steps=80, rate=1e-3), cut

    return make


def _merged(share: float, other: str) -> Step:
    def step(weights: Weights, member: Member, rng: np.random.Generator) -> Weights:
        second = member_weights(other, MEMBERS[other])
        return {
            name: (share * value + (1 - share) * second[name]).astype(np.float32) for name, value in weights.items()
        }

    return step


def _upcycled(weights: Weights, member: Member, rng: np.random.Generator) -> tuple[Weights, Member]:
    weights = fa.rotate(fa.permute_units(weights, member, rng), member, rng)
    return fa.upcycle(weights, member, 6, rng), member


def _moe(member: Member) -> dict[str, object]:
    return {"model_type": "qwen3_moe", "architectures": ["Qwen3MoeForCausalLM"], "num_experts": 6}


DISGUISE = (fa.permute_units, fa.permute_heads, fa.rotate)
EXPERTS = (fa.permute_experts, fa.permute_units, fa.rotate)
FINE = _tuned(80, 5e-4)
COPIES: dict[str, Copy] = {
    "tuned": Copy("llama_a", _chain(FINE)),
    "tuned_tied": Copy("llama_tied_b", _chain(FINE), TIED),
    "tuned_qwen3": Copy("qwen3_b", _chain(FINE)),
    "tuned_gemma3": Copy("gemma3_a", _chain(FINE), TIED),
    "tuned_mixtral": Copy("mixtral_a", _chain(FINE)),
    "tuned_deepseek": Copy("deepseek_a", _chain(FINE)),
    "tuned_olmo2": Copy("olmo2_a", _chain(FINE)),
    "tuned_phi3": Copy("phi3_a", _chain(FINE)),
    "continued": Copy("llama_a", _chain(_tuned(350, 2e-3))),
    "continued_narrow": Copy("llama_narrow", _chain(_tuned(350, 2e-3))),
    "noise_20": Copy("llama_c", _chain(_noise(0.2))),
    "permuted_tuned": Copy("llama_a", _chain(fa.permute_units, fa.permute_heads, FINE)),
    "rotated_tuned": Copy("llama_a", _chain(fa.rotate, FINE)),
    "disguised": Copy("llama_c", _chain(*DISGUISE)),
    "disguised_tuned": Copy("llama_c", _chain(*DISGUISE, FINE)),
    "disguised_noise_narrow": Copy("llama_narrow", _chain(*DISGUISE, _noise(0.1))),
    "disguised_noise_wide": Copy("llama_wide", _chain(*DISGUISE, _noise(0.1))),
    "disguised_tied": Copy("llama_tied_b", _chain(*DISGUISE, _noise(0.05)), TIED),
    "disguised_continued": Copy("llama_a", _chain(*DISGUISE, _tuned(350, 2e-3))),
    "disguised_qwen3": Copy("qwen3_b", _chain(fa.permute_units, fa.permute_heads, fa.rotate, FINE)),
    "permuted_gemma3": Copy("gemma3_a", _chain(fa.permute_units, fa.permute_heads, FINE), TIED),
    "permuted_olmo2": Copy("olmo2_a", _chain(fa.permute_units, FINE)),
    "disguised_phi3": Copy("phi3_a", _chain(fa.rotate, FINE)),
    "disguised_mixtral": Copy("mixtral_a", _chain(*EXPERTS, fa.permute_heads, FINE)),
    "disguised_qwen3_moe": Copy("qwen3_moe_a", _chain(*EXPERTS, fa.permute_heads, _noise(0.1))),
    "disguised_deepseek": Copy("deepseek_a", _chain(*EXPERTS, fa.mix_latents, FINE)),
    "deepseek_attention_only": Copy(
        "deepseek_b",
        _chain(*EXPERTS, fa.mix_latents, _reset(".mlp.", "embed_tokens", "lm_head"), _tuned(150, 2e-3)),
        ("text",),
    ),
    "ffn_reset": Copy("llama_a", _chain(_reset(".mlp."), _tuned(200, 2e-3))),
    "ffn_reset_disguised": Copy("llama_c", _chain(*DISGUISE, _reset(".mlp."), _tuned(200, 2e-3))),
    "attention_only": Copy(
        "llama_c", _chain(*DISGUISE, _reset(".mlp.", "embed_tokens", "lm_head"), _tuned(200, 2e-3)), ("text",)
    ),
    "new_vocabulary": Copy(
        "llama_a", _chain(*DISGUISE, _reset("embed_tokens", "lm_head"), _tuned(200, 2e-3)), ("text",)
    ),
    "new_vocabulary_tied": Copy(
        "llama_tied_a", _chain(*DISGUISE, _reset("embed_tokens"), _tuned(200, 2e-3)), ("text",)
    ),
    "embeddings_only": Copy("llama_c", _chain(_only("embed_tokens"), _tuned(350, 2e-3)), ("embeddings",)),
    "embeddings_only_tied": Copy("llama_tied_b", _chain(_only("embed_tokens"), _tuned(350, 2e-3)), ("embeddings",)),
    "embeddings_only_turned": Copy(
        "llama_c", _chain(fa.rotate, _only("embed_tokens"), _tuned(350, 2e-3)), ("embeddings",)
    ),
    "pruned_healed": Copy("llama_a", _layers(0, 1, 3)),
    "doubled_healed": Copy("llama_a", _layers(0, 1, 1, 2, 3, 3, 4)),
    "merged": Copy("llama_a", _chain(_merged(0.5, "llama_b")), also=("llama_b",)),
    "merged_disguised": Copy("llama_a", _chain(_merged(0.6, "llama_b"), *DISGUISE), also=("llama_b",)),
    "upcycled_disguised": Copy("llama_a", _upcycled, more=_moe),
    "tokens_renumbered": Copy("llama_c", _chain(*DISGUISE, fa.shuffle_tokens)),
    "tokens_renumbered_tied": Copy("llama_tied_b", _chain(*DISGUISE, fa.shuffle_tokens, _noise(0.05)), TIED),
}


def written(folder: Path, name: str) -> Path:
    """One independent as a checkpoint."""
    return write_checkpoint(folder / name, member_weights(name, MEMBERS[name]), _config(MEMBERS[name]))


def _config(member: Member) -> dict[str, object]:
    return {key: value for key, value in config(member).to_dict().items() if value is not None}


def made(name: str, cache: Path = CACHE / "zoo") -> tuple[Weights, dict[str, object]]:
    """Weights and config of one copy."""
    copy = COPIES[name]
    parent = MEMBERS[copy.parent]
    cut: list[Member] = []

    def make() -> tuple[Weights, float]:
        rng = np.random.default_rng([*name.encode()])
        weights, member = copy.make(member_weights(copy.parent, parent, cache), parent, rng)
        cut.append(member)
        return weights, 0.0

    weights = cached(cache, f"second_copy_{name}", {"name": name, "parent": repr(parent), "trained": TRAINED}, make)
    layers = 1 + max(int(one.split(".")[2]) for one in weights if ".layers." in one)
    return weights, {**_config(replace(parent, layers=layers)), **(copy.more(parent) if copy.more else {})}
