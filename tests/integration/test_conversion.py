"""What a converted model must satisfy before it may be used, with real tensors and tokenizers."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from harness.checkpoint import convert
from harness.errors import CheckpointError, StorageError

BOS = "<|im_start|>"


@pytest.fixture
def copy(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint for one test."""
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "checkpoint"))


def job(folder: Path, **changes: object) -> convert.Job:
    settings = {
        "gguf": "m.gguf",
        "out": str(folder),
        "bos_token": None,
        "probe": "대한민국의 수도",
        "probe_max_nll": 7.0,
    }
    return convert.Job(**{**settings, **changes})  # type: ignore[arg-type]


def test_the_check_accepts_a_model_within_the_bound(copy: Path) -> None:
    assert convert.check(job(copy), copy) == pytest.approx(6.24, abs=0.1)  # ln 512: random weights


def test_the_check_refuses_a_model_that_finds_the_probe_unlikely(copy: Path) -> None:
    with pytest.raises(CheckpointError, match=r"finds the probe unlikely: 6\.\d\d nats per token, at most 3.0"):
        convert.check(job(copy, probe_max_nll=3.0), copy)


def test_the_check_refuses_a_model_of_nan(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    tensors["model.norm.weight"].fill(np.nan)
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match="finds the probe unlikely: nan"):
        convert.check(job(copy), copy)


def test_the_check_refuses_a_tokenizer_that_loses_text(copy: Path) -> None:
    content = json.loads((copy / "tokenizer.json").read_text())
    content["normalizer"] = {"type": "Lowercase"}
    (copy / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(CheckpointError, match="the converted tokenizer turns 'The quick"):
        convert.check(job(copy), copy)


def test_a_lost_bos_token_is_put_back(copy: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(copy)
    assert tokenizer.encode("A")[0] != 1
    with pytest.raises(CheckpointError, match=f"does not start a text with '{re.escape(BOS)}'"):
        convert.check(job(copy, bos_token=BOS), copy)
    convert.prepend_bos(tokenizer, BOS)
    tokenizer.save_pretrained(copy)
    assert AutoTokenizer.from_pretrained(copy).encode("A")[0] == 1
    convert.check(job(copy, bos_token=BOS), copy)


def test_a_bos_token_that_the_vocabulary_lacks_is_refused(copy: Path) -> None:
    from transformers import AutoTokenizer

    with pytest.raises(CheckpointError, match="bos_token '<s>' is not in the model's vocabulary"):
        convert.prepend_bos(AutoTokenizer.from_pretrained(copy), "<s>")


def test_a_conversion_that_does_not_fit_the_disk_is_refused_before_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numpy as np
    from gguf import GGUFWriter

    writer = GGUFWriter(tmp_path / "m.gguf", "llama")
    writer.add_tensor("token_embd.weight", np.zeros((1000, 1000), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10_000_000))
    with pytest.raises(StorageError, match=r"needs 0.07 GB in .*; 0.01 GB are free"):
        convert.convert(job(tmp_path / "out", gguf=str(tmp_path / "m.gguf")))
