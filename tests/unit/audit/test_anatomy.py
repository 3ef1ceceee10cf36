"""Tensors find their component and role in every family, and by what feeds them where names say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from harness.audit.anatomy import anatomy
from harness.audit.projections import SIDES, Projections
from harness.audit.regions import places
from harness.audit.roles import role_of
from harness.audit.subject import open_subject
from harness.audit.units import parts_of, router_rows
from harness.checkpoint.tensors import Tensor
from tests.unit.audit.models import audited, concluded
from tests.zoo.originals import write_checkpoint

Shapes = Mapping[str, tuple[int, ...]]


def located(shapes: Shapes, config: dict[str, object], embedding: str | None = None) -> dict[str, str]:
    tensors = {name: Tensor(name, Path("x"), "F32", shape, 0, 0) for name, shape in shapes.items()}
    return dict(places(tensors, config, embedding, None))


@pytest.mark.parametrize(
    ("tail", "role"),
    [
        ("self_attn.q_a_proj.weight", "latent_query"), ("self_attn.kv_a_proj_with_mqa.weight", "latent_kv"),
        ("self_attn.kv_b_proj.weight", "latent_kv_up"), ("self_attn.kv_a_layernorm.weight", "norm_latent_kv"),
        ("block_sparse_moe.gate.weight", "router"), ("mlp.gate.weight", "router"), ("mlp.gate_proj.weight", "gate"),
        ("mlp.experts.3.down_proj.weight", "down"), ("block_sparse_moe.experts.0.w1.weight", "gate"),
        ("attention.projection_layer.weight", "output"), ("attn.c_attn.weight", "qkv"), ("mlp.c_proj.weight", "down"),
        ("attn.c_proj.weight", "output"), ("self_attn.out_proj.weight", "output"), ("fc1.weight", "fc1"),
        ("attention.query_key_value.weight", "qkv"), ("feed_forward.intermediate_dense.weight", "fc1"),
        ("feed_forward.output_dense.weight", "down"), ("encoder_attn.q_proj.weight", None),
        ("crossattention.self.query.weight", None), ("mix.content.weight", None),
    ],
)  # fmt: skip
def test_a_role_is_known_by_the_names_of_many_families(tail: str, role: str | None) -> None:
    assert role_of(tail) == role


def test_the_encoder_of_whisper_is_an_audio_tower_and_its_decoder_a_text() -> None:
    names = {"model.encoder.layers.0.fc1.weight": (96, 48), "model.encoder.conv1.weight": (48, 16, 3),
             "model.decoder.embed_tokens.weight": (512, 48), "model.decoder.layers.0.fc1.weight": (96, 48),
             "model.decoder.layers.0.encoder_attn.q_proj.weight": (48, 48)}  # fmt: skip
    found = located(names, {"model_type": "whisper", "vocab_size": 512}, "model.decoder.embed_tokens.weight")
    assert [found[name] for name in names] == ["audio", "audio", "embeddings", "text", "text"]


def test_a_lone_encoder_is_a_tower_whatever_its_config_counts() -> None:
    names = {"encoder.layers.0.attention.k_proj.weight": (48, 48), "feature_projection.projection.weight": (48, 32)}
    assert set(located(names, {"model_type": "wav2vec2", "vocab_size": 32}).values()) == {"audio"}


@pytest.mark.parametrize(
    ("stem", "component"), [((48, 3, 8, 8), "vision"), ((48, 16, 3), "audio"), ((48, 1, 4), "text")]
)
def test_a_tower_without_telling_names_is_known_by_its_first_convolution(stem: tuple[int, ...], component: str) -> None:
    names = {"core.table.weight": (512, 64), "core.cells.0.a.weight": (64, 64), "sense.stem.weight": stem,
             "sense.cells.0.a.weight": (48, 48)}  # fmt: skip
    found = located(names, {"model_type": "korin"}, "core.table.weight")
    assert (found["sense.cells.0.a.weight"], found["core.cells.0.a.weight"]) == (component, "text")


HEADS, PLAIN, ROPE, VALUE, RANK, QUERY_RANK, WIDTH = 4, 12, 8, 16, 24, 32, 64


def latent(seed: int) -> dict[str, np.ndarray]:
    """One model with latent attention and experts, DeepSeek's names."""
    rng = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (512, WIDTH), "lm_head.weight": (512, WIDTH),
                                          "model.norm.weight": (WIDTH,)}  # fmt: skip
    for index in range(2):
        at, mlp = f"model.layers.{index}.self_attn.", f"model.layers.{index}.mlp."
        shapes |= {
            f"{at}q_a_proj.weight": (QUERY_RANK, WIDTH), f"{at}q_a_layernorm.weight": (QUERY_RANK,),
            f"{at}q_b_proj.weight": (HEADS * (PLAIN + ROPE), QUERY_RANK),
            f"{at}kv_a_proj_with_mqa.weight": (RANK + ROPE, WIDTH), f"{at}kv_a_layernorm.weight": (RANK,),
            f"{at}kv_b_proj.weight": (HEADS * (PLAIN + VALUE), RANK), f"{at}o_proj.weight": (WIDTH, HEADS * VALUE),
            f"{mlp}gate.weight": (6, WIDTH), f"{mlp}shared_experts.up_proj.weight": (40, WIDTH),
            f"{mlp}shared_experts.gate_proj.weight": (40, WIDTH), f"{mlp}shared_experts.down_proj.weight": (WIDTH, 40),
        }  # fmt: skip
        for expert in range(6):
            shapes |= {f"{mlp}experts.{expert}.up_proj.weight": (40, WIDTH),
                       f"{mlp}experts.{expert}.gate_proj.weight": (40, WIDTH),
                       f"{mlp}experts.{expert}.down_proj.weight": (WIDTH, 40)}  # fmt: skip
    return {
        name: rng.normal(1.0 if "norm" in name else 0.0, 0.1, shape).astype(np.float32)
        for name, shape in shapes.items()
    }


