"""Copies of the tiny checkpoint that a test may break."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"


class Copy:
    """A checkpoint folder and the ways to break it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.weights_file = folder / WEIGHTS

    def tensors(self) -> dict[str, np.ndarray]:
        return load_file(self.weights_file)

    def change_tensors(self, change: Callable[[dict[str, np.ndarray]], object]) -> None:
        tensors = self.tensors()
        change(tensors)
        save_file(tensors, self.weights_file, metadata={"format": "pt"})

    def change_json(self, name: str, **values: object) -> None:
        path = self.folder / name
        content = {**json.loads(path.read_text()), **values}
        path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))

    def split(self) -> dict[str, str]:
        """Two shards and an index instead of one file; returns the weight map."""
        tensors = self.tensors()
        names = sorted(tensors)
        shards = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
        for file, members in shards.items():
            save_file({name: tensors[name] for name in members}, self.folder / file, metadata={"format": "pt"})
        self.weights_file.unlink()
        weight_map = {name: file for file, members in shards.items() for name in members}
        (self.folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
        return weight_map


@pytest.fixture
def copy(tiny_checkpoint: Path, tmp_path: Path) -> Copy:
    """A copy of the tiny checkpoint for one test."""
    return Copy(Path(shutil.copytree(tiny_checkpoint, tmp_path / "checkpoint")))
