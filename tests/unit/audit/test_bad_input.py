"""Whatever lies in the folder: a conclusion, or one message and exit code 2; no traceback, no hang, nothing run."""

from __future__ import annotations

import json
import os
import struct
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from harness.audit import subject as subject_module
from harness.audit.subject import open_subject
from harness.cli import main
from harness.errors import CheckpointError
from harness.findings import AuditReport
from tests.unit.audit.models import SHAPE, fresh, written

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"


def header_of(path: Path) -> tuple[dict[str, Any], bytes]:
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    return json.loads(raw[8 : 8 + length]), raw[8 + length :]


def with_header(path: Path, header: str | bytes, values: bytes) -> None:
    raw = header.encode() if isinstance(header, str) else header
    path.write_bytes(struct.pack("<Q", len(raw)) + raw + values)


def edited_header(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        header, values = header_of(folder / WEIGHTS)
        change(header)
        with_header(folder / WEIGHTS, json.dumps(header), values)

    return spoil


UP = "model.layers.0.mlp.up_proj.weight"


def _twice_in_a_header(folder: Path) -> None:
    header, values = header_of(folder / WEIGHTS)
    again = json.dumps({UP: header[UP]})[1:-1]
    with_header(folder / WEIGHTS, json.dumps(header)[:-1] + ", " + again + "}", values)


def _twice_in_two_files(folder: Path) -> None:
    save_file({UP: fresh(3)[UP]}, folder / "more.safetensors")


def _index(named: dict[str, str], **more: object) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        whole = dict.fromkeys(fresh(1), WEIGHTS)
        (folder / INDEX).write_text(json.dumps({"weight_map": {**whole, **named}, **more}))

    return spoil


def _written(name: str, content: str | bytes) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return spoil


def _inside(name: str, make: Callable[[Path], object]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / "sub").mkdir()
        make(folder / "sub" / name)

    return spoil


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a header of a hundred terabytes": (
        lambda f: (f / WEIGHTS).write_bytes(struct.pack("<Q", 1 << 47) + b"{}"), "is truncated or no safetensors file",
    ),
    "a header without end": (_written(WEIGHTS, struct.pack("<Q", 40) + b"[" * 40), "header that is not a JSON object"),
    "a header nested without end": (
        lambda f: with_header(f / WEIGHTS, '{"a":' * 100_000 + "1" + "}" * 100_000, b""), "header that is not a JSON"
    ),
    "a name twice in a header": (_twice_in_a_header, "or that names something twice"),
    "a name in two files": (_twice_in_two_files, "1 tensors lie in more than one file"),
    "offsets beyond the file": (
        edited_header(lambda header: header[UP].update(data_offsets=[0, 1 << 61], shape=[1 << 59])),
        "a gap or an overlap",
    ),
    "offsets backwards": (edited_header(lambda header: header[UP].update(data_offsets=[9, 1])), "wrongly"),
    "negative shape": (edited_header(lambda header: header[UP].update(shape=[-1, 64])), "wrongly"),
    "shape of the world": (edited_header(lambda header: header[UP].update(shape=[1 << 40] * 60)), "wrongly"),
    "shape of floats": (edited_header(lambda header: header[UP].update(shape=[96.0, 64.0])), "wrongly"),
    "an unknown type": (edited_header(lambda header: header[UP].update(dtype="F128")), "wrongly"),
    "a lie about the type": (edited_header(lambda header: header[UP].update(dtype="BF16")), "wrongly"),
    "a number too long to read": (
        lambda f: with_header(f / WEIGHTS, '{"a": {"dtype": "U8", "shape": [' + "9" * 10_000 + "]}}", b""),
        "header that is not a JSON object",
    ),
    "half a character as a name": (
        lambda f: with_header(
            f / WEIGHTS, '{"\\ud800": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}', b"\x00" * 4
        ),
        "has a name that is no text",
    ),
    "no values": (
        lambda f: with_header(f / WEIGHTS, '{"a": {"dtype": "F32", "shape": [0, 9], "data_offsets": [0, 0]}}', b""),
        "[0, 9]: no values",
    ),
    "bytes behind the last tensor": (
        lambda f: (f / WEIGHTS).write_bytes((f / WEIGHTS).read_bytes() + b"\x00"), "has 1 bytes after its last tensor"
    ),
    "a shard that is missing": (_index({"x": "gone.safetensors"}), "gone.safetensors is missing"),
    "a tensor that no shard holds": (_index({"x": WEIGHTS}), "tensor x is in model.safetensors.index.json but not in"),
    "an index that leaves the folder": (_index({"x": "../../etc/passwd"}), "holds no weight_map of tensor names"),
    "an index of numbers": (_written(INDEX, '{"weight_map": {"x": 7}}'), "holds no weight_map of tensor names"),
    "a config nested without end": (_written("config.json", "[" * 3_000_000), "config.json holds no JSON object"),
    "a config of nine megabytes": (
        _written("config.json", '{"a": "' + "x" * (9 << 20) + '"}'), "config.json is larger than 8 MiB"
    ),
    "a config in another encoding": (_written("config.json", b'\xff\xfe{\x00"\x00'), "holds no JSON object"),
    "half a character in the config": (_written("config.json", '{"model_type": "\\udfff"}'), "holds text that is none"),
    "endless sizes": (_written("config.json", '{"hidden_size": Infinity}'), "config.json says hidden_size inf"),
    "sizes that are none": (_written("config.json", '{"hidden_size": NaN}'), "config.json says hidden_size nan"),
    "a pipe called config.json": (
        lambda f: ((f / "config.json").unlink(), os.mkfifo(f / "config.json")), "config.json is neither a file nor"
    ),
    "a pipe in a folder": (_inside("modeling.py", os.mkfifo), "sub/modeling.py is neither a file nor a folder"),
    "a link to a device": (lambda f: (f / "x.json").symlink_to("/dev/zero"), "is a link that leaves the checkpoint"),
    "a link to itself": (lambda f: (f / "x.json").symlink_to(f / "x.json"), "x.json is a link to nothing"),
    "a link out of a folder": (
        _inside("x.py", lambda path: path.symlink_to("/etc/passwd")), "sub/x.py is a link that leaves the checkpoint"
    ),
    "a folder as a weight file": (lambda f: (f / "x.safetensors").mkdir(), "x.safetensors is a folder, not a weight"),
    "a name that is no text": (
        lambda f: Path(os.fsdecode(os.fsencode(f) + b"/\xff\xfe.py")).symlink_to("/etc"), "is a link that leaves"
    ),
    "a file that may not be read": (lambda f: (f / WEIGHTS).chmod(0), "Permission denied"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "message"), SPOILED.values(), ids=SPOILED)
