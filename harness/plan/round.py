"""Everything that one round evaluates and decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from harness.plan.base import Frozen, Lang, Name, in_language
from harness.plan.engine import Engine, FakeEngine, RemoteEngine, VllmEngine
from harness.plan.model import Model
from harness.plan.rules import Ratio, Rules
from harness.plan.suite import Suite


class Tracking(Frozen):
    """Where the round is logged besides its own files."""

    kind: Literal["mlflow", "none"]
    uri: str | None = None
    """MLflow tracking URI; a SQLite store under the results where null."""


class Round(Frozen):
    """Everything that one round evaluates and decides."""

    name: Name
    title: Mapping[str, str]
    """Name for readers, by language (en, ko)."""
    demo: bool = False
    """A demonstration: said wherever its results are shown."""
    dry_run: bool = False
    """One entrant's rehearsal at home: never official, and nothing is decided."""
    results: str = "results"
    """Folder of all results, relative to the project's root or absolute."""
    lang: Lang = "en"
    """Language of the terminal summary and the report."""
    seed: int = 0
    """Seed of few-shot choice and of every resampling."""
    overridden: tuple[str, ...] = ()
    """Parts that the command line changed and that can change the verdict; none in an official round."""
    entrants: tuple[Model, ...] = Field(min_length=1)
    references: tuple[Model, ...] = ()
    suites: tuple[Suite, ...] = Field(min_length=1)
    rules: Rules
    engine: Engine
    engines: Mapping[Name, Engine] = {}
    """Engines of single models, where they differ from the round's."""
    tracking: Tracking

    @property
    def models(self) -> tuple[Model, ...]:
        """Entrants, then references."""
        return self.entrants + self.references

    @property
    def folder(self) -> str:
        """The round's folder below its results; a dry run of each entrant has its own."""
        return f"{self.name}/{self.entrants[0].name}" if self.dry_run else self.name

    def engine_of(self, model: str) -> VllmEngine | RemoteEngine | FakeEngine:
        """The engine that serves the named model."""
        return self.engines.get(model, self.engine)

    def suite(self, name: str) -> Suite:
        """The named suite; KeyError where there is none."""
        return {suite.name: suite for suite in self.suites}[name]

    def suite_title(self, name: str, lang: Lang) -> str:
        """A suite's name for readers; its bare name where it has none."""
        titles = {suite.name: suite.title for suite in self.suites}
        return in_language(titles.get(name, {}), lang) or name

    def task_title(self, name: str, lang: Lang) -> str:
        """A task's name for readers; its bare name where it has none."""
        titles = {task.name: task.title for suite in self.suites for task in suite.tasks}
        return in_language(titles.get(name, {}), lang) or name

    def model_title(self, name: str) -> str:
        """A model's name for readers; its bare name where the round has no such model."""
        return {model.name: model.title for model in self.models}.get(name, name)

    @model_validator(mode="after")
    def _names_resolve(self) -> Round:
        _unique("model", [model.name for model in self.models])
        _unique("suite", [suite.name for suite in self.suites])
        _unique("task", [task.name for suite in self.suites for task in suite.tasks])
        _unique("rule item", [item.name for item in self.rules.items])
        _unique("gate", [gate.name for gate in self.rules.gates])
        suites = [suite.name for suite in self.suites]
        references = [model.name for model in self.references]
        for rule in (*self.rules.items, *self.rules.gates):
            _known(f"rules: {rule.name}: suite", rule.suite, suites)
        for gate in self.rules.gates:
            if isinstance(gate, Ratio):
                _known(f"rules: {gate.name}: reference", gate.reference, references)
        for name in self.engines:
            _known("engines", name, [model.name for model in self.models])
        return self


def _unique(what: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what} named twice: {', '.join(twice)}")


def _known(what: str, name: str, names: list[str]) -> None:
    if name not in names:
        raise ValueError(f"{what} {name!r} is not in this round; it has: {', '.join(names) or 'none'}")
