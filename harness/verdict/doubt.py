"""How sure each decision is: what the rules would decide on other draws, and how many more items would settle it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from harness.plan import Below, Compared, Floor, KeepK, NonInferiority, Ratio
from harness.plan.gates import MeasuredGate
from harness.records import Decision, Number
from harness.stats import RankIntervals, last_probabilities, p_reversal, stays
from harness.verdict.contest import Contest
from harness.verdict.gates import ROUNDING

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Doubt:
    """What another draw of items and raters might have changed."""

    contest: Contest

    @cached_property
    def _running(self) -> tuple[str, ...]:
        """Entrants among whom places are given: all but those who are out whatever their score."""
        field = self.contest.field
        return tuple(name for name in field.entrants if not self.contest.disqualified(name, by_rule=True))

    @cached_property
    def _columns(self) -> list[int]:
        return [self.contest.field.names.index(name) for name in self._running]

    @cached_property
    def _known(self) -> bool:
        """Whether every running entrant's evidence is there, with a known doubt that is not nothing."""
        whole = all(self.contest.complete(name) and self.contest.points.sampled(name) for name in self._running)
        return whole and len(self._running) > 0 and float(np.ptp(self._totals, axis=0).max()) > ROUNDING

    @cached_property
    def _totals(self) -> Values:
        return self.contest.points.draws[:, self._columns]

    @cached_property
    def _reversals(self) -> dict[str, float]:
        if not self._known:
            return {}
        observed = self._advances(self.contest.points.observed[self._columns], self._passed(drawn=False))
        shares = p_reversal(observed, self._advances(self._totals, self._passed(drawn=True)))
        return dict(zip(self._running, map(float, shares), strict=True))

    def reversal(self, name: str, by_rule: Decision) -> float | None:
        """Share of resamples in which the rules alone would decide otherwise; None where that is not known."""
        return self._reversals.get(name) if by_rule in ("advance", "eliminate") else None

    @cached_property
    def _lasts(self) -> dict[str, float]:
        if not self._known or len(self._running) < 2:
            return {}
        return dict(zip(self._running, map(float, last_probabilities(self._totals)), strict=True))

    def last(self, name: str) -> float | None:
        """Share of resamples in which it has the lowest total; None where that is not known."""
        return self._lasts.get(name)

    def ranks(self, name: str) -> tuple[int, int] | None:
        """Best and worst rank that the simultaneous rank intervals leave open; None where totals have no doubt."""
        if not self._known or name not in self._running or len(self._running) < 2:
            return None
        at = self._running.index(name)
        return int(self._ranks.low[at]), int(self._ranks.high[at])

    @cached_property
    def _ranks(self) -> RankIntervals:
        return self.contest.ranked_among(self._columns)

    def _passed(self, *, drawn: bool) -> Flags:
        """Whether each running entrant passes every gate, by point; shape (resamples, entrants) or (entrants,)."""
        field, rules = self.contest.field, self.contest.field.round.rules
        shape = (rules.resamples, len(self._running)) if drawn else (len(self._running),)
        passed = np.ones(shape, dtype=bool)
        for gate in rules.gates:
            if not isinstance(gate, MeasuredGate):
                fails = [self.contest.gates[name][gate.name].by_rule == "fail" for name in self._running]
                passed &= ~np.array(fails)
                continue
            values = field.draws(gate.source) if drawn else field.values(gate.source)
            passed &= _reached(gate, values, self._columns, [field.names.index(name) for name in _rivals(gate)])
        return passed

    def _advances(self, totals: Values, passed: Flags) -> Flags:
        """The contest's own rule, on totals (…, entrants) and whether each passes its gates."""
        rule, entrants = self.contest.field.round.rules.elimination, len(self.contest.field.entrants)
        if rule is None:
            return passed
        if isinstance(rule, Below):
            return passed & (totals >= rule.minimum - ROUNDING)
        if isinstance(rule, KeepK):
            ranked = np.ones_like(passed) if rule.disqualified_uses_slot else passed
            return passed & stays(totals, ranked, rule.keep)
        if rule.disqualified_uses_slot:
            return passed & stays(totals, passed, entrants - rule.leave)
        lower = (totals[..., None, :] < totals[..., :, None] - ROUNDING) & passed[..., None, :]
        return np.asarray(passed & (lower.sum(axis=-1) >= rule.leave))

    def more_items(self, name: str) -> int | None:
        """Further items that would settle what is open, at the values observed; None where nothing is or none would."""
        needed = [self._items(number, threshold) for number, threshold in self._open(name)]
        known = [items for items in needed if items is not None]
        return max(known) if known and len(known) == len(needed) else None

    def _open(self, name: str) -> Iterator[tuple[Number, float]]:
        """Numbers whose intervals settle nothing, with their thresholds."""
        for gate in self.contest.gates[name].values():
            result = gate.result
            if result.outcome == "undecided" and result.value is not None and result.threshold is not None:
                yield result.value, result.threshold
        items = sum(len(each.ids) for each in self.contest.field.models[name].items.values() if each is not None)
        for rival in self.contest.place(name, by_rule=False).doubtful:
            number = self.contest.difference(name, rival)
            if number is not None and number.level is not None and self._from_items:
                yield number.model_copy(update={"n": items}), 0.0

    @property
    def _from_items(self) -> bool:
        """Whether totals rest on items alone: no further item makes raters agree."""
        rules = self.contest.field.round.rules
        return all(self.contest.field.task_weights(item.source, "") is not None for item in rules.items)

    def _items(self, number: Number, threshold: float) -> int | None:
        """An interval's arms shrink with the root of the items; None where the value lies on its threshold."""
        gap = abs(number.value - threshold)
        end = number.low if number.value >= threshold else number.high
        if end is None or number.n is None or gap <= ROUNDING:
            return None
        return max(math.ceil(number.n * ((number.value - end) / gap) ** 2) - number.n, 1)


def _rivals(gate: MeasuredGate) -> tuple[str, ...]:
    return gate.rivals if isinstance(gate, Compared) else ()


def _reached(gate: MeasuredGate, values: Values, columns: list[int], rivals: list[int]) -> Flags:
    """Whether each entrant reaches a gate, by point; a value that is missing reaches nothing."""
    ours = values[..., columns]
    if isinstance(gate, Floor):
        return np.asarray(ours >= gate.least - ROUNDING)
    reached = np.ones(ours.shape, dtype=bool)
    for rival in rivals:
        theirs = values[..., [rival]]
        if isinstance(gate, Ratio):
            reached &= ours >= gate.least * theirs - ROUNDING
        elif isinstance(gate, NonInferiority):
            reached &= ours - theirs >= gate.least - ROUNDING
    return reached
