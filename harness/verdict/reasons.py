"""Every reason that a verdict gives: a code, its facts and the words. Another language is another table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from harness.records import Number

Code = Literal[
    "no_record",
    "failed",
    "missing",
    "uneven",
    "not_recorded",
    "record_incomplete",
    "floor_pass",
    "floor_fail",
    "floor_undecided",
    "ratio_pass",
    "ratio_fail",
    "ratio_undecided",
    "ratio_undefined",
    "entrant_missing",
    "reference_missing",
    "other_mode",
    "other_items",
    "gates_passed",
    "no_gates",
    "rank",
    "rank_stay",
    "rank_leave",
    "tie",
    "overlap",
    "rival_gate",
    "rival_gate_missing",
    "rival_missing",
    "rival_other_mode",
    "rival_other_items",
    "point_estimate",
]

ENGLISH: Mapping[Code, str] = {
    "no_record": "There is no record of a run.",
    "failed": "{task}: {count} of {asked} answers failed, which is the machine's fault and never counts as wrong.",
    "missing": "{task}: {count} answers are there where {asked} were to be given.",
    "uneven": "{task}: the answers are not spread over items and repeats as planned.",
    "not_recorded": "{task}: the run's record does not list it.",
    "record_incomplete": "The run is not complete: {problems}",
    "floor_pass": "{suite} is {value}; the whole interval reaches the floor of {threshold}.",
    "floor_fail": "{suite} is {value}; the whole interval lies below the floor of {threshold}.",
    "floor_undecided": "{suite} is {value}; the interval holds the floor of {threshold}, so it does not settle it.",
    "ratio_pass": "{suite} is {value} times {reference}'s; the whole interval reaches {threshold}.",
    "ratio_fail": "{suite} is {value} times {reference}'s; the whole interval lies below {threshold}.",
    "ratio_undecided": "{suite} is {value} times {reference}'s; the interval holds {threshold}: it settles nothing.",
    "ratio_undefined": "{suite}: {reference} scored 0, so there is no ratio to it.",
    "entrant_missing": "{suite}: answers of the entrant are missing.",
    "reference_missing": "{suite}: answers of {reference} are missing.",
    "other_mode": "{suite}: asked in mode {ours}, {reference} in mode {theirs}; only equal modes are compared.",
    "other_items": "{suite}: {reference} was not asked the same items, so the two are not compared.",
    "gates_passed": "Every gate is passed ({count}).",
    "no_gates": "The rules set no gate.",
    "rank": "Rank {rank} of {ranked} by total; {keep} stay, and which is not settled.",
    "rank_stay": "Rank {rank} of {ranked} by total; {keep} stay.",
    "rank_leave": "Rank {rank} of {ranked} by total, below the {keep} that stay.",
    "tie": "The total equals {rival}'s, and the rules break no ties; in points, the difference is {value}.",
    "overlap": "In points, the total less {rival}'s is {value}; the interval holds 0.",
    "rival_gate": "{rival} has the higher total, but its gates are not settled.",
    "rival_gate_missing": "{rival} has the higher total, but evidence for its gates is missing.",
    "rival_missing": "Evidence of {rival} is missing, so its total is unknown.",
    "rival_other_mode": "{rival} was asked in another mode; only equal modes are compared.",
    "rival_other_items": "{rival} was not asked the same items, so the two are not compared.",
    "point_estimate": "The intervals do not settle it; by these rules the point estimates decide.",
}


Fact = str | int | float | Number


@dataclass(frozen=True, init=False)
class Reason:
    """Why something was decided: a code and the facts that its words need."""

    code: Code
    facts: tuple[tuple[str, Fact], ...]

    def __init__(self, code: Code, **facts: Fact) -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "facts", tuple(facts.items()))

    def english(self) -> str:
        """The reason in plain English."""
        return ENGLISH[self.code].format(**{name: _shown(fact) for name, fact in self.facts})


def _shown(fact: Fact) -> str:
    if isinstance(fact, Number):
        return _number(fact)
    return f"{fact:g}" if isinstance(fact, float) else str(fact)


def _number(number: Number) -> str:
    if number.level is None or number.low is None:
        return f"{number.value:.4f} (without an interval)"
    high = "∞" if number.high is None else f"{number.high:.4f}"
    return f"{number.value:.4f} ({100 * number.level:g} % interval {number.low:.4f} to {high})"
