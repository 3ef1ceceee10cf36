"""Copies are found under every disguise, in the component that was copied; independents are accused of nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.unit.audit.models import SHAPE, audited, concluded, fresh, written
from tests.zoo import attacks
from tests.zoo.model import Shape
from tests.zoo.train import Weights

Attack = Callable[[Weights, Shape, np.random.Generator], Weights]


def disguised(weights: Weights, shape: Shape, rng: np.random.Generator) -> Weights:
    for step in (attacks.permute_units, attacks.permute_heads, attacks.rotate, attacks.rescale):
        weights = step(weights, shape, rng)
    return weights


ATTACKS: dict[str, Attack] = {
    "noise": lambda w, s, r: attacks.noise(w, 0.5, r),
    "permuted": lambda w, s, r: attacks.permute_heads(attacks.permute_units(w, s, r), s, r),
    "rotated": attacks.rotate,
    "rescaled": attacks.rescale,
    "everything at once": disguised,
    "quantised": lambda w, s, r: attacks.quantise(w),
    "half precision": lambda w, s, r: attacks.half(w),
    "fused": lambda w, s, r: attacks.fuse(attacks.noise(w, 0.1, r), s),
    "feed-forward blocks reset": attacks.reset_ffn,
    "merged": lambda w, s, r: attacks.merge(w, fresh(77), 0.5),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_a_copy_is_found_and_held_against_its_parent_alone(
    attack: Attack, parent: Path, stranger: Path, tmp_path: Path
) -> None:
    copy = written(tmp_path / "copy", attack(fresh(1), SHAPE, np.random.default_rng(0)))
    report = audited(copy, parent=parent, stranger=stranger)
    assert {concluded(report, "parent")[part] for part in ("text", "embeddings", "head")} == {"derived"}
    assert {concluded(report, "stranger")[part] for part in ("text", "embeddings", "head")} == {"no_evidence"}


def test_layers_are_found_wherever_they_were_moved(parent: Path, tmp_path: Path) -> None:
    weights, shape = attacks.keep_layers(fresh(1), SHAPE, (1, 0, 0, 1))
    report = audited(written(tmp_path / "moved", weights, shape), parent=parent)
    heat = next(one for one in report.findings if one.component == "text" and one.method == "weights").layers
    found = {(pair.layer, pair.other) for pair in heat if pair.agreement > 0.9}
    assert found == {(0, 1), (1, 0), (2, 0), (3, 1)}


def test_a_mixture_of_experts_grown_from_a_dense_model_is_found(parent: Path, tmp_path: Path) -> None:
    weights, config = attacks.upcycle(fresh(1), SHAPE, 4, np.random.default_rng(0))
    report = audited(written(tmp_path / "moe", weights, SHAPE, **config), parent=parent)
    assert concluded(report, "parent")["text"] == "derived"
    parts = {pair.part for one in report.findings for pair in one.layers}
    assert any(part.startswith("experts.") for part in parts) or "value" in parts


def test_names_that_no_family_uses_hide_nothing(parent: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    weights, config = attacks.rename(attacks.noise(attacks.permute_units(fresh(1), SHAPE, rng), 0.1, rng), SHAPE)
    from tests.zoo.originals import write_checkpoint

    report = audited(write_checkpoint(tmp_path / "renamed", weights, config), parent=parent)
    assert concluded(report, "parent") == {"text": "derived", "embeddings": "derived", "head": "derived"} | {
        part: value for part, value in concluded(report, "parent").items() if part in ("tokenizer", "code")
    }


def test_without_shared_tokens_a_rotation_is_found_in_the_layers(parent: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    copy = written(tmp_path / "copy", attacks.reset_embeddings(disguised(fresh(1), SHAPE, rng), rng))
    report = audited(copy, parent=parent)
    assert concluded(report, "parent")["text"] == "derived"
    assert concluded(report, "parent")["embeddings"] == "no_evidence"


def test_reused_embeddings_do_not_decide_for_the_trunk(parent: Path, tmp_path: Path) -> None:
    weights = {**fresh(5), "model.embed_tokens.weight": fresh(1)["model.embed_tokens.weight"]}
    found = concluded(audited(written(tmp_path / "mixed", weights), parent=parent), "parent")
    assert (found["embeddings"], found["text"], found["head"]) == ("derived", "no_evidence", "no_evidence")


def with_tower(weights: Weights, tower: Weights) -> Weights:
    """A vision-language model: a tower of layers beside the text."""
    layers = {name.replace("model.layers", "vision_tower.encoder.layers"): value for name, value in tower.items()}
    return {**weights, **{name: value for name, value in layers.items() if name.startswith("vision_tower.")}}


def test_one_reused_tower_is_accused_and_nothing_else(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    theirs = written(tmp_path / "theirs", with_tower(fresh(1), fresh(9)))
    ours = with_tower(fresh(3), attacks.noise(attacks.permute_units(fresh(9), SHAPE, rng), 0.2, rng))
    found = concluded(audited(written(tmp_path / "ours", ours), theirs=theirs), "theirs")
    assert (found["vision"], found["text"], found["embeddings"]) == ("derived", "no_evidence", "no_evidence")


def test_a_component_that_the_candidate_lacks_is_not_comparable(parent: Path, tmp_path: Path) -> None:
    ours = written(tmp_path / "ours", with_tower(fresh(3), fresh(9)))
    assert concluded(audited(ours, parent=parent), "parent")["vision"] == "not_comparable"


@pytest.mark.parametrize(
    "shape",
    [SHAPE, Shape(layers=2, ffn=96, tied=True), Shape(layers=2, kv_heads=2, family="qwen"), Shape(width=96, heads=6)],
    ids=["same sizes", "tied", "grouped queries", "other width"],
)
def test_independent_starts_are_accused_of_nothing(shape: Shape, parent: Path, tmp_path: Path) -> None:
    report = audited(written(tmp_path / "other", fresh(11, shape), shape), parent=parent)
    assert {one.conclusion for one in report.conclusions} <= {"no_evidence", "not_comparable"}
    assert all(one.p_value is None or one.p_value > 0.01 for one in report.conclusions)


def test_every_component_has_one_conclusion_against_every_candidate(
    parent: Path, stranger: Path, tmp_path: Path
) -> None:
    report = audited(written(tmp_path / "copy", fresh(1)), parent=parent, stranger=stranger)
    pairs = [(one.component, one.candidate) for one in report.conclusions]
    assert len(pairs) == len(set(pairs)) == 2 * len(report.checkpoint.components)
