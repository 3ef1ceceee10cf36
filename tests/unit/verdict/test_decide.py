"""Totals, elimination by rank, missing evidence."""

from __future__ import annotations

import pytest

from harness.errors import VerificationError
from harness.verdict import decide
from tests.unit.verdict.rounds import evidence, floor, ratio_to, right, round_of, samples, single

N = 1000


def decisions(scores: dict[str, int | None], *, keep: int, gates: tuple[float, ...] = (), **options: str) -> list[str]:
    """Decisions of entrants with so many of 1000 right (None: nothing is there), in order."""
    round_ = round_of(list(scores), keep=keep, gates=[floor(minimum) for minimum in gates], items=N, **options)
    given = single(round_, {name: right(count, N) for name, count in scores.items() if count is not None})
    return [result.decision for result in decide(round_, given)[0].values()]


@pytest.mark.parametrize(
    ("scores", "keep", "expected"),
    [
        ([900, 600, 300], 2, ["advance", "advance", "eliminate"]),
        ([300, 900, 600], 1, ["eliminate", "advance", "eliminate"]),
        ([900, 600, 300], 3, ["advance", "advance", "advance"]),
        ([900, 501, 500], 1, ["advance", "eliminate", "eliminate"]),
        ([900, 501, 500], 2, ["advance", "undecided", "undecided"]),
        ([900, 500, 500], 2, ["advance", "undecided", "undecided"]),
        ([500, 500], 2, ["advance", "advance"]),
        ([900, None, 600, 300], 3, ["advance", "incomplete", "advance", "incomplete"]),
        ([900, None, 300], 1, ["incomplete", "incomplete", "eliminate"]),
        ([900, None], 2, ["advance", "incomplete"]),
        ([None, None], 1, ["incomplete", "incomplete"]),
    ],
)
def test_keep_k_decides_only_what_is_settled(scores: list[int | None], keep: int, expected: list[str]) -> None:
    assert decisions(dict(zip("abcd", scores, strict=False)), keep=keep) == expected


@pytest.mark.parametrize(
    ("scores", "keep", "expected"),
    [
        ([900, 501, 500], 2, ["advance", "advance", "eliminate"]),
        ([900, 500, 500], 2, ["advance", "undecided", "undecided"]),  # the rules break no ties
        ([900, None, 300], 1, ["incomplete", "incomplete", "eliminate"]),
    ],
)
def test_keep_k_by_point_estimate(scores: list[int | None], keep: int, expected: list[str]) -> None:
    assert decisions(dict(zip("abc", scores, strict=False)), keep=keep, on_undecided="point_estimate") == expected


def test_who_fails_a_gate_takes_no_place() -> None:
    assert decisions({"a": 900, "b": 200, "c": 600}, keep=2, gates=(0.5,)) == ["advance", "eliminate", "advance"]


def test_a_rival_whose_gate_is_undecided_leaves_a_place_open() -> None:
    assert decisions({"a": 510, "b": 300}, keep=1, gates=(0.25,)) == ["advance", "eliminate"]
    round_ = round_of(["a", "b"], keep=1, gates=[floor(0.5, "main"), floor(0.2, "other")], suites=("main", "other"))
    given = {
        "a": evidence(round_, {"main": right(52), "other": right(99)}),
        "b": evidence(round_, {"main": right(80), "other": right(35)}),
    }
    results = decide(round_, given)[0]
    assert results["a"].decision == "undecided"
    assert results["b"].decision == "undecided"
    assert any("its gates are not settled" in reason.text for reason in results["b"].reasons)


def test_overlap_and_rank_are_told() -> None:
    round_ = round_of(["a", "b"], keep=1, items=N)
    results = decide(round_, single(round_, {"a": right(501, N), "b": right(500, N)}))[0]
    assert results["b"].reasons[1].text.startswith("Rank 2 of 2 by total; 1 stay")
    assert results["b"].reasons[2].text.startswith("In points, the total less A's is −0.1 (95% interval")
    assert results["a"].decision_by_rule == "advance"
    assert results["b"].decision_by_rule == "eliminate"