def test_a_spoiled_checkpoint_is_one_message(
    spoil: Callable[[Path], object], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "Permission" in message and os.geteuid() == 0:
        pytest.skip("root may read everything")
    sound, broken = written(tmp_path / "sound", fresh(2)), written(tmp_path / "broken", fresh(1))
    spoil(broken)
    out = tmp_path / "audit.json"
    assert main(["audit", str(broken), "--against", f"sound={sound}", "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error) < 4000
    assert not out.exists()


def test_countless_files_below_the_folder_are_counted_and_no_further(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject_module, "MOST_FILES", 30)
    folder = written(tmp_path / "many", fresh(1))
    for number in range(5):
        (folder / str(number)).mkdir()
        for index in range(10):
            (folder / str(number) / f"{index}.py").touch()
    with pytest.raises(CheckpointError, match="holds more than 30 files"):
        open_subject("many", folder)


def test_a_folder_whose_name_is_taken_apart_into_jamo_is_shown_whole(tmp_path: Path) -> None:
    folder = written(tmp_path / unicodedata.normalize("NFD", "한글모델"), fresh(1))
    other = written(tmp_path / "other", fresh(2))
    out = tmp_path / unicodedata.normalize("NFD", "감사") / "결과.json"
    assert main(["audit", str(folder), "--against", f"other={other}", "--out", str(out), "--lang", "ko"]) == 0
    assert AuditReport.model_validate_json(out.read_text(encoding="utf-8")).checkpoint.name == "한글모델"
    assert "한글모델" in out.with_suffix(".html").read_text(encoding="utf-8")


def test_a_file_that_shrinks_while_it_is_read_is_named(tmp_path: Path) -> None:
    from harness.audit.digests import digest_tensors

    folder = written(tmp_path / "shrinking", fresh(1))
    subject = open_subject("shrinking", folder)
    os.truncate(folder / WEIGHTS, 5000)
    with pytest.raises(OSError, match="became shorter while it was read"):
        digest_tensors(list(subject.tensors.values()))


NASTY = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 9), st.sampled_from([10**6, 2**40, -(2**70), 0]),
    st.floats(allow_nan=True, allow_infinity=True), st.text(max_size=5), st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.sampled_from(["hidden_size", "model_type", "num_attention_heads", "x"]), st.integers(0, 9)),
)  # fmt: skip
KEYS = (
    "model_type", "architectures", "hidden_size", "vocab_size", "intermediate_size", "num_hidden_layers", "head_dim",
    "num_attention_heads", "num_key_value_heads", "rms_norm_eps", "rope_theta", "tie_word_embeddings", "text_config",
    "vision_config", "audio_config", "llm_config", "quantization_config", "num_experts", "n_routed_experts", "auto_map",
    "q_lora_rank", "kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim", "rope_parameters",
    "hidden_act",
)  # fmt: skip


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("fuzz")
    return written(root / "sound", fresh(2)), written(root / "spoiled", fresh(1))


