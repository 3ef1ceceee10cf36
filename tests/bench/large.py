"""A mixture of experts, or a dense model, of many gigabytes, made of noise: sharded, 16 bits, under the hub's names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LENGTH_BYTES = 8


@dataclass(frozen=True)
class Large:
    """Sizes of one layer and of the whole."""

    width: int = 7168
    expert: int = 2048
    """Hidden neurons of an expert."""
    experts: int = 24
    """None: one feed-forward block of `expert` neurons."""
    heads: int = 56
    head: int = 128
    kv_heads: int = 8
    vocab: int = 129_280
    layers: int = 3
    latent: bool = False
    """Attention through latents, as large as DeepSeek-V3's."""

    @property
    def values(self) -> int:
        """Parameters of all layers, embedding and head."""
        return sum(int(np.prod(shape)) for name, shape in self.tensors())

    def tensors(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Name and shape of every tensor; a shard for the ends and one for every layer."""
        yield "model.embed_tokens.weight", (self.vocab, self.width)
        yield "lm_head.weight", (self.vocab, self.width)
        yield "model.norm.weight", (self.width,)
        for layer in range(self.layers):
            yield from ((f"model.layers.{layer}.{name}", shape) for name, shape in self._layer())

    def _layer(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        width, queries, keys = self.width, self.heads * self.head, self.kv_heads * self.head
        yield "input_layernorm.weight", (width,)
        yield "post_attention_layernorm.weight", (width,)
        yield from self._latent() if self.latent else self._plain(queries, keys)
        if not self.experts:
            yield from self._gated("mlp")
            return
        yield "mlp.gate.weight", (self.experts, width)
        for expert in range(self.experts):
            yield from self._gated(f"mlp.experts.{expert}")

    def _plain(self, queries: int, keys: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield "self_attn.q_proj.weight", (queries, self.width)
        yield "self_attn.k_proj.weight", (keys, self.width)
        yield "self_attn.v_proj.weight", (keys, self.width)
        yield "self_attn.o_proj.weight", (self.width, queries)

    def _latent(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        heads, head, turned, rank, asking = self.heads, self.head, self.head // 2, 4 * self.head, 12 * self.head
        yield "self_attn.q_a_proj.weight", (asking, self.width)
        yield "self_attn.q_a_layernorm.weight", (asking,)
        yield "self_attn.q_b_proj.weight", (heads * (head + turned), asking)
        yield "self_attn.kv_a_proj_with_mqa.weight", (rank + turned, self.width)
        yield "self_attn.kv_a_layernorm.weight", (rank,)
        yield "self_attn.kv_b_proj.weight", (heads * 2 * head, rank)
        yield "self_attn.o_proj.weight", (self.width, heads * head)

    def _gated(self, stem: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{stem}.gate_proj.weight", (self.expert, self.width)
        yield f"{stem}.up_proj.weight", (self.expert, self.width)
        yield f"{stem}.down_proj.weight", (self.width, self.expert)

    def config(self) -> dict[str, object]:
        """config.json."""
        family, kind = ("DeepseekV3", "deepseek_v3") if self.latent else ("Qwen3Moe", "qwen3_moe")
        return {
            "architectures": [f"{family}ForCausalLM"], "model_type": kind, "hidden_size": self.width,
            "moe_intermediate_size": self.expert, "intermediate_size": self.expert, "num_experts": self.experts,
            "num_hidden_layers": self.layers, "num_attention_heads": self.heads, "head_dim": self.head,
            "num_key_value_heads": self.kv_heads, "vocab_size": self.vocab, "tie_word_embeddings": False,
        }  # fmt: skip


def make(folder: Path, large: Large, seed: int) -> Path:
    """Write the checkpoint, one tensor in memory at a time, and return its folder."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(large.config()), encoding="utf-8")
    shards: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
    for name, shape in large.tensors():
        shard = name.split(".")[2] if name.startswith("model.layers.") else "ends"
        shards.setdefault(f"model-{shard}.safetensors", []).append((name, shape))
    rng = np.random.default_rng(seed)
    for file, members in shards.items():
        _write(folder / file, members, rng)
    named = {name: file for file, members in shards.items() for name, _ in members}
    index = {"metadata": {}, "weight_map": named}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    return folder


def _write(path: Path, members: list[tuple[str, tuple[int, ...]]], rng: np.random.Generator) -> None:
    header: dict[str, object] = {}
    end = 0
    for name, shape in members:
        start, end = end, end + 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [start, end]}
    raw = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(raw).to_bytes(LENGTH_BYTES, "little") + raw)
        for _, shape in members:
            values = rng.standard_normal(shape, np.float32)
            values *= np.float32(0.02)
            file.write((values.view(np.uint32) >> 16).astype("<u2").tobytes())
