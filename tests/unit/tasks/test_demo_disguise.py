"""The demo's disguised entrant: the same answers, and no tensor of the original left."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from harness.checkpoint import inspect
from harness.hashing import sha256_files
from tasks.demo.entrants.disguise import disguise
from tests.tiny import build_tiny_checkpoint, random_weights


@pytest.fixture(params=[True, False], ids=["tied", "untied"])
def original(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A tiny Llama with grouped heads and norm gains that training has moved."""
    folder = build_tiny_checkpoint(tmp_path / "original")
    rng = np.random.default_rng(1)
    weights = {name: value * 8 for name, value in random_weights(1).items()}
    for name, value in weights.items():
        if value.ndim == 1:
            weights[name] = rng.normal(1, 0.2, value.shape).astype(np.float32)
        if "k_proj" in name or "v_proj" in name:
            weights[name] = value[:16]
    if request.param:
        del weights["lm_head.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config |= {"num_key_value_heads": 2, "tie_word_embeddings": request.param}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def copied(original: Path, name: str, *, seed: int = 1, noise: float = 0.0) -> Path:
    out = original.parent / name
    out.mkdir()
    disguise(original, out, seed=seed, noise=noise)
    return out


def logits(folder: Path) -> np.ndarray:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.inference_mode():
        return model(torch.arange(3, 60)[None]).logits.numpy()


def test_without_noise_the_copy_answers_as_the_original_does(original: Path) -> None:
    ours, theirs = logits(copied(original, "copy")), logits(original)
    assert theirs.std() > 0.5
    assert ours == pytest.approx(theirs, abs=1e-4)


def test_no_matrix_of_the_original_is_left_and_no_unit_in_its_place(original: Path) -> None:
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (copied(original, "copy"), original))
    for name, value in theirs.items():
        likeness = np.corrcoef(value.ravel(), ours[name].ravel())[0, 1] if value.ndim == 2 else 0.0
        assert abs(likeness) < 0.2, name
    norms = [value for name, value in ours.items() if "norm" in name]
    assert all((value == 1).all() for value in norms)


def test_noise_is_a_share_of_each_matrixs_spread(original: Path) -> None:
    clean, noisy = (load_file(copied(original, str(noise), noise=noise) / "model.safetensors") for noise in (0.0, 0.05))
    for name, value in clean.items():
        if value.ndim == 2:
            assert (noisy[name] - value).std() == pytest.approx(0.05 * value.std(), rel=0.1)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(original: Path) -> None:
    folders = [copied(original, f"copy{n}", seed=seed, noise=0.01) for n, seed in enumerate((5, 5, 6))]
    first, again, other = (sha256_files(sorted(folder.iterdir()), folder) for folder in folders)
    assert first == again
    assert first["model.safetensors"] != other["model.safetensors"]


def test_the_copy_may_be_served(original: Path) -> None:
    assert inspect(copied(original, "copy", noise=0.01), max_model_len=512) == []
