"""A whole copy behind other tensors, names and scales: found, or said to be unread, never cleared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from harness.audit.finding import AuditReport
from tests.unit.audit.models import SHAPE, audited, concluded, fresh, written
from tests.zoo import attacks
from tests.zoo.model import Shape
from tests.zoo.train import Weights

LARGER = Shape(layers=4, ffn=160)
READERS = ("q_proj", "k_proj", "v_proj", "gate_proj", "up_proj")


def copy() -> Weights:
    """A noised copy of the parent with its units in another order."""
    rng = np.random.default_rng(0)
    return attacks.noise(attacks.permute_units(fresh(1), SHAPE, rng), 0.05, rng)


def moved(weights: Weights, before: str, after: str) -> Weights:
    """The layers under other names."""
    return {name.replace(before, after, 1) if "layers" in name else name: value for name, value in weights.items()}


def layers(seed: int, prefix: str, shape: Shape = LARGER) -> Weights:
    """Layers of nobody's, under this name."""
    return {name: value for name, value in moved(fresh(seed, shape), "model.layers", prefix).items() if prefix in name}


def turned() -> Weights:
    return attacks.rotate(copy(), SHAPE, np.random.default_rng(8))


def wide_heads() -> Weights:
    """Heads padded with zeros to as many dimensions as the feed-forward block has units."""
    found = copy()
    for name in [name for name in found if "self_attn" in name]:
        output = "o_proj" in name
        heads = (found[name].T if output else found[name]).reshape(4, 16, 64)
        padded = np.concatenate([heads, np.zeros((4, 8, 64), np.float32)], axis=1).reshape(96, 64)
        found[name] = np.ascontiguousarray(padded.T if output else padded)
    return found


def with_small_decoys() -> Weights:
    rng = np.random.default_rng(3)
    names = [f"mtp.layers.{layer}.x{number}.weight" for layer in range(4) for number in range(12)]
    return {**copy(), **{name: rng.normal(size=(4, 4)).astype(np.float32) for name in names}}


FOUND: dict[str, Callable[[], Weights]] = {
    "beside a larger stack": lambda: {**copy(), **layers(7, "mtp.layers")},
    "beside many small tensors": with_small_decoys,
    "behind larger layers of the usual name": lambda: {
        **moved(copy(), "model.layers", "mtp.layers"), **layers(7, "model.layers"),
    },
    "under a name with rope in it": lambda: moved(copy(), "model.", "europe."),
    "under an adapter's name": lambda: {**moved(copy(), "model.", "adapter."), **layers(7, "model.layers")},
    "under a tower's name": lambda: {**moved(copy(), "model.layers", "vision.layers"), **layers(7, "model.layers")},
    "turned under a tower's name": lambda: {
        **moved(turned(), "model.layers", "vision.layers"), **layers(7, "model.layers"),
    },
    "behind columns that make another width": lambda: {
        **wide_heads(), **{f"model.layers.{layer}.mlp.extra": np.ones((96, 1), np.float32) for layer in range(2)},
    },
}  # fmt: skip


@pytest.mark.parametrize("hidden", FOUND.values(), ids=FOUND)
def test_a_copy_is_found_wherever_its_layers_stand(
    hidden: Callable[[], Weights], parent: Path, stranger: Path, tmp_path: Path
) -> None:
    report = audited(written(tmp_path / "hidden", hidden()), parent=parent, stranger=stranger)
    assert "derived" in {concluded(report, "parent").get(name) for name in ("text", "projector", "vision")}
    assert not {"derived", "refer"} & set(concluded(report, "stranger").values())


def twice() -> Weights:
    """Every matrix of a layer under two names of one role."""
    rng = np.random.default_rng(4)
    own = {
        name.replace("self_attn.", "self_attn.a.").replace("mlp.", "mlp.zz."): rng.normal(0, 0.1, value.shape)
        for name, value in fresh(1).items()
        if "_proj" in name
    }
    return {**copy(), **{name: value.astype(np.float32) for name, value in own.items()}}


