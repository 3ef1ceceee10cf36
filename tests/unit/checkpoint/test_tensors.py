"""Safetensors files read in place: any bytes give tensors or a named problem, never a crash."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.checkpoint import inspect
from harness.checkpoint.tensors import not_finite, read_header
from tests.unit.checkpoint.conftest import Copy

FILE_FIXTURE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(path: Path, dtype: str, values: bytes, count: int) -> Path:
    """A file with one tensor of raw bytes."""
    header = json.dumps({"t": {"dtype": dtype, "shape": [count], "data_offsets": [0, len(values)]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + values)
    return path


def test_the_header_agrees_with_the_safetensors_library(copy: Copy) -> None:
    tensors, problems = read_header(copy.weights_file)
    assert problems == []
    assert {tensor.name: tensor.shape for tensor in tensors} == {n: t.shape for n, t in copy.tensors().items()}
    first = next(tensor for tensor in tensors if tensor.name == "model.norm.weight")
    assert copy.weights_file.read_bytes()[first.start : first.end] == np.ones(32, np.float32).tobytes()


NOT_FINITE = [
    ("F64", np.float64(np.nan).tobytes(), 1),
    ("F64", np.float64(-np.inf).tobytes(), 1),
    ("F32", np.float32(np.inf).tobytes(), 1),
    ("F16", np.float16(np.nan).tobytes(), 1),
    ("BF16", (0x7F80).to_bytes(2, "little"), 1),  # infinity
    ("BF16", (0xFFC0).to_bytes(2, "little"), 1),  # NaN
    ("F8_E4M3", b"\x7f\xff", 2),
    ("F8_E5M2", b"\x7c\xfe", 2),
    ("F8_E8M0", b"\xff", 1),
]
FINITE = [
    ("F64", np.array([1.7e308, -5e-324, 0]).tobytes(), 3),
    ("F32", np.array([3.4e38, -1e-45, 0], np.float32).tobytes(), 3),
    ("F16", np.array([65504, -6e-8], np.float16).tobytes(), 2),
    ("BF16", (0x7F7F).to_bytes(2, "little"), 1),
    ("F8_E4M3", b"\x7e\xfe", 2),
    ("F8_E5M2", b"\x7b\xfb", 2),
    ("I32", b"\xff" * 4, 1),
    ("F32", b"", 0),
]


@pytest.mark.parametrize(("dtype", "values", "count"), NOT_FINITE)
def test_nan_and_infinity_are_found_in_every_float_format(
    tmp_path: Path, dtype: str, values: bytes, count: int
) -> None:
    tensors, _ = read_header(write(tmp_path / "t.safetensors", dtype, values, count))
    (problem,) = not_finite(tensors)
    assert f"holds {count} values that are NaN or infinite" in problem.what


@pytest.mark.parametrize(("dtype", "values", "count"), FINITE)
def test_extreme_finite_values_pass(tmp_path: Path, dtype: str, values: bytes, count: int) -> None:
    tensors, problems = read_header(write(tmp_path / "t.safetensors", dtype, values, count))
    assert problems == []
    assert list(not_finite(tensors)) == []


def test_a_value_beyond_the_first_piece_of_a_large_tensor_is_found(tmp_path: Path) -> None:
    values = np.zeros(5 << 20, np.float32)
    values[-1] = np.nan
    tensors, _ = read_header(write(tmp_path / "t.safetensors", "F32", values.tobytes(), values.size))
    assert len(list(not_finite(tensors))) == 1


@FILE_FIXTURE
@given(data=st.data())
def test_no_corruption_of_bytes_makes_the_inspection_crash(
    copy: Copy, tiny_checkpoint: Path, data: st.DataObject
) -> None:
    content = bytearray((tiny_checkpoint / "model.safetensors").read_bytes())
    places = st.integers(0, 4095) | st.integers(0, len(content) - 1)  # the header is the first two kilobytes
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=20)):
        content[place] = value
    copy.weights_file.write_bytes(content)
    assert all(problem.what and problem.remedy for problem in inspect(copy.folder, max_model_len=None))


@FILE_FIXTURE
@given(data=st.data())
def test_every_truncation_is_a_listed_problem(copy: Copy, tiny_checkpoint: Path, data: st.DataObject) -> None:
    content = (tiny_checkpoint / "model.safetensors").read_bytes()
    copy.weights_file.write_bytes(content[: data.draw(st.integers(0, 4096) | st.integers(0, len(content) - 1))])
    assert inspect(copy.folder, max_model_len=None) != []


@FILE_FIXTURE
@given(content=st.binary(max_size=200))
def test_arbitrary_bytes_are_a_listed_problem(copy: Copy, content: bytes) -> None:
    copy.weights_file.write_bytes(content)
    assert inspect(copy.folder, max_model_len=None) != []