def concluded_or_refused(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Both ways round: exit code 0 with a valid record, or 2 with a message."""
    sound, spoiled = pair
    out = sound.parent / "audit.json"
    for ours, theirs in ((spoiled, sound), (sound, spoiled)):
        out.unlink(missing_ok=True)
        code = main(["audit", str(ours), "--against", f"other={theirs}", "--out", str(out)])
        error = capsys.readouterr().err
        assert code in (0, 2), error
        assert "Traceback" not in error
        if code == 0:
            AuditReport.model_validate_json(out.read_text(encoding="utf-8"))
        else:
            assert "cannot be audited" in error


FUZZED = settings(
    max_examples=6,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example takes seconds: none is made smaller
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FUZZED
@given(changes=st.dictionaries(st.sampled_from(KEYS), NASTY, min_size=1, max_size=4))
def test_any_config_is_concluded_or_refused(
    changes: dict[str, Any], pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (pair[1] / "config.json").write_text(json.dumps({**SHAPE.config(), **changes}))
    (pair[1] / WEIGHTS).write_bytes(SOUND.setdefault("weights", (pair[1] / WEIGHTS).read_bytes()))
    concluded_or_refused(pair, capsys)


@pytest.mark.full
@pytest.mark.timeout(3600)
@settings(FUZZED, max_examples=200)
@given(changes=st.dictionaries(st.sampled_from(KEYS), NASTY, min_size=1, max_size=6))
def test_any_of_many_configs_is_concluded_or_refused(
    changes: dict[str, Any], pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (pair[1] / "config.json").write_text(json.dumps({**SHAPE.config(), **changes}))
    concluded_or_refused(pair, capsys)


SOUND: dict[str, bytes] = {}


@FUZZED
@given(
    name=st.sampled_from(sorted(fresh(1))),
    shape=st.lists(st.integers(1, 70), min_size=0, max_size=4),
    dtype=st.sampled_from(["float32", "float16", "float64", "int8", "uint8", "int64", "bool"]),
    renamed=st.sampled_from(["", "x", "vision_tower.", "experts.3.", ".", "layers.7", "lm_head.weight", "가"]),
)
def test_any_tensor_is_concluded_or_refused(
    name: str, shape: list[int], dtype: str, renamed: str, pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    weights: dict[str, np.ndarray] = dict(fresh(1))
    del weights[name]
    value = np.asarray(np.random.default_rng(0).normal(0, 1, shape) * 50)
    weights[renamed + name if renamed else name] = np.asarray(value.astype(dtype))
    save_file(weights, pair[1] / WEIGHTS)
    (pair[1] / "config.json").write_text(json.dumps(SHAPE.config()))
    concluded_or_refused(pair, capsys)


@FUZZED
@given(at=st.integers(0, 4000), bits=st.integers(1, 255), cut=st.integers(0, 3))
def test_any_flipped_byte_is_concluded_or_refused(
    at: int, bits: int, cut: int, pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    written(pair[1], fresh(1))
    raw = bytearray((pair[1] / WEIGHTS).read_bytes())
    raw[at % len(raw)] ^= bits
    (pair[1] / WEIGHTS).write_bytes(raw[: len(raw) - cut])
    concluded_or_refused(pair, capsys)


TOKENIZERS = [
    b"", b"{}", b"[]", b'{"model": 7}', b'{"model": {"vocab": {"a": -1, "b": "x"}}}', b"[" * 200_000,
    b'{"model": {"vocab": [["a"], 3, []]}}', b'{"model": {"vocab": {"\\ud800": 0}}}',
    b'{"model": {"vocab": {"a": 99999999999}, "merges": [1, ["a"], "a b c"]}}',
    b'{"added_tokens": {"x": 1}, "model": {"vocab": {"a": 0}}}',
]  # fmt: skip


@pytest.mark.parametrize("content", TOKENIZERS)
def test_any_tokenizer_is_concluded_or_refused(
    content: bytes, pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    written(pair[1], fresh(1))
    for folder in pair:
        (folder / "tokenizer.json").write_bytes(content)
    concluded_or_refused(pair, capsys)
    for folder in pair:
        (folder / "tokenizer.json").unlink()
