"""The numbers behind a conclusion: p-values that are p-values, and floors that nothing small can pass."""

from __future__ import annotations

import numpy as np
import pytest

from harness.audit.agreement import chance_in_heads, chance_of_agreement, match
from harness.audit.analytic import is_sines, is_telling
from harness.audit.conclude import conclude, holm
from harness.audit.embeddings import held_out_alignment
from harness.audit.finding import P_FLOOR, Finding
from harness.audit.norms import correlation
from harness.audit.null import Band, within


@pytest.mark.parametrize(("rows", "columns"), [(8, 8), (64, 64), (16, 100)])
def test_the_chance_of_agreement_is_never_below_the_frequency_of_random_matchings(rows: int, columns: int) -> None:
    rng = np.random.default_rng(0)
    agreeing = np.array([np.sum(rng.permutation(columns)[:rows] == np.arange(rows)) for _ in range(4000)])
    for least in (1, 2, 3, 4):
        assert np.mean(agreeing >= least) <= chance_of_agreement(least, rows, columns) + 0.02


def test_no_p_value_is_below_a_double_s_resolution() -> None:
    assert chance_of_agreement(4000, 4000, 4000) == P_FLOOR
    assert holm([P_FLOOR] * 10)[0] == 10 * P_FLOOR


def test_holm_adjusts_as_published() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_a_matching_is_one_to_one() -> None:
    chosen = match(np.random.default_rng(0).normal(size=(30, 40)).astype(np.float32))
    assert len(set(chosen.tolist())) == 30


def test_norm_gains_of_strangers_have_a_cosine_near_one_and_no_correlation() -> None:
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(1, 0.1, (2, 4096)).astype(np.float32)
    assert ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs) == pytest.approx(0.990, abs=0.002)
    assert abs(correlation(ours, theirs)) < 4 / 64


def test_sines_and_constants_say_nothing_and_weights_do() -> None:
    time, rate = np.arange(200)[:, None], np.exp(-np.arange(16) / 4)[None]
    table = np.concatenate([np.sin(time * rate), np.cos(time * rate)], 1).astype(np.float32)
    noise = np.random.default_rng(0).normal(size=(200, 32)).astype(np.float32)
    assert is_sines(table)
    assert not is_telling(table)
    assert not is_telling(np.ones((64, 64), np.float32))
    assert is_telling(noise)


def test_shared_coarse_geometry_is_not_taken_for_descent() -> None:
    """Two embeddings with a few common directions, as like data give them, and fine directions of their own."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=(1000, 4)) * 8
    ours, theirs = (
        (np.concatenate([common, rng.normal(size=(1000, 60))], 1) @ np.linalg.qr(rng.normal(size=(64, 64)))[0]).astype(
            np.float32
        )
        for _ in range(2)
    )
    turned = (ours @ np.linalg.qr(rng.normal(size=(64, 64)))[0]).astype(np.float32)
    assert held_out_alignment(ours, theirs) < 0.3
    assert held_out_alignment(ours, turned) > 0.99


def found(**values: object) -> Finding:
    return Finding.model_validate(
        {"component": "text", "candidate": "a", "method": "weights", "strength": "derived", "statement": "s", **values}
    )


@pytest.mark.parametrize(
    ("finding", "conclusion"),
    [
        (found(p_value=1e-9), "derived"),
        (found(p_value=0.02), "no_evidence"),
        (found(), "derived"),
        (found(method="behaviour", p_value=1e-9), "refer"),
        (found(method="norms"), "refer"),
        (found(strength="no_evidence", p_value=0.5), "no_evidence"),
    ],
)
def test_a_finding_supports_what_its_method_and_its_adjusted_p_value_allow(finding: Finding, conclusion: str) -> None:
    (one,) = conclude([finding], ["text"], ["a"], 0.01)
    assert one.conclusion == conclusion


def test_a_component_that_no_method_saw_is_not_comparable() -> None:
    (one,) = conclude([], ["audio"], ["a"], 0.01)
    assert (one.conclusion, one.p_value) == ("not_comparable", None)


def test_what_known_independents_reach_too_supports_nothing() -> None:
    finding = found(value=0.4, p_value=1e-9)
    assert within(finding, Band((0.5,) * 10, (0.0, 0.5))).strength == "no_evidence"
    assert within(finding, Band((0.1,) * 10, (0.0, 0.1))).strength == "derived"
    assert within(finding, None) == finding


@pytest.mark.parametrize(("heads", "size"), [(1, 8), (4, 8), (8, 2)])
def test_the_chance_of_heads_in_place_is_never_below_the_frequency_of_random_orders(heads: int, size: int) -> None:
    rng = np.random.default_rng(0)
    agreeing = []
    for _ in range(4000):
        order = rng.permutation(heads)[:, None] * size + np.stack([rng.permutation(size) for _ in range(heads)])
        agreeing.append(int(np.sum(order.reshape(-1) == np.arange(heads * size))))
    for least in (1, 2, 3, 4):
        assert np.mean(np.array(agreeing) >= least) <= chance_in_heads(least, heads, size) + 0.02


def test_whole_heads_in_place_are_likelier_than_as_many_units_anywhere() -> None:
    assert chance_in_heads(8, 1, 64) == pytest.approx(chance_of_agreement(8, 64, 64))
    assert chance_in_heads(8, 4, 16) > 10 * chance_of_agreement(8, 64, 64)
    assert chance_in_heads(64, 4, 16) == P_FLOOR


def test_the_spread_of_a_mean_over_46_norms_of_4096_values_is_as_published() -> None:
    """Solar against GLM: mean 0.0126 over 46 layers with s.d. 0.0158; of strangers each has 1/sqrt(4096) = 0.0156."""
    rng = np.random.default_rng(0)
    layers = [correlation(*rng.normal(1, 0.1, (2, 4096)).astype(np.float32)) for _ in range(460)]
    assert float(np.std(layers)) == pytest.approx(4096**-0.5, rel=0.1)
    assert abs(float(np.mean(layers))) < 3 * 4096**-0.5 / 460**0.5


def test_a_value_is_ranked_among_known_independents_and_they_are_judged_one_by_one() -> None:
    band = Band((0.1, 0.2, 0.3), (0.0, 0.3))
    assert [band.rank_p(value) for value in (0.05, 0.2, 0.9)] == [1.0, 0.75, 0.25]
    details = within(found(value=0.9), band).details
    assert (details["null_pairs"], details["null_p"], details["null_flagged"]) == (3, 0.25, 0)
