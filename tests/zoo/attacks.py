"""What a copyist does to a checkpoint: every function returns new weights (and a new config) and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tests.zoo.model import Shape
from tests.zoo.train import Weights

Config = dict[str, object]
ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
READS = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj")
WRITES = ("self_attn.o_proj", "mlp.down_proj")


def layer(index: int, tail: str) -> str:
    return f"model.layers.{index}.{tail}"


def noise(weights: Mapping[str, np.ndarray], share: float, rng: np.random.Generator) -> Weights:
    """Gaussian noise of `share` of each tensor's standard deviation."""
    return {
        name: (value + rng.normal(0, share * max(float(value.std()), 1e-3), value.shape)).astype(np.float32)
        for name, value in weights.items()
    }


def permute_units(weights: Mapping[str, np.ndarray], shape: Shape, rng: np.random.Generator) -> Weights:
    """Hidden neurons in another order."""
    new = dict(weights)
    for index in range(shape.layers):
        order = rng.permutation(len(weights[layer(index, "mlp.up_proj.weight")]))
        for part in ("gate_proj", "up_proj"):
            new[layer(index, f"mlp.{part}.weight")] = weights[layer(index, f"mlp.{part}.weight")][order]
        new[layer(index, "mlp.down_proj.weight")] = weights[layer(index, "mlp.down_proj.weight")][:, order]
    return new


def permute_heads(weights: Mapping[str, np.ndarray], shape: Shape, rng: np.random.Generator) -> Weights:
    """Key heads with their query heads in another order, query heads of a group too."""
    new, size, group = dict(weights), shape.head_dim, shape.heads // shape.kv_heads
    for index in range(shape.layers):
        keys = rng.permutation(shape.kv_heads)
        queries = np.concatenate([key * group + rng.permutation(group) for key in keys])
        rows = {"q_proj": _rows(queries, size), "k_proj": _rows(keys, size), "v_proj": _rows(keys, size)}
        for part, order in rows.items():
            for kind in ("weight", "bias"):
                name = layer(index, f"self_attn.{part}.{kind}")
                if name in new:
                    new[name] = weights[name][order]
        name = layer(index, "self_attn.o_proj.weight")
        new[name] = weights[name][:, _rows(queries, size)]
    return new


def _rows(heads: np.ndarray, size: int) -> np.ndarray:
    return (heads[:, None] * size + np.arange(size)).reshape(-1)


def rotate(weights: Mapping[str, np.ndarray], shape: Shape, rng: np.random.Generator) -> Weights:
    """Norm gains folded into the matrices behind them, then the whole residual stream turned."""
    turn = np.linalg.qr(rng.normal(size=(shape.width, shape.width)))[0]
    new, offset = dict(weights), 1.0 if shape.family == "gemma" else 0.0
    tables = ["model.embed_tokens.weight"] + ([] if shape.tied else ["lm_head.weight"])
    if not shape.tied:  # a tied head keeps the last norm's gain: it cannot be folded without untying
        new["lm_head.weight"] = weights["lm_head.weight"] * (weights["model.norm.weight"] + offset)
        new["model.norm.weight"] = np.full(shape.width, 1 - offset, np.float32)
    for index in range(shape.layers):
        for norm, parts in (("input_layernorm", READS[:3]), ("post_attention_layernorm", READS[3:])):
            gain = weights[layer(index, f"{norm}.weight")] + offset
            for part in parts:
                new[layer(index, f"{part}.weight")] = (weights[layer(index, f"{part}.weight")] * gain) @ turn
            new[layer(index, f"{norm}.weight")] = np.full(shape.width, 1 - offset, np.float32)
        for part in WRITES:
            new[layer(index, f"{part}.weight")] = turn.T @ weights[layer(index, f"{part}.weight")]
    for name in tables:
        new[name] = new[name] @ turn
    return _single(new)