def test_a_tie_is_told() -> None:
    round_ = round_of(["a", "b"], keep=1)
    results = decide(round_, single(round_, {"a": right(50), "b": right(50)}))[0]
    assert "equals B's" in results["a"].reasons[2].text
    assert results["a"].decision_by_rule == "undecided"


def test_totals_of_different_modes_are_not_ranked() -> None:
    round_ = round_of(["a", "b"], keep=1)
    given = single(round_, {"a": right(90)}) | single(round_, {"b": right(10)}, mode="chat")
    results = decide(round_, given)[0]
    assert [result.decision for result in results.values()] == ["incomplete", "incomplete"]
    assert "another mode" in results["a"].reasons[2].text


def test_points_and_total_are_summed_over_suites() -> None:
    round_ = round_of(["a"], suites=("one", "two"), points=50)
    result = decide(round_, {"a": evidence(round_, {"one": right(60), "two": right(20)})})[0]["a"]
    assert result.total is not None
    assert result.total.value == pytest.approx(40)
    assert result.total.n == 200
    # MOVER from R's prop.test(60, 100) and prop.test(20, 100), correct = FALSE: 0.5020 to 0.6906, 0.1334 to 0.2888;
    # below, the items of both together reach further: Wilson's lower end of 94.7 right of 236.9.
    assert result.total.low == pytest.approx(40 - 100 * (0.4 - 0.3397), abs=0.02)
    assert result.total.high == pytest.approx(40 + 50 * (0.0906**2 + 0.0888**2) ** 0.5, abs=0.02)
    assert result.items["one_points"].value is not None
    assert result.items["one_points"].value.value == pytest.approx(30)


def test_two_items_of_one_suite_do_not_count_as_independent() -> None:
    round_ = round_of(["a"])
    item = round_.rules.items[0]
    halves = tuple(item.model_copy(update={"name": f"half{i}", "points": 50.0}) for i in (1, 2))
    split = round_.model_copy(update={"rules": round_.rules.model_copy(update={"items": halves})})
    given = single(round_, {"a": right(60)})
    assert decide(split, given)[0]["a"].total == decide(round_, given)[0]["a"].total


def test_failed_answers_make_incomplete_and_are_counted() -> None:
    round_ = round_of(["a"], gates=[floor(0.1)])
    result = decide(round_, single(round_, {"a": [None, None, *right(98, 98)]}))[0]["a"]
    assert result.decision == result.decision_by_rule == "incomplete"
    assert result.reasons[0].text.startswith("main_task: 2 of 100 answers failed")


def test_missing_answers_make_incomplete() -> None:
    round_ = round_of(["a"])
    result = decide(round_, single(round_, {"a": right(99, 99)}))[0]["a"]
    assert result.decision == "incomplete"
    assert [reason.text for reason in result.reasons] == ["main_task: 99 answers are there where 100 were to be given."]


def test_an_incomplete_record_is_never_a_pass() -> None:
    round_ = round_of(["a"])
    given = evidence(round_, {"main": right(99)})
    record = given.record.model_copy(update={"status": "incomplete", "problems": ("it stopped",)})  # type: ignore[union-attr]
    result = decide(round_, {"a": type(given)(given.run, record, given.samples)})[0]["a"]
    assert result.decision == "incomplete"
    assert "it stopped" in result.reasons[0].text


def test_samples_that_contradict_themselves_are_refused() -> None:
    round_ = round_of(["a"])
    given = evidence(round_, {"main": right(50)})
    doubled = samples(right(50))
    doubled[1] = doubled[0]
    with pytest.raises(VerificationError, match="twice"):
        decide(round_, {"a": type(given)(given.run, given.record, {"main_task": doubled})})


def test_references_have_points_and_no_decision() -> None:
    round_ = round_of(["a"], gates=[ratio_to("ref", 0.5)], references=["ref"])
    _, references = decide(round_, single(round_, {"a": right(50), "ref": right(60)}))
    assert references["ref"].total is not None
    assert references["ref"].total.value == pytest.approx(60)
