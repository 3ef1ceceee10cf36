"""A server of ours is started with the vLLM that is installed, where that is a build for the engine's device."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import SetupError
from harness.plan import VllmEngine
from harness.serve.vllm import built_for, serve_vllm


@pytest.mark.parametrize(
    ("release", "device"),
    [("0.32.0", "cuda"), ("0.32.0+cu130", "cuda"), ("0.32.0+cpu", "cpu"), ("0.32.1.dev3+gabc1234.cpu", "cpu")],
)
def test_a_build_for_processors_says_so_in_its_version(release: str, device: str) -> None:
    assert built_for(release) == device


@pytest.mark.parametrize(
    ("release", "device", "remedy"), [("0.32.0", "cpu", "engine=gpu"), ("0.32.0+cpu", "cuda", "engine=cpu")]
)
def test_a_build_for_another_device_is_not_started(
    release: str, device: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.serve.vllm.version", lambda _: release)
    engine = VllmEngine.model_validate({"kind": "vllm", "device": device, "dtype": "float32", "max_model_len": 64})

    with pytest.raises(SetupError, match=f"engine.device={device}.*is a build for") as caught:
        serve_vllm(engine, tmp_path, "m", tmp_path / "log", print).__enter__()

    assert remedy in str(caught.value)
    assert not (tmp_path / "log").exists()
