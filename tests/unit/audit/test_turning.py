"""A rotation is found in the layers alone, whatever else a disguise changed; strangers share none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.audit.anatomy import anatomy
from harness.audit.conjugation import likeness, rotation
from harness.audit.invariants import normal, of_attention, of_feed_forward
from harness.audit.pair import Body, Pair
from harness.audit.rows import polar
from harness.audit.subject import open_subject
from tests.unit.audit.models import SHAPE, audited, concluded, fresh, written
from tests.zoo import attacks, rebuilds
from tests.zoo.model import Shape
from tests.zoo.train import Weights

Attack = Callable[[Weights, Shape, np.random.Generator], Weights]
WIDE = Shape(layers=4, ffn=96)


def partners(turn: np.ndarray, count: int, rng: np.random.Generator, noise: float = 0.0) -> list:
    """Random matrices and what the rotation makes of them."""
    found = []
    for _ in range(count):
        ours = rng.normal(size=(len(turn), len(turn)))
        theirs = turn.T @ (ours + noise * rng.normal(size=ours.shape)) @ turn
        found.append((normal(ours.astype(np.float32)), normal(theirs.astype(np.float32))))
    return found


def haar(width: int, rng: np.random.Generator) -> np.ndarray:
    return polar(rng.normal(size=(width, width)).astype(np.float32))


@pytest.mark.parametrize("noise", [0.0, 0.5, 1.0])
def test_one_rotation_behind_many_partners_is_found_up_to_its_sign(noise: float) -> None:
    rng = np.random.default_rng(0)
    turn = haar(48, rng)
    found = rotation(partners(turn, 12, rng, noise))
    assert abs(np.trace(found.T @ turn)) / 48 > 0.9


def test_a_rotation_is_orthogonal_and_strangers_are_little_alike_under_the_best() -> None:
    rng = np.random.default_rng(1)
    strangers = [(one, other) for (one, _), (_, other) in zip(
        partners(haar(48, rng), 12, rng), partners(haar(48, rng), 12, rng), strict=True)]  # fmt: skip
    found = rotation(strangers)
    assert np.allclose(found.T @ found, np.eye(48), atol=1e-4)
    assert likeness(found, strangers) < 0.45


def test_a_narrower_stream_is_found_within_a_wider_one() -> None:
    rng = np.random.default_rng(2)
    kept = haar(48, rng)[:, :32]
    pairs = [(one, normal((kept.T @ one @ kept).astype(np.float32))) for one, _ in partners(haar(48, rng), 16, rng)]
    assert np.linalg.norm(rotation(pairs).T @ kept) / np.sqrt(32) > 0.7


def _attention(weights: Weights, shape: Shape, folder: Path, name: str) -> list[dict[str, np.ndarray]]:
    subject = open_subject(name, written(folder / name, weights, shape))
    stack = anatomy(subject).stacks["text"]
    return [
        {**of_attention(stack, block, subject.values), **of_feed_forward(stack, block, subject.values)}
        for block in stack.blocks
    ]


@pytest.mark.parametrize(
    ("attack", "shape"),
    [
        (attacks.permute_heads, SHAPE), (attacks.permute_units, SHAPE), (attacks.rescale, SHAPE),
        (attacks.permute_heads, Shape(layers=2, ffn=96, kv_heads=2)),
        (attacks.rescale, Shape(layers=2, ffn=96, kv_heads=2)),
    ],
    ids=["heads in another order", "units in another order", "rescaled", "grouped heads", "grouped and rescaled"],
)  # fmt: skip
def test_invariants_do_not_see_order_or_scale(attack: Attack, shape: Shape, tmp_path: Path) -> None:
    weights = fresh(1, shape)
    before = _attention(weights, shape, tmp_path, "before")
    after = _attention(attack(weights, shape, np.random.default_rng(3)), shape, tmp_path, "after")
    for one, other in zip(before, after, strict=True):
        assert one.keys() == other.keys()
        for kind in one:
            assert np.allclose(normal(one[kind]), normal(other[kind]), atol=1e-3), kind


@pytest.mark.parametrize("attack", [attacks.mix_values, rebuilds.turn_planes], ids=["values mixed", "planes turned"])
def test_invariants_of_attention_do_not_see_mixing_inside_a_head(attack: Attack, tmp_path: Path) -> None:
    weights = fresh(1)
    before = _attention(weights, SHAPE, tmp_path, "before")
    after = _attention(attack(weights, SHAPE, np.random.default_rng(3)), SHAPE, tmp_path, "after")
    for one, other in zip(before, after, strict=True):
        for kind in ("qq", "kk", "vv", "oo", "vo", "kq"):
            assert np.allclose(normal(one[kind]), normal(other[kind]), atol=1e-3), kind


def _only_attention(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
    for step in (attacks.mix_values, rebuilds.turn_planes, attacks.permute_heads, attacks.rotate, attacks.reset_ffn):
        weights = step(weights, shape, rng)
    return attacks.noise(attacks.reset_embeddings(weights, rng), 0.3, rng)


def _two_layers(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
    spliced = rebuilds.splice(weights, fresh(8, shape), (1, 2))
    return attacks.noise(attacks.rotate(attacks.permute_units(spliced, shape, rng), shape, rng), 0.3, rng)


def _one_layer(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
    return attacks.rotate(rebuilds.splice(weights, fresh(8, shape), (2,)), shape, rng)


@pytest.mark.parametrize(
    "attack", [_only_attention, _two_layers, _one_layer], ids=["attention alone", "two layers", "one layer"]
)
def test_a_part_that_was_reused_and_turned_is_found(attack: Attack, tmp_path: Path) -> None:
    copy = written(tmp_path / "copy", attack(fresh(1, WIDE), WIDE, np.random.default_rng(0)), WIDE)
    others = {name: written(tmp_path / name, fresh(seed, WIDE), WIDE) for name, seed in (("donor", 1), ("stranger", 2))}
    report = audited(copy, **others)
    assert concluded(report, "donor")["text"] == "derived"
    assert {concluded(report, "donor")[part] for part in ("embeddings", "head")} == {"no_evidence"}
    assert {concluded(report, "stranger")[part] for part in ("text", "embeddings", "head")} == {"no_evidence"}


def test_layers_are_compared_by_a_rotation_that_has_not_seen_them(tmp_path: Path) -> None:
    turned = attacks.rotate(
        attacks.reset_embeddings(fresh(1, WIDE), np.random.default_rng(1)), WIDE, np.random.default_rng(0)
    )
    ours, theirs = (
        Body(open_subject(name, written(tmp_path / name, weights, WIDE)))
        for name, weights in (("ours", turned), ("theirs", fresh(1, WIDE)))
    )
    turn = Pair(ours, theirs).turn("text")
    assert turn is not None
    unseen = [layer for layer in range(WIDE.layers) if turn.without(layer) is not None]
    assert unseen == list(range(WIDE.layers))
    assert all(np.abs(np.trace(fold.T @ turn.rotation)) / WIDE.width > 0.95 for fold, _ in turn.folds)
