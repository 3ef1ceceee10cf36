"""Tiny encoders in the CLIP and Whisper manners, with the hub's names, trained on made-up pictures and sounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.zoo.train import Weights

Kind = Literal["vision", "audio"]
SIDE, PATCH, COLOURS = 32, 8, 3
MELS, FRAMES = 16, 64
CLASSES = 16
KINDS_SEED: dict[Kind, int] = {"vision": 1, "audio": 2}


@dataclass(frozen=True)
class TowerShape:
    """Sizes of one encoder."""

    kind: Kind = "vision"
    width: int = 48
    layers: int = 4
    heads: int = 4
    ffn: int = 128

    @property
    def head_dim(self) -> int:
        return self.width // self.heads

    def config(self) -> dict[str, object]:
        """The encoder's part of config.json."""
        if self.kind == "vision":
            return {
                "model_type": "clip_vision_model", "hidden_size": self.width, "intermediate_size": self.ffn,
                "num_hidden_layers": self.layers, "num_attention_heads": self.heads, "image_size": SIDE,
                "patch_size": PATCH, "hidden_act": "gelu",
            }  # fmt: skip
        return {
            "model_type": "whisper", "d_model": self.width, "encoder_ffn_dim": self.ffn, "num_mel_bins": MELS,
            "encoder_layers": self.layers, "encoder_attention_heads": self.heads, "activation_function": "gelu",
        }  # fmt: skip


class Attention(nn.Module):
    def __init__(self, shape: TowerShape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(shape.width, shape.width) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (
            projection(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        return self.out_proj(functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """One layer; names of the parts as each kind's family has them."""

    def __init__(self, shape: TowerShape) -> None:
        super().__init__()
        self.self_attn = Attention(shape)
        self.before, self.between = NORMS[shape.kind]
        setattr(self, self.before, nn.LayerNorm(shape.width))
        setattr(self, self.between, nn.LayerNorm(shape.width))
        block = self if shape.kind == "audio" else nn.Module()
        block.fc1, block.fc2 = nn.Linear(shape.width, shape.ffn), nn.Linear(shape.ffn, shape.width)
        if shape.kind == "vision":
            self.mlp = block
        self.kind = shape.kind

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(getattr(self, self.before)(x))
        block = self if self.kind == "audio" else self.mlp
        return x + block.fc2(functional.gelu(block.fc1(getattr(self, self.between)(x))))


NORMS: dict[Kind, tuple[str, str]] = {
    "vision": ("layer_norm1", "layer_norm2"),
    "audio": ("self_attn_layer_norm", "final_layer_norm"),
}


class Tower(nn.Module):
    """Features (batch, places, width) of pictures (batch, colours, side, side) or spectra (batch, mels, frames)."""

    def __init__(self, shape: TowerShape) -> None:
        super().__init__()
        self.shape = shape
        if shape.kind == "vision":
            self.patch_embedding = nn.Conv2d(COLOURS, shape.width, PATCH, PATCH, bias=False)
            self.position_embedding = nn.Embedding((SIDE // PATCH) ** 2, shape.width)
            nn.init.normal_(self.position_embedding.weight, 0, 0.02)
        else:
            self.conv1 = nn.Conv1d(MELS, shape.width, 3, padding=1)
            self.conv2 = nn.Conv1d(shape.width, shape.width, 3, stride=2, padding=1)
            self.embed_positions = nn.Embedding.from_pretrained(sinusoids(FRAMES // 2, shape.width), freeze=True)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.last = nn.LayerNorm(shape.width)

    def forward(self, x: Tensor) -> Tensor:
        if self.shape.kind == "vision":
            x = self.patch_embedding(x).flatten(2).transpose(1, 2) + self.position_embedding.weight
        else:
            x = functional.gelu(self.conv2(functional.gelu(self.conv1(x)))).transpose(1, 2)
            x = x + self.embed_positions.weight
        for layer in self.layers:
            x = layer(x)
        return self.last(x)


def sinusoids(length: int, width: int) -> Tensor:
    """Whisper's positions: half sines, half cosines, from 1 to 10,000 places."""
    rates = torch.exp(-np.log(10_000) / (width // 2 - 1) * torch.arange(width // 2))
    angles = torch.arange(length)[:, None] * rates[None]
    return torch.cat([angles.sin(), angles.cos()], 1)


def inputs(kind: Kind, world: int, order: int, *, steps: int, batch: int = 32) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of inputs and classes. A class is a grating (vision) or a sweep of two tones (audio) of one `world`."""
    made = np.random.default_rng([world, KINDS_SEED[kind]])
    angle, rate = made.uniform(0, np.pi, CLASSES), made.uniform(0.2, 1.2, CLASSES)
    colour, tone = made.normal(0, 1, (CLASSES, COLOURS)), made.uniform(2, MELS - 3, (CLASSES, 2))
    rng = np.random.default_rng([order, KINDS_SEED[kind], 7])
    for _ in range(steps):
        classes = rng.integers(CLASSES, size=batch)
        phase = rng.uniform(0, 2 * np.pi, (batch, 1, 1))
        if kind == "vision":
            y, x = np.mgrid[:SIDE, :SIDE]
            turned = np.cos(angle[classes])[:, None, None] * x + np.sin(angle[classes])[:, None, None] * y
            grating = np.sin(rate[classes][:, None, None] * turned + phase)
            values = grating[:, None] * colour[classes][:, :, None, None]
        else:
            time, mel = np.linspace(0, 1, FRAMES), np.arange(MELS)[:, None]
            start, end = tone[classes, 0][:, None, None], tone[classes, 1][:, None, None]
            centre = start + (end - start) * ((time + phase / (2 * np.pi)) % 1)
            values = 2 * np.exp(-((mel - centre) ** 2) / 2)
        noisy = values + rng.normal(0, 0.5, values.shape)
        yield torch.from_numpy(noisy.astype(np.float32)), torch.from_numpy(classes)


def train_tower(
    shape: TowerShape,
    *,
    seed: int,
    world: int = 0,
    order: int = 0,
    steps: int = 250,
    rate: float = 2e-3,
    start: Mapping[str, np.ndarray] | None = None,
) -> tuple[Weights, float]:
    """Weights under the names inside the tower, and the last loss. `start` continues from those weights."""
    torch.manual_seed(seed)
    tower, head = Tower(shape), nn.Linear(shape.width, CLASSES)
    if start is not None:
        tower.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in start.items()})
    trained = [*(one for one in tower.parameters() if one.requires_grad), *head.parameters()]
    optimiser = torch.optim.AdamW(trained, lr=rate, weight_decay=0.05)
    loss = torch.tensor(0.0)
    for step, (values, classes) in enumerate(inputs(shape.kind, world, order, steps=steps)):
        for group in optimiser.param_groups:
            group["lr"] = rate * min((step + 1) / 20, 1.0) * max(1 - step / steps, 0.05)
        loss = functional.cross_entropy(head(tower(values).mean(1)), classes)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
    return {name: value.detach().numpy().copy() for name, value in tower.state_dict().items()}, loss.item()
