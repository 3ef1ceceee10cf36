"""A foreign model type inside a sub-configuration."""

from __future__ import annotations

import pytest

from harness.audit.nested import Nested, in_config, in_source, nested, stem
from harness.audit.sources import Source

QWEN = ("vision_config", "qwen2_5_vl_vision")


def types(found: tuple[Nested, ...]) -> list[tuple[str, str]]:
    return [(one.path, one.model_type) for one in found]


def test_the_installed_default_of_hyperclovax_vision_is_the_encoder_of_qwen():
    """The config of the checkpoint need not repeat the type: the source defaults to it."""
    found = nested({"model_type": "hyperclovax_vision_v2", "vision_config": {}})
    assert types(found) == [QWEN]
    assert found[0].where == "configuration_hyperclovax_vision_v2.py"


@pytest.mark.parametrize("model_type", ["axk1", "axk2", "solar_open", "exaone_moe", "hyperclovax", "exaone4_5"])
def test_models_without_a_foreign_part_have_none(model_type):
    assert nested({"model_type": model_type}) == ()


def test_a_foreign_type_in_config_json_is_found_at_any_depth():
    config = {
        "model_type": "mine",
        "parts": {"vision_config": {"model_type": "qwen2_5_vl"}},
        "text_config": {"model_type": "mine_text"},
    }
    assert types(in_config(config)) == [("parts.vision_config", "qwen2_5_vl")]


@pytest.mark.parametrize(
    "line",
    [
        'model_type = self.vision_config.get("model_type", "qwen2_5_vl_vision")',
        'vision_config = CONFIG_MAPPING["qwen2_5_vl_vision"]()',
        'self.vision_config = AutoConfig.for_model("qwen2_5_vl_vision")',
    ],
)
def test_each_way_to_fall_back_to_a_type_is_read(line):
    assert types(in_source(Source("configuration_mine.py", line), "mine")) == [QWEN]


@pytest.mark.parametrize(
    ("kind", "family"),
    [("qwen2_5_vl_vision", "qwen"), ("qwen3", "qwen"), ("clip_vision_model", "clip"), ("한글", "한글")],
)
def test_a_family_is_the_letters_before_the_first_number(kind, family):
    assert stem(kind) == family


@pytest.mark.parametrize("text", ["def (", "x = " + "(" * 5000, "\x00"])
def test_source_that_is_no_python_names_nothing(text):
    assert in_source(Source("configuration_mine.py", text), "mine") == ()


def test_a_config_without_a_type_names_nothing():
    assert nested({"vision_config": {"model_type": "qwen2_5_vl"}}) == ()
