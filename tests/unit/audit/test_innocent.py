"""Two models that owe each other nothing, with what many models share: neither accused nor referred, nor barred."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.unit.audit.models import SHAPE, audited, concluded, fresh, written
from tests.unit.audit.test_telling import sines
from tests.zoo.train import Weights

NF4 = np.sort(np.concatenate([-np.linspace(0.05, 1, 8), np.linspace(0, 0.97, 8)])).astype(np.float32)
TWICE_PACKED = np.sort(np.concatenate([-np.geomspace(1e-6, 1, 128), np.geomspace(2e-6, 1, 128)])).astype(np.float32)
FIXED = np.random.default_rng(42).normal(size=(64, 64)).astype(np.float32)


def four_bits(seed: int) -> Weights:
    """Matrices in four bits, and their scales in eight by a map that all such checkpoints hold."""
    found: Weights = {}
    for name, value in fresh(seed).items():
        if "_proj" not in name:
            found[name] = value
            continue
        blocks = value.reshape(-1, 64)
        largest = np.abs(blocks).max(1)
        codes = np.abs((blocks / largest[:, None])[..., None] - NF4).argmin(-1).astype(np.uint8).reshape(-1)
        centre = float(largest.mean())
        spread = np.abs(largest - centre).max(keepdims=True).astype(np.float32)
        state = {"quant_type": "nf4", "blocksize": 64, "shape": list(value.shape), "nested_blocksize": 256,
                 "nested_offset": centre}  # fmt: skip
        found |= {
            name: (codes[::2] << 4 | codes[1::2]).reshape(-1, 1),
            f"{name}.absmax": np.abs(((largest - centre) / spread)[:, None] - TWICE_PACKED).argmin(1).astype(np.uint8),
            f"{name}.nested_absmax": spread,
            f"{name}.nested_quant_map": TWICE_PACKED,
            f"{name}.quant_map": NF4,
            f"{name}.quant_state.bitsandbytes__nf4": np.frombuffer(json.dumps(state).encode(), np.uint8).copy(),
        }
    return found


def padded_positions(seed: int) -> Weights:
    """Fixed positions in every layer, a row of zeros for padding among them."""
    table = sines(128, 64)
    table[1] = 0
    return {**fresh(seed), **{f"model.layers.{layer}.positions": table for layer in range(SHAPE.layers)}}


def shared_table(seed: int) -> Weights:
    """Tokens under a name of their own, beside a table of positions that is as tall."""
    weights = fresh(seed)
    del weights["lm_head.weight"]
    tokens = weights.pop("model.embed_tokens.weight")
    return {**weights, "model.shared.weight": tokens, "model.embed_positions.weight": sines(256, 64)}


def counters(seed: int) -> Weights:
    """A text with a hundred counters of batches."""
    counts = {f"model.norms.{index}.num_batches_tracked": np.array(1000, np.int64) for index in range(100)}
    return {**fresh(seed), **counts}


def index_tables(seed: int) -> Weights:
    """Numbers of relative places, 64 bits each."""
    place = np.arange(100)
    index = ((place[:, None] // 10 - place // 10 + 9) * 19 + (place[:, None] % 10 - place % 10 + 9)).astype(np.int64)
    names = [f"model.layers.{layer}.self_attn.relative_position_index" for layer in range(SHAPE.layers)]
    return {**fresh(seed), **dict.fromkeys(names, index[:10])}


INNOCENT: dict[str, Callable[[int], Weights]] = {
    "packed by one map": four_bits,
    "positions with padding": padded_positions,
    "tokens beside positions": shared_table,
    "counters": counters,
    "tables of places": index_tables,
}


@pytest.mark.parametrize("model", INNOCENT.values(), ids=INNOCENT)
def test_what_many_models_share_is_no_evidence(model: Callable[[int], Weights], tmp_path: Path) -> None:
    other = written(tmp_path / "other", model(2))
    found = concluded(audited(written(tmp_path / "one", model(1)), other=other), "other")
    assert {name: value for name, value in found.items() if name != "code"} == {
        name: "no_evidence" for name in found if name != "code"
    }


def random_features(seed: int) -> Weights:
    """Random features of one seed in every layer."""
    return {**fresh(seed), **{f"model.layers.{layer}.self_attn.features": FIXED for layer in range(SHAPE.layers)}}


def adapters(seed: int) -> Weights:
    """What is left of adapters that were never trained: one half drawn by a seed, the other zero."""
    found = fresh(seed)
    for layer in range(SHAPE.layers):
        stem = f"model.layers.{layer}.mlp.up_proj.lora"
        found[f"{stem}_A.weight"] = np.random.default_rng(layer).normal(size=(16, 64)).astype(np.float32)
        found[f"{stem}_B.weight"] = np.zeros((96, 16), np.float32)
    return found


def fixed_projection(seed: int) -> Weights:
    """A projector of which a small matrix is fixed."""
    learned = np.random.default_rng(seed).normal(size=(160, 64)).astype(np.float32)
    return {**fresh(seed), "projector.first.weight": learned, "projector.fixed.weight": FIXED}


@pytest.mark.parametrize("model", [random_features, adapters, fixed_projection])
def test_a_part_drawn_by_one_seed_is_for_experts_at_most(model: Callable[[int], Weights], tmp_path: Path) -> None:
    other = written(tmp_path / "other", model(2))
    found = concluded(audited(written(tmp_path / "one", model(1)), other=other), "other")
    assert "derived" not in found.values()
    assert "refer" in found.values()


def other_heads(seed: int) -> Weights:
    """Values that do not fit what the output takes."""
    found = fresh(seed)
    for name in [name for name in found if "v_proj" in name]:
        found[name] = found[name][:32]
    return found


def linear_attention(seed: int) -> Weights:
    """A fused matrix of more than queries, keys and values."""
    rng, found = np.random.default_rng(seed), fresh(seed)
    for side in "qkvo":
        del found[f"model.layers.0.self_attn.{side}_proj.weight"]
    found["model.layers.0.linear_attn.in_proj_qkv.weight"] = rng.normal(0, 0.1, (160, 64)).astype(np.float32)
    found["model.layers.0.linear_attn.out_proj.weight"] = rng.normal(0, 0.1, (64, 96)).astype(np.float32)
    return found


def narrow_head(seed: int) -> Weights:
    """A head that reads another stream than the last norm's."""
    head = np.random.default_rng(seed).normal(size=(512, 48)).astype(np.float32)
    return {**fresh(seed), "lm_head.weight": head}


@pytest.mark.parametrize("model", [other_heads, linear_attention, narrow_head])
def test_matrices_that_do_not_fit_together_end_no_audit(model: Callable[[int], Weights], tmp_path: Path) -> None:
    other = written(tmp_path / "other", model(2))
    report = audited(written(tmp_path / "one", model(1)), other=other)
    assert not {"derived", "refer"} & set(concluded(report, "other").values())
