"""What is read a part at a time gives what is read at once; what does not fit the memory is left out, and said."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_tensors

from harness.audit import configuration, layers, matrices, projector, sampling, tables, units, values
from harness.audit.anatomy import anatomy
from harness.audit.audit import audit
from harness.audit.configuration import answered
from harness.audit.finding import Finding, Strength
from harness.audit.frame import Frame
from harness.audit.matrices import Matrix
from harness.audit.memory import memory_for, widest
from harness.audit.pair import Body, Pair
from harness.audit.parts import Stack
from harness.audit.rows import closeness, correlations, crossed, nearest, white
from harness.audit.sampling import held_layers
from harness.audit.sketching import make_sketch
from harness.audit.subject import open_subject
from harness.audit.tables import Scratch, stored
from harness.audit.values import Values
from harness.checkpoint.tensors import read_header
from harness.errors import StorageError
from tests.unit.audit.models import SHAPE, audited, concluded, fresh, written
from tests.unit.audit.test_anatomy import CONFIG, latent, mixed
from tests.unit.audit.test_heads import disguised
from tests.unit.audit.test_packed import PACKINGS, STEM, four_bits, gptq, opened
from tests.zoo.originals import write_checkpoint
from tests.zoo.train import Weights

WIDTH, UNITS = 24, 37
ANY = np.random.default_rng(7)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything large is taken apart: three rows of a matrix at once, tables on disk."""
    for module in (values, matrices):
        monkeypatch.setattr(module, "AT_ONCE", 3 * WIDTH)
    monkeypatch.setattr(tables, "MOST_BYTES", 0)
    monkeypatch.setattr(units, "MOST_BYTES", 1 << 12)


def stack(*, centred: bool = False) -> Stack:
    return Stack("text", WIDTH, (), None, None, 0.0, centred=centred)


def matrix(folder: Path, *, across: bool, centred: bool, chosen: range, stacked: bool) -> tuple[Matrix, np.ndarray]:
    """A matrix in a file, and its rows worked out here."""
    whole = ANY.normal(size=(UNITS, WIDTH)).astype(np.float32) + np.float32(0.5)
    gains = ANY.uniform(0.5, 2, WIDTH).astype(np.float32)
    saved = np.ascontiguousarray(whole.T if across else whole)
    save_file({"m": np.stack([saved * 0, saved]) if stacked else saved}, folder / "m.safetensors")
    found, problems = read_header(folder / "m.safetensors")
    assert not problems
    rows = whole[chosen.start : chosen.stop : chosen.step] * gains
    if centred:
        rows = rows - rows.mean(1, keepdims=True)
    slice_ = 1 if stacked else None
    return Matrix(stack(centred=centred), Values({"m": found[0]}), "m", gains, chosen, across, slice_=slice_), rows


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("stacked", [False, True])
@pytest.mark.parametrize("chosen", [range(UNITS), range(18), range(18, 36), range(0, 36, 2), range(1, 36, 2)])
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("across", [False, True])
def test_a_matrix_in_parts_is_the_matrix(
    across: bool, centred: bool, chosen: range, stacked: bool, tmp_path: Path
) -> None:
    read, rows = matrix(tmp_path, across=across, centred=centred, chosen=chosen, stacked=stacked)
    vectors, weights = ANY.normal(size=(5, WIDTH)).astype(np.float32), ANY.normal(size=(5, len(rows)))
    some = np.array([4, 0, len(rows) - 1])
    assert len(read) == len(rows)
    assert read.rows(some) == pytest.approx(rows[some], abs=1e-5)
    assert read.products(vectors) == pytest.approx(vectors @ rows.T, abs=1e-4)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert read.cosines(vectors) == pytest.approx(vectors @ unit.T, abs=1e-4)
    assert read.sums(weights.astype(np.float32)) == pytest.approx(weights @ rows, abs=1e-4)


