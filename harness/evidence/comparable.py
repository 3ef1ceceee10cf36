"""Whether a round's runs are of its plan, and may be set against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.evidence.manifest import model_identity
from harness.plan import Round
from harness.records import Manifest, Reason
from harness.store import RoundFolder
from harness.verdict import Evidence, reason


def plan_problems(folder: RoundFolder, round_: Round, evidence: Mapping[str, Evidence]) -> Iterator[str]:
    """Runs that are not of the model that they stand for, not of the round's plan, or not asked what others were."""
    runs = {name: found.run for name, found in evidence.items() if found.run is not None}
    manifests = {name: folder.run_at(run).read_manifest() for name, run in runs.items()}
    for name, manifest in manifests.items():
        planned = _planned_identity(round_, name)
        differing = [part for part, value in planned.items() if _ran(manifest, part) != value]
        if manifest.model != name or differing:
            yield (
                f"{runs[name]} does not follow the round's plan for {name}:"
                f" it differs in {', '.join(differing) or 'model'}"
            )
    yield from _question_problems({runs[name]: manifest for name, manifest in manifests.items()})


def _planned_identity(round_: Round, name: str) -> dict[str, Any]:
    (model,) = [model for model in round_.models if model.name == name]
    return {
        "model": model_identity(model),
        "engine": round_.engine_of(name).identity(),
        "seed": round_.seed,
        "level": round_.rules.level,
        "suites": {
            suite.name: {task.name: task.model_dump(mode="json") for task in suite.tasks} for suite in round_.suites
        },
    }


def _ran(manifest: Manifest, part: str) -> Any:
    ran = manifest.identity[part]
    if part != "suites":
        return ran
    return {suite: {name: task["plan"] for name, task in tasks.items()} for suite, tasks in ran.items()}


def _question_problems(manifests: Mapping[str, Manifest]) -> Iterator[str]:
    """Tasks whose files or rows were others in one run than in the first."""
    asked = {run: _digests(manifest) for run, manifest in manifests.items()}
    first = next(iter(asked), "")
    for run, tasks in asked.items():
        parts = {task: _differing([asked[first].get(task, digests), digests]) for task, digests in tasks.items()}
        if listed := ", ".join(f"{task} ({', '.join(differing)})" for task, differing in parts.items() if differing):
            yield f"{run} and {first} were not asked the same, and cannot be compared: {listed} differ"


def _digests(manifest: Manifest) -> dict[str, Mapping[str, str]]:
    suites = manifest.identity["suites"].values()
    return {name: task["digests"] for tasks in suites for name, task in tasks.items()}


def mixed_reasons(round_: Round, manifests: Sequence[Manifest]) -> Iterator[Reason]:
    """Why a verdict on these runs cannot be official: not all of them were made with the same code and packages."""
    made = [manifest.identity for manifest in manifests]
    code = _differing([{"harness": identity["code"]} for identity in made])
    locks, versions = (_differing([identity[part] for identity in made]) for part in ("lock", "versions"))
    if parts := (*code, *versions, *locks):
        yield reason(round_, "unofficial_mixed", parts=parts)


def _differing(given: Sequence[Mapping[str, Any]]) -> list[str]:
    """The keys that do not have the same value everywhere."""
    keys = sorted({key for each in given for key in each})
    return [key for key in keys if any(each.get(key) != given[0].get(key) for each in given)]
