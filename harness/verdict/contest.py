"""All entrants side by side: how each total lies to each other, by the points and by the intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from harness.plan import Round
from harness.records import GateOutcome, Number
from harness.stats import difference
from harness.verdict.evidence import Scored, point_suites, total, total_pairs
from harness.verdict.gates import ROUNDING, Gated, gated, merged
from harness.verdict.ranking import Order, Place, place

_FLIPPED: Mapping[Order, Order] = {"above": "below", "below": "above", "unclear": "unclear", "unknown": "unknown"}


@dataclass(frozen=True)
class Contest:
    """Everything on which the entrants' decisions rest, by entrant."""

    entrants: Mapping[str, Scored]
    totals: Mapping[str, Number | None]
    gates: Mapping[str, Mapping[str, Gated]]
    """By entrant and gate."""
    differences: Mapping[tuple[str, str], Number]
    """Points of the first less the second's, on the items that both answered; only those that can be compared."""
    keep: int | None
    """How many stay; None where the rules eliminate nobody by rank."""

    def outcome(self, name: str, *, by_rule: bool) -> GateOutcome:
        """All gates of one entrant as one outcome, by point estimates (the rule) or by intervals."""
        if not self.entrants[name].complete:
            return "incomplete"
        return merged(gate.by_rule if by_rule else gate.result.outcome for gate in self.gates[name].values())

    def place(self, name: str, *, by_rule: bool) -> Place:
        """What the ranking does to one entrant, by totals (the rule) or by the intervals of their differences."""
        if self.keep is None:
            return Place("stay", ())
        outcomes = {rival: self.outcome(rival, by_rule=by_rule) for rival in self.entrants}
        order = self._order_by_rule if by_rule else self._order_by_interval
        return place(name, outcomes, order, self.keep)

    def rank(self, name: str) -> tuple[int, int]:
        """Rank by total, and how many are ranked: all with a total who do not surely fail a gate."""
        totals = {
            rival: number.value
            for rival, number in self.totals.items()
            if number is not None and self.outcome(rival, by_rule=False) != "fail"
        }
        above = sum(value > totals[name] + ROUNDING for value in totals.values())
        return above + 1, len(totals)

    def difference(self, first: str, second: str) -> Number | None:
        """Points of the first less the second's; None where the two cannot be compared."""
        if (first, second) in self.differences:
            return self.differences[first, second]
        number = self.differences.get((second, first))
        if number is None or number.low is None or number.high is None:
            return number
        return number.model_copy(update={"value": -number.value, "low": -number.high, "high": -number.low})

    def _order_by_rule(self, first: str, second: str) -> Order:
        number = self.difference(first, second)
        return "unknown" if number is None else _order(number.value, number.value)

    def _order_by_interval(self, first: str, second: str) -> Order:
        number = self.difference(first, second)
        if number is None:
            return "unknown"
        if number.low is None or number.high is None:
            return "unclear"
        return _order(number.low, number.high)


def contest(entrants: Mapping[str, Scored], models: Mapping[str, Scored], round_: Round) -> Contest:
    """Hold every entrant against every gate and every rival."""
    elimination = round_.rules.elimination
    return Contest(
        entrants=entrants,
        totals={name: total(entrant, round_) for name, entrant in entrants.items()},
        gates={
            name: {gate.name: gated(gate, entrant, models, round_) for gate in round_.rules.gates}
            for name, entrant in entrants.items()
        },
        differences={} if elimination is None else _differences(entrants, round_),
        keep=None if elimination is None else elimination.keep,
    )


def same_modes(first: Scored, second: Scored, round_: Round) -> bool:
    """Whether both were asked all that earns points in the same mode."""
    modes = [(first.suite_modes(suite), second.suite_modes(suite)) for suite in point_suites(round_)]
    return all(ours == theirs and None not in ours for ours, theirs in modes)


def _differences(entrants: Mapping[str, Scored], round_: Round) -> dict[tuple[str, str], Number]:
    found = {}
    for first, second in combinations(sorted(entrants), 2):
        shared = total_pairs(entrants[first], entrants[second], round_)
        if shared is not None and same_modes(entrants[first], entrants[second], round_):
            found[first, second] = difference(shared, round_.rules.level)
    return found


def _order(low: float, high: float) -> Order:
    if low > ROUNDING:
        return "above"
    return "below" if high < -ROUNDING else "unclear"