def rescale(weights: Mapping[str, np.ndarray], shape: Shape, rng: np.random.Generator) -> Weights:
    """Per unit: up times c, down divided by c, with signs; values likewise; queries against keys."""
    new, size, group = dict(weights), shape.head_dim, shape.heads // shape.kv_heads
    for index in range(shape.layers):
        scale = _scales(len(weights[layer(index, "mlp.up_proj.weight")]), rng, signs=True)
        _times(new, layer(index, "mlp.up_proj.weight"), scale[:, None])
        _times(new, layer(index, "mlp.down_proj.weight"), 1 / scale)
        scale = _scales(shape.kv_heads * size, rng, signs=True)
        _times(new, layer(index, "self_attn.v_proj.weight"), scale[:, None])
        _times(new, layer(index, "self_attn.v_proj.bias"), scale)
        shared = np.repeat(scale.reshape(shape.kv_heads, 1, size), group, 1).reshape(-1)
        _times(new, layer(index, "self_attn.o_proj.weight"), 1 / shared)
        # Rotary positions turn dimensions i and i + size/2 together, so both take one factor.
        half = _scales(shape.kv_heads * size // 2, rng, signs=False).reshape(shape.kv_heads, -1)
        keys = np.concatenate([half, half], 1)
        queries = np.repeat(keys[:, None], group, 1).reshape(-1)
        for part, factor in (("q_proj", 1 / queries), ("k_proj", keys.reshape(-1))):
            _times(new, layer(index, f"self_attn.{part}.weight"), factor[:, None])
            _times(new, layer(index, f"self_attn.{part}.bias"), factor)
    return _single(new)


def _scales(count: int, rng: np.random.Generator, *, signs: bool) -> np.ndarray:
    scale = np.exp(rng.normal(0, 0.7, count))
    return scale * rng.choice([-1.0, 1.0], count) if signs else scale


def _times(weights: Weights, name: str, factor: np.ndarray) -> None:
    if name in weights:
        weights[name] = weights[name] * factor


def mix_values(weights: Mapping[str, np.ndarray], shape: Shape, rng: np.random.Generator) -> Weights:
    """Values of every head turned by a matrix of its own, outputs turned back."""
    new, size, group = dict(weights), shape.head_dim, shape.heads // shape.kv_heads
    for index in range(shape.layers):
        value, output = layer(index, "self_attn.v_proj.weight"), layer(index, "self_attn.o_proj.weight")
        v, o = weights[value].copy(), weights[output].copy()
        for head in range(shape.kv_heads):
            mix = np.linalg.qr(rng.normal(size=(size, size)))[0] * np.exp(rng.normal(0, 0.3, size))
            at = slice(head * size, (head + 1) * size)
            v[at] = mix @ v[at]
            for query in range(head * group, (head + 1) * group):
                at = slice(query * size, (query + 1) * size)
                o[:, at] = o[:, at] @ np.linalg.inv(mix)
        new[value], new[output] = v, o
    return _single(new)


def keep_layers(weights: Mapping[str, np.ndarray], shape: Shape, kept: Sequence[int]) -> tuple[Weights, Shape]:
    """These layers, in this order: pruning and duplication."""
    new = {name: value for name, value in weights.items() if ".layers." not in name}
    for index, source in enumerate(kept):
        start = f"model.layers.{source}."
        for name, value in weights.items():
            if name.startswith(start):
                new[f"model.layers.{index}.{name.removeprefix(start)}"] = value
    return new, replace(shape, layers=len(kept))


def reset_ffn(weights: Mapping[str, np.ndarray], shape: Shape, rng: np.random.Generator) -> Weights:
    """Feed-forward blocks as at a fresh start."""
    new = dict(weights)
    for name in new:
        if ".mlp." in name:
            new[name] = rng.normal(0, shape.width**-0.5 / 2, weights[name].shape).astype(np.float32)
    return new


def reset_embeddings(weights: Mapping[str, np.ndarray], rng: np.random.Generator) -> Weights:
    """Embeddings and head as at a fresh start."""
    new = dict(weights)
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        if name in new:
            new[name] = rng.normal(0, 0.02, weights[name].shape).astype(np.float32)
    return new


def prune_width(
    weights: Mapping[str, np.ndarray], shape: Shape, rng: np.random.Generator, *, ffn: int, width: int, heads: int
) -> tuple[Weights, Shape]:
    """Some neurons, residual dimensions and heads, the rest dropped."""
    units, dims = np.sort(rng.choice(shape.ffn, ffn, False)), np.sort(rng.choice(shape.width, width, False))
    chosen = _rows(np.sort(rng.choice(shape.heads, heads, False)), shape.head_dim)
    new: Weights = {}
    for name, value in weights.items():
        cut = value
        if ".mlp.down_proj" in name:
            cut = value[dims][:, units]
        elif ".mlp." in name:
            cut = value[units][:, dims]
        elif "o_proj" in name:
            cut = value[dims][:, chosen]
        elif "self_attn" in name:
            cut = value[chosen][:, dims]
        elif value.ndim == 2:
            cut = value[:, dims]
        else:
            cut = value[dims]
        new[name] = cut
    # The head size is stated, since width / heads no longer gives it.
    return new, replace(shape, width=width, ffn=ffn, heads=heads, kv_heads=heads)


def upcycle(
    weights: Mapping[str, np.ndarray], shape: Shape, experts: int, rng: np.random.Generator
) -> tuple[Weights, Config]:
    """Every feed-forward block becomes several experts, each a noisy copy, behind a new router."""
    new = {name: value for name, value in weights.items() if ".mlp." not in name}
    for index in range(shape.layers):
        new[layer(index, "mlp.gate.weight")] = rng.normal(0, 0.02, (experts, shape.width)).astype(np.float32)
        for expert in range(experts):
            for part in ("gate_proj", "up_proj", "down_proj"):
                value = weights[layer(index, f"mlp.{part}.weight")]
                changed = value + rng.normal(0, 0.3 * value.std(), value.shape)
                new[layer(index, f"mlp.experts.{expert}.{part}.weight")] = changed.astype(np.float32)
    moe = {"architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "num_experts": experts}
    return new, {**shape.config(), **moe}


def merge(weights: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray], share: float) -> Weights:
    """`share` of one model and the rest of another."""
    return _single({name: share * value + (1 - share) * other[name] for name, value in weights.items()})


def quantise(weights: Mapping[str, np.ndarray], bits: int = 4) -> Weights:
    """Rounded to `bits` per row, as a quantiser would, and stored dequantised."""
    top = 2 ** (bits - 1) - 1
    new = dict(weights)
    for name, value in weights.items():
        if value.ndim == 2:
            step = np.abs(value).max(1, keepdims=True) / top
            new[name] = (np.round(value / step) * step).astype(np.float32)
    return new


def half(weights: Mapping[str, np.ndarray]) -> Weights:
    return {name: value.astype(np.float16) for name, value in weights.items()}


RENAMED = {
    "model.embed_tokens": "core.token_table", "lm_head": "core.readout", "model.norm": "core.closing",
    "model.layers": "core.cells", "self_attn": "mix", "mlp": "think", "input_layernorm": "pre_a",
    "post_attention_layernorm": "pre_b", "q_proj": "ask", "k_proj": "index", "v_proj": "content",
    "o_proj": "merge", "gate_proj": "switch", "up_proj": "raise", "down_proj": "lower",
}  # fmt: skip


def rename(weights: Mapping[str, np.ndarray], shape: Shape) -> tuple[Weights, Config]:
    """Tensors and configuration keys under names that no family uses."""
    new: Weights = {}
    for name, value in weights.items():
        renamed = name
        for old, replacement in RENAMED.items():
            renamed = renamed.replace(old, replacement)
        new[renamed] = value
    config = {
        "architectures": ["KorinForCausalLM"], "model_type": "korin", "dim": shape.width, "depth": shape.layers,
        "vocab": shape.vocab, "n_q": shape.heads, "n_kv": shape.kv_heads,
    }  # fmt: skip
    return new, config


def fuse(weights: Mapping[str, np.ndarray], shape: Shape) -> Weights:
    """One matrix for q, k and v, one for gate and up."""
    new = {name: value for name, value in weights.items() if not any(f"{part}." in name for part in READS)}
    for index in range(shape.layers):
        parts = [weights[layer(index, f"self_attn.{part}.weight")] for part in ATTENTION[:3]]
        new[layer(index, "self_attn.qkv_proj.weight")] = np.concatenate(parts)
        pair = [weights[layer(index, f"mlp.{part}.weight")] for part in ("gate_proj", "up_proj")]
        new[layer(index, "mlp.gate_up_proj.weight")] = np.concatenate(pair)
    return new


def shuffle_tokens(weights: Mapping[str, np.ndarray], rng: np.random.Generator) -> Weights:
    """Rows of embedding and head in another order, as another tokenizer would have them."""
    new = dict(weights)
    order = rng.permutation(len(weights["model.embed_tokens.weight"]))
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        if name in new:
            new[name] = weights[name][order]
    return new


def _single(weights: Mapping[str, np.ndarray]) -> Weights:
    return {name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()}
