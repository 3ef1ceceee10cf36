"""A weight that loaders may read in two ways is refused; what quantisers write is not; decoys hide no copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from harness.audit.ambiguity import ambiguities
from harness.audit.subject import open_subject
from harness.checkpoint.tensors import DTYPE_BITS, Tensor
from harness.errors import CheckpointError
from tests.unit.audit.models import audited, concluded, fresh, written
from tests.unit.audit.test_packed import Stored, compressed, eight_bits, four_bits, gptq
from tests.zoo import attacks

STEM = "model.layers.0.mlp.up_proj"
UP = f"{STEM}.weight"
CODES = np.ones((96, 64), np.int8)
ONE = np.ones((), np.float32)
MICRO: Stored = {f"{UP}_blocks": np.zeros((96, 2, 16), np.uint8), f"{UP}_scales": np.full((96, 2), 127, np.uint8)}
NOTE = f"{UP}.quant_state.bitsandbytes__"


def with_two_notes(weight: np.ndarray) -> Stored:
    stored = four_bits(weight, STEM)
    return {**stored, f"{NOTE}fp4": stored[f"{NOTE}nf4"]}


TWICE: dict[str, tuple[Callable[[np.ndarray], Stored], str, str]] = {
    "plain and GPTQ": (lambda up: {UP: up, **gptq(up, STEM)}, UP, f"{STEM}.qweight"),
    "plain and codes that the audit cannot read": (
        lambda up: {UP: up, f"{STEM}.qweight": np.zeros((3, 3), np.int16)}, UP, f"{STEM}.qweight"),
    "plain and compressed-tensors": (lambda up: {UP: up, **compressed(up, STEM)}, UP, f"{STEM}.weight_packed"),
    "plain and MXFP4": (lambda up: {UP: up, **MICRO}, UP, f"{UP}_blocks"),
    "GPTQ and compressed-tensors": (
        lambda up: {**gptq(up, STEM), **compressed(up, STEM)}, f"{STEM}.qweight", f"{STEM}.weight_packed"),
    "NF4 and GPTQ": (lambda up: {**four_bits(up, STEM), **gptq(up, STEM)}, UP, f"{STEM}.qweight"),
    "two notes": (with_two_notes, f"{NOTE}nf4", f"{NOTE}fp4"),
    "two scales": (
        lambda _: {UP: CODES, f"{UP}_scale": ONE, f"{UP}_scale_inv": ONE}, f"{UP}_scale", f"{UP}_scale_inv"),
    "SCB and a scale": (
        lambda up: {**eight_bits(up, STEM), f"{UP}_scale": ONE}, f"{STEM}.SCB", f"{UP}_scale"),
}  # fmt: skip


@pytest.mark.parametrize(("stored", "one", "other"), TWICE.values(), ids=TWICE)
def test_what_loaders_may_read_in_two_ways_is_refused_with_both_names(
    stored: Callable[[np.ndarray], Stored], one: str, other: str, tmp_path: Path
) -> None:
    weights: Stored = dict(fresh(1))
    weights |= stored(weights.pop(UP))
    with pytest.raises(CheckpointError, match="loaders may take either\n  -> remove the one") as refused:
        open_subject("twice", written(tmp_path / "twice", weights))
    assert "1 problem\n" in str(refused.value)
    assert all(f" {name} " in str(refused.value).replace(":", " ") for name in (one, other))


@pytest.mark.parametrize("note", [np.zeros(2 << 20, np.uint8), np.zeros(99, np.float32)], ids=["long", "of floats"])
def test_a_note_that_the_quantiser_never_writes_is_refused(note: np.ndarray, tmp_path: Path) -> None:
    weights: Stored = dict(fresh(1))
    weights |= {**four_bits(weights.pop(UP), STEM), f"{NOTE}nf4": note}
    with pytest.raises(CheckpointError, match=f"nf4 is {note.nbytes} bytes of"):
        open_subject("note", written(tmp_path / "note", weights))


PUBLISHED: dict[str, dict[str, str]] = {
    "DeepSeek": {"weight": "F8_E4M3", "weight_scale_inv": "F32"},
    "compressed-tensors in 8 bits": {"weight": "F8_E4M3", "weight_scale": "BF16", "input_scale": "BF16"},
    "compressed-tensors in 4 bits": {
        "weight_packed": "I32", "weight_scale": "BF16", "weight_shape": "I64", "weight_zero_point": "I32",
        "weight_g_idx": "I32",
    },
    "ModelOpt in 8 bits": {"weight": "F8_E4M3", "weight_scale": "F32", "input_scale": "F32"},
    "ModelOpt in 4 bits": {"weight": "U8", "weight_scale": "F8_E4M3", "weight_scale_2": "F32", "input_scale": "F32"},
    "NVFP4": {"weight_packed": "U8", "weight_scale": "F8_E4M3", "weight_global_scale": "F32"},
    "bitsandbytes in 8 bits": {"weight": "I8", "SCB": "F32", "weight_format": "U8", "bias": "F16"},
    "bitsandbytes in 4 bits": {
        "weight": "U8", "weight.absmax": "U8", "weight.quant_map": "F32", "weight.nested_absmax": "F32",
        "weight.nested_quant_map": "F32", "weight.quant_state.bitsandbytes__nf4": "U8",
    },
    "GPTQ": {"qweight": "I32", "qzeros": "I32", "scales": "F16", "g_idx": "I32", "bias": "F16"},
    "gpt-oss": {"up_proj_blocks": "U8", "up_proj_scales": "U8", "up_proj_bias": "BF16"},
}  # fmt: skip


@pytest.mark.parametrize("parts", PUBLISHED.values(), ids=PUBLISHED)
def test_what_quantisers_write_is_not_refused(parts: Mapping[str, str]) -> None:
    named = {f"x.{part}": dtype for part, dtype in parts.items()}
    shapes = {name: (8, 1) if "scale" in name or "SCB" in name else (8, 8) for name in named}
    tensors = {name: Tensor(name, Path("m"), dtype, shapes[name], 0, 8 * DTYPE_BITS[dtype])
               for name, dtype in named.items()}  # fmt: skip
    assert not list(ambiguities(tensors))


@pytest.mark.parametrize("suffix", ["_scale", "_scale_inv", ".scale", "_scales", ".scales"])
def test_a_decoy_scale_beside_plain_matrices_hides_no_copy(suffix: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    copy: Stored = dict(attacks.noise(fresh(1), 0.02, rng))
    shapes = {name: value.shape for name, value in copy.items() if value.ndim == 2}
    copy |= {f"{name}{suffix}": rng.normal(0, 9, shape).astype(np.float32) ** 3 for name, shape in shapes.items()}
    report = audited(written(tmp_path / "copy", copy), parent=written(tmp_path / "parent", fresh(1)))
    assert concluded(report, "parent")["text"] == "derived"


def test_names_with_braces_and_breaks_stand_in_the_message_as_they_are_shown(tmp_path: Path) -> None:
    weights: Stored = {**fresh(1), "a{0}\n.weight": CODES, "a{0}\n.qweight": CODES}
    with pytest.raises(CheckpointError, match=r"a\{0\}␊\.weight and a\{0\}␊\.qweight hold one weight"):
        open_subject("odd", written(tmp_path / "odd", weights))


def test_a_scale_of_its_own_for_every_value_is_refused(tmp_path: Path) -> None:
    weights: Stored = {**fresh(1), UP: CODES, f"{UP}_scale": np.ones((96, 64), np.float32)}
    with pytest.raises(CheckpointError, match="has a value for every few codes of"):
        open_subject("fine", written(tmp_path / "fine", weights))
