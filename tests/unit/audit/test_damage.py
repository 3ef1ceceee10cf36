"""Damage inside quantised weights: one message, or codes that nothing reads; never a traceback."""

from __future__ import annotations

import json
import math
import struct
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.audit.subject import open_subject, reading
from harness.audit.values import WEIGHTS, Values
from harness.checkpoint.tensors import DTYPE_BITS
from harness.cli import main
from harness.errors import CheckpointError
from tests.unit.audit.models import fresh, written
from tests.unit.audit.test_packed import PACKINGS, STEM, Stored, opened

UP = "model.layers.0.mlp.up_proj"
NOTE = ".weight.quant_state.bitsandbytes__nf4"
WEIGHT = np.random.default_rng(0).normal(size=(96, 64)).astype(np.float32)
Raw = Mapping[str, tuple[str, tuple[int, ...], bytes]]
"""Type, shape and bytes by name."""

SAFETENSORS = {"float32": "F32", "float16": "F16", "float64": "F64", "uint8": "U8", "int8": "I8", "int32": "I32",
               "int64": "I64"}  # fmt: skip


def raw(stored: Mapping[str, np.ndarray]) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    return {name: (SAFETENSORS[value.dtype.name], value.shape, value.tobytes()) for name, value in stored.items()}


def checkpoint(folder: Path, tensors: Raw) -> Path:
    """A checkpoint of any types, which numpy may not have."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "llama"}))
    header, values = {}, b""
    for name, (dtype, shape, stored) in tensors.items():
        places = [len(values), len(values) + len(stored)]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": places}
        values += stored
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + values)
    return folder


def packing(kind: str, **changes: np.ndarray) -> Stored:
    """One matrix packed, some of its tensors (by the end of the name) otherwise."""
    stored = PACKINGS[kind](WEIGHT, UP)
    return {name: changes.get(name.removeprefix(f"{UP}."), value) for name, value in stored.items()}


def noted(text: bytes) -> Stored:
    return packing("NF4") | {UP + NOTE: np.frombuffer(text, np.uint8)}


MICRO: Stored = {
    f"{UP}_blocks": np.full((4, 320, 2, 16), 0x21, np.uint8),
    f"{UP}_scales": np.full((4, 320, 2), 120, np.uint8),
}
HUGE = np.float32(3e38)


def exponent(code: int) -> Raw:
    scales = MICRO[f"{UP}_scales"].copy()
    scales[2, 7, 1] = code
    return raw(MICRO | {f"{UP}_scales": scales})


def float8(code: int, scale: np.ndarray, scaled: str = "F32") -> Raw:
    """Codes of E4M3 but one, and a scale."""
    return {f"{UP}.weight": ("F8_E4M3", (96, 64), bytes([56] * 6143 + [code])),
            f"{UP}.weight_scale": (scaled, scale.shape, scale.tobytes())}  # fmt: skip


ONE = np.ones((), np.float32)
NOT_FINITE: dict[str, Raw] = {
    "MXFP4 with an exponent that is NaN": exponent(255),
    "MXFP4 with an exponent beyond floats": exponent(254),
    "GPTQ": raw(packing("GPTQ", scales=np.full((4, 96), HUGE))),
    "AWQ": raw(packing("AWQ", scales=np.full((4, 96), HUGE))),
    "compressed-tensors": raw(packing("compressed-tensors", weight_scale=np.full((96, 4), HUGE))),
    "NF4": raw(packing("NF4", **{"weight.absmax": np.full(384, HUGE), "weight.quant_map": np.full(16, HUGE)})),
    "doubles": raw(packing("8 bits", SCB=np.full(96, 1e300))),
    "a scale that is NaN": raw(packing("8 bits", SCB=np.full(96, np.nan, np.float32))),
    "a scale that is infinite": raw(packing("GPTQ", scales=np.full((4, 96), np.inf, np.float16))),
    "codes that are NaN": float8(0x7F, ONE),
    "codes times a scale": float8(56, HUGE * ONE),
    "codes times an exponent": float8(56, np.full((96, 2), 254, np.uint8), "U8"),
    "codes times an exponent that is NaN": float8(56, np.full((96, 2), 255, np.uint8), "F8_E8M0"),
}


@pytest.mark.parametrize("tensors", NOT_FINITE.values(), ids=NOT_FINITE)
def test_values_that_are_not_finite_are_refused_whatever_makes_them_so(tensors: Raw, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"values that are NaN or infinite.*\n  -> use a sound copy") as refused:
        open_subject("damaged", checkpoint(tmp_path / "damaged", tensors))
    assert "1 problem\n- model.safetensors: tensor model.layers.0.mlp.up_proj" in str(refused.value)


def test_scales_near_the_largest_are_no_damage(tmp_path: Path) -> None:
    for name, tensors in {"micro": exponent(252), "8": raw(packing("8 bits", SCB=np.full(96, HUGE)))}.items():
        assert open_subject(name, checkpoint(tmp_path / name, tensors))


def test_damage_is_one_message_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights: Stored = {name: value for name, value in fresh(1).items() if name != f"{UP}.weight"}
    broken, sound = written(tmp_path / "broken", weights), written(tmp_path / "sound", fresh(2))
    checkpoint(broken, {**raw(weights), **exponent(255)})
    for one, other in ((broken, sound), (sound, broken)):
        assert main(["audit", str(one), "--against", f"o={other}", "--out", str(tmp_path / "a.json")]) == 2
        error = capsys.readouterr().err
        assert f"tensor {UP} holds values that are NaN or infinite by its scales" in error
        assert "Traceback" not in error


@pytest.mark.parametrize("codes", [0x38, 0x21])
def test_8_bit_floats_with_exponents_for_scales_are_times_powers_of_2(codes: int, tmp_path: Path) -> None:
    powers = np.array([[127, 128], [126, 120]], np.uint8).repeat(48, 0)
    folder = checkpoint(tmp_path / "mx", float8(codes, powers, "F8_E8M0"))
    values = open_subject("mx", folder).values.whole(f"{UP}.weight")
    assert values[0, 32] == 2 * values[0, 0]
    assert values[95, 0] == values[0, 0] / 2
    assert values[95, 32] == values[0, 0] / 128


def test_a_scale_multiplies_8_bit_codes_alone(tmp_path: Path) -> None:
    for dtype in (np.float32, np.float16, np.float64, np.int8):
        stored = {"m": np.full((4, 4), 3, dtype), "m_scale": np.full((4, 4), 2, np.float32)}
        (folder := tmp_path / np.dtype(dtype).name).mkdir()
        assert opened(folder, stored).whole("m")[0, 0] == (6 if dtype is np.int8 else 3)


NOTES: dict[str, bytes] = {
    "nested without end": b"[" * 200_000,
    "endless": b'{"shape":[Infinity,64],"blocksize":16}',
    "no number": b'{"shape":[NaN,64],"blocksize":16}',
    "negative": b'{"shape":[-96,-64],"blocksize":16}',
    "overflowing": json.dumps({"shape": [6144 + 2**64, 1], "blocksize": 16}).encode(),
    "overflowing as integers of 64 bits": json.dumps(
        {"shape": [3**20, 6144 * pow(3**20, -1, 2**64) % 2**64], "blocksize": 16}).encode(),
    "texts": b'{"shape":["96","64"],"blocksize":"16"}',
    "truth": b'{"shape":[6144,true],"blocksize":16}',
    "hundreds of dimensions": json.dumps({"shape": [6144, *[1] * 200], "blocksize": 16}).encode(),
    "an endless offset": b'{"shape":[96,64],"blocksize":16,"nested_offset":1e999,"nested_blocksize":256}',
    "an offset of many digits": b'{"shape":[96,64],"blocksize":16,"nested_offset":1%s,"nested_blocksize":9}'
    % (b"0" * 999),
    "a block as large as memory": b'{"shape":[96,64],"blocksize":1099511627776}',
    "no object": b"7", "a text": b'"shape"', "no text": b"\xff\xfe", "nothing": b"{}", "null": b"null",
    "a shape that is none": b'{"shape":7,"blocksize":16}',
    "an object for a shape": b'{"shape":{"96":1},"blocksize":16}',
}  # fmt: skip


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES)
def test_a_note_that_is_not_understood_leaves_the_codes_unread(note: bytes, tmp_path: Path) -> None:
    assert not open_subject("noted", checkpoint(tmp_path / "noted", raw(noted(note)))).values.packed


ODD: dict[str, Stored] = {
    "a shape of one value": packing("compressed-tensors", weight_shape=np.array([96], np.int64)),
    "a shape that is a number": packing("compressed-tensors", weight_shape=np.array(96, np.int64)),
    "a shape of floats": packing("compressed-tensors", weight_shape=np.array([1e300, 64])),
    "a negative shape": packing("compressed-tensors", weight_shape=np.array([96, -64])),
    "codes without dimensions": packing("NF4", weight=np.zeros((), np.uint8)),
    "no absmax": {name: value for name, value in packing("NF4").items() if not name.endswith("absmax")},
    "no map": {name: value for name, value in packing("NF4", weight=np.zeros(16, np.uint8)).items()
               if not name.endswith("quant_map")},
    "words of other bits": packing("GPTQ", qweight=np.zeros((8, 96), np.int64)),
    "words of 8 bits": packing("GPTQ", qzeros=np.zeros((4, 12), np.uint8)),
}  # fmt: skip


@pytest.mark.parametrize("stored", ODD.values(), ids=ODD)
def test_parts_that_do_not_fit_leave_the_codes_unread(stored: Stored, tmp_path: Path) -> None:
    assert not open_subject("odd", checkpoint(tmp_path / "odd", raw(stored))).values.packed


def test_a_tensor_of_more_dimensions_than_arrays_have_is_refused(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "deep", {"m.weight": ("F32", (1,) * 99, bytes(4))})
    with pytest.raises(CheckpointError, match=r"m\.weight has 99 dimensions"):
        open_subject("deep", folder)


def test_packed_tensors_are_read_under_the_names_that_they_are_given(tmp_path: Path) -> None:
    """As where two checkpoints are compared without their prefixes."""
    plain = opened(tmp_path, PACKINGS["8 bits"](WEIGHT, f"model.{STEM}"))
    shorter = Values({name.removeprefix("model."): tensor for name, tensor in plain.stored.items()})
    assert np.array_equal(shorter.whole(f"{STEM}.weight"), plain.whole(f"model.{STEM}.weight"))


def read_or_refused(tensors: Raw) -> None:
    """Every weight, in every way; all values finite."""
    with tempfile.TemporaryDirectory() as name:
        try:
            values = open_subject("any", checkpoint(Path(name), tensors)).values
        except CheckpointError:
            return
        with reading(Path(name)):
            for weight, tensor in values.tensors.items():
                if tensor.dtype in WEIGHTS:
                    read(values, weight, tensor.shape)


def read(values: Values, name: str, shape: tuple[int, ...]) -> None:
    whole = values.whole(name)
    assert whole.shape == shape
    assert np.isfinite(whole).all()
    values.beginning(name, 100)
    if shape and shape[0]:
        assert np.array_equal(values.rows(name, np.array([shape[0] - 1, 0])), whole[[-1, 0]])
    for place in values.spans(name):
        values.span(name, *place)
    if len(shape) == 3:
        values.span(name, 0, 1, slice_=shape[0] - 1)


NUMBERS = st.one_of(
    st.integers(), st.floats(), st.sampled_from([0, -1, 2, 3, 16, 32, 64, 96, 256, 6144, 2**31, 2**64, 10**400]),
    st.text(max_size=3), st.booleans(), st.none(), st.lists(st.integers(), max_size=2),
)  # fmt: skip
STATES = st.fixed_dictionaries(
    {"shape": st.one_of(st.just([96, 64]), st.lists(NUMBERS, max_size=4), NUMBERS),
     "blocksize": st.one_of(st.just(16), NUMBERS)},
    optional={"nested_offset": NUMBERS, "nested_blocksize": NUMBERS},
)  # fmt: skip


NESTED: Stored = {
    f"{UP}.weight.absmax": np.arange(384).astype(np.uint8), f"{UP}.weight.nested_absmax": np.ones(2, np.float32),
    f"{UP}.weight.nested_quant_map": np.ones(256, np.float32),
}  # fmt: skip


@settings(max_examples=200)
@given(
    state=st.one_of(st.binary(max_size=99), STATES.map(lambda state: json.dumps(state).encode())), nested=st.booleans()
)
def test_whatever_a_note_says_its_weight_is_read_refused_or_left(state: bytes, nested: bool) -> None:
    stored = noted(state)
    if nested:
        stored |= NESTED
    read_or_refused(raw(stored))


def scaled(weight: np.ndarray, stem: str) -> Stored:
    codes = np.clip(40 * weight, -127, 127).astype(np.int8)
    return {f"{stem}.weight": codes, f"{stem}.weight_scale": np.ones((96, 2), np.float32)}


def micro(*_: object) -> Stored:
    return MICRO


KINDS: dict[str, Callable[..., Stored]] = {**PACKINGS, "MXFP4": micro, "scaled": scaled}
DTYPES = sorted(dtype for dtype, bits in DTYPE_BITS.items() if bits >= 8)


@st.composite
def damaged(draw: st.DrawFn) -> Raw:
    """A packed matrix of which one to three tensors are missing, or of another type, shape and content."""
    tensors = raw(KINDS[draw(st.sampled_from(sorted(KINDS)))](WEIGHT, UP))
    for name in draw(st.lists(st.sampled_from(sorted(tensors)), min_size=1, max_size=3, unique=True)):
        dtype, shape, stored = tensors.pop(name)
        if draw(st.booleans()):
            dtype = draw(st.sampled_from(DTYPES))
        if draw(st.booleans()):
            shape = tuple(draw(st.lists(st.sampled_from([0, 1, 2, 4, 8, 12, 64, 96]), max_size=4)))
        size = math.prod(shape) * DTYPE_BITS[dtype] // 8
        filling = draw(st.sampled_from([None, b"\x00", b"\xff", b"\x7e", b"\x7f\x3f\x80"]))
        piece = filling or stored or b"\x01"
        stored = piece * (size // len(piece) + 1)
        if draw(st.integers(0, 4)) and size < 1 << 22:
            tensors[name] = dtype, shape, stored[:size]
    return tensors


@settings(max_examples=300)
@given(tensors=damaged())
def test_whatever_the_parts_of_a_packed_weight_hold_it_is_read_refused_or_left(tensors: Raw) -> None:
    read_or_refused(tensors)
