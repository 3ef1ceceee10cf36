"""A tiny decoder in the Llama, Qwen and Gemma manners, with the hub's tensor names."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Shape:
    """Sizes and manner of one tiny model."""

    width: int = 64
    layers: int = 4
    heads: int = 4
    kv_heads: int = 4
    ffn: int = 160
    vocab: int = 512
    tied: bool = False
    family: str = "llama"
    """llama; qwen (biases on q, k, v); gemma (norm gains stored less 1, GELU, scaled embeddings)."""

    @property
    def head_dim(self) -> int:
        return self.width // self.heads

    def config(self) -> dict[str, object]:
        """config.json of the hub."""
        name = {"llama": "Llama", "qwen": "Qwen2", "gemma": "Gemma"}[self.family]
        return {
            "architectures": [f"{name}ForCausalLM"],
            "model_type": name.lower(),
            "hidden_size": self.width,
            "intermediate_size": self.ffn,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": self.head_dim,
            "vocab_size": self.vocab,
            "tie_word_embeddings": self.tied,
            "hidden_act": "gelu_pytorch_tanh" if self.family == "gemma" else "silu",
            "max_position_embeddings": 256,
            "rms_norm_eps": 1e-5,
            "rope_theta": 10000.0,
        }


class Norm(nn.Module):
    def __init__(self, width: int, offset: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((width,), 1.0 - offset))
        self.offset = offset

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * (self.weight + self.offset)


class Attention(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        size, bias = shape.head_dim, shape.family == "qwen"
        self.q_proj = nn.Linear(shape.width, shape.heads * size, bias=bias)
        self.k_proj = nn.Linear(shape.width, shape.kv_heads * size, bias=bias)
        self.v_proj = nn.Linear(shape.width, shape.kv_heads * size, bias=bias)
        self.o_proj = nn.Linear(shape.heads * size, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        size = self.shape.head_dim
        q, k, v = (
            projection(x).unflatten(-1, (-1, size)).transpose(1, 2)
            for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        mixed = functional.scaled_dot_product_attention(_rotary(q), _rotary(k), v, is_causal=True, enable_gqa=True)
        return self.o_proj(mixed.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(shape.width, shape.ffn, bias=False)
        self.up_proj = nn.Linear(shape.width, shape.ffn, bias=False)
        self.down_proj = nn.Linear(shape.ffn, shape.width, bias=False)
        self.gelu = shape.family == "gemma"

    def forward(self, x: Tensor) -> Tensor:
        gate = self.gate_proj(x)
        active = functional.gelu(gate, approximate="tanh") if self.gelu else functional.silu(gate)
        return self.down_proj(active * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, shape: Shape, offset: float) -> None:
        super().__init__()
        self.input_layernorm = Norm(shape.width, offset)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = Norm(shape.width, offset)
        self.mlp = FeedForward(shape)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class Trunk(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        offset = 1.0 if shape.family == "gemma" else 0.0
        self.embed_tokens = nn.Embedding(shape.vocab, shape.width)
        self.layers = nn.ModuleList(Layer(shape, offset) for _ in range(shape.layers))
        self.norm = Norm(shape.width, offset)
        self.scale = shape.width**0.5 if shape.family == "gemma" else 1.0

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embed_tokens(ids) * self.scale
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)


class TinyModel(nn.Module):
    """Logits from token ids (batch, length)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.model = Trunk(shape)
        if not shape.tied:
            self.lm_head = nn.Linear(shape.width, shape.vocab, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, 0, 0.02 if "embed" in name or "lm_head" in name else shape.width**-0.5 / 2)

    def forward(self, ids: Tensor) -> Tensor:
        hidden = self.model(ids)
        return hidden @ self.model.embed_tokens.weight.T if self.shape.tied else self.lm_head(hidden)


def _rotary(x: Tensor) -> Tensor:
    half = x.shape[-1] // 2
    angles = torch.outer(torch.arange(x.shape[-2]), 10000.0 ** (-torch.arange(half) / half))
    cos, sin = angles.cos(), angles.sin()
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


def describe(shape: Shape) -> str:
    """The sizes in a line."""
    return ", ".join(f"{key} {value}" for key, value in asdict(shape).items())
