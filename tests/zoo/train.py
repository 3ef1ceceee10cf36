"""Trains a tiny model, from nothing or from another one's weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch.nn import functional

from tests.zoo.model import Shape, TinyModel
from tests.zoo.text import batches

Weights = dict[str, np.ndarray]


def train(
    shape: Shape,
    *,
    seed: int,
    language: int = 0,
    order: int = 0,
    steps: int = 300,
    rate: float = 3e-3,
    start: Mapping[str, np.ndarray] | None = None,
) -> tuple[Weights, float]:
    """Weights under the hub's names, and the last loss. `start` continues from those weights."""
    torch.manual_seed(seed)
    model = TinyModel(shape)
    if start is not None:
        model.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in start.items()})
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.05, betas=(0.9, 0.95))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / 20, 1.0) * max(1 - step / steps, 0.05)
    )
    loss = torch.tensor(0.0)
    for ids in torch.from_numpy(batches(language, order, steps=steps)):
        logits = model(ids[:, :-1])
        loss = functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    return {name: value.detach().numpy().copy() for name, value in model.state_dict().items()}, loss.item()
