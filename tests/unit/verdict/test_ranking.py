"""Elimination by rank: keep and leave, places of who failed a gate, ties."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.plan import KeepK, LeaveK, Lowest
from harness.records import GateOutcome
from harness.verdict.ranking import Order, place

Rule = KeepK | LeaveK | Lowest


def keep(count: int, **options: object) -> KeepK:
    return KeepK.model_validate({"kind": "keep", "keep": count, **options})


def leave(count: int, **options: object) -> LeaveK:
    return LeaveK.model_validate({"kind": "leave", "leave": count, **options})


def fates(totals: Mapping[str, float], failed: str, rule: Rule, held: str = "") -> str:
    """s, l, u or i for each entrant that did not fail, in order."""

    def order(first: str, second: str) -> Order:
        gap = totals[first] - totals[second]
        return "above" if gap > 0 else "below" if gap < 0 else "tied"

    gates: dict[str, GateOutcome] = {
        name: "fail" if name in failed else "held" if name in held else "pass" for name in totals
    }
    return "".join(place(name, gates, order, rule).fate[0] for name in totals if name not in failed)


FIVE = {"a": 5.0, "b": 4.0, "c": 3.0, "d": 2.0, "e": 1.0}
TIED = {"a": 5.0, "b": 4.0, "c": 4.0, "d": 1.0}


@pytest.mark.parametrize(
    ("totals", "failed", "rule", "expected"),
    [
        (FIVE, "", keep(4), "ssssl"),
        (FIVE, "b", keep(4), "ssss"),  # who fails takes no place: the next moves up
        (FIVE, "b", keep(4, disqualified_uses_slot=True), "sssl"),  # January 2026: one exit planned, two happened
        (FIVE, "", Lowest(kind="lowest"), "ssssl"),
        (FIVE, "b", Lowest(kind="lowest"), "sssl"),
        (FIVE, "b", Lowest(kind="lowest", disqualified_uses_slot=True), "ssss"),
        (FIVE, "", leave(2), "sssll"),
        (FIVE, "e", leave(2), "ssll"),
        (FIVE, "e", leave(2, disqualified_uses_slot=True), "sssl"),
        (TIED, "", keep(2), "suul"),
        (TIED, "", keep(2, ties="stay"), "sssl"),
        (TIED, "", keep(2, ties="leave"), "slll"),
        (TIED, "", leave(2), "suul"),
        (TIED, "", leave(2, ties="stay"), "sssl"),
        (TIED, "", leave(2, ties="leave"), "slll"),
    ],
)
def test_who_stays_and_who_leaves(totals: Mapping[str, float], failed: str, rule: Rule, expected: str) -> None:
    assert fates(totals, failed, rule) == expected


def test_a_held_rival_leaves_a_place_open() -> None:
    assert fates(FIVE, "", keep(2), held="b") == "ssull"
    assert fates(FIVE, "", Lowest(kind="lowest"), held="e") == "sssul"


def test_a_rival_that_cannot_be_compared_makes_it_incomplete() -> None:
    gates: dict[str, GateOutcome] = {"a": "pass", "b": "incomplete"}
    assert place("a", gates, lambda *_: "unknown", keep(1)).fate == "incomplete"