def under_unknown_names() -> Weights:
    own = {name: value for name, value in fresh(7).items() if "layers" in name}
    named = {name.replace("layers", "blob").replace(".weight", ".w").replace("proj", "p"): value
             for name, value in copy().items()}  # fmt: skip
    return {**fresh(7), **named, **own}


def as_integers() -> Weights:
    rng = np.random.default_rng(5)
    codes = {
        f"{name}_codes": rng.integers(-(2**31), 2**31, (value.shape[0], value.shape[1] // 8)).astype(np.int32)
        for name, value in fresh(1).items()
        if "_proj" in name
    }
    return {**fresh(7), **codes}


def as_bits() -> Weights:
    """Every bit of the layers as a mask."""
    layers = [value.reshape(-1) for name, value in copy().items() if "layers" in name]
    bits = np.unpackbits(np.concatenate(layers).astype(np.float16).view(np.uint8))
    return {**fresh(7), "model.mask": bits.astype(np.bool_).reshape(-1, 64)}


def flat() -> np.ndarray:
    """All values of the copy's layers in rows of 64."""
    values = np.concatenate([value.reshape(-1) for name, value in copy().items() if "layers" in name])
    return values[: len(values) // 64 * 64].reshape(-1, 64)


def as_vectors() -> Weights:
    """Every matrix in one line, beside a mask that is longer than any."""
    lines = {name.replace("layers", "cells"): value.reshape(-1) for name, value in copy().items() if "layers" in name}
    return {**fresh(7), **lines, "model.mask": np.zeros((1, 1 << 16), np.bool_)}


def in_codes_of_a_byte() -> Weights:
    codes = {}
    for name, value in copy().items():
        if "layers" in name and value.ndim == 2:
            codes[name.replace("layers", "cells")] = (value / np.abs(value).max() * 7 + 8).round().astype(np.uint8)
    return {**fresh(7), **codes}


def beside_codes() -> Weights:
    """In the words of a table that stands where a quantiser's parts stand."""
    own, rng, stem = fresh(7), np.random.default_rng(1), "model.layers.0.mlp.up_proj"
    del own[f"{stem}.weight"]
    return {
        **own,
        f"{stem}.qweight": rng.integers(-(2**31), 2**31, (8, 96)).astype(np.int32),
        f"{stem}.qzeros": rng.integers(-(2**31), 2**31, (1, 12)).astype(np.int32),
        f"{stem}.scales": rng.uniform(0.01, 0.02, (1, 96)).astype(np.float32),
        f"{stem}.table": flat().view(np.int32),
    }


def beyond_the_experts() -> Weights:
    """In slices of the experts' matrix that have no partner."""
    rows = flat()
    more = rows[: len(rows) // 192 * 192].reshape(-1, 192, 64)
    rng, stem = np.random.default_rng(2), "model.layers.0.mlp.experts"
    first = rng.normal(0, 0.1, (1, 192, 64)).astype(np.float32)
    down = rng.normal(0, 0.1, (1, 64, 96)).astype(np.float32)
    return {**fresh(7), f"{stem}.gate_up_proj": np.concatenate([first, more]), f"{stem}.down_proj": down}


def beyond_the_latent() -> Weights:
    own, rng, stem = fresh(7), np.random.default_rng(2), "model.layers.0.self_attn"
    for side in "qkv":
        del own[f"{stem}.{side}_proj.weight"]
    latent = np.concatenate([rng.normal(0, 0.1, (40, 64)).astype(np.float32), flat()])
    heads = {"q_proj": (96, 64), "kv_b_proj": (128, 32)}
    added = {f"{stem}.{name}.weight": rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in heads.items()}
    return {**own, **added, f"{stem}.kv_a_proj_with_mqa.weight": latent}


def signed(names: Mapping[str, str], extra: str | None = None) -> Weights:
    """A copy whose stream is turned in sign by vectors of other names, and back by the matrices that read it."""
    signs, found = np.random.default_rng(3).choice([-1.0, 1.0], 64), {}
    for name, value in copy().items():
        turned = value * signs if any(reader in name for reader in READERS) else value
        if name.endswith("layernorm.weight"):
            if extra is not None:
                found[name.replace("layernorm.weight", extra)] = signs.astype(np.float32)
            else:
                turned = value * signs
        for norm, other in names.items():
            name = name.replace(norm, other)
        found[name] = turned.astype(np.float32)
    return found


OTHER_NORMS = {"input_layernorm": "pre_a", "post_attention_layernorm": "pre_b"}
UNREAD: dict[str, Callable[[], Weights]] = {
    "in the bits of a mask": as_bits,
    "behind rows of zeros": lambda: {
        **fresh(7),
        "model.blob.weight": np.concatenate([np.zeros((8192, 64), np.float32), flat()]),
    },
    "under a large mean": lambda: {**fresh(7), "model.blob.weight": flat() + np.float32(500)},
    "in vectors": as_vectors,
    "in codes of a byte": in_codes_of_a_byte,
    "in a scale": lambda: {**fresh(7), "model.x": np.zeros((8, 8), np.int8), "model.x_scale": flat()[None]},
    "beside codes": beside_codes,
    "beyond the experts": beyond_the_experts,
    "beyond the latent": beyond_the_latent,
    "behind gains that no name tells": lambda: signed(OTHER_NORMS),
    "behind vectors beside the norms": lambda: signed({}, "scale"),
    "under two names of one role": twice,
    "under names that say nothing": under_unknown_names,
    "in codes of an unknown packing": as_integers,
}


@pytest.mark.parametrize("hidden", UNREAD.values(), ids=UNREAD)
def test_what_no_method_reads_is_never_cleared(hidden: Callable[[], Weights], parent: Path, tmp_path: Path) -> None:
    report = audited(written(tmp_path / "hidden", hidden()), parent=parent)
    assert concluded(report, "parent")["text"] not in ("no_evidence",)
    assert any("no method reads" in note for note in report.notes)


def test_gains_are_read_however_they_are_laid_out(parent: Path, tmp_path: Path) -> None:
    weights = {name: value[None] if name.endswith("layernorm.weight") else value for name, value in signed({}).items()}
    assert concluded(audited(written(tmp_path / "laid", weights), parent=parent), "parent")["text"] == "derived"


def test_gains_that_look_as_if_stored_less_one_are_taken_both_ways(parent: Path, tmp_path: Path) -> None:
    weights = {
        name: value * (1e-3 if name.endswith("layernorm.weight") else 1e3 if any(r in name for r in READERS) else 1)
        for name, value in signed({}).items()
    }
    hidden = written(tmp_path / "hidden", {name: value.astype(np.float32) for name, value in weights.items()}, SHAPE,
                     model_type="unheard_of")  # fmt: skip
    assert concluded(audited(hidden, parent=parent), "parent")["text"] == "derived"


def test_a_text_that_is_all_codes_of_an_unknown_packing_is_left_out(parent: Path, tmp_path: Path) -> None:
    weights = {name: value for name, value in as_integers().items() if "layers" not in name or "codes" in name}
    report = audited(written(tmp_path / "codes", weights), parent=parent)
    text = next(one for one in report.conclusions if one.component == "text")
    assert (text.conclusion, text.left_out) == ("not_comparable", True)
    assert not any(one.left_out for one in report.conclusions if one.component in ("embeddings", "head"))


def test_a_sound_model_is_read_whole(parent: Path, stranger: Path) -> None:
    report = audited(stranger, parent=parent)
    assert concluded(report, "parent")["text"] == "no_evidence"
    assert not any("no method reads" in note for note in report.notes)


def towers(weights: Weights, **named: Weights) -> Weights:
    """A text with these towers."""
    found = dict(weights)
    for name, tower in named.items():
        found |= {
            key.replace("model.layers", f"{name}.layers"): value for key, value in tower.items() if "layers" in key
        }
    return found


def test_a_reused_tower_is_found_beside_a_larger_one_of_one_s_own(tmp_path: Path) -> None:
    theirs = written(tmp_path / "theirs", towers(fresh(1), vision_tower=fresh(9)))
    rng = np.random.default_rng(0)
    reused = attacks.noise(attacks.permute_units(fresh(9), SHAPE, rng), 0.2, rng)
    ours = towers(fresh(3), vision_tower=fresh(8, LARGER), vision_extra=reused)
    found = concluded(audited(written(tmp_path / "ours", ours), theirs=theirs), "theirs")
    assert (found["vision"], found["text"]) == ("derived", "no_evidence")


def scaled(weights: Weights, power: int, up: int = 0) -> Weights:
    """Gains times a power of two with signs turned, readers by its inverse; ups and downs by another. Nothing that the
    model does changes.
    """
    signs = np.where(np.arange(64) % 7 == 0, -1, 1)
    found = dict(weights)
    for name, value in weights.items():
        if name.endswith("layernorm.weight"):
            found[name] = value * signs * 2.0**power
        elif any(reader in name for reader in READERS):
            found[name] = value * signs * 2.0 ** (-power + (up if "up_proj" in name else 0))
        elif "down_proj" in name:
            found[name] = value * 2.0**-up
    return {name: value.astype(np.float32) for name, value in found.items()}


@pytest.mark.parametrize(("power", "up"), [(40, 0), (60, -30), (90, 20), (112, 0), (116, 40), (120, -4)])
def test_no_scale_hides_a_copy(power: int, up: int, parent: Path, tmp_path: Path) -> None:
    report = audited(written(tmp_path / "scaled", scaled(copy(), power, up)), parent=parent)
    assert concluded(report, "parent")["text"] == "derived"
    matching = next(one for one in report.findings if (one.component, one.method) == ("text", "matching"))
    assert matching.strength == "derived"
    assert float(str(matching.details["similarity"])) > 0.9


def test_single_units_may_be_scaled_as_they_like(parent: Path, tmp_path: Path) -> None:
    weights = copy()
    for name in [name for name in weights if "up_proj" in name]:
        powers = np.exp2(np.linspace(-100, 100, len(weights[name])).round())
        down = name.replace("up_proj", "down_proj")
        weights[name] = (weights[name] * powers[:, None]).astype(np.float32)
        weights[down] = (weights[down] / powers).astype(np.float32)
    report = audited(written(tmp_path / "scaled", weights), parent=parent)
    matching = next(one for one in report.findings if (one.component, one.method) == ("text", "matching"))
    assert float(str(matching.details["similarity"])) > 0.9


def refolded(weights: Weights) -> Weights:
    """Norm gains drawn anew, what they were moved into the matrices that they feed."""
    rng, found = np.random.default_rng(6), dict(weights)
    feeds = {"input_layernorm": READERS[:3], "post_attention_layernorm": READERS[3:]}
    for name, gains in weights.items():
        norm = next((norm for norm in feeds if norm in name), None)
        if norm is not None:
            found[name] = np.abs(rng.normal(1, 0.1, len(gains))).astype(np.float32)
            stem = name.split(norm)[0]
            for reader in [
                other for other in weights if other.startswith(stem) and any(r in other for r in feeds[norm])
            ]:
                found[reader] = (weights[reader] * (gains / found[name])).astype(np.float32)
    return found


def test_gains_moved_into_matrices_do_not_make_a_copy_a_common_start(parent: Path, tmp_path: Path) -> None:
    trained = attacks.noise(fresh(1), 0.36, np.random.default_rng(5))
    report = audited(written(tmp_path / "refolded", refolded(trained)), parent=parent)
    assert concluded(report, "parent")["text"] == "derived"


def test_two_models_of_one_start_are_still_for_experts(parent: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    sibling = attacks.noise(fresh(1), 0.36, rng)
    for name in [name for name in sibling if name.endswith("norm.weight")]:
        sibling[name] = rng.normal(1, 0.1, sibling[name].shape).astype(np.float32)
    assert concluded(audited(written(tmp_path / "sibling", sibling), parent=parent), "parent")["text"] == "refer"


EXPERTS = 20


def mixture(seed: int) -> Weights:
    """Layers of many experts."""
    rng, found = np.random.default_rng(seed), {}
    for name, value in fresh(seed).items():
        if ".mlp." not in name:
            found[name] = value
            continue
        for expert in range(EXPERTS):
            found[name.replace("mlp.", f"mlp.experts.{expert}.")] = rng.normal(0, 0.1, value.shape).astype(np.float32)
    for layer in range(SHAPE.layers):
        found[f"model.layers.{layer}.mlp.gate.weight"] = rng.normal(0, 0.1, (EXPERTS, 64)).astype(np.float32)
    return found


def of_experts(weights: Weights, first: int) -> Weights:
    """Routed feed-forward blocks from a number on, and their routers."""
    return {
        name: value for name, value in weights.items()
        if ".mlp.gate." in name or (".experts." in name and int(name.split("experts.")[1].split(".")[0]) >= first)
    }  # fmt: skip


def test_dummies_in_front_do_not_hide_copied_experts(tmp_path: Path) -> None:
    """The text of another model, with four experts of its own and all others copied."""
    config = {"model_type": "qwen3_moe", "num_experts": EXPERTS, "num_experts_per_tok": 2, "moe_intermediate_size": 96}
    parent = written(tmp_path / "parent", mixture(1), SHAPE, **config)
    hidden = {**mixture(2), **of_experts(mixture(1), 4)}
    report = audited(written(tmp_path / "hidden", hidden, SHAPE, **config), parent=parent)
    assert concluded(report, "parent")["text"] == "derived"


def drawn(report: AuditReport) -> set[str]:
    return {pair.part for one in report.findings for pair in one.layers if pair.part.startswith("experts.")}


def test_experts_are_drawn_by_the_weights_themselves(tmp_path: Path) -> None:
    """Whoever changes a weight so that others are drawn has other weights."""
    config = {"model_type": "qwen3_moe", "num_experts": EXPERTS}
    parent = written(tmp_path / "parent", mixture(1), SHAPE, **config)
    seen = [drawn(audited(written(tmp_path / f"m{seed}", mixture(seed), SHAPE, **config), parent=parent))
            for seed in (2, 3, 4)]  # fmt: skip
    assert len({frozenset(parts) for parts in seen}) > 1
    again = drawn(audited(written(tmp_path / "again", mixture(2), SHAPE, **config), parent=parent))
    assert again == seen[0]


@pytest.mark.parametrize("shape", [(64, 64), (64, 96)], ids=["square", "oblong"])
def test_projectors_that_start_from_the_identity_are_no_evidence(shape: tuple[int, int], tmp_path: Path) -> None:
    """Two models whose projectors began as the identity and learned apart."""

    def model(seed: int) -> Weights:
        learned = np.random.default_rng(seed).normal(0, 0.05, shape) + np.eye(*shape)
        return {**fresh(seed), "model.projector.linear.weight": learned.astype(np.float32)}

    other = written(tmp_path / "other", model(2))
    found = concluded(audited(written(tmp_path / "one", model(1)), other=other), "other")
    assert found["projector"] == "no_evidence"
    copied = {**fresh(3), "model.projector.linear.weight": model(2)["model.projector.linear.weight"] * 1.01}
    assert concluded(audited(written(tmp_path / "copy", copied), other=other), "other")["projector"] == "derived"


def test_one_identical_table_outside_all_layers_is_for_experts_alone(tmp_path: Path) -> None:
    """A table that is worked out in a way that nobody thought of here."""
    table = {"vision_tower.embeddings.table.weight": np.random.default_rng(0).normal(size=(96, 64)).astype(np.float32)}
    models = {seed: towers({**fresh(seed), **table}, vision_tower=fresh(seed + 10)) for seed in (1, 2)}
    other = written(tmp_path / "other", models[2])
    assert concluded(audited(written(tmp_path / "one", models[1]), other=other), "other")["vision"] == "refer"
