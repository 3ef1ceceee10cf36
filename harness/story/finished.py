"""Reading a round's folder: the verdict, and per model what was run and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from harness.errors import VerificationError
from harness.plan import Lang, Model, Round, in_language
from harness.records import (
    EntrantResult,
    Excerpt,
    Execution,
    Manifest,
    ModelResult,
    RoundRecord,
    RunRecord,
    Sample,
    TaskResult,
)
from harness.store import RoundFolder, RunFolder
from harness.story.audits import AuditStory, read_audits


@dataclass(frozen=True)
class ModelStory:
    """One model of the round. Files that its run has not written (yet) are None."""

    plan: Model
    result: ModelResult
    folder: RunFolder | None
    record: RunRecord | None
    manifest: Manifest | None
    execution: Execution | None

    @property
    def name(self) -> str:
        return self.plan.name

    @property
    def entrant(self) -> EntrantResult | None:
        """The decision, where the model is an entrant."""
        return self.result if isinstance(self.result, EntrantResult) else None

    @property
    def tasks(self) -> Mapping[str, TaskResult]:
        """Task results by task name; empty where nothing was recorded."""
        return {task.task: task for task in self.record.tasks} if self.record else {}

    def samples(self, task: str) -> list[Sample]:
        """The samples of one recorded task; VerificationError where the file is missing."""
        return self.folder.read_samples(task) if self.folder and task in self.tasks else []

    def excerpts(self, task: str) -> list[Excerpt]:
        """The samples of one task that were chosen for readers; none where the run kept none."""
        kept = self.folder is not None and self.folder.excerpts(task).is_file()
        return self.folder.read_excerpts(task) if self.folder and kept else []


@dataclass(frozen=True)
class Story:
    """A round that has a verdict."""

    folder: RoundFolder
    record: RoundRecord
    plan: Round
    models: tuple[ModelStory, ...]
    """Entrants by falling total, then references in the plan's order."""

    @property
    def entrants(self) -> tuple[ModelStory, ...]:
        return tuple(model for model in self.models if model.entrant is not None)

    @property
    def references(self) -> tuple[ModelStory, ...]:
        return tuple(model for model in self.models if model.entrant is None)

    def audits(self, entrant: str) -> tuple[AuditStory, ...]:
        """The reports about an entrant; VerificationError where the copy of one is missing or is none."""
        return read_audits(self.folder, self.record, self.plan, entrant)

    def title(self, lang: Lang) -> str:
        """The round's name for readers."""
        return in_language(self.record.title, lang) or self.record.round

    def suite_title(self, suite: str, lang: Lang) -> str:
        return self.plan.suite_title(suite, lang)

    def task_title(self, task: str, lang: Lang) -> str:
        return self.plan.task_title(task, lang)

    def model_title(self, name: str) -> str:
        return self.plan.model_title(name)


def read_story(folder: RoundFolder) -> Story:
    """Read a round's folder; VerificationError where round.json is missing or a file is not what it should be."""
    record = folder.read_record()
    try:
        plan = Round.model_validate(record.plan)
    except ValidationError as error:
        raise VerificationError(f"{folder.record}: its plan is not a valid round: {error}") from error
    entrants = [_model(folder, plan, name, result) for name, result in record.entrants.items()]
    references = [_model(folder, plan, name, result) for name, result in record.references.items()]
    return Story(folder, record, plan, (*sorted(entrants, key=_by_total), *references))


def _by_total(model: ModelStory) -> tuple[bool, float]:
    total = model.result.total
    return total is None, -total.value if total else 0.0


def _model(folder: RoundFolder, plan: Round, name: str, result: ModelResult) -> ModelStory:
    planned = {model.name: model for model in plan.models}.get(name)
    if planned is None:
        raise VerificationError(f"{folder.record} decides on {name!r}, which its plan does not name")
    run = folder.run_at(result.run) if result.run else None
    if run is None:
        return ModelStory(planned, result, None, None, None, None)
    return ModelStory(
        planned,
        result,
        run,
        run.read_record() if run.record.exists() else None,
        run.read_manifest() if run.manifest.exists() else None,
        run.read_execution() if run.execution.exists() else None,
    )
