"""All entrants side by side: how each total lies to each other, by the points and by the intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from harness.plan import Below, OwnChoice, PanelMean, PointItem
from harness.records import Fact, GateOutcome, Number, Reason
from harness.stats import RankIntervals, Simultaneous, max_t, rank_intervals
from harness.verdict.asked import Question
from harness.verdict.evidence import same_items
from harness.verdict.family import BELOW, Family
from harness.verdict.field import Field
from harness.verdict.gates import ROUNDING, Gated, all_gates, merged, reaches
from harness.verdict.ranking import Fate, Order, Place, place
from harness.verdict.reasons import reason
from harness.verdict.totals import Totals


@dataclass(frozen=True)
class Contest:
    """Everything on which the entrants' decisions rest."""

    field: Field
    points: Totals
    gates: Mapping[str, Mapping[str, Gated]]
    """By entrant and gate."""
    family: Family

    def missing(self, name: str) -> tuple[Reason, ...]:
        """Why an entrant's own evidence is incomplete; empty where it is complete."""
        found = self.field.models[name].missing
        if found or self.points.totals[name] is not None:
            return found
        lacking = [item for item in self.field.round.rules.items if self.points.items[item.name][name] is None]
        panels = [self._raters_lack(item, name) for item in lacking]
        items = tuple(item.name for item, said in zip(lacking, panels, strict=True) if said is None)
        unpublished = (reason(self.field.round, "unpublished", items=items),) if items else ()
        return (*unpublished, *filter(None, panels))

    def _raters_lack(self, item: PointItem, name: str) -> Reason | None:
        """Why a panel that was supplied gives no points; None where it is not that."""
        source, round_ = item.source, self.field.round
        if not isinstance(source, PanelMean) or source.file not in self.field.inputs.panels:
            return None
        view = self.field.panel(source)
        if len(view.raters) < source.least_raters:
            facts: dict[str, Fact] = {"count": len(view.raters), "least": source.least_raters}
            return reason(round_, "few_raters", item=item.name, **facts)
        missing = np.isnan(view.scores)
        own = missing[:, view.entrants.index(name)]
        # On a scale relative to the best a gap of a rival's leaves everyone without points.
        gaps = np.flatnonzero(own if own.any() else missing.any(axis=1))
        silent = tuple(view.raters[at] for at in gaps)
        return reason(round_, "raters_missing", item=item.name, raters=silent) if silent else None

    def complete(self, name: str) -> bool:
        """Whether an entrant's own evidence is all there."""
        return not self.missing(name)

    def returned(self, name: str) -> Reason | None:
        """Why an entrant may not take part: it left in an earlier round."""
        round_ = self.field.round
        before = round_.rules.lineage.eliminated_in(self.field.models[name].model.owner)
        return (
            None if before is None else reason(round_, "returned", before=before.round, because=before.because or "-")
        )

    def disqualified(self, name: str, *, by_rule: bool) -> bool:
        """Whether an entrant is out whatever its score, and whatever else is missing."""
        failed = (
            gate.disqualifies and (gate.by_rule if by_rule else gate.result.outcome) == "fail"
            for gate in self.gates[name].values()
        )
        return self.returned(name) is not None or any(failed)

    def outcome(self, name: str, *, by_rule: bool) -> GateOutcome:
        """All gates of one entrant as one outcome, by point estimates (the rule) or by intervals."""
        if self.disqualified(name, by_rule=by_rule):
            return "fail"
        if not self.complete(name):
            return "incomplete"
        return merged(gate.by_rule if by_rule else gate.result.outcome for gate in self.gates[name].values())

    def place(self, name: str, *, by_rule: bool) -> Place:
        """What the ranking does to one entrant, by totals (the rule) or by simultaneous rank intervals."""
        rule = self.field.round.rules.elimination
        if rule is None:
            return Place("stay")
        if isinstance(rule, Below):
            return Place(self._below(name, rule.minimum, by_rule=by_rule))
        outcomes = {rival: self.outcome(rival, by_rule=by_rule) for rival in self.field.entrants}
        return place(name, outcomes, self.order_by_rule if by_rule else self.order_by_interval, rule)

    def claimed(self, name: str) -> Number | None:
        """A total with the interval by which it is held against a threshold, together with all gates."""
        for asked, level in self.family.of(name, BELOW):
            if isinstance(asked, Question):
                return asked.interval(self.field.round.rules.level if level is None else level)
        return None

    def _below(self, name: str, minimum: float, *, by_rule: bool) -> Fate:
        total = self.claimed(name)
        if total is None:
            return "incomplete"
        as_it_is = by_rule or (total.level is None and self.points.sampled(name))
        low, high = (total.value, total.value) if as_it_is else (total.low, total.high)
        if low is not None and reaches(low, minimum):
            return "stay"
        return "leave" if high is not None and not reaches(high, minimum) else "undecided"

    def rank(self, name: str) -> tuple[int, int]:
        """Rank by total, and how many are ranked: all with a total, less who surely fails a gate and takes no slot."""
        takes_slot = getattr(self.field.round.rules.elimination, "disqualified_uses_slot", False)
        totals = {
            rival: number.value
            for rival in self.field.entrants
            if (number := self.points.totals[rival]) is not None
            if takes_slot or rival == name or self.outcome(rival, by_rule=False) != "fail"
        }
        above = sum(value > totals[name] + ROUNDING for value in totals.values())
        return above + 1, len(totals)

    def comparable(self, first: str, second: str) -> bool:
        """Whether two totals are there and were earned on the same items in the same mode."""
        if self.points.totals[first] is None or self.points.totals[second] is None:
            return False
        return self.same_modes(first, second) and same_items(
            self.field.models[first], self.field.models[second], self._shared_tasks
        )

    def same_modes(self, first: str, second: str) -> bool:
        """Whether both were asked all that earns points in the same mode."""
        ours, theirs = (self.field.modes(self._shared_tasks, name) for name in (first, second))
        return ours == theirs and None not in ours

    @cached_property
    def _shared_tasks(self) -> list[str]:
        """Tasks that earn everybody points; what each chose for itself is compared as the rules want it."""
        if self.field.round.rules.totals is not None:
            return []
        sources = [item.source for item in self.field.round.rules.items]
        found = [self.field.tasks_in(source) for source in sources if not isinstance(source, OwnChoice)]
        return list(dict.fromkeys(task for tasks in found for task in tasks))

    def order_by_rule(self, first: str, second: str) -> Order:
        """How the first's total lies to the second's; of equal ones, how the first item does that breaks ties."""
        if not self.comparable(first, second):
            return "unknown"
        totals = self.points.totals
        breakers = [self.points.items[item] for item in getattr(self.field.round.rules.elimination, "tie_items", ())]
        for numbers in (totals, *breakers):
            ours, theirs = numbers[first], numbers[second]
            if ours is not None and theirs is not None and abs(ours.value - theirs.value) > ROUNDING:
                return "above" if ours.value > theirs.value else "below"
        return "tied"

    def order_by_interval(self, first: str, second: str) -> Order:
        """As `order_by_rule`, where the simultaneous rank intervals settle it."""
        if not self.comparable(first, second):
            return "unknown"
        if not (self.points.sampled(first) and self.points.sampled(second)):
            return "unclear"
        ours, theirs = self.ranked.index(first), self.ranked.index(second)
        if self.ranks.above[ours, theirs]:
            return "above"
        if self.ranks.above[theirs, ours]:
            return "below"
        return "unclear" if self._varies(first, second) else self.order_by_rule(first, second)

    def _varies(self, first: str, second: str) -> bool:
        draws, at = self.points.draws, self.field.names.index
        return float(np.ptp(draws[:, at(first)] - draws[:, at(second)])) > ROUNDING

    @cached_property
    def ranked(self) -> tuple[str, ...]:
        """Entrants whose totals have a known doubt, in the plan's order."""
        return tuple(
            name for name in self.field.entrants if self.points.totals[name] is not None and self.points.sampled(name)
        )

    @cached_property
    def columns(self) -> list[int]:
        """Places of the ranked entrants among all models."""
        return [self.field.names.index(name) for name in self.ranked]

    @cached_property
    def ranks(self) -> RankIntervals:
        """Simultaneous rank intervals of the ranked entrants."""
        return self.ranked_among(self.columns)

    def ranked_among(self, columns: list[int]) -> RankIntervals:
        """Simultaneous rank intervals of the models in these places."""
        points, level = self.points, self.field.round.rules.level
        return rank_intervals(
            points.observed[columns], points.draws[:, columns], level, centres=points.centres[columns]
        )

    @cached_property
    def _pairs(self) -> list[tuple[int, int]]:
        """Places of every two ranked entrants."""
        return list(combinations(self.columns, 2))

    @cached_property
    def _gaps(self) -> Simultaneous:
        """Intervals of all differences of totals together."""
        ones, others = ([pair[side] for pair in self._pairs] for side in (0, 1))
        points = self.points
        return max_t(
            points.observed[ones] - points.observed[others],
            points.draws[:, ones] - points.draws[:, others],
            self.field.round.rules.level,
            centres=points.centres[ones] - points.centres[others],
        )

    def difference(self, first: str, second: str) -> Number | None:
        """Points of the first less the second's, with the interval that holds together with all others.

        None where the two cannot be compared.
        """
        if not self.comparable(first, second):
            return None
        one, other = (self.field.names.index(name) for name in (first, second))
        value = float(self.points.observed[one] - self.points.observed[other])
        if first not in self.ranked or second not in self.ranked or not self._varies(first, second):
            return Number(value=value)
        turned = (one, other) not in self._pairs
        index = self._pairs.index((other, one) if turned else (one, other))
        low, high = float(self._gaps.low[index]), float(self._gaps.high[index])
        low, high = (-high, -low) if turned else (low, high)
        return Number(value=value, low=low, high=high, level=self.field.round.rules.level)


def contest(field: Field) -> Contest:
    """Hold every entrant against every gate and every rival."""
    totals = Totals(field)
    family = Family(field, totals)
    return Contest(field, totals, all_gates(field, family), family)
