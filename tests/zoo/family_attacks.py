"""Disguises for the hub's families: dense, with experts, with latent attention. Every function returns new weights."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from tests.zoo import attacks
from tests.zoo.families import Member
from tests.zoo.train import Weights

Stored = Mapping[str, np.ndarray]
READ_IN = ("q_proj", "k_proj", "v_proj", "q_a_proj", "kv_a_proj_with_mqa", "qkv_proj")
READ_FFN = ("gate_proj", "up_proj", "gate_up_proj", "w1", "w3", "mlp.gate", "block_sparse_moe.gate")
WRITES = ("o_proj", "down_proj", "w2")
FFN = (("gate_proj", "up_proj", "down_proj"), ("w1", "w3", "w2"))
FOLDED = ("llama", "qwen3", "mixtral", "qwen3_moe", "deepseek_v3", "phi3")
"""Families whose norms stand before the blocks alone, so that gains can be folded."""


def _is(name: str, parts: tuple[str, ...]) -> bool:
    return any(name.endswith(f"{part}.weight") for part in parts)


def rotate(weights: Stored, member: Member, rng: np.random.Generator) -> Weights:
    """Norm gains folded into what reads them, the stream turned."""
    assert member.family in FOLDED
    turn = np.linalg.qr(rng.normal(size=(member.width, member.width)))[0]
    new: Weights = {}
    for name, value in weights.items():
        match = re.match(r"model\.layers\.(\d+)\.", name)
        changed = value
        if match and _is(name, READ_IN):
            changed = (value * weights[f"model.layers.{match[1]}.input_layernorm.weight"]) @ turn
        elif match and _is(name, READ_FFN):
            changed = (value * weights[f"model.layers.{match[1]}.post_attention_layernorm.weight"]) @ turn
        elif match and _is(name, WRITES):
            changed = turn.T @ value
        elif name.endswith(("input_layernorm.weight", "post_attention_layernorm.weight")):
            changed = np.ones_like(value)
        elif name == "model.embed_tokens.weight":
            changed = value @ turn
        elif name == "lm_head.weight":
            changed = (value * weights["model.norm.weight"]) @ turn
        elif name == "model.norm.weight" and "lm_head.weight" in weights:
            changed = np.ones_like(value)
        new[name] = np.ascontiguousarray(changed, np.float32)
    return new


def permute_units(weights: Stored, member: Member, rng: np.random.Generator) -> Weights:
    """Hidden units of every block, and every expert, in another order."""
    new = dict(weights)
    for gate, up, down in FFN:
        for name in [one for one in weights if one.endswith(f"{down}.weight")]:
            stem = name.removesuffix(f"{down}.weight")
            if f"{stem}{up}.weight" not in weights:
                continue
            order = rng.permutation(weights[name].shape[1])
            new[name] = weights[name][:, order]
            for part in (gate, up):
                new[f"{stem}{part}.weight"] = weights[f"{stem}{part}.weight"][order]
    return new


def permute_experts(weights: Stored, member: Member, rng: np.random.Generator) -> Weights:
    """Experts with their rows of the router in another order."""
    new = dict(weights)
    routers = [name for name in weights if _is(name, ("mlp.gate", "block_sparse_moe.gate"))]
    for router in routers:
        stem = router.removesuffix("gate.weight")
        order = rng.permutation(len(weights[router]))
        new[router] = weights[router][order]
        bias = f"{stem}gate.e_score_correction_bias"
        if bias in weights:
            new[bias] = weights[bias][order]
        for place, source in enumerate(order):
            start = f"{stem}experts.{source}."
            for name in [one for one in weights if one.startswith(start)]:
                new[f"{stem}experts.{place}.{name.removeprefix(start)}"] = weights[name]
    return new


def permute_heads(weights: Stored, member: Member, rng: np.random.Generator) -> Weights:
    """Key heads with their query heads in another order."""
    new, size = dict(weights), member.width // member.heads
    group = member.heads // member.kv_heads
    for index in range(member.layers):
        at = f"model.layers.{index}.self_attn."
        if f"{at}k_proj.weight" not in weights:
            continue
        keys = rng.permutation(member.kv_heads)
        queries = np.concatenate([key * group + rng.permutation(group) for key in keys])
        for part, order in (("q_proj", queries), ("k_proj", keys), ("v_proj", keys)):
            new[f"{at}{part}.weight"] = weights[f"{at}{part}.weight"][_rows(order, size)]
        new[f"{at}o_proj.weight"] = weights[f"{at}o_proj.weight"][:, _rows(queries, size)]
    return new


def _rows(heads: np.ndarray, size: int) -> np.ndarray:
    return (heads[:, None] * size + np.arange(size)).reshape(-1)


def mix_latents(weights: Stored, member: Member, rng: np.random.Generator) -> Weights:
    """Latents of queries and of keys and values turned, gains of their norms folded into what reads them."""
    new = dict(weights)
    for index in range(member.layers):
        at = f"model.layers.{index}.self_attn."
        for down, norm, up in (
            ("q_a_proj", "q_a_layernorm", "q_b_proj"),
            ("kv_a_proj_with_mqa", "kv_a_layernorm", "kv_b_proj"),
        ):
            rank = weights[f"{at}{up}.weight"].shape[1]
            turn = np.linalg.qr(rng.normal(size=(rank, rank)))[0]
            new[f"{at}{up}.weight"] = (weights[f"{at}{up}.weight"] * weights[f"{at}{norm}.weight"]) @ turn
            new[f"{at}{norm}.weight"] = np.ones(rank)
            latent = weights[f"{at}{down}.weight"].copy()
            latent[:rank] = turn.T @ latent[:rank]
            new[f"{at}{down}.weight"] = latent
    return {name: np.ascontiguousarray(value, np.float32) for name, value in new.items()}


def noise(weights: Stored, share: float, rng: np.random.Generator) -> Weights:
    """Gaussian noise of `share` of each tensor's standard deviation."""
    return {
        name: (value + rng.normal(0, share * max(float(value.std()), 1e-3), value.shape)).astype(np.float32)
        for name, value in weights.items()
    }


