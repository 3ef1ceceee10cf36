"""The flip card, held against turning every set of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pytest

from harness.plan import Licence, Round
from harness.records import EntrantResult, Flip, Outcome
from harness.verdict import Evidence, Inputs, Panel, decide
from tests.unit.verdict.rounds import evidence, floor, ratio_to, right, round_of, samples, single
from tests.unit.verdict.test_imported import round_of as imported_round
from tests.unit.verdict.test_imported import table

NAMES = ("a", "b", "c", "d")
N = 4


def result(round_: Round, scores: Mapping[str, Sequence[float]], name: str) -> EntrantResult:
    return decide(round_, single(round_, scores))[0][name]


def card(found: EntrantResult, rule: str, unit: str = "items") -> Flip | None:
    return next((flip for flip in found.flips if (flip.rule, flip.unit) == (rule, unit)), None)


def stays(totals: Mapping[str, float], name: str, keep: int, ties: str) -> bool | None:
    """Who stays among the `keep` highest; None where a tie leaves it open."""
    above = sum(total > totals[name] for rival, total in totals.items() if rival != name)
    tied = sum(total == totals[name] for rival, total in totals.items() if rival != name)
    if ties == "undecided" and above < keep <= above + tied:
        return None
    return above + (tied if ties == "leave" else 0) < keep


def fewest(scores: Mapping[str, Sequence[float]], name: str, keep: int, ties: str) -> int | None:
    """The fewest answers, of whomever, whose turning makes a stayer leave or a leaver stay."""
    places = [(model, at) for model in scores for at in range(N)]
    before = stays({model: sum(given) for model, given in scores.items()}, name, keep, ties)
    for count in range(len(places) + 1):
        for some in combinations(places, count):
            turned = {
                model: sum(1 - score if (model, at) in some else score for at, score in enumerate(given))
                for model, given in scores.items()
            }
            if stays(turned, name, keep, ties) is (not before):
                return count
    return None


@pytest.mark.parametrize("ties", ["undecided", "stay", "leave"])
@pytest.mark.parametrize("keep", [1, 2, 3])
@pytest.mark.parametrize("counts", [(4, 3, 1, 0), (4, 4, 4, 0), (3, 2, 2, 1), (4, 0, 0, 0)])
def test_the_rank_card_is_the_fewest_answers_of_all_entrants(counts: tuple[int, ...], keep: int, ties: str) -> None:
    scores = {name: right(count, N) for name, count in zip(NAMES, counts, strict=True)}
    round_ = round_of(NAMES, keep=keep, items=N, resamples=100)
    rules = round_.rules.model_copy(update={"elimination": round_.rules.elimination.model_copy(update={"ties": ties})})  # type: ignore[union-attr]
    round_ = round_.model_copy(update={"rules": rules})
    for name in NAMES:
        if stays({model: sum(given) for model, given in scores.items()}, name, keep, ties) is None:  # type: ignore[arg-type]
            continue
        found = card(result(round_, scores, name), "rank")
        expected = fewest(scores, name, keep, ties)  # type: ignore[arg-type]
        assert (None if found is None else found.count) == expected
        assert found is None or found.exact


def test_the_leader_must_be_passed_by_as_many_as_are_kept() -> None:
    """Keep 3 of 5: the first leaves only where three pass it, all by its own loss or each by its own gain."""
    counts = {"a": 90, "b": 80, "c": 79, "d": 78, "e": 10}
    round_ = round_of(tuple(counts), keep=3)
    found = card(result(round_, {name: right(count) for name, count in counts.items()}, "a"), "rank")
    assert found is not None
    assert (found.count, found.rivals, found.rival) == (13, ("b", "c", "d"), None)


def test_who_fails_two_gates_and_the_ranking_gets_a_card_for_all_at_once() -> None:
    """Own answers count for both gates and the rank: 31 for the rank, 20 of them its own for the floor of 0.6."""
    gates = [floor(0.6), ratio_to("ref", 0.5)]
    round_ = round_of(("a", "b"), keep=1, gates=gates, references=["ref"])
    found = result(round_, {"a": right(40), "b": right(70), "ref": right(90)}, "a")
    assert found.decision_by_rule == "eliminate"
    # the ratio: 40 of 45 needed; five answers of its own, each worth two of the reference's
    assert [(flip.rule, flip.count) for flip in found.flips] == [
        ("decision", 31),
        ("main_ratio", 5),
        ("main_floor", 20),
        ("rank", 31),
    ]


def test_all_at_once_takes_more_than_any_rule_alone_where_they_rest_on_other_answers() -> None:
    round_ = round_of(("a",), gates=[floor(0.5, "one"), floor(0.5, "two")], suites=("one", "two"), points=50)
    found = decide(round_, {"a": evidence(round_, {"one": right(45), "two": right(40)})})[0]["a"]
    counts = {flip.rule: (flip.count, flip.exact) for flip in found.flips}
    assert counts == {"decision": (15, True), "one_floor": (5, True), "two_floor": (10, True)}


def test_what_no_answer_can_turn_leaves_no_card_for_all_at_once() -> None:
    licence = Licence(kind="licence", name="licence", allowed=("Apache-2.0",), on_fail="eliminate")
    gates = [floor(0.5, "one"), floor(0.5, "two"), licence]
    round_ = round_of(("a",), gates=gates, suites=("one", "two"), points=50)  # type: ignore[arg-type]
    found = decide(round_, {"a": evidence(round_, {"one": right(45), "two": right(40)})})[0]["a"]
    assert found.decision_by_rule == "eliminate"
    assert {flip.rule for flip in found.flips} == {"one_floor", "two_floor"}


def test_gates_that_are_passed_are_no_card_of_who_fails_another() -> None:
    round_ = round_of(("a",), gates=[floor(0.5, "one"), floor(0.5, "two")], suites=("one", "two"), points=50)
    found = decide(round_, {"a": evidence(round_, {"one": right(90), "two": right(40)})})[0]["a"]
    assert [(flip.rule, flip.count) for flip in found.flips] == [("two_floor", 10)]


def ended(outcomes: Sequence[Outcome]) -> list:
    given = samples([float(outcome == "correct") for outcome in outcomes])
    return [sample.model_copy(update={"outcome": outcome}) for sample, outcome in zip(given, outcomes, strict=True)]


@pytest.mark.parametrize(("unread", "count"), [(20, 10), (10, 10), (9, None)])
def test_judgements_of_the_grader_are_counted_apart(unread: int, count: int | None) -> None:
    """40 of 100 right, 50 needed: unread answers that counted as right would do where there are ten."""
    round_ = round_of(("a",), gates=[floor(0.5)])
    outcomes: list[Outcome] = ["correct"] * 40 + ["unparsed"] * unread + ["wrong"] * (60 - unread)
    base = evidence(round_, {"main": right(40)})
    found = decide(round_, {"a": Evidence(base.run, base.record, {"main_task": ended(outcomes)})})[0]["a"]
    judged = card(found, "main_floor", "grader")
    assert (None if judged is None else judged.count) == count
    items = card(found, "main_floor")
    assert items is not None
    assert items.count == 10


def test_a_total_against_the_least_points_has_a_card() -> None:
    round_ = round_of(("a",))
    rules = round_.rules.model_dump() | {"elimination": {"kind": "below", "minimum": 60}}
    round_ = Round.model_validate(round_.model_dump() | {"rules": rules})
    for count, changes in ((55, 5), (60, 1), (65, 6)):
        found = card(result(round_, {"a": right(count)}, "a"), "below")
        assert found is not None
        assert (found.count, found.exact) == (changes, True)


def test_points_on_a_bent_scale_are_said_to_be_at_most() -> None:
    panel = {"kind": "panel", "file": "panel.csv", "high": 10}
    items = [
        {"name": "expert", "points": 50, "source": panel},
        {"name": "user", "points": 50, "source": panel, "scale": {"kind": "relative"}},
    ]
    round_ = imported_round("ab", items=items, elimination={"kind": "keep", "keep": 1})
    scores = np.array([[[8.0], [6.0]], [[8.5], [6.5]], [[7.5], [6.0]]])
    panels = {"panel.csv": Panel(("x", "y", "z"), ("a", "b"), ("one",), scores)}
    found = card(decide(round_, {}, Inputs(panels=panels))[0]["b"], "rank", "raters")
    assert found is not None
    assert (found.exact, found.at_least) == (False, None)


def test_imported_totals_move_past_as_many_as_it_takes() -> None:
    totals = {"kind": "table", "file": "table.csv"}
    round_ = imported_round(
        "abcd", totals=totals, elimination={"kind": "keep", "keep": 2}, on_undecided="point_estimate"
    )
    found = decide(round_, {}, Inputs(tables=table(round_, {"a": 80, "b": 70, "c": 69, "d": 60})))[0]
    first = card(found["a"], "rank", "points")
    assert first is not None
    assert (first.count, first.rivals) == (11, ("b", "c"))
    last = card(found["d"], "rank", "points")
    assert last is not None
    assert (last.count, last.rivals) == (10, ("b", "c"))