CONFIG: dict[str, object] = {
    "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "hidden_size": WIDTH, "vocab_size": 512,
    "num_hidden_layers": 2, "num_attention_heads": HEADS, "num_key_value_heads": HEADS, "num_experts_per_tok": 2,
}  # fmt: skip


def mixed(weights: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Latents in another basis, gains folded; experts with their routes in another order; rows of the router alike."""
    new = dict(weights)
    for index in range(2):
        at, mlp = f"model.layers.{index}.self_attn.", f"model.layers.{index}.mlp."
        for down, norm, up in (
            ("q_a_proj", "q_a_layernorm", "q_b_proj"),
            ("kv_a_proj_with_mqa", "kv_a_layernorm", "kv_b_proj"),
        ):
            rank = weights[f"{at}{up}.weight"].shape[1]
            turn = np.linalg.qr(rng.normal(size=(rank, rank)))[0]
            new[f"{at}{up}.weight"] = (weights[f"{at}{up}.weight"] * weights[f"{at}{norm}.weight"]) @ turn
            new[f"{at}{norm}.weight"] = np.ones(rank)
            new[f"{at}{down}.weight"] = weights[f"{at}{down}.weight"].copy()
            new[f"{at}{down}.weight"][:rank] = turn.T @ weights[f"{at}{down}.weight"][:rank]
        order = rng.permutation(6)
        new[f"{mlp}gate.weight"] = weights[f"{mlp}gate.weight"][order]
        for place, source in enumerate(order):
            for part in ("up", "gate", "down"):
                new[f"{mlp}experts.{place}.{part}_proj.weight"] = weights[f"{mlp}experts.{source}.{part}_proj.weight"]
    return {name: np.ascontiguousarray(value, np.float32) for name, value in new.items()}


def test_products_around_a_latent_do_not_see_its_basis(tmp_path: Path) -> None:
    rows = []
    for name, weights in (("plain", latent(1)), ("mixed", mixed(latent(1), np.random.default_rng(2)))):
        subject = open_subject(name, write_checkpoint(tmp_path / name, weights, CONFIG))
        stack = anatomy(subject).stacks["text"]
        rows.append(Projections(stack, stack.blocks[0], subject.values))
    for side in SIDES:
        one, other = (parts.read(side) for parts in rows)
        assert np.allclose(one, other, atol=1e-4), side
        assert len(one) == rows[0].count(side)
    assert rows[0].read("key").shape == (HEADS * PLAIN, WIDTH)


def test_a_copy_with_mixed_latents_and_renumbered_experts_is_found_by_all_its_parts(tmp_path: Path) -> None:
    copy = mixed(latent(1), np.random.default_rng(2))
    for name in copy:  # so that no tensor is the same to the bit
        copy[name] = copy[name] + np.float32(1e-4) * copy[name].std() * np.random.default_rng(3).normal(
            size=copy[name].shape).astype(np.float32)  # fmt: skip
    others = {
        name: write_checkpoint(tmp_path / name, latent(seed), CONFIG) for name, seed in (("parent", 1), ("other", 2))
    }
    report = audited(write_checkpoint(tmp_path / "copy", copy, CONFIG), **others)
    assert concluded(report, "parent")["text"] == "derived"
    assert concluded(report, "other")["text"] == "no_evidence"
    matching = next(one for one in report.findings if one.method == "matching" and one.candidate == "parent")
    assert matching.details["layers_derived"] == [0, 1]


def test_routers_are_read_as_rows_of_the_stream(tmp_path: Path) -> None:
    subject = open_subject("m", write_checkpoint(tmp_path / "m", latent(1), CONFIG))
    stack = anatomy(subject).stacks["text"]
    rows = router_rows(stack, stack.blocks[0], subject.values)
    assert rows is not None
    assert rows.shape == (6, WIDTH)
    assert [one.part for one in parts_of(stack, stack.blocks[0], subject.values)][-2:] == ["value", "query"]


@pytest.mark.parametrize(("model_type", "offset"), [("gemma2", 1.0), ("llama", 0.0), ("gemma3n_text", 0.0)])
def test_gains_that_are_stored_less_one_are_known_by_the_family(model_type: str, offset: float, tmp_path: Path) -> None:
    weights = {"model.layers.0.input_layernorm.weight": np.ones(WIDTH, np.float32),
               "model.layers.0.self_attn.q_proj.weight": np.ones((WIDTH, WIDTH), np.float32)}  # fmt: skip
    subject = open_subject("m", write_checkpoint(tmp_path / "m", weights, {**CONFIG, "model_type": model_type}))
    assert anatomy(subject).stacks["text"].norm_offset == offset


def test_of_a_family_that_nobody_knows_gains_below_0_tell(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for centre, offset in ((0.0, 1.0), (1.0, 0.0)):
        weights = {"model.layers.0.input_layernorm.weight": rng.normal(centre, 0.1, WIDTH).astype(np.float32),
                   "model.layers.0.self_attn.q_proj.weight": np.ones((WIDTH, WIDTH), np.float32)}  # fmt: skip
        folder = write_checkpoint(tmp_path / str(centre), weights, {**CONFIG, "model_type": "korin"})
        assert anatomy(open_subject("m", folder)).stacks["text"].norm_offset == offset


def test_heads_are_counted_where_the_config_s_keys_are_renamed(tmp_path: Path) -> None:
    rows = {"q_proj": 64, "k_proj": 32, "v_proj": 32, "o_proj": 64}
    weights = {
        f"model.layers.0.self_attn.{part}.weight": np.ones((count, 64), np.float32) for part, count in rows.items()
    }
    config: dict[str, object] = {"model_type": "korin", "dim": 64, "depth": 4, "n_q": 4, "n_kv": 2}
    subject = open_subject("m", write_checkpoint(tmp_path / "m", weights, config))
    stack = anatomy(subject).stacks["text"]
    parts = Projections(stack, stack.blocks[0], subject.values)
    assert (stack.heads, parts.query_heads, parts.key_heads) == (4, 4, 2)
