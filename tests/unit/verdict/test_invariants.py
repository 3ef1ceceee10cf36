"""What holds for every rule file: raised scores, weaker rivals, lost evidence, and the rules applied by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.plan import Round
from harness.records import EntrantResult
from harness.stats import holm
from harness.verdict import Cell, Inputs, Panel, Table, decide, key_of
from tests.unit.verdict.rounds import right, round_of, single

N = 10
NAMES = ("a", "b", "c")
REFERENCES = ("ref", "other")
WORTH = {"disqualify": 0, "eliminate": 0, "undecided": 1, "incomplete": 1, "held": 1, "advance": 2}
MAIN = {"kind": "suite", "suite": "main"}

answers = st.lists(st.sampled_from([0.0, 1.0]), min_size=N, max_size=N)
fields = st.fixed_dictionaries(dict.fromkeys((*NAMES, *REFERENCES), answers))

gates = st.lists(
    st.sampled_from(
        [
            {"kind": "floor", "name": "floor", "source": MAIN, "minimum": 0.3},
            {"kind": "safety", "name": "safety", "source": MAIN, "minimum": 0.2, "on_fail": "disqualify"},
            {"kind": "ratio", "name": "ratio", "source": MAIN, "references": list(REFERENCES), "minimum": 0.9},
            {"kind": "noninferiority", "name": "margin", "source": MAIN, "reference": "ref", "margin": 0.1},
        ]
    ),
    unique_by=lambda gate: gate["name"],
)
ties = st.sampled_from(["undecided", "stay", "leave"])
ranked = st.fixed_dictionaries({"ties": ties, "disqualified_uses_slot": st.booleans()})
eliminations = st.one_of(
    st.none(),
    st.builds(lambda rest, keep: {"kind": "keep", "keep": keep, **rest}, ranked, st.integers(1, 3)),
    st.builds(lambda rest, leave: {"kind": "leave", "leave": leave, **rest}, ranked, st.integers(1, 2)),
    st.builds(lambda rest: {"kind": "lowest", **rest}, ranked),
    st.sampled_from([{"kind": "below", "minimum": minimum} for minimum in (20.0, 50.0, 90.0)]),
)
rules = st.fixed_dictionaries(
    {
        "gates": gates,
        "elimination": eliminations,
        "on_undecided": st.sampled_from(["report", "point_estimate"]),
        "family": st.sampled_from(["holm", "none"]),
        "estimand": st.sampled_from(["population", "fixed"]),
    }
)


def ruled(names: tuple[str, ...], given_rules: Mapping[str, Any]) -> Round:
    content = round_of(names, references=REFERENCES, items=N, resamples=1000).model_dump()
    content["rules"] |= given_rules
    return Round.model_validate(content)


def verdicts(
    scores: Mapping[str, list[float]], given_rules: Mapping[str, Any], names: tuple[str, ...] = NAMES
) -> dict[str, EntrantResult]:
    round_ = ruled(names, given_rules)
    return decide(round_, single(round_, scores))[0]  # type: ignore[arg-type]


def better(scores: Mapping[str, list[float]], name: str, item: int) -> dict[str, list[float]]:
    return {**scores, name: [1.0 if at == item else score for at, score in enumerate(scores[name])]}


@settings(max_examples=60, deadline=None)
@given(fields, rules, st.integers(0, N - 1))
def test_a_better_answer_never_worsens_a_decision_by_the_rules(scores: dict, given_rules: dict, item: int) -> None:
    before, after = verdicts(scores, given_rules)["a"], verdicts(better(scores, "a", item), given_rules)["a"]
    assert WORTH[after.decision_by_rule] >= WORTH[before.decision_by_rule]


@settings(max_examples=60, deadline=None)
@given(fields, rules, st.integers(0, N - 1))
def test_a_better_answer_never_turns_advance_into_elimination(scores: dict, given_rules: dict, item: int) -> None:
    before, after = verdicts(scores, given_rules)["a"], verdicts(better(scores, "a", item), given_rules)["a"]
    assert before.decision != "advance" or WORTH[after.decision] > 0


@settings(max_examples=60, deadline=None)
@given(fields, rules, st.integers(0, N - 1), st.sampled_from(("b", *REFERENCES)))
def test_a_rivals_better_answer_never_helps(scores: dict, given_rules: dict, item: int, rival: str) -> None:
    """Rivals and references are what an entrant is held against: the better they are, the worse for it.

    But a better reference may make another rival fail its gate; and where the lowest of those who pass leave, a rival
    that now passes may be the lowest in an entrant's stead.
    """
    rule = given_rules["elimination"] or {"kind": "none"}
    if rival in REFERENCES and any(gate["kind"] in ("ratio", "noninferiority") for gate in given_rules["gates"]):
        return
    if rule["kind"] in ("leave", "lowest") and not rule["disqualified_uses_slot"] and given_rules["gates"]:
        return
    before, after = verdicts(scores, given_rules)["a"], verdicts(better(scores, rival, item), given_rules)["a"]
    assert WORTH[after.decision_by_rule] <= WORTH[before.decision_by_rule]


@settings(max_examples=60, deadline=None)
@given(fields, rules)
def test_one_who_answers_nothing_rightly_takes_nobodys_place(scores: dict, given_rules: dict) -> None:
    rule = given_rules["elimination"]
    if rule is None or rule["kind"] != "keep":
        return
    # Who ties with it at the bottom ties with one more: nothing is said of those.
    before = verdicts(scores, given_rules)
    after = verdicts({**scores, "z": [0.0] * N}, given_rules, (*NAMES, "z"))
    for name in NAMES:
        if sum(scores[name]) > 0:
            assert after[name].decision_by_rule == before[name].decision_by_rule
            assert before[name].decision != "advance" or after[name].decision != "eliminate"


@settings(max_examples=60, deadline=None)
@given(fields, rules, st.sampled_from((*NAMES, *REFERENCES)))
def test_lost_evidence_never_lets_anyone_advance(scores: dict, given_rules: dict, lost: str) -> None:
    full = verdicts(scores, given_rules)
    rest = verdicts({name: given_ for name, given_ in scores.items() if name != lost}, given_rules)
    for name in NAMES:
        if name == lost:
            assert rest[name].decision in ("incomplete", "disqualify")
        elif rest[name].decision_by_rule == "advance":
            assert full[name].decision_by_rule == "advance"


@settings(max_examples=60, deadline=None)
@given(fields, rules)
def test_what_the_intervals_settle_is_what_the_points_say(scores: dict, given_rules: dict) -> None:
    for result in verdicts(scores, {**given_rules, "on_undecided": "report"}).values():
        if result.decision in ("advance", "eliminate", "disqualify"):
            assert result.decision == result.decision_by_rule
        if result.ranks is not None:
            assert 1 <= result.ranks[0] <= result.ranks[1] <= len(NAMES)
        for share in (result.p_reversal, result.p_last):
            assert share is None or 0 <= share <= 1


@settings(max_examples=100, deadline=None)
@given(fields, rules)
def test_the_decision_by_rule_is_the_rules_applied_by_hand(scores: dict, given_rules: dict) -> None:
    found = verdicts(scores, given_rules)
    assert {name: result.decision_by_rule for name, result in found.items()} == by_hand(scores, given_rules)


def by_hand(scores: Mapping[str, list[float]], given_rules: Mapping[str, Any]) -> dict[str, str]:
    """The rules on counts of right answers, in whole numbers."""
    counts = {name: int(sum(given_)) for name, given_ in scores.items()}
    gated = {name: gates_by_hand(counts, name, given_rules["gates"]) for name in NAMES}
    found = {}
    for name in NAMES:
        if gated[name] == "disqualify":
            found[name] = "disqualify"
            continue
        fate = place_by_hand(counts, name, gated, given_rules["elimination"])
        if gated[name] == "eliminate" or fate == "leave":
            found[name] = "eliminate"
        else:
            found[name] = "undecided" if "undecided" in (gated[name], fate) else "advance"
    return found


def gates_by_hand(counts: Mapping[str, int], name: str, given_gates: list[dict[str, Any]]) -> str:
    """pass, undecided (no ratio to a reference that has 0), eliminate or disqualify."""
    failed, undefined = [], False
    for gate in given_gates:
        if gate["kind"] in ("floor", "safety"):
            missed = counts[name] < gate["minimum"] * N - 1e-9
        elif gate["kind"] == "ratio":
            undefined |= any(counts[ref] == 0 for ref in gate["references"])
            missed = any(10 * counts[name] < 9 * counts[ref] for ref in gate["references"] if counts[ref] > 0)
        else:
            missed = counts[name] - counts["ref"] < -1  # ten points in a hundred: one answer of ten
        if missed:
            failed.append(gate.get("on_fail", "eliminate"))
    if "disqualify" in failed:
        return "disqualify"
    return "eliminate" if failed else "undecided" if undefined else "pass"


def place_by_hand(
    counts: Mapping[str, int], name: str, gated: Mapping[str, str], rule: Mapping[str, Any] | None
) -> str:
    """stay, leave or undecided, whatever becomes of rivals whose gates are open: all ways are tried."""
    if rule is None:
        return "stay"
    if rule["kind"] == "below":
        return "leave" if 10 * counts[name] < rule["minimum"] else "stay"
    rivals = [rival for rival in NAMES if rival != name]
    doubtful = [rival for rival in rivals if gated[rival] == "undecided"]
    fates = set()
    for way in range(2 ** len(doubtful)):
        out = {rival for at, rival in enumerate(doubtful) if way >> at & 1}
        out |= {rival for rival in rivals if gated[rival] in ("eliminate", "disqualify")}
        fates.add(fate_by_hand(counts, name, [rival for rival in rivals if rival not in out], rule))
    return fates.pop() if len(fates) == 1 else "undecided"


def fate_by_hand(counts: Mapping[str, int], name: str, running: list[str], rule: Mapping[str, Any]) -> str:
    slots, rivals = rule["disqualified_uses_slot"], [rival for rival in NAMES if rival != name]
    leave = rule.get("leave", 1)
    if rule["kind"] == "keep":
        return kept(counts, name, rivals if slots else running, rule["keep"], rule["ties"])
    if slots:
        return kept(counts, name, running, len(NAMES) - leave, rule["ties"])
    lower = sum(counts[rival] < counts[name] for rival in running)
    tied = sum(counts[rival] == counts[name] for rival in running)
    if rule["ties"] == "undecided":
        return "stay" if lower >= leave else "leave" if lower + tied < leave else "undecided"
    return "stay" if lower + (tied if rule["ties"] == "stay" else 0) >= leave else "leave"


def kept(counts: Mapping[str, int], name: str, rivals: list[str], keep: int, tie: str) -> str:
    above = sum(counts[rival] > counts[name] for rival in rivals)
    tied = sum(counts[rival] == counts[name] for rival in rivals)
    if tie == "undecided":
        return "leave" if above >= keep else "stay" if above + tied < keep else "undecided"
    return "stay" if above + (tied if tie == "leave" else 0) < keep else "leave"


PANEL = {"kind": "panel", "file": "panel.csv", "high": 10}
TABLE = {"kind": "table", "file": "table.csv", "exact": True}
figures = st.fixed_dictionaries(dict.fromkeys(NAMES, st.integers(0, 50)))
ratings = st.lists(st.lists(st.integers(0, 10), min_size=3, max_size=3), min_size=3, max_size=5)


def imported(values: Mapping[str, int], scores: list[list[int]]) -> tuple[Round, Inputs]:
    """Half the points from a table, half from a panel; two of three stay."""
    content = round_of(NAMES, resamples=100).model_dump()
    for entrant in content["entrants"]:
        entrant["source"] = {"kind": "closed"}
    content["suites"] = ()
    content["rules"]["items"] = (
        {"name": "index", "points": 50, "source": TABLE, "scale": {"kind": "points"}},
        {"name": "expert", "points": 50, "source": PANEL},
    )
    content["rules"]["elimination"] = {"kind": "keep", "keep": 2, "ties": "stay"}
    round_ = Round.model_validate(content)
    source = round_.rules.items[0].source
    assert source.kind == "table"
    cells = {name: Cell(str(value), "published") for name, value in values.items()}
    panel = Panel(tuple(f"r{at}" for at in range(len(scores))), NAMES, ("one",), np.array(scores, float)[:, :, None])
    return round_, Inputs(tables={key_of(source): Table(cells)}, panels={"panel.csv": panel})


@settings(max_examples=60, deadline=None)
@given(figures, ratings, st.sampled_from(NAMES))
def test_a_lost_figure_or_panel_never_lets_anyone_advance(values: dict, scores: list, lost: str) -> None:
    round_, inputs = imported(values, scores)
    full = decide(round_, {}, inputs)[0]
    cells = {name: value for name, value in values.items() if name != lost}
    for part in (imported(cells, scores)[1], Inputs(tables=inputs.tables), Inputs(panels=inputs.panels), Inputs()):
        rest = decide(round_, {}, part)[0]
        for name in NAMES:
            if rest[name].decision == "advance":
                assert full[name].decision_by_rule == "advance"
    assert decide(round_, {}, imported(cells, scores)[1])[0][lost].decision == "incomplete"
    assert {result.decision for result in decide(round_, {}, Inputs())[0].values()} == {"incomplete"}


@settings(max_examples=60, deadline=None)
@given(figures, ratings, st.integers(0, 2))
def test_a_higher_rating_never_worsens_the_decision_by_rule(values: dict, scores: list, rater: int) -> None:
    raised = [[10, *row[1:]] if at == rater else row for at, row in enumerate(scores)]
    before, after = (decide(*two(imported(values, each)))[0]["a"].decision_by_rule for each in (scores, raised))
    assert WORTH[after] >= WORTH[before]


def two(made: tuple[Round, Inputs]) -> tuple[Round, dict[str, Any], Inputs]:
    return made[0], {}, made[1]


p_values = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@given(p_values, st.data())
def test_holm_rejects_more_with_a_smaller_p_value_and_less_with_a_further_question(
    given_: list[float], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(given_) - 1))
    smaller = [p * data.draw(st.floats(0, 1)) if index == at else p for index, p in enumerate(given_)]
    before, after, more = holm(given_, 0.05), holm(smaller, 0.05), holm([*given_, data.draw(st.floats(0, 1))], 0.05)
    assert (after.rejected >= before.rejected).all()
    assert (more.rejected[: len(given_)] <= before.rejected).all()
    assert (before.levels >= 0.95 - 1e-12).all()


def test_the_check_by_hand_knows_a_known_round() -> None:
    """January 2026: one exit planned, one entrant disqualified that kept its slot: two leave."""
    scores = {name: right(count, N) for name, count in zip((*NAMES, *REFERENCES), (9, 1, 5, 5, 5), strict=True)}
    rule = {"kind": "keep", "keep": 2, "ties": "undecided", "disqualified_uses_slot": True}
    safety = {"kind": "safety", "name": "safety", "source": MAIN, "minimum": 0.2, "on_fail": "disqualify"}
    given_rules = {"gates": [safety], "elimination": rule}
    assert by_hand(scores, given_rules) == {"a": "advance", "b": "disqualify", "c": "advance"}  # type: ignore[arg-type]
    assert {name: each.decision_by_rule for name, each in verdicts(scores, given_rules).items()} == by_hand(  # type: ignore[arg-type]
        scores,  # type: ignore[arg-type]
        given_rules,
    )
