"""What a hostile tester found: ties, a few shared tokens, odd files; and disguises that got through."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from harness.audit import trunk
from harness.audit.agreement import match
from harness.audit.layers import Compared
from harness.audit.pair import Pair
from harness.cli import main
from tests.unit.audit.models import SHAPE, audited, concluded, fresh, written
from tests.zoo import attacks
from tests.zoo.train import Weights

UP = "model.layers.0.mlp.up_proj.weight"
DOWN_3D, UP_3D = "model.layers.0.mlp.experts.down_proj", "model.layers.0.mlp.experts.up_proj"
PARTS = ("text", "embeddings", "head")


def test_equal_units_are_neither_in_place_nor_matched_alike_twice() -> None:
    flat = np.zeros((96, 96), np.float32)
    assert np.count_nonzero(match(flat) == np.arange(96)) < 10
    assert np.count_nonzero(match(flat) == match(flat, seed=1)) < 10


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_models_of_constants_are_accused_of_nothing(value: float, tmp_path: Path) -> None:
    weights = {name: np.full_like(stored, value) for name, stored in fresh(1).items()}
    report = audited(written(tmp_path / "one", weights), other=written(tmp_path / "other", weights))
    assert {concluded(report, "other")[part] for part in PARTS} == {"no_evidence"}


def test_a_shared_special_token_does_not_make_embeddings_suspect(tmp_path: Path) -> None:
    ours, theirs = written(tmp_path / "ours", fresh(1)), written(tmp_path / "theirs", fresh(2))
    for folder, prefix in ((ours, "a"), (theirs, "b")):
        vocab = {"<s>": 0} | {f"{prefix}{row}": row for row in range(1, 512)}
        (folder / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocab, "merges": []}}))
    report = audited(ours, theirs=theirs)
    assert {concluded(report, "theirs")[part] for part in PARTS} == {"no_evidence"}


def _layer(layer: int, agreement: float, similarity: float) -> Compared:
    return Compared("as stored", "ffn", layer, layer, "ffn", agreement, 40, similarity, 1e-15, None, 0.0, None)


@pytest.mark.parametrize(
    ("layers", "strength"),
    [
        ([(0.45, 0.45), (0.1, 0.1)], "refer"),  # reused embeddings: the first layer learns the same tokens again
        ([(0.45, 0.45), (0.4, 0.4)], "derived"),
        ([(0.9, 0.9), (0.1, 0.1)], "derived"),
    ],
)
def test_a_single_layer_convicts_only_far_above_what_reused_embeddings_bring(
    layers: list[tuple[float, float]], strength: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = [_layer(index, *values) for index, values in enumerate(layers)]
    monkeypatch.setattr(trunk, "compare_layers", lambda *_: compared)
    found = trunk.findings(cast(Pair, SimpleNamespace(components=("text",), candidate="theirs")))
    assert [one.strength for one in found if one.method == "matching"] == [strength]


def test_a_disguised_copy_with_a_new_vocabulary_is_found_after_much_training(tmp_path: Path) -> None:
    weights, rng = fresh(1), np.random.default_rng(0)
    for step in (attacks.permute_units, attacks.permute_heads, attacks.rotate):
        weights = step(weights, SHAPE, rng)
    weights = attacks.noise(attacks.reset_embeddings(weights, rng), 0.5, rng)
    others = {name: written(tmp_path / name, fresh(seed)) for name, seed in (("parent", 1), ("stranger", 2))}
    report = audited(written(tmp_path / "copy", weights), **others)
    assert concluded(report, "parent")["text"] == "derived"
    assert concluded(report, "stranger")["text"] == "no_evidence"


def _random(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).normal(size=shape).astype(np.float32)


ODD_WEIGHTS: dict[str, Weights] = {
    "largest floats": {**fresh(1), UP: np.full((96, 64), 3e38, np.float32)},
    "doubles beyond floats": {**fresh(1), UP: fresh(1)[UP].astype(np.float64) * 1e200},
    "largest embeddings": {**fresh(1), "model.embed_tokens.weight": np.full((512, 64), 3e38, np.float32)},
    "scales of experts": {**fresh(1), DOWN_3D: (20 * _random(4, 64, 96)).astype(np.int8), UP_3D: _random(4, 96, 64),
                          f"{DOWN_3D}_scale": _random(4, 64)},
    "experts without a partner": {**fresh(1), DOWN_3D: _random(4, 64, 96), UP_3D: _random(2, 96, 64)},
    "empty scale": {**fresh(1), UP: (20 * _random(96, 64)).astype(np.int8), f"{UP}_scale": np.ones((0,), np.float32)},
}  # fmt: skip


@pytest.mark.parametrize("weights", ODD_WEIGHTS.values(), ids=ODD_WEIGHTS)
def test_odd_weights_are_compared_without_a_crash(weights: Weights, tmp_path: Path) -> None:
    one, other = written(tmp_path / "one", weights), written(tmp_path / "other", fresh(2))
    for checkpoint, candidate in ((one, other), (other, one)):
        assert concluded(audited(checkpoint, other=candidate), "other")["text"] in ("no_evidence", "not_comparable")


VOCABULARY = {f"t{row}": row for row in range(512)}
ODD_TOKENIZERS: dict[str, Any] = {
    "tokens that are lists": {"model": {"vocab": [[["a"], 1]] * 600}},
    "added tokens that are a number": {"model": {"vocab": VOCABULARY}, "added_tokens": 5},
    "rows below 0": {"model": {"vocab": VOCABULARY}, "added_tokens": [{"content": "t5", "id": -(10**6)}]},
    "rows beyond integers": {"model": {"vocab": {"t1": 10**30, "t2": True, "t3": 1}}},
    "half a character": {"model": {"vocab": {"\ud800": 1, "t2": 2}}},
}


@pytest.mark.parametrize("tokenizer", ODD_TOKENIZERS.values(), ids=ODD_TOKENIZERS)
def test_odd_tokenizers_are_read_without_a_crash(tokenizer: Any, tmp_path: Path) -> None:
    one, other = written(tmp_path / "one", fresh(1)), written(tmp_path / "other", fresh(2))
    (one / "tokenizer.json").write_text(json.dumps(tokenizer))
    (other / "tokenizer.json").write_text(json.dumps({"model": {"vocab": VOCABULARY}}))
    for checkpoint, candidate in ((one, other), (other, one)):
        assert concluded(audited(checkpoint, other=candidate), "other")["embeddings"] == "no_evidence"


def _half_a_character(folder: Path) -> None:
    file = folder / "model.safetensors"
    stored = file.read_bytes()
    (length,) = struct.unpack("<Q", stored[:8])
    header = json.loads(stored[8 : 8 + length])
    header["\ud800"] = header.pop(UP)
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + stored[8 + length :])


def _folder_for_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").mkdir()


def _no_text_in_config(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vision_config": {"model_type": "\ud800"}}))


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "tensor name": (_half_a_character, "has a name that is no text"),
    "folder": (_folder_for_weights, "model.safetensors is a folder"),
    "config": (_no_text_in_config, "config.json holds text that is none"),
}


@pytest.mark.parametrize(("fault", "message"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_written_down_is_refused(
    fault: Callable[[Path], None], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, sound = written(tmp_path / "broken", fresh(1)), written(tmp_path / "sound", fresh(2))
    fault(broken)
    for checkpoint, other in ((broken, sound), (sound, broken)):
        assert main(["audit", str(checkpoint), "--against", f"o={other}", "--out", str(tmp_path / "a.json")]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert "Traceback" not in error


def test_a_record_that_cannot_be_written_is_said_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    checkpoint = written(tmp_path / "one", fresh(1))
    out = tmp_path / "file" / "audit.json"
    assert main(["audit", str(checkpoint), "--against", f"o={checkpoint}", "--out", str(out)]) == 2
    assert "cannot be written" in capsys.readouterr().err


UNWRITABLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "/proc": (lambda _: Path("/proc/audit.json"), "cannot be written"),
    "a long name": (lambda f: f / ("x" * 246 + ".json"), "cannot be written: File name too long"),
    "a longer name": (lambda f: f / ("x" * 300), "cannot be written: File name too long"),
    "a device": (lambda _: Path("/dev/null"), "is neither a file nor a folder"),
    "a folder": (lambda f: f, "is a folder"),
    "the config": (lambda f: f / "one" / "config.json", "which is read and must not change"),
    "below": (lambda f: f / "one" / "new" / "audit.json", "which is read and must not change"),
    "through a link": (lambda f: f / "link" / "audit.json", "which is read and must not change"),
}


@pytest.mark.parametrize(("place", "message"), UNWRITABLE.values(), ids=UNWRITABLE)
@pytest.mark.parametrize("command", ["audit", "sketch"])
def test_an_out_that_cannot_be_written_or_changes_what_is_read_is_said_before_the_work(
    command: str, place: Callable[[Path], Path], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = written(tmp_path / "one", fresh(1))
    (checkpoint / "model.safetensors").write_bytes(b"")  # would be told, if it were read
    (tmp_path / "link").symlink_to(checkpoint)
    config = (checkpoint / "config.json").read_bytes()
    against = ["--against", f"o={checkpoint}"] if command == "audit" else []
    assert main([command, str(checkpoint), *against, "--out", str(place(tmp_path))]) == 2
    assert message in capsys.readouterr().err
    assert sorted(path.name for path in checkpoint.iterdir()) == ["config.json", "model.safetensors"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "one"]
    assert (checkpoint / "config.json").read_bytes() == config


def test_a_candidate_and_the_page_are_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs = written(tmp_path / "ours", fresh(1)), written(tmp_path / "theirs", fresh(2))
    sketch = tmp_path / "theirs.sketch"
    assert main(["sketch", str(theirs), "--out", str(sketch)]) == 0
    kept = sketch.read_bytes()
    (tmp_path / "page.html").mkdir()
    for option, path, out, message in (
        ("--against", theirs, theirs / "a.json", f"lies in {theirs}"),
        ("--null", theirs, theirs / "a.json", f"lies in {theirs}"),
        ("--against", sketch, sketch, "is read too"),
        ("--against", theirs, tmp_path / "page.json", "page.html is a folder"),
    ):
        against = [] if option == "--against" else ["--against", f"x={ours}"]
        assert main(["audit", str(ours), *against, option, f"o={path}", "--out", str(out)]) == 2
        assert message in capsys.readouterr().err
    assert sketch.read_bytes() == kept
    assert len(list(theirs.iterdir())) == 2


def test_samples_that_are_no_run_are_a_mistake_of_the_user_s(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint, out = written(tmp_path / "one", fresh(1)), tmp_path / "a.json"
    for run in (tmp_path / "gone", tmp_path):
        samples = ["--samples", f"entrant={run}", "--samples", f"o={run}"]
        assert main(["audit", str(checkpoint), "--against", f"o={checkpoint}", *samples, "--out", str(out)]) == 2
        assert f"--samples entrant={run}: no scored run lies there" in capsys.readouterr().err
