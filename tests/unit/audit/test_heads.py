"""Likeness of heads (CKA) and of activations: high for copies, near 0 for strangers, whatever the disguise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.audit import activations, aligned
from harness.audit.aligned import unbiased_cka
from harness.audit.finding import Finding
from harness.audit.forward import inputs
from harness.audit.pair import Body, Pair
from harness.audit.subject import open_subject
from tests.unit.audit.models import SHAPE, fresh, written
from tests.zoo import attacks
from tests.zoo.model import Shape
from tests.zoo.train import Weights

Attack = Callable[[Weights, Shape, np.random.Generator], Weights]
TIED = Shape(layers=3, ffn=96, tied=True)


def pair(folder: Path, ours: Weights, theirs: Weights, shape: Shape = SHAPE) -> Pair:
    bodies = (Body(open_subject(name, written(folder / name, weights, shape)))
              for name, weights in (("ours", ours), ("theirs", theirs)))  # fmt: skip
    return Pair(*bodies)


def test_unbiased_cka_of_strangers_is_centred_on_0_and_of_a_rotation_is_1() -> None:
    rng = np.random.default_rng(0)
    strangers = [unbiased_cka(*rng.normal(size=(2, 32, 64)).astype(np.float32)) for _ in range(60)]
    assert abs(float(np.mean(strangers))) < 0.02
    features = rng.normal(size=(32, 64)).astype(np.float32)
    mixed = np.linalg.qr(rng.normal(size=(32, 32)))[0].astype(np.float32) @ features
    assert unbiased_cka(features, mixed) == pytest.approx(1.0, abs=1e-4)


def disguised(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
    for step in (attacks.permute_units, attacks.permute_heads, attacks.rotate, attacks.rescale):
        weights = step(weights, shape, rng)
    return weights


ATTACKS: dict[str, Attack] = {
    "noise": lambda w, s, r: attacks.noise(w, 0.3, r),
    "everything at once": disguised,
    "values mixed": lambda w, s, r: attacks.mix_values(disguised(w, s, r), s, r),
    "feed-forward blocks reset": lambda w, s, r: attacks.reset_ffn(disguised(w, s, r), s, r),
}


def only(findings: tuple[Finding, ...]) -> Finding:
    (finding,) = findings
    return finding


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_heads_of_a_copy_are_alike(attack: Attack, tmp_path: Path) -> None:
    copy = attack(fresh(1), SHAPE, np.random.default_rng(0))
    finding = only(aligned.findings(pair(tmp_path, copy, fresh(1))))
    assert (finding.strength, finding.p_value) == ("derived", None)
    assert finding.value is not None
    assert finding.value > 0.7


@pytest.mark.parametrize(
    "shape", [SHAPE, TIED, Shape(layers=2, ffn=96, kv_heads=1)], ids=["plain", "tied", "one key head"]
)
def test_heads_and_activations_of_strangers_are_not(shape: Shape, tmp_path: Path) -> None:
    both = pair(tmp_path, fresh(1, shape), fresh(2, shape), shape)
    for finding in (only(aligned.findings(both)), only(activations.findings(both))):
        assert finding.strength == "no_evidence"
        assert finding.value is not None
        assert finding.value < 0.15


def test_attention_that_cannot_be_read_gives_no_finding(tmp_path: Path) -> None:
    weights = {name: value for name, value in fresh(1).items() if "self_attn" not in name}
    assert aligned.findings(pair(tmp_path, weights, fresh(2))) == ()


def test_what_blocks_see_turns_with_the_stream_and_nothing_else_changes(tmp_path: Path) -> None:
    both = pair(tmp_path, disguised(fresh(1), SHAPE, np.random.default_rng(4)), fresh(1))
    tokens = np.random.default_rng(0).integers(512, size=(3, 5))
    passed = (inputs(body, body.anatomy.stacks["text"], tokens, 2) for body in (both.ours, both.theirs))
    for ours, theirs in zip(*passed, strict=True):
        assert np.allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-2)


def test_units_of_a_disguised_copy_do_the_same_on_the_same_tokens(tmp_path: Path) -> None:
    copy = attacks.noise(disguised(fresh(1), SHAPE, np.random.default_rng(4)), 0.05, np.random.default_rng(5))
    finding = only(activations.findings(pair(tmp_path, copy, fresh(1))))
    assert finding.strength == "derived"
    assert finding.details["layers_derived"] == [0, 1]
    assert finding.p_value is None


def test_activations_need_shared_tokens(tmp_path: Path) -> None:
    short = {name: value[:300] if name in ("model.embed_tokens.weight", "lm_head.weight") else value
             for name, value in fresh(2).items()}  # fmt: skip
    assert activations.findings(pair(tmp_path, fresh(1), short)) == ()
