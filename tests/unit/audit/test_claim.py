"""Accusations read, and answered with the golden values of the disputes."""

from __future__ import annotations

import math
import shutil
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from harness.audit.claim import parse
from harness.audit.claim_answer import Evidence, answer, worded
from harness.audit.likeness import alike, correlation_p, measured, simulated, spread_behind
from harness.errors import CheckpointError, ConfigError

NFD = unicodedata.normalize("NFD", "한글모델과 솔라의 정규화 코사인 유사도가 0.989로 같다")
SOLAR = "LayerNorm cosine 0.989 between Solar-Open-100B and GLM-4.5-Air (182 σ)"


@pytest.mark.parametrize(
    ("text", "statistic", "part", "value", "models"),
    [
        (SOLAR, "cosine", "norm", 0.989, ("Solar-Open-100B", "GLM-4.5-Air")),
        ("vision encoder cosine 99.51 % between HCX V and Qwen-2.5", "cosine", "vision", 0.9951, ("HCX V", "Qwen-2.5")),
        ("audio encoder Pearson 100% X vs Y", "pearson", "audio", 1.0, ("X", "Y")),
        ("RMSNorm correlation -0.02 of X and Y", "pearson", "norm", -0.02, ("X", "Y")),
        ("92.6% token overlap between Clova X and Llama-3", "jaccard", "tokenizer", 0.926, ("Clova X", "Llama-3")),
        ("code similarity 0.92 between axk1 and deepseek_v3", "code", "code", 0.92, ("axk1", "deepseek_v3")),
        ("Jensen-Shannon divergence 1.9e-6 of X and Y", "divergence", "outputs", 1.9e-6, ("X", "Y")),
        ("X and Y give the same wrong answers", "agreement", "outputs", None, ("X", "Y")),
        ("CKA 0.86 between X and Y, which is high", "cka", "weights", 0.86, ("X", "Y")),
        ("A사모델과 B-7B 사이 LayerNorm 코사인 0.989", "cosine", "norm", 0.989, ("A사모델", "B-7B")),
        (
            "Solar Open 100B와 GLM-4.5-Air의 LayerNorm 코사인 유사도가 0.989로 파생이다",
            "cosine", "norm", 0.989, ("Solar Open 100B", "GLM-4.5-Air"),
        ),
        (
            "하이퍼클로바X의 비전 인코더 가중치가 Qwen 2.5와 99.5% 일치",
            "identical", "vision", 0.995, ("하이퍼클로바X", "Qwen 2.5"),
        ),
        (
            "95% of the vision encoder weights of HyperCLOVA X equal those of Qwen2.5-VL",
            "identical", "vision", 0.95, ("HyperCLOVA X", "Qwen2.5-VL"),
        ),
        ("어휘 92.6% 중복: HyperCLOVA X와 Llama-3", "jaccard", "tokenizer", 0.926, ("HyperCLOVA X", "Llama-3")),
        ("LayerNorm 코사인 98.9% (X, Y)", "cosine", "norm", 0.989, ("X", "Y")),
        ("45개 층의 LayerNorm 코사인이 0.9487: 솔라와 GLM-4.5", "cosine", "norm", 0.9487, ("솔라", "GLM-4.5")),
        ("A와 B의 정답 일치율 92%", "agreement", "outputs", 0.92, ("A", "B")),
        ("the weights of A are identical to those of B", "identical", "weights", None, ("A", "B")),
        ("LayerNorm cosine Solar Open 100B vs GLM-4.5 0.989", "cosine", "norm", 0.989, ("Solar Open 100B", "GLM-4.5")),
        ("LayerNorm of layer 3 cosine .989 between X and Y", "cosine", "norm", 0.989, ("X", "Y")),
        ("LayerNorm 코사인이 .989로: 솔라와 GLM-4.5", "cosine", "norm", 0.989, ("솔라", "GLM-4.5")),
        ("norm Pearson -.457 between Qwen2.5-7B and Y", "pearson", "norm", -0.457, ("Qwen2.5-7B", "Y")),
        ("norm Pearson 0,457 between X and Y", "pearson", "norm", 0.457, ("X", "Y")),
        ("norm Pearson between X and Y 0,457", "pearson", "norm", 0.457, ("X", "Y")),
        ("LayerNorm 코사인 98,9% (X, Y)", "cosine", "norm", 0.989, ("X", "Y")),
        ("over 4,096 values norm cosine 0.98 between X and Y", "cosine", "norm", 0.98, ("X", "Y")),
        ("norm cosine 0.98 in layers 0,1 between X and Y", "cosine", "norm", 0.98, ("X", "Y")),
        ("in layers 0,1 the norm cosine is 0.98 between X and Y", "cosine", "norm", 0.98, ("X", "Y")),
        ("norm cosine 1,024 between X and Y", "cosine", "norm", None, ("X", "Y")),
        ("norm cosine 98,9 between X and Y", "cosine", "norm", None, ("X", "Y")),
        (NFD, "cosine", "norm", 0.989, ("한글모델", "솔라")),
    ],
)  # fmt: skip
def test_an_accusation_is_read(text, statistic, part, value, models):
    claim = parse(text)
    assert (claim.statistic, claim.part, claim.models) == (statistic, part, models)
    assert claim.value == (None if value is None else pytest.approx(value))


