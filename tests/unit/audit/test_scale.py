"""The memory of an audit does not grow with the checkpoint: no file is mapped, no tensor is read that is not needed."""

from __future__ import annotations

import resource
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from harness.audit.digests import CHUNK_BYTES, digest_tensors
from harness.audit.values import Values
from harness.checkpoint.tensors import read_header
from tests.bench.audit import audited, rates
from tests.bench.large import Large, make

GIB = 1 << 30


def test_digests_take_a_few_chunks_of_memory_whatever_the_tensors_size(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file({f"t{n}": np.full((16 << 20,), n, np.float32) for n in range(3)}, path)
    tensors, problems = read_header(path)
    assert problems == []
    tracemalloc.start()
    digests, problems = digest_tensors(tensors)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert problems == []
    assert len(set(digests.values())) == 3
    assert peak < 8 * 3 * CHUNK_BYTES < path.stat().st_size


def test_no_file_stays_mapped_once_values_were_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    value = np.arange(60_000, dtype=np.float32).reshape(300, 200)
    save_file({"t": value}, path)
    tensors, _ = read_header(path)
    values = Values({tensor.name: tensor for tensor in tensors})
    rows = np.array([7, 8, 9, 3, 299, 0], np.int64)
    assert np.array_equal(values.rows("t", rows), value[rows])
    assert np.array_equal(values.whole("t"), value)
    assert np.array_equal(values.beginning("t", 1000), value[:5])
    assert str(path) not in Path("/proc/self/maps").read_text(encoding="utf-8")


def test_rows_beyond_a_tensor_are_refused(tmp_path: Path) -> None:
    save_file({"t": np.zeros((4, 3), np.float32)}, tmp_path / "m.safetensors")
    tensors, _ = read_header(tmp_path / "m.safetensors")
    with pytest.raises(IndexError, match="t has 4 rows; 3 to 5 were asked for"):
        Values({"t": tensors[0]}).rows("t", np.array([3, 4]))


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_an_audit_of_gigabytes_stays_within_its_memory(tmp_path: Path) -> None:
    """3 GB in shards of up to 2.6 GB, audited by a process of its own."""
    large = Large(width=2560, expert=768, experts=48, heads=20, kv_heads=4, layers=2)
    ours, theirs = make(tmp_path / "ours", large, 1), make(tmp_path / "theirs", large, 2)
    found = audited(ours, theirs, tmp_path / "audit.json")
    assert found["conclusions"]["text"] == "no_evidence"  # type: ignore[index]
    assert found["peak_bytes"] < 2 * GIB < 4 * GIB  # type: ignore[operator]


@pytest.mark.full
def test_reading_with_digests_keeps_up_with_reading_alone(tmp_path: Path) -> None:
    """Reported, not asserted to a figure: a busy machine decides it. Reading can only be faster."""
    large = Large(width=1024, expert=512, experts=16, heads=8, kv_heads=8, layers=1, vocab=65_536)
    folder = make(tmp_path / "ours", large, 1)
    found = rates(folder / "model-0.safetensors")
    assert found["digest"] > 0.05 * found["disk"]
    assert found["cpu_seconds_per_gb"] < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < 8 * GIB
