"""Rounds without runs: imported totals, items and outcomes, audits and rulings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.plan import Round
from harness.plan.policy import Relation
from harness.records import EntrantResult
from harness.verdict import Cell, Finding, Inputs, Panel, Ruling, Table, decide, key_of
from tests.unit.verdict.rounds import model

POLICY = [
    {"components": ["vision"], "relations": ["derived"], "lineage": "foreign", "ruling": "forbidden"},
    {"relations": ["derived"], "lineage": "own", "ruling": "allowed"},
    {"components": ["tokenizer"], "relations": ["derived"], "ruling": "disclose"},
    {"relations": ["derived", "refer"], "ruling": "forbidden"},
    {"relations": ["no_evidence", "not_comparable"], "ruling": "allowed"},
]
TABLE = {"kind": "table", "file": "table.csv"}


def round_of(names: Sequence[str], *, declares: Mapping[str, Any] | None = None, **rules: Any) -> Round:
    item = {"name": "index", "points": 100, "source": TABLE, "scale": {"kind": "points"}}
    entrants = [
        {**model(name).model_dump(), "source": {"kind": "closed"}, "declares": (declares or {}).get(name, ())}
        for name in names
    ]
    return Round.model_validate(
        {
            "name": "test",
            "title": {"en": "Test"},
            "entrants": entrants,
            "rules": {"name": "test", "version": 1, "items": [item], **rules},
            "engine": {"kind": "fake", "max_model_len": 128},
            "tracking": {"kind": "none"},
        }
    )


def table(round_: Round, values: Mapping[str, object]) -> dict[str, Table]:
    source = round_.rules.items[0].source
    assert source.kind == "table"
    return {key_of(source): Table({name: Cell(str(value), "published") for name, value in values.items()})}


def decided(round_: Round, inputs: Inputs) -> dict[str, EntrantResult]:
    return decide(round_, {}, inputs)[0]


KEEP_TWO = {"kind": "keep", "keep": 2}


def test_imported_totals_have_no_interval_and_the_point_estimate_decides() -> None:
    round_ = round_of("abc", elimination=KEEP_TWO, on_undecided="point_estimate")
    results = decided(round_, Inputs(tables=table(round_, {"a": 70.6, "b": 69.9, "c": 65.8})))
    assert [result.decision for result in results.values()] == ["advance", "advance", "eliminate"]
    assert all(result.total is not None and result.total.low is None for result in results.values())
    assert all(result.p_reversal is None for result in results.values())
    assert any(reason.code == "point_estimate" for reason in results["c"].reasons)


def test_imported_totals_settle_nothing_by_interval() -> None:
    round_ = round_of("abc", elimination=KEEP_TWO)
    results = decided(round_, Inputs(tables=table(round_, {"a": 70.6, "b": 69.9, "c": 65.8})))
    assert {result.decision for result in results.values()} == {"undecided"}
    assert [result.decision_by_rule for result in results.values()] == ["advance", "advance", "eliminate"]


def test_figures_that_the_rules_take_as_exact_settle_it() -> None:
    exact = {"name": "index", "points": 100, "source": {**TABLE, "exact": True}, "scale": {"kind": "points"}}
    round_ = round_of("abc", elimination=KEEP_TWO, items=[exact])
    results = decided(round_, Inputs(tables=table(round_, {"a": 70.6, "b": 69.9, "c": 65.8})))
    assert [result.decision for result in results.values()] == ["advance", "advance", "eliminate"]


@pytest.mark.parametrize(("exact", "outcome"), [(True, "pass"), (False, "undecided")])
@pytest.mark.parametrize("policy", ["report", "point_estimate"])
def test_a_gate_on_an_imported_figure_is_settled_only_where_the_rules_take_it_as_exact(
    exact: bool, outcome: str, policy: str
) -> None:
    source = {**TABLE, "exact": exact}
    gate = {"kind": "floor", "name": "floor", "source": source, "minimum": 50}
    items = [{"name": "index", "points": 100, "source": source, "scale": {"kind": "points"}}]
    round_ = round_of("a", items=items, gates=[gate], on_undecided=policy)
    result = decided(round_, Inputs(tables=table(round_, {"a": 60})))["a"]
    assert (result.gates["floor"].outcome, result.decision_by_rule) == (outcome, "advance")
    assert result.decision == ("advance" if exact or policy == "point_estimate" else "undecided")
    assert (result.gates["floor"].reason.code == "imported_figure") == (not exact)


def test_what_was_never_published_is_named() -> None:
    round_ = round_of("ab", elimination={"kind": "lowest"})
    results = decided(round_, Inputs(tables=table(round_, {"a": 70.6})))
    assert [result.decision for result in results.values()] == ["incomplete", "incomplete"]
    assert results["b"].reasons[0].code == "unpublished"
    assert results["b"].reasons[0].facts["items"] == ("index",)


@pytest.mark.parametrize(("total", "decision"), [(70.0, "advance"), (60.0, "advance"), (59.9, "eliminate")])
def test_who_is_below_a_threshold_leaves(total: float, decision: str) -> None:
    round_ = round_of("a", elimination={"kind": "below", "minimum": 60}, on_undecided="point_estimate")
    assert decided(round_, Inputs(tables=table(round_, {"a": total})))["a"].decision == decision


@pytest.mark.parametrize(("tie_items", "expected"), [((), "undecided"), (("first",), "advance")])
def test_a_tie_is_broken_by_the_items_that_the_rules_name(tie_items: tuple[str, ...], expected: str) -> None:
    parts = [
        {"name": name, "points": 50, "source": {**TABLE, "value": name, "exact": True}, "scale": {"kind": "points"}}
        for name in ("first", "second")
    ]
    round_ = round_of("ab", items=parts, elimination={"kind": "keep", "keep": 1, "tie_items": tie_items})
    tables = {}
    for item, values in zip(round_.rules.items, ({"a": 40, "b": 30}, {"a": 20, "b": 30}), strict=True):
        assert item.source.kind == "table"
        tables[key_of(item.source)] = Table({name: Cell(str(value), "published") for name, value in values.items()})
    assert decided(round_, Inputs(tables=tables))["a"].decision == expected


def test_who_was_eliminated_before_is_disqualified() -> None:
    round_ = round_of("a", lineage={"eliminated": [{"owner": "Nobody", "round": "round1"}]})
    result = decided(round_, Inputs(tables=table(round_, {"a": 90})))["a"]
    assert (result.decision, result.reasons[0].code) == ("disqualify", "returned")


def finding(component: str = "vision", relation: Relation = "derived", owner: str | None = "Elsewhere") -> Finding:
    return Finding("a", component, "theirs", owner, relation, "census", None, "Equal.", "f" * 64)  # type: ignore[arg-type]


def ruling(decision: str, on: str = "2026-01-15") -> Ruling:
    return Ruling("a", ("f" * 64,), decision, "Our reply.", "the committee", on)  # type: ignore[arg-type]


WEIGHTS = finding("text", "no_evidence")
LEFT_OUT = replace(finding("text", "not_comparable"), left_out=True)
DECLARED = {"component": "tokenizer", "of": "theirs"}


@pytest.mark.parametrize(
    ("found", "rulings", "automatic", "declares", "outcome", "decision"),
    [
        (None, [], False, [], "incomplete", "incomplete"),
        ([finding(relation="no_evidence")], [], False, [], "pass", "advance"),
        ([finding()], [], False, [], "held", "held"),
        ([finding()], [], True, [], "fail", "disqualify"),
        ([finding(relation="refer")], [], True, [], "held", "held"),
        ([finding()], [ruling("cleared")], False, [], "pass", "advance"),
        ([finding()], [ruling("disqualified")], False, [], "fail", "disqualify"),
        ([finding()], [ruling("disqualified"), ruling("cleared", "2026-02-01")], False, [], "pass", "advance"),
        ([finding(owner="Nobody")], [], False, [], "pass", "advance"),
        ([finding("tokenizer")], [], False, [], "held", "held"),
        ([finding("tokenizer"), WEIGHTS], [], False, [DECLARED], "pass", "advance"),
        (
            [finding("text", owner=None)],
            [],
            False,
            [{"component": "text", "of": "theirs", "own": True}],
            "pass",
            "advance",
        ),
    ],
)
def test_people_rule_on_what_the_audit_found(
    found: list[Finding] | None,
    rulings: list[Ruling],
    automatic: bool,
    declares: list[dict[str, Any]],
    outcome: str,
    decision: str,
) -> None:
    gate = {"kind": "independence", "name": "independence", "policy": POLICY, "automatic": automatic}
    round_ = round_of("a", gates=[gate], declares={"a": declares})
    findings = {} if found is None else {"a": tuple(found)}
    result = decided(round_, Inputs(tables=table(round_, {"a": 90}), findings=findings, rulings=tuple(rulings)))["a"]
    assert (result.gates["independence"].outcome, result.decision) == (outcome, decision)


def test_of_failed_gates_the_one_that_disqualifies_speaks_first() -> None:
    floor = {"kind": "floor", "name": "floor", "source": {**TABLE, "exact": True}, "minimum": 95}
    independence = {"kind": "independence", "name": "independence", "policy": POLICY, "automatic": True}
    round_ = round_of("a", gates=[floor, independence])
    result = decided(round_, Inputs(tables=table(round_, {"a": 90}), findings={"a": (finding(),)}))["a"]
    assert [reason.code for reason in result.reasons] == ["independence_forbidden", "floor_fail"]
    assert result.more_items is None


@pytest.mark.parametrize(
    ("owner", "country", "asked", "ruling"),
    [
        ("Elsewhere", "KR", "same", "fail"), ("Elsewhere", "US", "same", "pass"), ("Elsewhere", None, "same", "pass"),
        ("Elsewhere", "KR", "other", "pass"), ("Elsewhere", "US", "other", "fail"), (None, None, "other", "fail"),
    ],
)  # fmt: skip
def test_a_policy_tells_countries_apart_and_takes_an_unknown_one_for_another(
    owner: str | None, country: str | None, asked: str, ruling: str
) -> None:
    rows = [{"relations": ["derived"], "country": asked, "ruling": "forbidden"},
            {"relations": ["derived", "refer", "no_evidence", "not_comparable"], "ruling": "allowed"}]  # fmt: skip
    gate = {"kind": "independence", "name": "independence", "policy": rows, "automatic": True}
    found = replace(finding(owner=owner), country=country)
    round_ = round_of("a", gates=[gate])
    result = decided(round_, Inputs(tables=table(round_, {"a": 90}), findings={"a": (found,)}))["a"]
    assert result.gates["independence"].outcome == ruling


@pytest.mark.parametrize(("allowed", "decision"), [(["MIT"], "advance"), (["Apache-2.0"], "disqualify")])
def test_a_licence_must_be_allowed(allowed: list[str], decision: str) -> None:
    round_ = round_of("a", gates=[{"kind": "licence", "name": "licence", "allowed": allowed}])
    assert decided(round_, Inputs(tables=table(round_, {"a": 90})))["a"].decision == decision


def panel_round(**options: Any) -> Round:
    source = {"kind": "panel", "file": "panel.csv", "high": 10}
    return round_of("abc", items=[{"name": "expert", "points": 100, "source": source}], **options)


def panel(scores: Sequence[Sequence[float]]) -> dict[str, Panel]:
    raters = tuple(f"r{at}" for at in range(len(scores)))
    return {"panel.csv": Panel(raters, ("a", "b", "c"), ("one",), np.array(scores)[:, :, None])}


CLEAR = [[9.0, 7.0, 3.0], [8.5, 7.5, 3.5], [9.5, 6.5, 2.5], [9.0, 7.0, 3.0], [8.0, 7.5, 3.0], [9.0, 6.0, 2.0]]


def test_a_panel_earns_points_with_the_doubt_of_its_raters() -> None:
    results = decided(panel_round(elimination=KEEP_TWO), Inputs(panels=panel(CLEAR)))
    assert [result.decision for result in results.values()] == ["advance", "advance", "eliminate"]
    total = results["a"].total
    assert total is not None
    assert total.low is not None
    assert total.low < total.value < (total.high or 0)
    assert results["c"].p_last == 1.0
    assert results["c"].p_reversal == 0.0
    assert results["c"].ranks == (3, 3)


def test_a_rater_who_left_one_out_makes_the_panel_incomplete() -> None:
    holes = [[9.0, float("nan"), 3.0], *CLEAR[1:]]
    results = decided(panel_round(elimination=KEEP_TWO), Inputs(panels=panel(holes)))
    assert results["b"].decision == "incomplete"
    assert results["b"].reasons[0].code == "raters_missing"
    assert results["b"].reasons[0].facts["raters"] == ("r0",)


@pytest.mark.parametrize("missing", ["leave_out", "incomplete"])
def test_too_few_raters_decide_nothing(missing: str) -> None:
    source = {"kind": "panel", "file": "panel.csv", "high": 10, "missing": missing, "least_raters": 9}
    items = [{"name": "expert", "points": 100, "source": source}]
    results = decided(round_of("abc", items=items, elimination=KEEP_TWO), Inputs(panels=panel(CLEAR)))
    assert {result.decision for result in results.values()} == {"incomplete"}
    assert results["a"].reasons[0].code == "few_raters"


def test_an_audit_report_without_a_conclusion_is_no_pass() -> None:
    gate = {"kind": "independence", "name": "independence", "policy": POLICY}
    round_ = round_of("a", gates=[gate])
    inputs = Inputs(tables=table(round_, {"a": 90}), findings={"a": ()})
    result = decided(round_, inputs)["a"]
    assert (result.decision, result.gates["independence"].reason.code) == ("incomplete", "empty_audit")


THEIRS, OTHERS = ({**model(name).model_dump(), "name": name} for name in ("theirs", "others"))
ITSELF = model("a").model_dump()


@pytest.mark.parametrize(
    ("candidates", "found", "outcome", "code"),
    [
        ([], [WEIGHTS], "pass", "independence_pass"),
        ([], [finding("code", "no_evidence")], "incomplete", "audit_without_weights"),
        ([], [finding("text", "not_comparable"), finding("tokenizer")], "incomplete", "audit_without_weights"),
        ([THEIRS], [WEIGHTS], "pass", "independence_pass"),
        ([THEIRS, OTHERS], [WEIGHTS], "incomplete", "audit_lacks"),
        ([OTHERS], [replace(WEIGHTS, candidate="nobody")], "incomplete", "audit_lacks"),
        ([THEIRS], [replace(WEIGHTS, relation="not_comparable"), replace(WEIGHTS, candidate="nobody")],
         "incomplete", "audit_without_weights"),
        ([THEIRS, OTHERS], [finding("text")], "held", "independence_found"),
        ([THEIRS, ITSELF], [WEIGHTS], "pass", "independence_pass"),
        ([], [WEIGHTS, LEFT_OUT], "held", "independence_left_out"),
        ([], [WEIGHTS, replace(LEFT_OUT, left_out=False)], "pass", "independence_pass"),
        ([], [WEIGHTS, replace(LEFT_OUT, component="code")], "pass", "independence_pass"),
    ],
)  # fmt: skip
def test_a_supplied_report_must_answer_what_the_round_asks(
    candidates: list[dict[str, Any]], found: list[Finding], outcome: str, code: str
) -> None:
    gate = {"kind": "independence", "name": "independence", "policy": POLICY}
    content = round_of("a", gates=[gate]).model_dump() | {"entrants": [{**ITSELF, "declares": [DECLARED]}]}
    audit = {"candidates": candidates} if candidates else None
    round_ = Round.model_validate(content | {"audit": audit, "audits": {"a": ["audit.json"]}})
    result = decided(round_, Inputs(tables=table(round_, {"a": 90}), findings={"a": tuple(found)}))["a"]
    assert (result.gates["independence"].outcome, result.gates["independence"].reason.code) == (outcome, code)
    if code == "audit_lacks":
        assert "concludes nothing about" in result.gates["independence"].reason.text


@pytest.mark.parametrize(("decision", "outcome"), [("cleared", "pass"), ("disqualified", "fail")])
def test_people_rule_on_what_was_not_compared(decision: str, outcome: str) -> None:
    gate = {"kind": "independence", "name": "independence", "policy": POLICY}
    round_ = Round.model_validate(round_of("a", gates=[gate]).model_dump() | {"audits": {"a": ["audit.json"]}})
    inputs = Inputs(
        tables=table(round_, {"a": 90}), findings={"a": (WEIGHTS, replace(LEFT_OUT, sha256="e" * 64))},
        rulings=(replace(ruling(decision), findings=("e" * 64,)),),
    )  # fmt: skip
    assert decided(round_, inputs)["a"].gates["independence"].outcome == outcome


def test_the_flip_card_counts_raters_and_it_does_flip() -> None:
    results = decided(panel_round(elimination=KEEP_TWO), Inputs(panels=panel(CLEAR)))
    (card,) = results["c"].flips
    assert (card.rule, card.rival, card.unit, card.exact) == ("rank", "b", "raters", True)
    moved = np.array(CLEAR)
    for name in card.examples[: int(card.count)]:
        who, _, rater = name.split(": ")
        moved[int(rater[1:]), "abc".index(who)] = 10.0 if who == "c" else 0.0
    assert int(card.count) > len(card.examples) or moved[:, 2].mean() > moved[:, 1].mean()
