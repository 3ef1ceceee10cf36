"""Items of points and their totals, with intervals and draws."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from harness.plan import PointItem, SuiteMean
from harness.plan.points import Linear, Relative
from harness.records import Number
from harness.stats import beside, combine, percentile
from harness.verdict.field import Claim, Field
from harness.verdict.scales import points, scaled

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Totals:
    """What every model earns."""

    field: Field

    @cached_property
    def items(self) -> Mapping[str, Mapping[str, Number | None]]:
        """Points by item and model."""
        return {
            item.name: {name: self._item(item, at, name) for at, name in enumerate(self.field.names)}
            for item in self.field.round.rules.items
        }

    @cached_property
    def totals(self) -> Mapping[str, Number | None]:
        """Points of all items by model; None where one is missing and nobody summed them up."""
        return {name: self.total(name, self.field.claim) for name in self.field.names}

    @cached_property
    def observed(self) -> Values:
        """Every model's total, shape (models,); NaN where it has none."""
        return np.array([np.nan if number is None else number.value for number in self.totals.values()])

    @cached_property
    def draws(self) -> Values:
        """Every model's total in every resample, shape (resamples, models)."""
        rules = self.field.round.rules
        if rules.totals is not None:
            return np.tile(self.observed, (rules.resamples, 1))
        return np.asarray(np.sum([self._item_draws[item.name] for item in rules.items], axis=0))

    @cached_property
    def centres(self) -> Values:
        """What the draws spread about, shape (models,)."""
        rules = self.field.round.rules
        if rules.totals is not None:
            return self.observed
        scaled_ = [self._scaled(item, self.field.centres(item.source)) for item in rules.items]
        return np.asarray(np.sum(scaled_, axis=0))

    def sampled(self, name: str) -> bool:
        """Whether a total's doubt is known: no part of it was imported without a sampling model."""
        rules = self.field.round.rules
        if rules.totals is not None:
            return rules.totals.exact
        return all(self.field.sampled(item.source, name) for item in rules.items)

    @cached_property
    def _item_draws(self) -> Mapping[str, Values]:
        rules = self.field.round.rules
        return {item.name: self._drawn(item, self.field.draws(item.source)) for item in rules.items}

    @cached_property
    def _item_values(self) -> Mapping[str, Values]:
        rules = self.field.round.rules
        return {item.name: self._scaled(item, self.field.values(item.source)) for item in rules.items}

    def _scaled(self, item: PointItem, values: Values) -> Values:
        if not isinstance(item.scale, Relative):
            return points(item, values)
        return points(item, values, self._reference(item.scale, values))

    def _drawn(self, item: PointItem, values: Values) -> Values:
        """Points in every resample. Where few raters leave a resample's best nothing above 0, all are as good as it."""
        found = self._scaled(item, values)
        if not isinstance(item.scale, Relative):
            return found
        lost = np.isnan(found) & ~np.isnan(values) & ~np.isnan(self._reference(item.scale, values))
        return np.where(lost, item.points, found)

    def _reference(self, scale: Relative, values: Values) -> Values:
        """What a relative scale divides by, shape (…, 1); NaN where it is not known for sure."""
        if scale.to != "best":
            at = self.field.names.index(scale.to)
            return values[..., at : at + 1]
        best: Values = values[..., : len(self.field.entrants)].max(axis=-1, keepdims=True)
        return best

    def _item(self, item: PointItem, at: int, name: str) -> Number | None:
        number = self.field.number(item.source, name)
        if not isinstance(item.scale, Relative):
            return scaled(item, number)
        value = float(self._item_values[item.name][at])
        if number is None or math.isnan(value):
            return None
        draws, level = self._item_draws[item.name][:, at], self.field.round.rules.level
        return self._interval(value, draws, number.n, level, sampled=number.level is not None)

    def total(self, name: str, claim: Claim) -> Number | None:
        """One model's points of all items, with its interval as claimed; None where an item is missing."""
        rules = self.field.round.rules
        if rules.totals is not None:
            return self.field.number(rules.totals, name)
        numbers = [self.items[item.name][name] for item in rules.items]
        known = [number for number in numbers if number is not None]
        if len(known) < len(numbers):
            return None
        if (closed := self._closed(name, claim)) is not None:
            return closed
        value, at = math.fsum(number.value for number in known), self.field.names.index(name)
        return self._interval(value, self.draws[:, at], None, claim.level, sampled=self.sampled(name))

    def _closed(self, name: str, claim: Claim) -> Number | None:
        """MOVER's sum, where every item is linear in a suite of its own; two items of a suite count as one."""
        factors: dict[SuiteMean, float] = {}
        offset = 0.0
        for item in self.field.round.rules.items:
            if not isinstance(item.source, SuiteMean) or not isinstance(item.scale, Linear):
                return None
            low, high = item.span or (0.0, 1.0)
            factors[item.source] = factors.get(item.source, 0.0) + item.points / (high - low)
            offset -= item.points * low / (high - low)
        known = [number for suite in factors if (number := self.field.number(suite, name, claim)) is not None]
        summed = combine(beside(known), list(factors.values()), claim.tails)
        ends = [None if end is None else end + offset for end in (summed.value, summed.low, summed.high)]
        return summed.model_copy(update=dict(zip(("value", "low", "high"), ends, strict=True)))

    def _interval(self, value: float, draws: Values, n: int | None, level: float, *, sampled: bool) -> Number:
        """A number with its percentile interval, which holds it; without one where there is nothing to resample."""
        if not sampled or np.ptp(draws) == 0:
            return Number(value=value, n=n)
        low, high = percentile(draws[:, None], level)
        return Number(value=value, low=min(float(low[0]), value), high=max(float(high[0]), value), level=level, n=n)
