"""Packed weights are read as their quantisers wrote them, and a packed copy is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from harness.audit.values import Values
from harness.checkpoint.tensors import read_header
from tests.unit.audit.models import SHAPE, audited, concluded, fresh, written

Stored = dict[str, np.ndarray]
GROUP = 16
STEM = "layer.up_proj"


def words(codes: np.ndarray, bits: int = 4) -> np.ndarray:
    """(rows, codes) as (rows, words), the first code in the lowest bits."""
    per_word = 32 // bits
    parts = codes.astype(np.uint32).reshape(len(codes), -1, per_word) << np.arange(0, 32, bits, dtype=np.uint32)
    return np.ascontiguousarray(np.bitwise_or.reduce(parts, axis=-1)).view(np.int32)


def affine(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """4-bit codes (out, in), scales and zeros (out, groups)."""
    grouped = weight.reshape(len(weight), -1, GROUP)
    low, high = grouped.min(-1), grouped.max(-1)
    scale = ((high - low) / 15).astype(np.float16).astype(np.float32)
    zero = np.clip(np.round(-low / scale), 1, 15)
    codes = np.clip(np.round(grouped / scale[..., None]) + zero[..., None], 0, 15)
    return codes.reshape(weight.shape).astype(np.int64), scale, zero.astype(np.int64)


def gptq(weight: np.ndarray, stem: str = STEM) -> Stored:
    codes, scale, zero = affine(weight)
    return {
        f"{stem}.qweight": np.ascontiguousarray(words(codes).T),
        f"{stem}.qzeros": words(zero.T - 1),
        f"{stem}.scales": scale.T.astype(np.float16).copy(),
        f"{stem}.g_idx": (np.arange(weight.shape[1]) // GROUP).astype(np.int32),
    }


def awq(weight: np.ndarray, stem: str = STEM) -> Stored:
    codes, scale, zero = affine(weight)
    order = [0, 2, 4, 6, 1, 3, 5, 7]

    def packed(rows: np.ndarray) -> np.ndarray:
        return words(rows.reshape(len(rows), -1, 8)[:, :, order].reshape(len(rows), -1))

    return {
        f"{stem}.qweight": packed(codes.T), f"{stem}.qzeros": packed(zero.T),
        f"{stem}.scales": scale.T.astype(np.float16).copy(),
    }  # fmt: skip


def compressed(weight: np.ndarray, stem: str = STEM) -> Stored:
    scale = np.abs(weight.reshape(len(weight), -1, GROUP)).max(-1) / 7
    codes = np.clip(np.round(weight / np.repeat(scale, GROUP, 1)), -8, 7) + 8
    return {
        f"{stem}.weight_packed": words(codes), f"{stem}.weight_scale": scale.astype(np.float32),
        f"{stem}.weight_shape": np.array(weight.shape, np.int64),
    }  # fmt: skip


NF4 = np.array([-1.0, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0.0, 0.0796, 0.1609, 0.2461, 0.3379, 0.4407,
                0.5626, 0.723, 1.0], np.float32)  # fmt: skip


def four_bits(weight: np.ndarray, stem: str = STEM) -> Stored:
    flat = weight.reshape(-1, GROUP)
    largest = np.abs(flat).max(1)
    codes = np.abs((flat / largest[:, None])[..., None] - NF4).argmin(-1).reshape(-1, 2).astype(np.uint8)
    state = json.dumps({"quant_type": "nf4", "blocksize": GROUP, "dtype": "float16", "shape": list(weight.shape)})
    name = f"{stem}.weight"
    return {
        name: (codes[:, 0] << 4 | codes[:, 1])[:, None], f"{name}.absmax": largest.astype(np.float32),
        f"{name}.quant_map": NF4,
        f"{name}.quant_state.bitsandbytes__nf4": np.frombuffer(state.encode(), np.uint8).copy(),
    }  # fmt: skip


def eight_bits(weight: np.ndarray, stem: str = STEM) -> Stored:
    largest = np.abs(weight).max(1)
    codes = np.round(weight / largest[:, None] * 127).astype(np.int8)
    return {f"{stem}.weight": codes, f"{stem}.SCB": largest.astype(np.float32)}


PACKINGS: dict[str, Callable[..., Stored]] = {
    "GPTQ": gptq, "AWQ": awq, "compressed-tensors": compressed, "NF4": four_bits, "8 bits": eight_bits,
}  # fmt: skip


def opened(folder: Path, stored: Stored) -> Values:
    save_file(stored, folder / "model.safetensors")
    tensors, problems = read_header(folder / "model.safetensors")
    assert not problems
    return Values({tensor.name: tensor for tensor in tensors})


@pytest.mark.parametrize("pack", PACKINGS.values(), ids=PACKINGS)
def test_a_packed_matrix_is_read_within_a_step_of_its_quantiser(pack: Callable[..., Stored], tmp_path: Path) -> None:
    weight = np.random.default_rng(0).normal(size=(48, 64)).astype(np.float32)
    values = opened(tmp_path, pack(weight))
    assert values.tensors[f"{STEM}.weight"].shape == (48, 64)
    found = values.whole(f"{STEM}.weight")
    assert np.abs(found - weight).max() < 0.6
    assert np.corrcoef(found.ravel(), weight.ravel())[0, 1] > 0.99
    assert np.array_equal(values.rows(f"{STEM}.weight", np.array([3, 1])), found[[3, 1]])


def test_blocks_of_32_values_with_one_exponent_are_read(tmp_path: Path) -> None:
    codes = np.arange(32, dtype=np.uint8).reshape(1, 1, 2, 16) % 16
    stored = {"experts.gate_up_proj_blocks": np.repeat(codes, 2, 1),
              "experts.gate_up_proj_scales": np.array([[[127, 128], [126, 127]]], np.uint8)}  # fmt: skip
    found = opened(tmp_path, stored).whole("experts.gate_up_proj")
    assert found.shape == (1, 2, 64)
    assert found[0, 0, :6].tolist() == [0.0, 0.0, 0.5, 0.0, 1.0, 0.0]
    assert np.allclose(found[0, 0, 32:], 2 * found[0, 0, :32])
    assert np.allclose(found[0, 1, :32], found[0, 0, :32] / 2)


def test_scales_that_fit_no_codes_leave_the_codes_unread(tmp_path: Path) -> None:
    stored = gptq(np.random.default_rng(0).normal(size=(48, 64)).astype(np.float32))
    stored[f"{STEM}.scales"] = np.ones((4, 40), np.float16)
    assert not opened(tmp_path, stored).packed


@pytest.mark.parametrize("pack", PACKINGS.values(), ids=PACKINGS)
def test_a_packed_copy_is_found(pack: Callable[..., Stored], tmp_path: Path) -> None:
    stored: Stored = {}
    for name, value in fresh(1).items():
        linear = value.ndim == 2 and ".layers." in name
        stored |= pack(value, name.removesuffix(".weight")) if linear else {name: value}
    copy, others = written(tmp_path / "copy", stored), {f"m{seed}": written(tmp_path / str(seed), fresh(seed))
                                                        for seed in (1, 2)}  # fmt: skip
    report = audited(copy, **others)
    assert concluded(report, "m1")["text"] == "derived"
    assert concluded(report, "m2")["text"] == "no_evidence"
    finding = next(one for one in report.findings if one.method == "weights" and one.component == "text")
    assert len(finding.details["layers_derived"]) == SHAPE.layers
