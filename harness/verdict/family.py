"""Every question that an interval answers, with the level at which it is answered: they hold together in a round."""

from __future__ import annotations

from collections.abc import Iterator

from harness.plan import Below
from harness.plan.gates import MeasuredGate
from harness.stats import holm, two_sided_p
from harness.verdict.asked import Obstacle, Question, questions
from harness.verdict.field import Claim, Field
from harness.verdict.totals import Totals

BELOW = "elimination: below"
"""The question whether a total reaches the rules' least points; no gate has a name like this."""

Key = tuple[str, str, str | None]
"""Entrant, gate, reference."""


class Family:
    """All questions of all measured gates, and of totals against a threshold."""

    def __init__(self, field: Field, totals: Totals) -> None:
        self._asked = {
            (entrant, gate.name): list(questions(gate, entrant, field))
            for gate in field.round.rules.gates
            if isinstance(gate, MeasuredGate)
            for entrant in field.entrants
        }
        self._thresholds = {gate.name: gate.least for gate in field.round.rules.gates if isinstance(gate, MeasuredGate)}
        if isinstance(rule := field.round.rules.elimination, Below):
            self._thresholds[BELOW] = rule.minimum
            self._asked |= {(entrant, BELOW): list(_total(entrant, totals)) for entrant in field.entrants}
        self._levels = self._shared(field)

    def of(self, entrant: str, gate: str) -> list[tuple[Question | Obstacle, float | None]]:
        """What one gate (or `BELOW`) asks of one entrant, each with the level at which its interval decides."""
        return [(each, self._levels.get((entrant, gate, each.rival))) for each in self._asked[entrant, gate]]

    def _shared(self, field: Field) -> dict[Key, float]:
        rules = field.round.rules
        asked: dict[Key, float | None] = {
            (entrant, gate, each.rival): two_sided_p(each.interval, self._thresholds[gate])
            for (entrant, gate), every in self._asked.items()
            for each in every
            if isinstance(each, Question)
        }
        known = {key: p for key, p in asked.items() if p is not None}
        if rules.family == "none" or not known:
            return dict.fromkeys(asked, rules.level)
        levels = holm(list(known.values()), 1 - rules.level).levels
        return {**dict.fromkeys(asked, rules.level), **dict(zip(known, map(float, levels), strict=True))}


def _total(entrant: str, totals: Totals) -> Iterator[Question]:
    """Nothing is asked of a total that is not there."""
    if totals.totals[entrant] is not None:
        yield Question(None, lambda level: totals.total(entrant, Claim(level, "exact")))