def test_sigmas_are_not_the_value():
    assert parse(SOLAR).sigmas == 182
    assert parse("182 sigma LayerNorm cosine 0.989 between X and Y").value == 0.989


@pytest.mark.parametrize("text", ["", "they copied it", "cosine 0.99", "between X and Y 0.9"])
def test_a_line_without_statistic_or_models_says_how_to_write_it(text):
    with pytest.raises(ConfigError, match=r"LayerNorm cosine 0\.989 between X and Y"):
        parse(text)


@given(st.text(max_size=200))
def test_wild_lines_are_read_or_refused(text):
    try:
        claim = parse(text)
    except ConfigError:
        return
    assert all(claim.models)
    assert claim.value is None or math.isfinite(claim.value)


def test_random_vectors_around_one_have_the_cosine_of_the_accusation():
    """The golden value: N(1, 0.1) at d = 4096 gives 0.990. A detector that fires on that is wrong."""
    spread = simulated(4096)
    assert spread.median == pytest.approx(0.990, abs=5e-4)
    assert answer(parse(SOLAR), {}, {}).standing == "ordinary"


@pytest.mark.parametrize("cosine", [0.9487, 0.981, 0.9864, 0.989, 0.9999])
def test_any_cosine_of_norms_is_what_some_unrelated_vectors_have(cosine):
    spread = spread_behind(cosine)
    assert spread is not None
    assert 1 / (1 + spread**2) == pytest.approx(cosine)
    assert answer(parse(f"LayerNorm cosine {cosine} between X and Y"), {}, {}).standing == "ordinary"


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("LayerNorm Pearson 0.0126 between X and Y", "ordinary"),  # measured on the two models of the dispute
        ("LayerNorm Pearson 0.457 between X and Y", "remarkable"),
        ("LayerNorm Pearson 1.0 between X and Y", "remarkable"),
        ("vision encoder cosine 99.51% between X and Y", "remarkable"),
        ("audio encoder Pearson 100% between X and Y", "remarkable"),
        ("router cosine 0.0037 between X and Y", "ordinary"),
        ("embedding cosine 0.4 between X and Y", "unsettled"),
        ("CKA 0.99 between X and Y", "not_telling"),
        ("output divergence 1.85e-6 between X and Y", "not_telling"),
        ("layer-wise standard deviation profile 0.99 between X and Y", "not_telling"),
        ("vocabulary overlap 92.6% between X and Y", "disclosure"),
        ("vocabulary Jaccard 0.300 between X and Y", "ordinary"),
        ("X and Y give the same wrong answers", "unsettled"),
        ("weights Pearson between X and Y", "unsettled"),
        ("vision weights of X are identical to those of Y", "remarkable"),
        ("0% of the weights are identical between X and Y", "ordinary"),
        ("12 weight tensors are identical between X and Y", "remarkable"),
        ("LayerNorm cosine 1.2 between X and Y", "impossible"),
        ("LayerNorm cosine 98.9 between X and Y", "impossible"),
        ("vision encoder cosine -1.01 between X and Y", "impossible"),
        ("LayerNorm Pearson -3 between X and Y", "impossible"),
        ("CKA 1.4 between X and Y", "impossible"),
        ("output divergence -1 between X and Y", "impossible"),
    ],
)
def test_the_standing_of_the_disputes_numbers(text, standing):
    assert answer(parse(text), {}, {}).standing == standing


def test_code_is_set_against_the_published_pairs():
    evidence = Evidence(code_limit=0.656)
    assert worded(parse("code similarity 0.92 between X and Y"), evidence).standing == "disclosure"
    assert worded(parse("code similarity 0.10 between X and Y"), evidence).standing == "ordinary"


def test_every_answer_has_both_languages_and_never_says_independent_of_the_models():
    for text in (
        SOLAR,
        "vocabulary overlap 50% of X and Y",
        "embedding cosine 0.4 between X and Y",
        "CKA 0.9 of X and Y",
    ):
        found = worded(parse(text), Evidence())
        for lines in (found.independent, found.fair, found.needed):
            assert len(lines["en"]) == len(lines["ko"]) > 0
        assert "are independent" not in " ".join((found.headline["en"], *found.fair["en"]))


