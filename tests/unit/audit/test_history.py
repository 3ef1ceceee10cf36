"""Trails of training: an honest one fits, a transplanted model and a start that is no start do not."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from harness.audit.history import Check, checks, history, looks_random, read_losses
from harness.audit.subject import Subject, open_subject
from harness.errors import CheckpointError, ConfigError

SIZE, STEPS = 64, (0, 100, 200, 400, 800)


def start(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    found = {f"layers.{n}.weight": rng.normal(0, 0.02, (SIZE, SIZE)) for n in range(4)}
    return {**found, "norm.weight": np.ones(SIZE)}


def trained(weights: dict[str, np.ndarray], steps: int, seed: int) -> dict[str, np.ndarray]:
    """Moved a little in every direction and along a few, as training does."""
    rng = np.random.default_rng([seed, steps])
    far = 0.002 * math.sqrt(steps)
    found = {}
    for name, value in weights.items():
        shift = rng.normal(0, 0.02 * far, value.shape)
        if value.ndim == 2:
            shift = shift + far * np.outer(*rng.normal(0, 0.02, (2, SIZE)))
        found[name] = value + shift
    return found


def trail(folder: Path, *weights: dict[str, np.ndarray]) -> dict[int, Subject]:
    return {step: open_subject(str(step), path) for step, path in stored(folder, *weights).items()}


def stored(folder: Path, *weights: dict[str, np.ndarray]) -> dict[int, Path]:
    paths = {}
    for step, values in zip(STEPS, weights, strict=False):
        paths[step] = folder / str(step)
        paths[step].mkdir()
        (paths[step] / "config.json").write_text(json.dumps({"vocab_size": 50_000}))
        save_file({name: value.astype(np.float32) for name, value in values.items()}, paths[step] / "model.safetensors")
    return paths


def run(first: dict[str, np.ndarray], seed: int = 0) -> list[dict[str, np.ndarray]]:
    found = [first]
    for earlier, later in pairwise(STEPS):
        found.append(trained(found[-1], later - earlier, seed))
    return found


def outcomes(found: tuple[Check, ...]) -> dict[str, str]:
    return {check.name: check.outcome for check in found}


def test_an_honest_trail_fits(tmp_path):
    for seed in range(3):
        folder = tmp_path / str(seed)
        folder.mkdir()
        found = checks(trail(folder, *run(start(seed), seed)), {0: 10.8, 400: 4.0}, 50_000)
        assert set(outcomes(found).values()) == {"fits"}


def test_a_model_put_in_after_the_start_breaks_the_descent(tmp_path):
    """Random weights shown as the beginning, then another model's weights, fine-tuned."""
    mine, theirs = start(1), run(start(2))
    found = outcomes(checks(trail(tmp_path, mine, *theirs[1:]), None, None))
    assert (found["descent"], found["smooth_growth"], found["random_start"]) == ("refer", "refer", "fits")


def test_a_trained_model_as_the_first_checkpoint_does_not_look_random(tmp_path):
    grown = {
        name: 20 * np.outer(value[0], value[1]) + value if value.ndim == 2 else value
        for name, value in start(1).items()
    }
    found = checks(trail(tmp_path, *run(grown)), None, None)
    assert outcomes(found)["random_start"] == "refer"
    assert "0 of 4 matrices" in found[0].statement


@pytest.mark.parametrize("kind", ["normal", "uniform", "zeros", "orthogonal"])
def test_common_initialisations_look_random(kind):
    rng = np.random.default_rng(0)
    made = {
        "normal": rng.normal(0, 0.02, (300, 200)),
        "uniform": rng.uniform(-0.1, 0.1, (100, 400)),
        "zeros": np.zeros((64, 64)),
        "orthogonal": np.linalg.qr(rng.normal(size=(128, 128)))[0],
    }
    assert looks_random(made[kind].astype(np.float32))


@pytest.mark.parametrize(("losses", "name"), [({0: 3.1, 100: 2.9}, "loss_start"), ({0: 10.8, 100: 10.9}, "loss_order")])
def test_a_loss_that_starts_low_or_does_not_fall_is_referred(tmp_path, losses, name):
    assert outcomes(checks(trail(tmp_path, *run(start(0))), losses, 50_000))[name] == "refer"


@pytest.mark.parametrize("text", ["", "{}", '{"step": 1, "loss": NaN}', '{"step": 1, "loss": -1}', "[1, 2]", "x"])
def test_a_log_that_is_none_is_a_mistake(tmp_path, text):
    (tmp_path / "loss.jsonl").write_text(text)
    with pytest.raises(ConfigError):
        read_losses(tmp_path / "loss.jsonl")


def test_entries_that_name_no_checkpoint_are_mistakes(tmp_path):
    with pytest.raises(ConfigError, match="STEP=CHECKPOINT"):
        history(["a=b"], None)
    with pytest.raises(ConfigError, match="no trail"):
        history([f"0={tmp_path}"], None)
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    with pytest.raises(CheckpointError):
        history([f"{step}={folder}" for step, folder in enumerate(folders)], None)


@pytest.mark.parametrize("step", [0, 800])
@pytest.mark.parametrize("fault", ["NaN", "link"])
def test_a_checkpoint_that_the_audit_refuses_fits_no_trail(tmp_path, step, fault):
    folders = stored(tmp_path, *run(start(1)))
    weights = folders[step] / "model.safetensors"
    if fault == "NaN":
        save_file({"layers.0.weight": np.full((SIZE, SIZE), np.nan, np.float32)}, weights)
    else:
        weights.rename(tmp_path / "outside.safetensors")
        weights.symlink_to(tmp_path / "outside.safetensors")
    message = {"NaN": "NaN or infinite", "link": "is a link that leaves the checkpoint"}[fault]
    with pytest.raises(CheckpointError, match=rf"(?s)the checkpoint of step {step} .*{message}"):
        history([f"{step}={folder}" for step, folder in folders.items()], None)
