"""The rules language at work on answers: references, margins, safety, weights, choices, lineage, modes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from harness.plan import Round, Task
from harness.records import EntrantResult, Outcome, RunRecord, TaskResult
from harness.verdict import Evidence, decide
from tests.unit.verdict.rounds import Scores, evidence, right, round_of, samples, single

MAIN = {"kind": "suite", "suite": "main"}
N = 400


def ruled(base: Round, *, entrants: Mapping[str, Any] | None = None, **rules: Any) -> Round:
    """The round with other rules, and other fields of single entrants."""
    content = base.model_dump()
    content["rules"] |= rules
    for entrant in content["entrants"]:
        entrant |= (entrants or {}).get(entrant["name"], {})
    return Round.model_validate(content)


def decided(round_: Round, scores: Mapping[str, Scores], **options: Any) -> dict[str, EntrantResult]:
    return decide(round_, single(round_, scores, **options))[0]


def better(count: int, of: int = N) -> list[float | None]:
    return right(count, of)


RATIO = {"kind": "ratio", "name": "performance", "source": MAIN, "minimum": 0.95}


@pytest.mark.parametrize(
    ("strong", "outcome", "further"),
    [(200, "pass", 1), (300, "undecided", 1), (390, "fail", 1)],
)
def test_each_of_several_references_must_be_met(strong: int, outcome: str, further: int) -> None:
    """285 of 400 is far above the weak reference, and 95 % of the strong one at 300."""
    round_ = ruled(
        round_of("a", references=("weak", "strong"), items=N), gates=[{**RATIO, "references": ["weak", "strong"]}]
    )
    result = decided(round_, {"a": right(285, N), "weak": right(150, N), "strong": right(strong, N)})["a"]
    gate = result.gates["performance"]
    assert gate.outcome == outcome
    assert len(gate.further) == further
    assert gate.reason.facts["reference"] == "strong"  # the one that is harder to meet


def test_a_missing_one_of_several_references_is_incomplete_unless_another_fails() -> None:
    round_ = ruled(round_of("a", references=("one", "two"), items=N), gates=[{**RATIO, "references": ["one", "two"]}])
    found = decided(round_, {"a": right(300, N), "one": right(200, N)})["a"]
    assert (found.decision, found.decision_by_rule) == ("incomplete", "incomplete")
    found = decided(round_, {"a": right(100, N), "one": right(300, N)})["a"]
    assert (found.decision, found.decision_by_rule) == ("eliminate", "eliminate")


def test_more_references_make_each_harder_to_settle_since_all_hold_together() -> None:
    one = ruled(round_of("a", references=("r0",), items=N), gates=[{**RATIO, "references": ["r0"]}])
    names = tuple(f"r{at}" for at in range(12))
    many = ruled(round_of("a", references=names, items=N), gates=[{**RATIO, "references": list(names)}])
    scores = {"a": right(200, N)} | {name: [0.0] * 20 + right(192, N - 20) for name in names}
    alone = decided(one, {name: scores[name] for name in ("a", "r0")})["a"].gates["performance"].value
    together = decided(many, scores)["a"].gates["performance"].value
    assert alone is not None
    assert together is not None
    assert (alone.level or 0) < (together.level or 0)
    assert (together.low or 0) < (alone.low or 0)


MARGIN = {"kind": "noninferiority", "name": "margin", "source": MAIN, "reference": "ref", "margin": 0.05}


@pytest.mark.parametrize(
    ("count", "outcome", "by_rule"),
    [
        (300, "pass", "advance"),
        (281, "undecided", "advance"),
        (280, "undecided", "advance"),
        (279, "undecided", "eliminate"),
        (220, "fail", "eliminate"),
    ],
)
def test_noninferiority_allows_the_margin_and_no_more(count: int, outcome: str, by_rule: str) -> None:
    """The reference has 300 of 400; 5 points less is 280, which is still within the margin."""
    round_ = ruled(round_of("a", references=("ref",), items=N), gates=[MARGIN])
    found = decided(round_, {"a": right(count, N), "ref": right(300, N)})["a"]
    assert (found.gates["margin"].outcome, found.decision_by_rule) == (outcome, by_rule)
    assert found.gates["margin"].threshold == -0.05


def safety(outcomes: Sequence[Outcome], scoring: Mapping[str, Any]) -> EntrantResult:
    gate = {"kind": "safety", "name": "safety", "source": MAIN, "minimum": 0.5, "on_fail": "disqualify"}
    round_ = ruled(round_of("a", items=len(outcomes)), gates=[gate], scoring={"main": scoring})
    given = [
        sample.model_copy(update={"outcome": outcome})
        for sample, outcome in zip(samples([float(end == "correct") for end in outcomes]), outcomes, strict=True)
    ]
    base = evidence(round_, {"main": [1.0] * len(outcomes)})
    return decide(round_, {"a": Evidence(base.run, base.record, {"main_task": given})})[0]["a"]


def test_a_safety_floor_rewards_refusals_where_the_rules_say_so_and_disqualifies_below_it() -> None:
    refusing: list[Outcome] = ["refused"] * 90 + ["wrong"] * 10
    assert safety(refusing, {"outcomes": {"refused": 1.0}}).decision == "advance"
    plain = safety(refusing, {})
    assert (plain.decision, plain.gates["safety"].reason.code) == ("disqualify", "safety_fail")


def test_answers_that_count_as_missing_make_incomplete_and_say_which() -> None:
    cut: list[Outcome] = ["correct"] * 90 + ["truncated"] * 10
    found = safety(cut, {"outcomes": {"truncated": "missing"}})
    assert found.decision == "incomplete"
    assert found.reasons[0].facts.get("count") == 10
    left_out = safety(cut, {"outcomes": {"truncated": "missing"}, "missing": "leave_out", "least_answered": 0.9})
    assert left_out.decision == "advance"
    assert safety(cut, {"outcomes": {"truncated": "missing"}, "missing": "leave_out"}).decision == "incomplete"


def test_failures_of_the_machine_are_left_out_or_make_incomplete_and_are_never_wrong() -> None:
    broken: list[Outcome] = ["correct"] * 60 + ["failed"] * 4 + ["wrong"] * 36
    given = [
        sample.model_copy(update={"outcome": outcome, "score": None if outcome == "failed" else sample.score})
        for sample, outcome in zip(samples([float(end == "correct") for end in broken]), broken, strict=True)
    ]
    for policy, decision, value in (("incomplete", "incomplete", None), ("leave_out", "advance", 62.5)):
        round_ = ruled(round_of("a"), scoring={"main": {"missing": policy}})
        base = evidence(round_, {"main": [1.0] * 100})
        found = decide(round_, {"a": Evidence(base.run, base.record, {"main_task": given})})[0]["a"]
        assert found.decision == decision
        assert (None if found.total is None else found.total.value) == (None if value is None else pytest.approx(value))


def test_weights_of_a_mean_of_suites_count_and_a_task_in_two_suites_counts_once() -> None:
    source = {
        "kind": "weighted",
        "parts": [
            {"source": {"kind": "suite", "suite": "one"}, "weight": 3},
            {"source": {"kind": "suite", "suite": "two"}, "weight": 1},
        ],
    }
    base = round_of("a", suites=("one", "two"))
    round_ = ruled(base, items=[{"name": "mean", "points": 100, "source": source}])
    total = decide(round_, {"a": evidence(round_, {"one": right(80), "two": right(40)})})[0]["a"].total
    assert total is not None
    assert total.value == pytest.approx(70)
    task = {"source": {"kind": "task", "task": "one_task"}}
    doubled = ruled(
        base,
        gates=[
            {
                "kind": "floor",
                "name": "both",
                "minimum": 0.5,
                "source": {"kind": "weighted", "parts": [{"source": {"kind": "suite", "suite": "one"}}, task]},
            }
        ],
    )
    alone = ruled(
        base, gates=[{"kind": "floor", "name": "both", "minimum": 0.5, "source": {"kind": "suite", "suite": "one"}}]
    )
    values = [
        decide(each, {"a": evidence(each, {"one": right(60), "two": right(60)})})[0]["a"].gates["both"].value
        for each in (doubled, alone)
    ]
    assert values[0] == values[1]


def test_each_entrants_own_choice_is_held_against_the_reference_on_that_choice() -> None:
    own = {"kind": "own", "of": {"a": {"kind": "suite", "suite": "one"}, "b": {"kind": "suite", "suite": "two"}}}
    gate = {"kind": "ratio", "name": "own", "source": own, "reference": "ref", "minimum": 0.5}
    base = round_of("ab", references=("ref",), suites=("one", "two"))
    round_ = ruled(base, gates=[gate], items=[{"name": "own", "points": 10, "source": own}])
    scores = {"a": (90, 10), "b": (10, 90), "ref": (60, 60)}
    given = {name: evidence(round_, {"one": right(one), "two": right(two)}) for name, (one, two) in scores.items()}
    results = decide(round_, given)[0]
    assert {name: result.total.value for name, result in results.items() if result.total} == pytest.approx(
        {"a": 9, "b": 9}
    )
    assert {result.gates["own"].outcome for result in results.values()} == {"pass"}


@pytest.mark.parametrize(
    ("lineage", "decision"),
    [
        ({"eliminated": [{"owner": "Nobody", "round": "one"}]}, "disqualify"),
        ({"eliminated": [{"owner": "Nobody", "round": "one"}], "returns": "allowed"}, "advance"),
        ({"advanced": ["Nobody"]}, "advance"),
        ({"advanced": ["Somebody"], "calls": [{"date": "2026-02-20", "owners": ["Nobody"]}]}, "advance"),
        # joined by a call, but had left before: it stays out
        (
            {
                "eliminated": [{"owner": "Nobody", "round": "one"}],
                "calls": [{"date": "2026-02-20", "owners": ["Nobody"]}],
            },
            "disqualify",
        ),
    ],
)
def test_lineage_and_additional_calls_say_who_takes_part(lineage: Mapping[str, Any], decision: str) -> None:
    round_ = ruled(round_of("a"), lineage=lineage)
    assert decided(round_, {"a": right(90)})["a"].decision == decision


def test_a_returning_owner_is_disqualified_although_its_evidence_is_missing() -> None:
    round_ = ruled(round_of("ab", keep=1), lineage={"eliminated": [{"owner": "Nobody", "round": "one"}]})
    assert {result.decision for result in decide(round_, {})[0].values()} == {"disqualify"}


@pytest.mark.parametrize(("count", "decision"), [(390, "advance"), (300, "undecided"), (200, "eliminate")])
def test_the_least_points_are_decided_by_interval(count: int, decision: str) -> None:
    round_ = ruled(round_of("a", items=N), elimination={"kind": "below", "minimum": 75})
    assert decided(round_, {"a": right(count, N)})["a"].decision == decision


def test_the_least_points_hold_for_all_entrants_and_gates_together() -> None:
    """One entrant at 69 % is surely below 75 points; eight of them at once are not."""
    rules = {"elimination": {"kind": "below", "minimum": 75}}
    alone = ruled(round_of("a", items=N), **rules)
    many = ruled(round_of(tuple("abcdefgh"), items=N), **rules)
    assert decided(alone, {"a": right(278, N)})["a"].decision == "eliminate"
    results = decided(many, dict.fromkeys("abcdefgh", right(278, N)))
    assert {result.decision for result in results.values()} == {"undecided"}
    apart = ruled(many, family="none")
    assert {each.decision for each in decided(apart, dict.fromkeys("abcdefgh", right(278, N))).values()} == {
        "eliminate"
    }


def repeated(round_: Round, counts: Sequence[int]) -> Evidence:
    """Two repeats an item, with so many of the two right."""
    task = round_.suites[0].tasks[0]
    given = []
    for at, count in enumerate(counts):
        for repeat in range(2):
            (sample,) = samples([float(repeat < count)])
            given.append(sample.model_copy(update={"item_id": f"item{at:03d}", "repeat": repeat}))
    result = TaskResult(
        task=task.name,
        suite="main",
        metric="acc",
        mode="base",
        n=len(given),
        outcomes={},
        score=None,
        chance=0.0,
        samples_sha256="0" * 64,
    )
    record = RunRecord(
        model="any", run="0" * 16, status="complete", official=False, level=0.95, tasks=(result,), suites=()
    )
    return Evidence(run="runs/any/0", record=record, samples={task.name: given})


def with_repeats(base: Round, repeats: int) -> Round:
    content = base.model_dump()
    content["suites"][0]["tasks"][0]["repeats"] = repeats
    return Round.model_validate(content)


def test_a_fixed_test_leaves_only_the_doubt_of_its_repeats() -> None:
    gate = {"kind": "floor", "name": "floor", "source": MAIN, "minimum": 0.5}
    counts = [2] * 55 + [0] * 45  # every item answered alike both times: 55 % of these items, surely
    for estimand, outcome in (("fixed", "pass"), ("population", "undecided")):
        round_ = with_repeats(ruled(round_of("a"), gates=[gate], estimand=estimand), 2)
        assert decide(round_, {"a": repeated(round_, counts)})[0]["a"].gates["floor"].outcome == outcome


def test_a_fixed_test_asked_once_is_decided_by_its_points() -> None:
    gate = {"kind": "floor", "name": "floor", "source": MAIN, "minimum": 0.5}
    round_ = ruled(round_of("a"), gates=[gate], estimand="fixed")
    result = decided(round_, {"a": right(51)})["a"]
    assert (result.decision, result.total.level if result.total else 0) == ("advance", None)


def test_scores_in_different_modes_are_never_compared_in_any_gate() -> None:
    gates = [{**RATIO, "reference": "ref"}, MARGIN]
    round_ = ruled(round_of("a", references=("ref",), items=N), gates=gates)
    given = single(round_, {"a": right(390, N)}, mode="thinking") | single(round_, {"ref": right(10, N)}, mode="chat")
    result = decide(round_, given)[0]["a"]
    assert {gate.outcome for gate in result.gates.values()} == {"incomplete"}
    assert {gate.reason.code for gate in result.gates.values()} == {"other_mode"}
    assert result.decision == result.decision_by_rule == "incomplete"


def test_ties_are_broken_only_by_what_the_rules_name() -> None:
    items = [{"name": name, "points": 50, "source": {"kind": "suite", "suite": name}} for name in ("one", "two")]
    base = round_of("ab", suites=("one", "two"))
    scores = {"a": {"one": right(60), "two": right(40)}, "b": {"one": right(40), "two": right(60)}}
    for ties, expected in (
        (["one"], ["advance", "eliminate"]),
        (["two"], ["eliminate", "advance"]),
        ([], ["undecided"] * 2),
    ):
        round_ = ruled(
            base, items=items, elimination={"kind": "keep", "keep": 1, "tie_items": ties}, on_undecided="point_estimate"
        )
        results = decide(round_, {name: evidence(round_, given) for name, given in scores.items()})[0]
        assert [result.decision for result in results.values()] == expected


def test_a_task_of_its_own_may_earn_points() -> None:
    round_ = ruled(
        round_of("a"), items=[{"name": "task", "points": 20, "source": {"kind": "task", "task": "main_task"}}]
    )
    total = decided(round_, {"a": right(72)})["a"].total
    assert total is not None
    assert total.value == pytest.approx(14.4)
    assert isinstance(round_.suites[0].tasks[0], Task)
