"""Gates: pass, fail or undecided by where the interval lies."""

from __future__ import annotations

import pytest

from harness.numbers import percent_of_rule
from harness.verdict import Evidence, decide
from harness.verdict.gates import merged
from tests.unit.verdict.rounds import evidence, floor, ratio_to, right, round_of, single

# The mid-p interval of 50 of 100 at 95 % is 0.40270 to 0.59730 (by scipy's binomial distribution; test_binomial.py).
FLOORS = [
    (0.40, "pass", "advance", "advance"),
    (0.4026, "pass", "advance", "advance"),
    (0.45, "undecided", "undecided", "advance"),
    (0.50, "undecided", "undecided", "advance"),
    (0.55, "undecided", "undecided", "eliminate"),
    (0.5972, "undecided", "undecided", "eliminate"),
    (0.5974, "fail", "eliminate", "eliminate"),
    (0.90, "fail", "eliminate", "eliminate"),
]


@pytest.mark.parametrize(("minimum", "outcome", "decision", "by_rule"), FLOORS)
def test_floor_is_decided_by_where_the_interval_lies(minimum: float, outcome: str, decision: str, by_rule: str) -> None:
    round_ = round_of(["a"], gates=[floor(minimum)])
    result = decide(round_, single(round_, {"a": right(50)}))[0]["a"]
    assert result.gates["main_floor"].outcome == outcome
    assert (result.decision, result.decision_by_rule) == (decision, by_rule)
    assert f"floor of {percent_of_rule(minimum)}" in result.gates["main_floor"].reason.text


@pytest.mark.parametrize(("minimum", "outcome", "decision", "by_rule"), FLOORS)
def test_point_estimate_rule_follows_the_rule_and_says_so(
    minimum: float, outcome: str, decision: str, by_rule: str
) -> None:
    round_ = round_of(["a"], gates=[floor(minimum)], on_undecided="point_estimate")
    result = decide(round_, single(round_, {"a": right(50)}))[0]["a"]
    assert result.decision == result.decision_by_rule == by_rule
    assert result.gates["main_floor"].outcome == outcome
    assert any("point estimates decide" in reason.text for reason in result.reasons) == (outcome == "undecided")


@pytest.mark.parametrize(
    ("ours", "theirs", "minimum", "outcome"),
    [
        (900, 500, 0.95, "pass"),
        (500, 900, 0.95, "fail"),
        (500, 510, 0.95, "pass"),  # nested answers: 98 % of the reference, surely
        (500, 526, 0.95, "undecided"),
        (0, 500, 0.5, "fail"),
    ],
)
def test_ratio_is_decided_on_paired_answers(ours: int, theirs: int, minimum: float, outcome: str) -> None:
    round_ = round_of(["a"], gates=[ratio_to("ref", minimum)], references=["ref"], items=1000)
    found = decide(round_, single(round_, {"a": right(ours, 1000), "ref": right(theirs, 1000)}))[0]["a"]
    gate = found.gates["main_ratio"]
    assert gate.outcome == outcome
    assert gate.value is not None
    assert gate.value.value == pytest.approx(ours / theirs)
    assert "REF" in gate.reason.text


def test_ratio_to_a_reference_that_scored_nothing_is_undecided() -> None:
    round_ = round_of(["a"], gates=[ratio_to("ref", 0.95)], references=["ref"])
    found = decide(round_, single(round_, {"a": right(50), "ref": right(0)}))[0]["a"]
    assert (found.decision, found.decision_by_rule) == ("undecided", "undecided")


def test_ratio_between_modes_is_incomplete() -> None:
    round_ = round_of(["a"], gates=[ratio_to("ref", 0.5)], references=["ref"])
    given = single(round_, {"a": right(90)}) | single(round_, {"ref": right(50)}, mode="chat")
    found = decide(round_, given)[0]["a"]
    assert (found.decision, found.decision_by_rule) == ("incomplete", "incomplete")
    assert "mode base" in found.gates["main_ratio"].reason.text
    assert "mode chat" in found.gates["main_ratio"].reason.text
    assert found.gates["main_ratio"].value is None


def test_ratio_on_other_items_is_incomplete() -> None:
    round_ = round_of(["a"], gates=[ratio_to("ref", 0.5)], references=["ref"])
    given = single(round_, {"a": right(90)}) | single(round_, {"ref": right(50)}, prefix="other")
    found = decide(round_, given)[0]["a"]
    assert found.decision == "incomplete"
    assert "same items" in found.gates["main_ratio"].reason.text


def test_ratio_without_the_reference_is_incomplete() -> None:
    round_ = round_of(["a"], gates=[ratio_to("ref", 0.5)], references=["ref"])
    entrants, references = decide(round_, single(round_, {"a": right(90)}))
    assert entrants["a"].decision == entrants["a"].decision_by_rule == "incomplete"
    assert "REF are missing" in entrants["a"].gates["main_ratio"].reason.text
    assert references["ref"].total is None
    assert [reason.code for reason in references["ref"].reasons] == ["no_record"]


def test_a_failed_floor_eliminates_whatever_the_missing_reference_would_show() -> None:
    round_ = round_of(["a"], gates=[floor(0.9), ratio_to("ref", 0.5)], references=["ref"])
    found = decide(round_, single(round_, {"a": right(10)}))[0]["a"]
    assert found.decision == "eliminate"
    assert found.gates["main_ratio"].outcome == "incomplete"


def test_a_floor_is_met_by_a_score_that_equals_it_but_for_rounding() -> None:
    suites = ("one", "two", "three")
    round_ = round_of(["a"], gates=[floor(0.3, "one")], suites=suites, items=10)
    found = decide(round_, {"a": evidence(round_, dict.fromkeys(suites, right(3, 10)))})[0]["a"]
    assert found.decision_by_rule == "advance"


def test_no_evidence_is_incomplete_never_zero_never_a_pass() -> None:
    round_ = round_of(["a"], gates=[floor(0.0)])
    for given in ({}, {"a": Evidence()}):
        found = decide(round_, given)[0]["a"]
        assert found.decision == found.decision_by_rule == "incomplete"
        assert found.total is None
        assert found.gates["main_floor"].outcome == "incomplete"
        assert found.items["main_points"].value is None


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], "pass"),
        (["pass", "pass"], "pass"),
        (["pass", "undecided"], "undecided"),
        (["undecided", "incomplete"], "incomplete"),
        (["incomplete", "fail", "undecided"], "fail"),
    ],
)
def test_gates_merge_into_one_outcome(outcomes: list[str], expected: str) -> None:
    assert merged(outcomes) == expected  # type: ignore[arg-type]
