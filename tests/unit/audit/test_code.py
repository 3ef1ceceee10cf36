"""Code similarity against the installed package: known answers, and what is concluded from them."""

from __future__ import annotations

import pytest

from harness.audit import code
from harness.audit.code import CodeNull, compare, matched_null
from harness.audit.sources import Code, Source, code_of, installed_files, library, prints_of
from harness.audit.winnow import jaccard

# Published values were taken with another hash, which chooses other fingerprints: eight hashes spread by up to 0.027.
TOLERANCE = 0.03
KNOWN = [
    ("axk1", "deepseek_v3", 0.923),
    ("hyperclovax", "granite", 0.851),
    ("axk2", "deepseek_v32", 0.819),
    ("solar_open", "glm4_moe", 0.745),
    ("qwen3_moe", "mixtral", 0.709),
    ("exaone_moe", "deepseek_v3", 0.564),
    ("hyperclovax_vision_v2", "qwen2_5_vl", 0.101),
]
NULL = CodeNull(family="dense", values=tuple(place / 200 * 0.7 for place in range(200)))
SNIPPET = "\n".join(f"def f{n}(a, b):\n    return [a + {n}, b * {n}] if a < b else (a, b)" for n in range(20))


def installed(model_type: str) -> Code:
    return Code(f"transformers, model type {model_type}", installed_files(model_type))


@pytest.mark.parametrize(("first", "second", "published"), KNOWN)
def test_similarities_of_published_models_are_those_known(first, second, published):
    value = jaccard(prints_of(installed_files(first)), prints_of(installed_files(second)))
    assert value == pytest.approx(published, abs=TOLERANCE)


@pytest.mark.full
def test_the_null_of_all_language_models_is_the_one_known():
    null = matched_null("all")
    assert len(null.values) == 13_530
    assert null.median == pytest.approx(0.082, abs=0.01)
    assert null.limit == pytest.approx(0.656, abs=0.02)


@pytest.mark.full
def test_the_null_of_models_with_experts_lies_higher():
    null = matched_null("moe")
    assert null.median == pytest.approx(0.238, abs=0.03)
    assert null.limit == pytest.approx(0.667, abs=0.05)


@pytest.mark.full
def test_code_similarity_misses_the_encoder_that_the_configuration_reuses():
    """The one entrant that was disqualified: 0.10 is an ordinary value. `nested` finds it instead."""
    found = compare(installed("hyperclovax_vision_v2"), installed("qwen2_5_vl"), "qwen", matched_null("dense"))
    assert found.strength == "no_evidence"


@pytest.mark.full
def test_a_parent_is_referred_and_so_is_the_control():
    """A pair of published models exceeds the limit too: likeness of code is a question of disclosure, no verdict."""
    null = matched_null("moe", without=["axk1", "deepseek_v3"])
    assert compare(installed("axk1"), installed("deepseek_v3"), "deepseek", null).strength == "refer"
    assert compare(installed("qwen3_moe"), installed("mixtral"), "mixtral", null).strength == "refer"


def test_code_above_the_null_is_referred_and_never_convicts():
    mine = Code("checkpoint", (Source("modeling_mine.py", SNIPPET.replace("a", "renamed")),))
    found = compare(mine, Code("checkpoint", (Source("modeling.py", SNIPPET),)), "other", NULL)
    assert (found.strength, found.component, found.value) == ("refer", "code", 1.0)
    assert "says nothing of the weights" in found.statement
    assert found.p_value is None


def test_a_null_of_few_pairs_supports_nothing():
    small = CodeNull(family="dense", values=(0.1, 0.2))
    mine = Code("checkpoint", (Source("modeling_mine.py", SNIPPET),))
    assert compare(mine, mine, "other", small).strength == "not_comparable"


def test_a_share_of_the_null_is_never_zero():
    assert code.above(0.99, NULL) == pytest.approx(1 / 201)
    assert code.above(0.0, NULL) == 1.0


def test_shipped_modelling_files_go_before_installed_ones(tmp_path):
    (tmp_path / "modeling_mine.py").write_text(SNIPPET)
    (tmp_path / "setup.py").write_text("x = 1\n")
    found = code_of(tmp_path, "llama")
    assert found is not None
    assert (found.origin, [source.name for source in found.sources]) == ("checkpoint", ["modeling_mine.py"])


def test_a_checkpoint_without_code_is_read_by_its_model_type(tmp_path):
    found = code_of(tmp_path, "llama")
    assert found is not None
    assert found.sources[0].name == "modeling_llama.py"
    assert code_of(tmp_path, "../../llama") is None
    assert code_of(tmp_path, None) is None


def test_links_that_leave_the_checkpoint_are_not_read(tmp_path):
    (tmp_path / "secret.py").write_text(SNIPPET)
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    (checkpoint / "modeling_mine.py").symlink_to(tmp_path / "secret.py")
    assert code_of(checkpoint, None) is None


def test_a_file_that_is_no_python_is_named_and_left_out(tmp_path):
    (tmp_path / "modeling_good.py").write_text(SNIPPET)
    (tmp_path / "modeling_bad.py").write_text("x = (")
    found = code_of(tmp_path, None)
    assert found is not None
    assert [source.name for source in found.sources] == ["modeling_good.py"]
    assert found.unread[0].startswith("modeling_bad.py")


@pytest.mark.full
def test_the_library_holds_only_causal_language_models():
    dense, moe = library("dense"), library("moe")
    assert (len(dense), len(moe)) == (113, 52)
    assert "llama" in dense
    assert "mixtral" in moe