def vectors(folder, seed, blend=None, share=0.0):
    """A checkpoint of norm weights N(1, 0.1), in part those of another."""
    rng = np.random.default_rng(seed)
    found = {}
    for layer in range(8):
        values = rng.normal(0, 0.1, 1024)
        if blend is not None:
            values = (
                share * (blend[f"model.layers.{layer}.input_layernorm.weight"] - 1) + math.sqrt(1 - share**2) * values
            )
        found[f"model.layers.{layer}.input_layernorm.weight"] = (1 + values).astype(np.float32)
    found["model.norm.weight"] = np.ones(1024, np.float32)
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    save_file(found, folder / "model.safetensors")
    return found


def test_two_unrelated_checkpoints_answer_for_themselves(tmp_path):
    for seed, name in enumerate("xyn"):
        vectors(tmp_path / name, seed)
    pair = {"X": tmp_path / "x", "Y": tmp_path / "y"}
    found = answer(parse("LayerNorm cosine 0.99 between X and Y"), pair, {"A": tmp_path / "n", "B": tmp_path / "x"})
    assert found.standing == "ordinary"
    assert found.measured is not None
    assert found.measured.cosine == pytest.approx(0.990, abs=1e-3)
    assert abs(found.measured.pearson) < 4 * found.measured.null_sd
    assert (found.measured.tensors, found.measured.values) == (8, 1024)
    assert [spread.source for spread in found.reference] == ["simulated", "checkpoints"]


def test_a_descendant_is_remarkable_whatever_cosine_was_claimed(tmp_path):
    original = vectors(tmp_path / "x", 0)
    vectors(tmp_path / "y", 1, original, 0.9)
    pair = {"X": tmp_path / "x", "Y": tmp_path / "y"}
    found = answer(parse("LayerNorm cosine 0.99 between X and Y"), pair, {})
    assert found.standing == "remarkable"
    assert found.measured is not None
    assert found.measured.pearson == pytest.approx(0.9, abs=0.02)


def test_an_impossible_number_is_told_with_its_bounds_and_is_not_measured_in_deviations():
    found = answer(parse("LayerNorm Pearson -3 between X and Y"), {}, {})
    assert "-3 lies outside -1 to 1" in found.independent["en"][0]
    assert "-1~1" in found.independent["ko"][0]
    assert not any("times the standard deviation" in line for line in found.fair["en"])
    assert found.needed["en"][0] == "The claimed number."


def test_what_is_measured_goes_before_an_impossible_number(tmp_path):
    original = vectors(tmp_path / "x", 0)
    vectors(tmp_path / "y", 1, original, 0.9)
    vectors(tmp_path / "z", 2)
    claim = parse("LayerNorm cosine 1.2 between X and Y")
    assert answer(claim, {"X": tmp_path / "x", "Y": tmp_path / "y"}, {}).standing == "remarkable"
    assert answer(claim, {"X": tmp_path / "x", "Y": tmp_path / "z"}, {}).standing == "impossible"


@pytest.mark.parametrize("fault", ["NaN", "link"])
def test_a_checkpoint_that_the_audit_refuses_is_refused(tmp_path, fault):
    sound, broken = tmp_path / "sound", tmp_path / "broken"
    found = vectors(sound, 0)
    vectors(broken, 1)
    weights = broken / "model.safetensors"
    if fault == "NaN":
        found["model.layers.0.input_layernorm.weight"][3] = np.nan
        save_file(found, weights)
    else:
        shutil.move(weights, tmp_path / "outside.safetensors")
        weights.symlink_to(tmp_path / "outside.safetensors")
    message = {"NaN": "NaN or infinite", "link": "is a link that leaves the checkpoint"}[fault]
    claim = parse("LayerNorm cosine 0.99 between X and Y")
    with pytest.raises(CheckpointError, match=message):
        answer(claim, {"X": sound, "Y": broken}, {})
    with pytest.raises(CheckpointError, match=message):
        answer(claim, {}, {"a": sound, "b": broken})


def test_a_checkpoint_of_a_stranger_and_a_damaged_one_are_mistakes(tmp_path):
    with pytest.raises(ConfigError, match="the claim is about X and Y"):
        answer(parse("LayerNorm cosine 0.99 between X and Y"), {"Z": tmp_path}, {})
    with pytest.raises(CheckpointError):
        answer(parse("LayerNorm cosine 0.99 between X and Y"), {"X": tmp_path, "Y": tmp_path}, {})


def test_constant_tensors_say_nothing():
    assert alike("norm", lambda: iter([(np.ones(8, np.float32), np.ones(8, np.float32))])) is None
    assert measured([]) is None


def test_p_values_of_correlations_are_p_values():
    """Under independence one in twenty lies below 0.05."""
    rng = np.random.default_rng(0)
    found = [
        alike("n", lambda both=both: iter([both])) for both in rng.normal(1, 0.1, (2000, 2, 256)).astype(np.float32)
    ]
    below = np.mean([correlation_p(one.pearson, one.size) < 0.05 for one in found if one])
    assert below == pytest.approx(0.05, abs=0.015)