def reset(weights: Stored, fresh: Stored, parts: tuple[str, ...]) -> Weights:
    """The parts whose names hold one of these, as at a fresh start."""
    return {name: fresh[name] if any(part in name for part in parts) else value for name, value in weights.items()}


def keep_layers(weights: Stored, kept: tuple[int, ...]) -> Weights:
    """These layers, in this order."""
    new = {name: value for name, value in weights.items() if ".layers." not in name}
    for index, source in enumerate(kept):
        start = f"model.layers.{source}."
        new |= {
            f"model.layers.{index}.{name.removeprefix(start)}": value
            for name, value in weights.items()
            if name.startswith(start)
        }
    return new


def upcycle(weights: Stored, member: Member, experts: int, rng: np.random.Generator) -> Weights:
    """Every dense block as several experts, each with noise of its own, behind a new router (Qwen3-MoE's names)."""
    new = {name: value for name, value in weights.items() if ".mlp." not in name}
    for index in range(member.layers):
        at = f"model.layers.{index}.mlp."
        new[f"{at}gate.weight"] = rng.normal(0, 0.02, (experts, member.width)).astype(np.float32)
        for expert in range(experts):
            for part in FFN[0]:
                value = weights[f"{at}{part}.weight"]
                changed = value + rng.normal(0, 0.2 * value.std(), value.shape)
                new[f"{at}experts.{expert}.{part}.weight"] = changed.astype(np.float32)
    return new


def shuffle_tokens(weights: Stored, member: Member, rng: np.random.Generator) -> Weights:
    """Rows of embedding and head in another order."""
    return attacks.shuffle_tokens(weights, rng)