def test_units_of_zeros_are_like_nothing(tmp_path: Path) -> None:
    save_file({"m": np.zeros((3, WIDTH), np.float32)}, tmp_path / "m.safetensors")
    found, _ = read_header(tmp_path / "m.safetensors")
    read = Matrix(stack(), Values({"m": found[0]}), "m", np.ones(WIDTH, np.float32), range(3), across=False)
    assert not read.cosines(np.ones((2, WIDTH), np.float32)).any()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("pack", PACKINGS.values(), ids=PACKINGS)
def test_packed_weights_are_unpacked_a_part_at_a_time(
    pack: Callable[[np.ndarray], dict[str, np.ndarray]], tmp_path: Path
) -> None:
    read, name = opened(tmp_path, pack(ANY.normal(size=(48, 64)).astype(np.float32))), f"{STEM}.weight"
    whole = read.whole(name)
    for first, count in ((0, 48), (5, 1), (7, 20), (47, 1)):
        assert np.array_equal(read.span(name, first, count), whole[first : first + count]), (first, count)
    assert np.array_equal(np.concatenate([read.span(name, *place) for place in read.spans(name)]), whole)
    some = np.array([40, 3, 3, 0, 17])
    assert np.array_equal(read.rows(name, some), whole[some])


@pytest.mark.parametrize("shape", [(4,), (4, 1), (1, 4)])
def test_scales_of_scales_are_read_whatever_their_shape(shape: tuple[int, ...], tmp_path: Path) -> None:
    packed, name = four_bits(ANY.normal(size=(48, 64)).astype(np.float32)), f"{STEM}.weight"
    blocks = packed[f"{name}.absmax"].size
    state = json.loads(bytes(packed.pop(f"{name}.quant_state.bitsandbytes__nf4")))
    packed[f"{name}.absmax"] = ANY.integers(0, 256, blocks, dtype=np.uint8)
    packed[f"{name}.nested_absmax"] = np.arange(1, 5, dtype=np.float32)
    packed[f"{name}.nested_quant_map"] = np.linspace(0, 1, 256, dtype=np.float32)
    state |= {"nested_blocksize": -(-blocks // 4), "nested_offset": 0.25}
    packed[f"{name}.quant_state.bitsandbytes__nf4"] = np.frombuffer(json.dumps(state).encode(), np.uint8)
    flat = opened(tmp_path, packed).whole(name)
    packed[f"{name}.nested_absmax"] = packed[f"{name}.nested_absmax"].reshape(shape)
    (tmp_path / "shaped").mkdir()
    assert np.array_equal(opened(tmp_path / "shaped", packed).whole(name), flat)
    assert flat.std() > 0


def test_micro_blocks_of_a_vector_are_left_unread(tmp_path: Path) -> None:
    blocks, scales = np.zeros((2, 16), np.uint8), np.zeros(2, np.uint8)
    assert not opened(tmp_path, {"norm.weight_blocks": blocks, "norm.weight_scales": scales}).packed


@pytest.mark.usefixtures("small")
def test_a_packed_table_is_unpacked_once_whatever_the_order_of_its_tokens(tmp_path: Path) -> None:
    read, name = opened(tmp_path, gptq(ANY.normal(size=(48, 64)).astype(np.float32))), f"{STEM}.weight"
    ids = ANY.permutation(48)[:40]
    table = stored(read, name, ids, np.full(64, 2, np.float32))
    assert isinstance(table, Scratch)
    assert np.array_equal(table[:], 2 * read.whole(name)[ids])


def test_8_bit_floats_and_their_scales_are_read_in_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    codes, scale = ANY.integers(0, 120, (12, 8), dtype=np.uint8), ANY.uniform(1, 2, (3, 2)).astype(np.float32)
    tensors = {"m": torch.from_numpy(codes).view(torch.float8_e4m3fn), "m_scale_inv": torch.from_numpy(scale)}
    save_tensors(tensors, tmp_path / "m.safetensors")
    found, _ = read_header(tmp_path / "m.safetensors")
    read = Values({tensor.name: tensor for tensor in found})
    expected = tensors["m"].float().numpy() * np.kron(scale, np.ones((4, 4), np.float32))
    for at_once in (1 << 24, 16):
        monkeypatch.setattr(values, "AT_ONCE", at_once)
        assert read.whole("m") == pytest.approx(expected)
        assert read.rows("m", np.array([11, 3])) == pytest.approx(expected[[11, 3]])


def test_of_experts_in_one_tensor_the_beginnings_are_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = ANY.normal(size=(12, 6, 10)).astype(np.float32)
    save_file({"m": whole}, tmp_path / "m.safetensors")
    found, _ = read_header(tmp_path / "m.safetensors")
    read = Values({"m": found[0]})
    monkeypatch.setattr(projector, "MOST_VALUES", 12 * 25)
    tried = projector._rows_in_order(read, read, "m", "m")
    assert (tried.share, tried.closeness) == (1, pytest.approx(1))
    assert np.array_equal(projector._beginnings(read, "m", np.arange(12)), whole.reshape(12, -1)[:, :25])


def test_one_expert_of_a_packed_stack_is_unpacked_alone(tmp_path: Path) -> None:
    blocks = ANY.integers(0, 256, (4, 6, 2, 16), dtype=np.uint8)
    scales = ANY.integers(125, 129, (4, 6, 2), dtype=np.uint8)
    read = opened(tmp_path, {"experts.up_proj_blocks": blocks, "experts.up_proj_scales": scales})
    whole = read.whole("experts.up_proj")
    assert whole.shape == (4, 6, 64)
    assert np.array_equal(read.span("experts.up_proj", 2, 3, slice_=3), whole[3, 2:5])
    asked: list[tuple[str, int, int | None]] = []
    spied = read._codes

    def codes(name: str, first: int = 0, count: int | None = None) -> np.ndarray:
        asked.append((name, first, count))
        return spied(name, first, count)

    read._codes = codes  # type: ignore[method-assign]
    read.span("experts.up_proj", 0, 6, slice_=2)
    assert {place[1:] for place in asked} == {(2, 1)}


@pytest.mark.parametrize("scale", [np.array([0.5, 2, 4], np.float32), ANY.uniform(1, 2, (3, 2, 3)).astype(np.float32)])
def test_experts_in_one_tensor_have_scales_of_their_own(scale: np.ndarray, tmp_path: Path) -> None:
    stacked = ANY.integers(-128, 128, (3, 8, 12), dtype=np.int8)
    save_file({"m": stacked, "m_scale_inv": scale}, tmp_path / "m.safetensors")
    found, _ = read_header(tmp_path / "m.safetensors")
    read = Values({tensor.name: tensor for tensor in found})
    for expert in range(3):
        factor = scale[expert] if scale.ndim == 1 else np.kron(scale[expert], np.ones((4, 4)))
        assert read.span("m", 0, 8, slice_=expert) == pytest.approx(stacked[expert] * factor, rel=1e-3)


def test_a_table_on_disk_is_the_table_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    whole = ANY.normal(size=(300, WIDTH)).astype(np.float32)
    save_file({"m": whole}, tmp_path / "m.safetensors")
    found, _ = read_header(tmp_path / "m.safetensors")
    ids, gains = np.arange(0, 300, 2), np.linspace(1, 2, WIDTH, dtype=np.float32)
    held = stored(Values({"m": found[0]}), "m", ids, gains)
    monkeypatch.setattr(tables, "MOST_BYTES", 0)
    read = stored(Values({"m": found[0]}), "m", ids, gains)
    assert isinstance(held, np.ndarray)
    assert not isinstance(read, np.ndarray)
    whitened = white(read)
    assert isinstance(whitened, Scratch)
    assert np.array_equal(whitened[:], white(held)[:])
    some = np.array([140, 3, 4, 5, 0])
    assert np.array_equal(whitened[some], whitened[:][some])
    assert np.array_equal(crossed(read, whitened, some), crossed(held, whitened[:], some))
    assert np.array_equal(correlations(read, whitened), correlations(held, whitened[:]))
    assert closeness(read, held) == pytest.approx(1)
    centre, into = np.zeros(WIDTH, np.float32), np.eye(WIDTH, dtype=np.float32)
    assert nearest(held[some], read, centre, into).tolist() == some.tolist()


def test_rows_of_a_table_that_were_never_written_are_no_zeros() -> None:
    table = Scratch((10, WIDTH))
    table[0:4] = np.ones((4, WIDTH), np.float32)
    assert table[2:4].sum() == 2 * WIDTH
    with pytest.raises(IndexError, match="rows 4 to 9 were never written"):
        table[4:]


def full_disk(**_: object) -> IO[bytes]:
    return open("/dev/full", "r+b", buffering=0)  # noqa: PTH123 (a table closes it)


def no_folder(**_: object) -> IO[bytes]:
    raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")


@pytest.mark.parametrize(("opens", "why"), [(full_disk, "No space left"), (no_folder, "No usable temporary directory")])
def test_where_tables_find_no_room_no_checkpoint_is_blamed(
    opens: Callable[..., IO[bytes]],
    why: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tables, "TemporaryFile", opens)
    request.getfixturevalue("small")
    ours, theirs = written(tmp_path / "ours", fresh(1)), written(tmp_path / "theirs", fresh(2))
    with pytest.raises(StorageError, match=rf"a table of 0\.0 GB cannot be kept under .*: {why}") as caught:
        audited(ours, theirs=theirs)
    assert "set TMPDIR" in caught.value.remedy


def test_an_audit_in_small_parts_concludes_the_same(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = disguised(fresh(1), SHAPE, np.random.default_rng(0))
    folders = {f"m{seed}": written(tmp_path / str(seed), fresh(seed)) for seed in (1, 2)}
    checkpoint = written(tmp_path / "copy", copy)
    at_once = audited(checkpoint, **folders)
    request.getfixturevalue("small")
    monkeypatch.setattr(layers, "SCREENED", 0)
    in_parts = audited(checkpoint, **folders)
    for candidate in folders:
        assert concluded(in_parts, candidate) == concluded(at_once, candidate)
    assert concluded(in_parts, "m1")["text"] == "derived"
    for one, other in zip(at_once.findings, in_parts.findings, strict=True):
        assert (one.component, one.method, one.strength) == (other.component, other.method, other.strength)


def test_units_of_deep_models_are_fewer_rather_than_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = open_subject("m", written(tmp_path / "m", fresh(1)))
    text = anatomy(subject).stacks["text"]
    whole = held_layers(text, subject.values, Frame("as stored", None), 256, 256)
    most = sum(layer.bytes for layer in whole.values()) // 4
    monkeypatch.setattr(sampling, "MOST_BYTES", most)
    held = held_layers(text, subject.values, Frame("as stored", None), 256, 256)
    assert sum(layer.bytes for layer in held.values()) <= most
    counts = [len(one.units) for layer in held.values() for one in layer.sampled if one.units.signed]
    assert min(counts) >= sampling.FEWEST_UNITS
    for layer, other in zip(held.values(), whole.values(), strict=True):
        for few, all_ in zip(layer.sampled, other.sampled, strict=True):
            assert np.array_equal(few.units.first, all_.units.first[np.searchsorted(all_.rows, few.rows)])


def test_experts_of_large_mixtures_are_compared_at_like_depth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the one of their number and the one that the router pairs, whether layers are screened first or not."""
    copy, parent = (
        Body(open_subject(name, write_checkpoint(tmp_path / name, weights, CONFIG)))
        for name, weights in (("copy", mixed(latent(1), np.random.default_rng(2))), ("parent", latent(1)))
    )
    monkeypatch.setattr(layers, "ALL_EXPERTS", 2)
    for screened in (100, 0):
        monkeypatch.setattr(layers, "SCREENED", screened)
        compared = layers.compare_layers(Pair(copy, parent), "text")
        found = [one for one in compared if "experts." in one.part and "experts." in one.other_part]
        assert {(one.layer, one.other) for one in found} == {(0, 0), (1, 1)}
        assert all(one.other_part == one.part or one.agreement > 0.9 for one in found)
        assert max(one.agreement for one in found) == 1


def test_streams_too_wide_for_the_memory_are_compared_as_stored_and_that_is_said(tmp_path: Path) -> None:
    def read(weights: Weights, memory_gib: float) -> tuple[dict[str, str], tuple[str, ...]]:
        folder = tmp_path / f"checkpoint{len(list(tmp_path.iterdir()))}"
        report = audit(written(folder, weights), {"m1": against}, {}, lambda _: None, memory_gib=memory_gib)
        return concluded(report, "m1"), report.notes

    parent, against = fresh(1), written(tmp_path / "1", fresh(1))
    noisy = {name: value + np.float32(1e-4) * value.std() for name, value in parent.items()}
    said, notes = read(noisy, 0.5)
    assert said["text"] == "derived"
    assert said["embeddings"] == "not_comparable"  # though no tensor is the same: that is no evidence, and no answer
    said, _ = read(fresh(3), 0.5)
    assert said["text"] == "not_comparable"
    wide = [note for note in notes if "as it is stored" in note or "basis in which it is" in note]
    assert len(wide) == 2
    assert f"{SHAPE.width} dimensions" in wide[0]
    said, notes = read(disguised(parent, SHAPE, np.random.default_rng(0)), 4.0)
    assert said["text"] == said["embeddings"] == "derived"
    assert not any("basis in which it is" in note for note in notes)


def test_4_gib_turn_streams_of_8192_and_the_memory_that_is_named_suffices() -> None:
    assert widest(4.0) == 8192
    assert memory_for(8192) == 4
    assert widest(0.1) == 0
    for width in (8193, 12_288, 14_336, 16_384, 18_432, 20_480):
        assert widest(memory_for(width)) >= width
        assert widest(memory_for(width) - 1) < width


def test_a_sketch_too_wide_for_the_memory_shows_nothing_and_that_is_said(tmp_path: Path) -> None:
    parent, sketch = written(tmp_path / "parent", fresh(1)), tmp_path / "parent.sketch"
    sketch.write_bytes(make_sketch("parent", parent, 5, lambda _: None)[1])
    copy = written(tmp_path / "copy", disguised(fresh(1), SHAPE, np.random.default_rng(0)))
    for memory_gib, conclusion in ((4.0, "refer"), (0.5, "not_comparable")):
        report = audit(copy, {"parent": sketch}, {}, lambda _: None, memory_gib=memory_gib)
        assert concluded(report, "parent")["text"] == concluded(report, "parent")["embeddings"] == conclusion
    reasons = {one.component: one.reason for one in report.conclusions}
    assert "GiB of memory, and 0.5 were given" in reasons["text"]


def test_a_configuration_is_not_answered_by_units_in_the_stored_basis_alone() -> None:
    def finding(method: str, strength: Strength, **details: object) -> Finding:
        return Finding(component="text", candidate="m", method=method, strength=strength, statement="", details=details)

    referred, compared = finding(configuration.METHOD, "refer"), finding(configuration.UNITS, "no_evidence")
    assert answered([referred, compared])[0].strength == "no_evidence"
    assert answered([referred, compared, finding("alignment", "not_comparable", left_out=True)])[0].strength == "refer"


@pytest.mark.parametrize("given", ["0", "-4", "nan", "inf", "1e305", "much"])
def test_an_amount_of_memory_that_is_none_is_refused(given: str) -> None:
    command = [sys.executable, "-m", "harness.cli", "audit", "x", "--out", "y", "--memory", given]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    said = f"argument --memory: {given!r} is no amount of memory: give GiB, 1 at least and 1,048,576 at most"
    assert said in done.stderr
