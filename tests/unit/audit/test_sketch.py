"""A sketch finds what deserves a whole comparison, accuses nobody, and is refused once a byte of it has changed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save, save_file

from harness.audit import check_sketch, sketch_checkpoint
from harness.audit import sketch as sketch_module
from harness.audit.sketch import HEAD, SHARE, packed, payload_digest, read_sketch, token_hash, unpacked
from harness.cli import main
from harness.errors import CheckpointError, ConfigError, VerificationError
from tests.unit.audit.models import SHAPE, audited, concluded, fresh, written
from tests.unit.audit.test_descent import ATTACKS
from tests.zoo import attacks
from tests.zoo.model import Shape
from tests.zoo.originals import ORIGINALS, original, write_checkpoint

FOUND = {name: attack for name, attack in ATTACKS.items() if name != "feed-forward blocks reset"}


def sketched(folder: Path, out: Path, seed: int = 1) -> Path:
    sketch_checkpoint(folder, out, seed, lambda _: None)
    return out


@pytest.fixture(scope="module")
def sketch(parent: Path) -> Path:
    return sketched(parent, parent.parent / "parent.sketch")


@pytest.mark.parametrize("attack", FOUND.values(), ids=FOUND)
def test_a_copy_is_sent_to_experts_and_never_convicted(
    attack: Callable[..., dict[str, np.ndarray]], sketch: Path, tmp_path: Path
) -> None:
    copy = written(tmp_path / "copy", attack(fresh(1), SHAPE, np.random.default_rng(0)))
    report = audited(copy, parent=sketch)
    assert concluded(report, "parent")["text"] == "refer"
    assert "derived" not in {one.strength for one in report.findings}
    reason = next(one.reason for one in report.conclusions if one.component == "text")
    assert "ask for the full weights" in reason
    assert report.candidates[0].sketch


@pytest.mark.parametrize("seed", range(2, 8))
def test_an_independent_model_of_the_same_sizes_is_clear(seed: int, sketch: Path, tmp_path: Path) -> None:
    report = audited(written(tmp_path / "other", fresh(seed)), parent=sketch)
    assert {concluded(report, "parent")[part] for part in ("text", "embeddings")} == {"no_evidence"}


def test_moved_and_doubled_layers_are_found(sketch: Path, tmp_path: Path) -> None:
    weights, shape = attacks.keep_layers(fresh(1), SHAPE, (1, 0, 0, 1))
    report = audited(written(tmp_path / "moved", weights, shape), parent=sketch)
    heat = next(one.layers for one in report.findings if one.component == "text" and one.layers)
    assert {(pair.layer, pair.other) for pair in heat if pair.agreement > 0.9} == {(0, 1), (1, 0), (2, 0), (3, 1)}


def test_another_width_without_shared_tokens_cannot_be_compared(sketch: Path, tmp_path: Path) -> None:
    shape = Shape(width=32, layers=2, ffn=96, vocab=400)
    report = audited(written(tmp_path / "narrow", fresh(9, shape), shape), parent=sketch)
    assert concluded(report, "parent")["text"] == "not_comparable"


def test_identical_tensors_are_told_by_their_digests(sketch: Path, tmp_path: Path) -> None:
    weights = fresh(5)
    weights["lm_head.weight"] = fresh(1)["lm_head.weight"]
    report = audited(written(tmp_path / "head", weights), parent=sketch)
    assert concluded(report, "parent")["head"] == "refer"


def test_equal_seeds_give_equal_bytes_and_no_seed_another_draw(parent: Path, sketch: Path, tmp_path: Path) -> None:
    assert sketched(parent, tmp_path / "again").read_bytes() == sketch.read_bytes()
    heads = [sketch_checkpoint(parent, tmp_path / name, None, lambda _: None) for name in ("one", "two")]
    assert heads[0].seed != heads[1].seed


def test_a_sketch_is_small(tmp_path: Path) -> None:
    shape = Shape(width=256, layers=8, heads=8, kv_heads=8, ffn=8192, vocab=2048)
    folder = written(tmp_path / "wide", fresh(1, shape), shape)
    size = sketched(folder, tmp_path / "wide.sketch").stat().st_size
    assert size <= 1.01 * SHARE * (folder / "model.safetensors").stat().st_size + (1 << 15)


def test_the_sketch_of_a_checkpoint_is_known_again(parent: Path, sketch: Path) -> None:
    assert check_sketch(parent, sketch, lambda _: None).checkpoint.name == "parent"


def test_a_sketch_of_other_weights_is_told(sketch: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other", fresh(2))
    with pytest.raises(VerificationError, match="was made from other weights"):
        check_sketch(other, sketch, lambda _: None)


def resigned(path: Path, change: Callable[[dict[str, np.ndarray], dict[str, Any]], None], *, sign: bool) -> None:
    """Change a sketch as somebody who knows the format would."""
    tensors = load_file(path)
    head = json.loads(tensors.pop(HEAD).tobytes())
    change(tensors, head)
    if sign:
        head["payload_sha256"] = payload_digest(tensors)
    save_file({**tensors, HEAD: np.frombuffer(json.dumps(head).encode(), np.uint8)}, path)


def test_a_sketch_that_was_changed_and_signed_anew_does_not_match_its_weights(
    parent: Path, sketch: Path, tmp_path: Path
) -> None:
    path = tmp_path / "sketch"
    path.write_bytes(sketch.read_bytes())
    resigned(path, lambda tensors, _: tensors["text.codes"].__imul__(-1), sign=True)
    read_sketch("x", path)
    with pytest.raises(VerificationError, match="is not what they give: it was changed"):
        check_sketch(parent, path, lambda _: None)


def _units(**values: object) -> Callable[[dict[str, np.ndarray], dict[str, Any]], None]:
    return lambda _, head: head.update(units=[{**unit, **values} for unit in head["units"]])


def _checkpoint(**values: object) -> Callable[[dict[str, np.ndarray], dict[str, Any]], None]:
    return lambda _, head: head.update(checkpoint={**head["checkpoint"], **values})


SPOILED: dict[str, tuple[Callable[[dict[str, np.ndarray], dict[str, Any]], None], bool, str]] = {
    "a vector": (lambda tensors, _: tensors["text.codes"].__iadd__(1), False, "damaged or was changed"),
    "a digest": (lambda _, head: head.update(payload_sha256="0" * 64), False, "damaged or was changed"),
    "a table is gone": (lambda tensors, _: tensors.pop("text.codes"), True, "it lacks the tensor text.codes"),
    "rows": (lambda tensors, _: tensors["rows"].__iadd__(10_000), True, "its tokens do not fit its vectors"),
    "a short table": (
        lambda tensors, _: tensors.update({name: tensors[name][:3] for name in ("text.codes", "text.scale")}),
        True, "its table of text is shorter than its head says",
    ),
    "endless scales": (
        lambda tensors, _: tensors["text.scale"].fill(np.inf), True, "has scales that are not finite"
    ),
    "a later version": (lambda _, head: head.update(schema_version=2), True, "it has version 2, this harness reads 1"),
    "another head": (lambda _, head: head.pop("checkpoint"), True, "its head is not valid: checkpoint: Field required"),
    "a type": (lambda tensors, _: tensors.update(rows=tensors["rows"].astype(np.float64)), True, "which no sketch has"),
    "sizes": (lambda tensors, _: tensors.update(sizes=tensors["sizes"][:1]), True, "its digests do not fit"),
    "sizes below 0": (lambda tensors, _: tensors["sizes"].__imul__(-1), True, "its digests do not fit"),
    "two columns of tokens": (
        lambda tensors, _: tensors.update(tokens=np.stack([tensors["tokens"]] * 2, 1)), True,
        "its tensor tokens has type uint64 and 2 dimensions",
    ),
    "two columns of sizes": (
        lambda tensors, _: tensors.update(sizes=np.stack([tensors["sizes"]] * 2, 1)), True,
        "its tensor sizes has type int64 and 2 dimensions",
    ),
    "a row twice": (lambda tensors, _: tensors["rows"].fill(0), True, "its tokens do not fit its vectors"),
    "negative scales": (lambda tensors, _: tensors["text.scale"].__imul__(-1), True, "scales that are negative"),
    "units of any length": (lambda tensors, _: tensors["text.scale"].fill(1e30), True, "larger than any sketch's"),
    "scales that overflow": (lambda tensors, _: tensors["vectors.scale"].fill(3e38), True, "larger than any sketch's"),
    "vectors without width": (
        lambda tensors, _: tensors.update({"vectors.codes": tensors["vectors.codes"][:, :0]}), True,
        "its table vectors is not of rows with a scale each",
    ),
    "units of another width": (
        lambda tensors, _: tensors.update({"text.codes": np.ascontiguousarray(tensors["text.codes"][:, :5])}), True,
        "its table of text is 5 wide, which its head does not say",
    ),
    "a longer table": (
        lambda tensors, _: tensors.update(
            {name: np.concatenate([tensors[name]] * 2) for name in ("text.codes", "text.scale")}
        ),
        True, "its table of text is longer than its head says",
    ),
    "a tensor more": (
        lambda tensors, _: tensors.update(more=np.zeros(9, np.uint8)), True, "it holds a tensor more, which no sketch"
    ),
    "parts that overlap": (_units(first_row=0), True, "the parts of its table of text overlap or leave a gap"),
    "parts again and again": (
        lambda _, head: head.update(units=head["units"] * 3), True, "overlap or leave a gap"
    ),
    "a layer far away": (_units(layer=10**9), True, "ffn of layer 1000000000 of text does not fit the checkpoint"),
    "more units than there are": (_units(of=1), True, "ffn of layer 0 of text does not fit the checkpoint"),
    "a part that steers a terminal": (_units(part="\x1b[31m"), True, "units.0.part: String should match pattern"),
    "half a character": (_units(part="\ud800"), True, "its head is not valid: Invalid JSON"),
    "a seed below 0": (lambda _, head: head.update(seed=-5), True, "seed: Input should be greater than or equal to 0"),
    "a seed without end": (lambda _, head: head.update(seed=10**400), True, "seed: Input should be less than"),
    "endless bytes": (lambda _, head: head.update(bytes=10**400), True, "bytes: Input should be less than"),
    "parameters below 0": (_checkpoint(parameters=-1), True, "a size that no model has"),
    "a width without end": (_checkpoint(width={"text": 10**30}), True, "a size that no model has"),
    "a long name": (_checkpoint(name="x" * 1000), True, "a name that is too long, or that cannot be shown"),
    "no digest": (_checkpoint(digest="\x1b[31m"), True, "a digest of the weights that is none"),
    "layers of nothing": (_checkpoint(layers={"x": 1}), True, "names components that are none"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "sign", "message"), SPOILED.values(), ids=SPOILED)
def test_a_spoiled_sketch_is_refused_with_one_message(
    change: Callable[[dict[str, np.ndarray], dict[str, Any]], None], sign: bool, message: str, sketch: Path,
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = tmp_path / "sketch"
    path.write_bytes(sketch.read_bytes())
    resigned(path, change, sign=sign)
    with pytest.raises(CheckpointError) as caught:
        read_sketch("them", path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"the sketch them in {path} cannot be used: 1 problem")


def test_a_sketch_too_large_is_refused_before_it_is_read(sketch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sketch_module, "MOST_BYTES", 1000)
    with pytest.raises(CheckpointError, match="bytes; a sketch has at most 1,000"):
        read_sketch("x", sketch)


def test_a_seed_that_is_none_is_refused(parent: Path, tmp_path: Path) -> None:
    for seed in (-5, 1 << 63):
        with pytest.raises(ConfigError, match=f"--seed {seed} is no seed"):
            sketched(parent, tmp_path / "out", seed)


@given(cut=st.floats(0, 0.999), flip=st.integers(0, 255))
def test_a_truncated_or_flipped_sketch_never_passes(cut: float, flip: int) -> None:
    path = Path(CACHED["path"])
    whole = path.read_bytes()
    at = int(cut * len(whole))
    other = path.with_suffix(".spoiled")
    other.write_bytes(whole[:at])
    with pytest.raises(CheckpointError):
        read_sketch("x", other)
    changed = bytearray(whole)
    changed[at] ^= flip
    other.write_bytes(changed)
    if flip == 0:
        read_sketch("x", other)
        return
    with suppress(CheckpointError):  # else only the format's own words, which nobody reads, were changed
        assert read_sketch("x", other).head == read_sketch("x", path).head


CACHED: dict[str, str] = {}


@pytest.fixture(autouse=True, scope="module")
def _known(sketch: Path) -> None:
    CACHED["path"] = str(sketch)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is truncated or no safetensors file"),
        (b"not a sketch at all, but long enough", "claims a header of|is truncated"),
        (save({"x": np.zeros(3, np.float32)}), "holds no sketch.json: it is no sketch"),
    ],
)
def test_a_file_that_is_no_sketch_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        read_sketch("x", path)


def test_the_command_writes_checks_and_refuses(
    parent: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "p.sketch"
    assert main(["sketch", str(parent), "--out", str(out)]) == 0
    assert "units," in capsys.readouterr().out
    assert main(["sketch", str(parent), "--check", str(out)]) == 0
    assert main(["sketch", str(written(tmp_path / "other", fresh(2))), "--check", str(out)]) == 4
    assert main(["sketch", str(tmp_path / "nothing"), "--out", str(out)]) == 2
    assert main(["sketch", str(parent), "--check", str(parent / "config.json")]) == 2
    os.mkfifo(tmp_path / "pipe")
    capsys.readouterr()
    for path, there in (
        (tmp_path / "gone", "does not exist"),
        (tmp_path, "is no file"),
        (tmp_path / "pipe", "no file"),
    ):
        assert main(["sketch", str(parent), "--check", str(path)]) == 2
        assert f"{path} " in (error := capsys.readouterr().err)
        assert there in error


@given(st.lists(st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3), min_size=1, max_size=5))
def test_packing_loses_less_than_half_a_step(rows: list[list[float]]) -> None:
    given_ = np.array(rows, np.float32)
    codes, scale = packed(given_)
    assert np.all(np.abs(unpacked(codes, scale) - given_) <= 0.501 * scale[:, None] + 1e-30)


def test_a_token_has_a_hash_that_is_never_zero() -> None:
    assert token_hash("가") == token_hash("가") != token_hash("나")
    assert token_hash("\udc80") > 0


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_no_trained_independent_of_the_zoo_is_sent_to_experts(tmp_path: Path) -> None:
    """21 models, most trained on the same data in the same order, each against the sketches of all others."""
    shapes = {name: spec.shape.config() for name, spec in ORIGINALS.items()}
    folders = {name: write_checkpoint(tmp_path / name, original(name), config) for name, config in shapes.items()}
    sketches = {name: sketched(folder, tmp_path / f"{name}.sketch") for name, folder in folders.items()}
    referred = []
    for name, folder in folders.items():
        report = audited(folder, **{other: path for other, path in sketches.items() if other != name})
        weights = [one for one in report.conclusions if one.component in ("text", "embeddings", "head")]
        referred += [(name, one.candidate, one.reason) for one in weights if one.conclusion == "refer"]
    assert referred == []
