"""What a copyist does to an encoder: every function returns new weights and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tests.zoo.tower import NORMS, TowerShape
from tests.zoo.train import Weights

Stored = Mapping[str, np.ndarray]
QKV = ("q_proj", "k_proj", "v_proj")


def _block(shape: TowerShape) -> str:
    return "mlp." if shape.kind == "vision" else ""


def permute(weights: Stored, shape: TowerShape, rng: np.random.Generator) -> Weights:
    """Hidden units, heads and the stream's dimensions in another order."""
    new = dict(weights)
    for index in range(shape.layers):
        at, inside = f"layers.{index}.", f"layers.{index}.{_block(shape)}"
        order = rng.permutation(shape.ffn)
        new[f"{inside}fc1.weight"] = weights[f"{inside}fc1.weight"][order]
        new[f"{inside}fc1.bias"] = weights[f"{inside}fc1.bias"][order]
        new[f"{inside}fc2.weight"] = weights[f"{inside}fc2.weight"][:, order]
        rows = (rng.permutation(shape.heads)[:, None] * shape.head_dim + np.arange(shape.head_dim)).reshape(-1)
        for part in QKV:
            for kind in ("weight", "bias"):
                new[f"{at}self_attn.{part}.{kind}"] = weights[f"{at}self_attn.{part}.{kind}"][rows]
        new[f"{at}self_attn.out_proj.weight"] = weights[f"{at}self_attn.out_proj.weight"][:, rows]
    return _turned(new, shape, np.eye(shape.width)[rng.permutation(shape.width)].T, norms=True)


def rotate(weights: Stored, shape: TowerShape, rng: np.random.Generator) -> Weights:
    """Gains and biases of norms folded into what reads them, then the stream turned about the vector of ones."""
    new = dict(weights)
    for index in range(shape.layers):
        at = f"layers.{index}."
        before, between = NORMS[shape.kind]
        inner = f"{_block(shape)}fc1"
        for norm, parts in ((before, [f"self_attn.{part}" for part in QKV]), (between, [inner])):
            gain, shift = new[f"{at}{norm}.weight"], new[f"{at}{norm}.bias"]
            for part in parts:
                matrix = new[f"{at}{part}.weight"]
                new[f"{at}{part}.bias"] = new[f"{at}{part}.bias"] + matrix @ shift
                new[f"{at}{part}.weight"] = matrix * gain
            new[f"{at}{norm}.weight"], new[f"{at}{norm}.bias"] = np.ones_like(gain), np.zeros_like(shift)
    new["last.weight"], new["last.bias"] = np.ones(shape.width), np.zeros(shape.width)
    ones = np.full((shape.width, 1), shape.width**-0.5)
    basis = np.linalg.qr(np.concatenate([ones, rng.normal(size=(shape.width, shape.width - 1))], 1))[0]
    turn = np.linalg.qr(rng.normal(size=(shape.width - 1,) * 2))[0]
    kept = np.block([[np.ones((1, 1)), np.zeros((1, len(turn)))], [np.zeros((len(turn), 1)), turn]])
    return _turned(new, shape, basis @ kept @ basis.T, norms=False)


def _turned(weights: Stored, shape: TowerShape, turn: np.ndarray, *, norms: bool) -> Weights:
    """The stream x as x turn; norm gains move with it where it only permutes."""
    new: Weights = {}
    written = ("out_proj.weight", "fc2.weight", "patch_embedding.weight", "conv2.weight")
    moved = ("out_proj.bias", "fc2.bias", "conv2.bias")
    for name, value in weights.items():
        if name.endswith(written):
            value = np.tensordot(turn.T, value, 1)
        elif (
            name.endswith(moved)
            or (norms and ("norm" in name or name.startswith("last")))
            or name.endswith(("q_proj.weight", "k_proj.weight", "v_proj.weight", "fc1.weight"))
            or "position" in name
        ):
            value = value @ turn
        new[name] = np.ascontiguousarray(value, np.float32)
    return new


def mix_heads(weights: Stored, shape: TowerShape, rng: np.random.Generator) -> Weights:
    """Values of every head through a matrix, outputs through its inverse; queries against keys likewise."""
    new, size = dict(weights), shape.head_dim
    for index in range(shape.layers):
        at = f"layers.{index}.self_attn."
        for head in range(shape.heads):
            rows = slice(head * size, (head + 1) * size)
            for read, back in (("v_proj", None), ("q_proj", "k_proj")):
                mix = np.linalg.qr(rng.normal(size=(size, size)))[0] * np.exp(rng.normal(0, 0.3, size))
                for kind in ("weight", "bias"):
                    new[f"{at}{read}.{kind}"] = _replaced(new[f"{at}{read}.{kind}"], rows, mix)
                    if back is not None:
                        inverse = np.linalg.inv(mix).T
                        new[f"{at}{back}.{kind}"] = _replaced(new[f"{at}{back}.{kind}"], rows, inverse)
                if back is None:
                    outputs = new[f"{at}out_proj.weight"].copy()
                    outputs[:, rows] = outputs[:, rows] @ np.linalg.inv(mix)
                    new[f"{at}out_proj.weight"] = outputs
    return {name: np.ascontiguousarray(value, np.float32) for name, value in new.items()}


def _replaced(values: np.ndarray, rows: slice, mix: np.ndarray) -> np.ndarray:
    changed = values.copy()
    changed[rows] = mix @ values[rows]
    return changed


def noise(weights: Stored, share: float, rng: np.random.Generator) -> Weights:
    """Gaussian noise of `share` of each tensor's standard deviation; tables that are not learned stay."""
    return {
        name: value if "embed_positions" in name
        else (value + rng.normal(0, share * max(float(value.std()), 1e-3), value.shape)).astype(np.float32)
        for name, value in weights.items()
    }  # fmt: skip
