"""Every model's number behind every source, with the draws of the joint bootstrap behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from harness.plan import (
    BasicSource,
    Measure,
    OwnChoice,
    PanelMean,
    Round,
    SuiteMean,
    TableValue,
    Task,
    TaskMean,
    WeightedMean,
    basic,
)
from harness.records import Number
from harness.stats import Replicates, Tails, beside, combine, items_score, resample, suite_mean, weights
from harness.verdict.evidence import Scored
from harness.verdict.inputs import Inputs
from harness.verdict.raters import Rated, rated, together

Values = NDArray[np.float64]


def weighted_tasks(source: Measure, round_: Round) -> list[tuple[Task, float]] | None:
    """Tasks of a source with their weights, which sum to 1; None where it rests on something else too.

    A task that counts in several places is there once.
    """
    if isinstance(source, SuiteMean):
        suite = round_.suite(source.suite)
        return list(zip(suite.tasks, weights(suite), strict=True))
    if isinstance(source, TaskMean):
        return [(task, 1.0) for suite in round_.suites for task in suite.tasks if task.name == source.task]
    if not isinstance(source, WeightedMean):
        return None
    whole, found = sum(part.weight for part in source.parts), dict[str, tuple[Task, float]]()
    for part in source.parts:
        tasks = weighted_tasks(part.source, round_)
        if tasks is None:
            return None
        for task, weight in tasks:
            before = found[task.name][1] if task.name in found else 0.0
            found[task.name] = task, before + weight * part.weight / whole
    return list(found.values())


@dataclass(frozen=True)
class Claim:
    """What an interval is to hold."""

    level: float
    tails: Tails = "score"
    """Gates decide by exact tails."""


Weighed = tuple[Number | None, float]
"""A part of a weighted mean and its weight; None where the model has no such number."""


@dataclass(frozen=True)
class Field:
    """All models of a round side by side."""

    round: Round
    models: Mapping[str, Scored]
    """Entrants and references by name."""
    inputs: Inputs

    @property
    def names(self) -> tuple[str, ...]:
        """Entrants, then references, each by name: the order of the plan changes no draw."""
        return (*self.entrants, *sorted(set(self.models) - set(self.entrants)))

    @property
    def entrants(self) -> tuple[str, ...]:
        return tuple(sorted(model.name for model in self.round.entrants))

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """Names of all tasks, in the plan's order."""
        return tuple(task.name for suite in self.round.suites for task in suite.tasks)

    @cached_property
    def _replicates(self) -> Replicates:
        graded = [[self.models[name].items.get(task) for name in self.names] for task in self.tasks]
        rules = self.round.rules
        return resample(graded, rules.resamples, np.random.default_rng(self.round.seed), rules.estimand)

    @cached_property
    def _panels(self) -> dict[PanelMean, Rated]:
        rules = self.round.rules
        sources = dict.fromkeys(source for source in rules.sources() if isinstance(source, PanelMean))
        files = list(dict.fromkeys(source.file for source in sources))
        return {
            # One seed a file: whoever rates for several items is drawn for all of them at once.
            source: rated(
                self.inputs.panels[source.file], source, rules.resamples, self.round.seed + 1 + files.index(source.file)
            )
            for source in sources
            if source.file in self.inputs.panels
        }

    def panel(self, source: PanelMean) -> Rated:
        """One source's view of its panel; KeyError where the panel was not supplied."""
        return self._panels[source]

    def number(self, source: Measure, name: str, at: Claim | None = None) -> Number | None:
        """One model's number, in the source's unit, with its interval as claimed (the rules' level where None).

        None where the model has none.
        """
        claim = self.claim if at is None else at
        if isinstance(source, OwnChoice):
            chosen = source.of.get(name)
            return None if chosen is None else self._basic(chosen, name, claim)
        if not isinstance(source, WeightedMean):
            return self._basic(source, name, claim)
        tasks = self.task_weights(source, name)
        parts = [*self._others(source, name, claim)] if tasks is None else self._tasks(tasks, name, claim)
        known = [(number, weight) for number, weight in parts if number is not None]
        if len(known) < len(parts):
            return None
        numbers = [number for number, _ in known]
        return combine(numbers if tasks is None else beside(numbers), [weight for _, weight in known], claim.tails)

    def _tasks(self, weighted: Sequence[tuple[str, float]], name: str, claim: Claim) -> list[Weighed]:
        """Each task's part of a weighted mean: a task of two suites counts once, with both weights."""
        return [(self._task(task, name, claim), weight) for task, weight in weighted]

    def _others(self, source: WeightedMean, name: str, claim: Claim) -> Iterator[Weighed]:
        """Parts of a weighted mean of which not all are tasks, those of one panel together."""
        whole = sum(part.weight for part in source.parts)
        panels: dict[str, list[tuple[PanelMean, float]]] = {}
        for part in source.parts:
            share = part.weight / whole
            if isinstance(part.source, PanelMean):
                panels.setdefault(part.source.file, []).append((part.source, share))
                continue
            yield self._held(self._basic(part.source, name, claim), [part.source], claim), share
        for views in panels.values():
            there = [(self._panels[each], share) for each, share in views if each in self._panels]
            number = together(there, name, claim.level) if len(there) == len(views) else None
            yield self._held(number, [each for each, _ in views], claim), 1.0

    def _held(self, number: Number | None, sources: Sequence[BasicSource], claim: Claim) -> Number | None:
        """A number that stands as it is (an exact table, raters or items that are all that count) ends where it is."""
        if number is None or number.level is not None or not all(map(self._stands, sources)):
            return number
        return Number(value=number.value, low=number.value, high=number.value, level=claim.level, n=number.n)

    def _stands(self, source: BasicSource) -> bool:
        """Whether a number of this source that has no interval is in no doubt."""
        if isinstance(source, TableValue):
            return source.exact
        if isinstance(source, PanelMean):
            return source.raters == "fixed"
        return self.round.rules.estimand == "fixed"

    @property
    def claim(self) -> Claim:
        """How readers meet every number: at the rules' level."""
        return Claim(self.round.rules.level)

    def _basic(self, source: BasicSource, name: str, claim: Claim) -> Number | None:
        if isinstance(source, SuiteMean):
            suite = self.round.suite(source.suite)
            scores = [self._task(task.name, name, claim) for task in suite.tasks]
            return suite_mean(scores, suite, claim.level, claim.tails)
        if isinstance(source, TaskMean):
            return self._task(source.task, name, claim)
        if isinstance(source, PanelMean):
            panel = self._panels.get(source)
            return None if panel is None else panel.number(name, claim.level)
        cell = self.inputs.cell(source, name)
        return None if cell is None else Number(value=float(cell.text))

    def _task(self, task: str, name: str, claim: Claim) -> Number | None:
        return items_score(self.models[name].items.get(task), claim.level, self.round.rules.estimand, claim.tails)

    def values(self, source: Measure) -> Values:
        """Every model's number, shape (models,); NaN where it has none."""
        numbers = [self.number(source, name) for name in self.names]
        return np.array([np.nan if number is None else number.value for number in numbers])

    def draws(self, source: Measure) -> Values:
        """Every model's number in every resample, shape (resamples, models); constant where it was not sampled."""
        return self._drawn(source, central=False)

    def centres(self, source: Measure) -> Values:
        """What the draws spread about, shape (models,): where items are few, not quite the numbers themselves."""
        return np.asarray(self._drawn(source, central=True)[0])

    def _drawn(self, source: Measure, *, central: bool) -> Values:
        """`draws`, or `centres` as the only draw."""
        count = 1 if central else self.round.rules.resamples
        if isinstance(source, OwnChoice):
            columns = [self._chosen(source, name, count, central=central) for name in self.names]
            return np.stack(columns, axis=1)
        if isinstance(source, WeightedMean):
            whole = sum(part.weight for part in source.parts)
            parts = [part.weight / whole * self._drawn(part.source, central=central) for part in source.parts]
            return np.asarray(np.sum(parts, axis=0))
        if isinstance(source, SuiteMean | TaskMean):
            return self._resampled(source, self._replicates.central() if central else self._replicates)
        values = np.tile(self.values(source), (count, 1))
        if isinstance(source, PanelMean) and source in self._panels:
            panel = self._panels[source]
            values[:, [self.names.index(name) for name in panel.entrants]] = panel.means if central else panel.draws
        return values

    def _chosen(self, source: OwnChoice, name: str, count: int, *, central: bool) -> Values:
        chosen = source.of.get(name)
        return (
            np.full(count, np.nan)
            if chosen is None
            else self._drawn(chosen, central=central)[:, self.names.index(name)]
        )

    def _resampled(self, source: SuiteMean | TaskMean, world: Replicates) -> Values:
        factors = np.zeros(len(self.tasks))
        for task, weight in self.task_weights(source, "") or []:
            factors[self.tasks.index(task)] = weight
        answered = np.array([[bool(self.models[name].items.get(task)) for name in self.names] for task in self.tasks])
        whole = answered[factors > 0].all(axis=0)
        return np.where(whole, world.weighted(factors[:, None] * whole), np.nan)

    def sampled(self, source: Measure, name: str) -> bool:
        """Whether doubt about a model's number is known: it was sampled, or the rules take it as it stands."""
        chosen: Measure = source.of[name] if isinstance(source, OwnChoice) and name in source.of else source
        return all(not isinstance(each, TableValue) or each.exact for each in basic(chosen))

    def task_weights(self, source: Measure, name: str) -> list[tuple[str, float]] | None:
        """Tasks and their weights in a model's number, which sum to 1; None where it rests on something else too."""
        if isinstance(source, OwnChoice):
            return self.task_weights(source.of[name], name) if name in source.of else None
        found = weighted_tasks(source, self.round)
        return None if found is None else [(task.name, weight) for task, weight in found]

    def tasks_in(self, source: Measure) -> list[str]:
        """Every task that a number rests on, whatever else it rests on."""
        found = (weighted_tasks(each, self.round) or () for each in basic(source))
        return list(dict.fromkeys(task.name for tasks in found for task, _ in tasks))

    def modes(self, tasks: Sequence[str], name: str) -> list[str | None]:
        """The mode in which a model was asked each task."""
        return [self.models[name].modes.get(task) for task in tasks]
