"""Rules that contradict themselves or their round are refused before anything is served."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.plan import Round
from tests.unit.verdict.rounds import round_of

SUITE = {"kind": "suite", "suite": "main"}


def refusal(**changes: Any) -> str:
    base = round_of(["a", "b"], references=["ref"]).model_dump()
    rules = base["rules"] | changes.pop("rules", {})
    with pytest.raises(ValidationError) as caught:
        Round.model_validate(base | changes | {"rules": rules})
    return str(caught.value)


def item(**changes: Any) -> dict[str, Any]:
    return {"name": "one", "points": 100, "source": SUITE, **changes}


def ratio(**changes: Any) -> dict[str, Any]:
    return {"kind": "ratio", "name": "performance", "source": SUITE, "minimum": 0.95, "reference": "ref", **changes}


POLICY = [{"relations": ["derived", "refer", "not_comparable"], "ruling": "forbidden"}]
WINDOW = {"months": 6, "before": "2026-08-18"}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"items": [item(source={"kind": "suite", "suite": "other"})]}, "one: suite 'other' is not in this round"),
        ({"items": [item(source={"kind": "task", "task": "other"})]}, "one: task 'other' is not in this round"),
        ({"total": 90}, "add up to 100, not to the 90 that the rules declare"),
        ({"groups": {"benchmark": 40}}, "group 'benchmark': no item add up to 0 points, not to the 40"),
        ({"items": [item(group="user")], "groups": {"expert": 0}}, "group 'user' is not in this round"),
        ({"items": [item(scale={"kind": "linear", "low": 1})]}, "its scale reaches from 1 to 1"),
        ({"items": [item(scale={"kind": "points"})]}, "a mean of answers is no number of points"),
        ({"items": [item(source={"kind": "table", "file": "x.csv"})]}, "give scale.low and scale.high"),
        ({"items": [item(scale={"kind": "relative", "to": "nobody"})]}, "relative to 'nobody' is not in this round"),
        ({"items": [item(source={"kind": "own", "of": {"a": SUITE}})]}, "b has chosen no source"),
        ({"gates": [ratio(reference="nobody")]}, "reference 'nobody' is not in this round; it has: ref"),
        (
            {"gates": [ratio(source={"kind": "panel", "file": "panel.csv", "high": 10})]},
            "performance: raters score entrants only",
        ),
        ({"gates": [ratio(reference=None)]}, "names no reference"),
        ({"gates": [ratio(references=["ref"])]}, "reference named twice: ref"),
        ({"gates": [ratio(window=WINDOW)]}, "reference ref has no release date; the window needs its day"),
        ({"gates": [ratio(), ratio()]}, "gate named twice: performance"),
        (
            {"gates": [{"kind": "independence", "name": "independence", "policy": POLICY}]},
            "the policy says nothing about every 'no_evidence' finding",
        ),
        ({"elimination": {"kind": "keep", "keep": 3}}, "keep 3 of 2 entrants"),
        ({"elimination": {"kind": "leave", "leave": 2}}, "2 of 2 entrants leave: nobody would stay"),
        ({"elimination": {"kind": "below", "minimum": 101}}, "minimum 101 is more than all 100 points"),
        ({"elimination": {"kind": "lowest", "tie_items": ["two"]}}, "tie_items 'two' is not in this round"),
        ({"lineage": {"advanced": ["Somebody"]}}, "neither advanced from the round before nor joined"),
        (
            {"lineage": {"advanced": ["Nobody"], "eliminated": [{"owner": "Nobody", "round": "one"}]}},
            "listed as eliminated and as advanced",
        ),
        ({"scoring": {"other": {}}}, "scoring: suite 'other' is not in this round"),
        ({"items": [item(points=float("nan"))]}, "finite number"),
    ],
)
def test_contradicting_rules_are_refused(rules: dict[str, Any], expected: str) -> None:
    assert expected in refusal(rules=rules)


@pytest.mark.parametrize(("released", "inside"), [("2026-02-18", True), ("2026-02-17", False), ("2026-08-19", False)])
def test_a_reference_outside_the_window_is_refused(released: str, inside: bool) -> None:
    base = round_of(["a"], references=["ref"]).model_dump()
    base["references"][0]["released"] = released
    base["rules"]["gates"] = [ratio(window=WINDOW)]
    if inside:
        Round.model_validate(base)
        return
    with pytest.raises(ValidationError, match="outside the window from 2026-02-18 to 2026-08-18"):
        Round.model_validate(base)


def test_an_audit_of_nobody_is_refused() -> None:
    assert "audits 'nobody' is not in this round" in refusal(audits={"nobody": ["report.json"]})


def test_the_source_of_an_unknown_fact_is_refused() -> None:
    entrant = round_of(["a"]).model_dump()["entrants"][0]
    assert "facts: colour: no such field" in refusal(entrants=[{**entrant, "facts": {"colour": {"source": "x"}}}])
