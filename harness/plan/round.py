"""Everything that one round evaluates and decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from harness.plan.audit import Audit
from harness.plan.base import Frozen, Lang, Name, in_language
from harness.plan.consistency import problems
from harness.plan.engine import Engine, FakeEngine, RemoteEngine, VllmEngine
from harness.plan.gates import Compared, MeasuredGate
from harness.plan.hardware import Hardware, Schedule
from harness.plan.model import Model
from harness.plan.policy import Announced
from harness.plan.rules import Below, Rules
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
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of few-shot choice and of every resampling."""
    overridden: tuple[str, ...] = ()
    """Parts that the command line changed and that can change the verdict; none in an official round."""
    entrants: tuple[Model, ...] = Field(min_length=1)
    references: tuple[Model, ...] = ()
    suites: tuple[Suite, ...] = ()
    """None where every number is imported: then nothing is served."""
    rules: Rules
    engine: Engine
    engines: Mapping[Name, Engine] = {}
    """Engines of single models, where they differ from the round's."""
    tracking: Tracking
    replay: bool = False
    """A contest's published figures decided again: never official."""
    audit: Audit | None = None
    """What `harness eval` audits the entrants against; null where reports are supplied or nobody asks for any."""
    audits: Mapping[Name, tuple[str, ...]] = {}
    """Report files of `harness audit`, by entrant; relative to the project's root or absolute."""
    rulings: tuple[str, ...] = ()
    """Files in which people ruled on findings of the audit."""
    hardware: Hardware | None = None
    """GPUs that a model may span, for `harness plan`."""
    schedule: Schedule | None = None
    """Measured speed and a deadline, for `harness plan`."""
    announced: Mapping[Name, Announced] = {}
    """What the contest itself announced, by entrant: shown beside the decision, without any effect on it."""

    @property
    def models(self) -> tuple[Model, ...]:
        """Entrants, then references."""
        return self.entrants + self.references

    @property
    def served(self) -> tuple[Model, ...]:
        """Models that are asked anything: none where there are no suites, and none whose weights are closed."""
        return tuple(model for model in self.models if model.source.kind != "closed") if self.suites else ()

    @property
    def folder(self) -> str:
        """The round's folder below its results; a dry run of each entrant has its own."""
        return f"{self.name}/{self.entrants[0].name}" if self.dry_run else self.name

    @property
    def held_together(self) -> int:
        """Questions whose intervals hold together: entrants × gates × references, and totals against least points."""
        rules = self.rules
        measured = [gate for gate in rules.gates if isinstance(gate, MeasuredGate)]
        asked = [len(gate.rivals) if isinstance(gate, Compared) else 1 for gate in measured]
        asked += [1] if isinstance(rules.elimination, Below) else []
        return sum(asked) * len(self.entrants)

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

    def measure_title(self, name: str, lang: Lang) -> str:
        """Name for readers of what an item or a gate rests on: a suite, a task or an item."""
        titles = {item.name: item.title for item in self.rules.items}
        titles |= {task.name: task.title for suite in self.suites for task in suite.tasks}
        titles |= {suite.name: suite.title for suite in self.suites}
        return in_language(titles.get(name, {}), lang) or name

    def candidate(self, name: str) -> Model | None:
        """What the round knows of a candidate of the audit; None where it names no model so."""
        named = self.audit.candidates if self.audit is not None else ()
        return {model.name: model for model in (*self.references, *named)}.get(name)

    def candidate_title(self, name: str) -> str:
        """A candidate's name for readers, with owner and country; its bare name where the round does not know it."""
        known = self.candidate(name)
        return name if known is None else f"{known.title} ({known.owner}, {known.country})"

    def model_title(self, name: str) -> str:
        """A model's name for readers; its bare name where the round has no such model."""
        return {model.name: model.title for model in self.models}.get(name, name)

    @model_validator(mode="after")
    def _is_consistent(self) -> Round:
        for problem in problems(self):
            raise ValueError(problem)
        return self
