"""Recompute a result from the samples beside it and name everything that does not follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.errors import UserError, VerificationError
from harness.evidence.comparable import mixed_reasons, plan_problems
from harness.evidence.completeness import is_whole
from harness.evidence.equality import misworded, same
from harness.evidence.manifest import RUN_ID_DIGITS, engine_obstacle
from harness.hashing import digest, sha256_file
from harness.panels import read_inputs
from harness.plan import Round, Suite, Task
from harness.records import Manifest, RoundRecord, RunRecord, Sample, TaskResult
from harness.stats import suite_score, task_score
from harness.store import RoundFolder, RunFolder
from harness.verdict import Evidence, Inputs, decide, panel_results

FIXED_SCORES: Mapping[str, float] = {"correct": 1.0, "wrong": 0.0, "unparsed": 0.0, "truncated": 0.0, "refused": 0.0}
"""Outcomes that leave no choice of score."""


def verify(folder: Path) -> list[str]:
    """Discrepancies of a run's or a round's folder, a sentence each; none where it is intact.

    Raises UserError where the folder is neither.
    """
    if RoundFolder(folder).record.is_file():
        return list(_named(folder, _verify_round(RoundFolder(folder))))
    if RunFolder(folder).manifest.is_file():
        return list(_named(folder, _verify_run(RunFolder(folder))))
    raise UserError(
        f"{folder} holds neither round.json nor manifest.json",
        "give a round's folder (results/ROUND) or a run's (results/ROUND/runs/MODEL/RUN)",
    )


def _named(where: Path, discrepancies: Iterator[str]) -> Iterator[str]:
    """The discrepancies, and damage that keeps them from being computed as one more of them."""
    try:
        yield from discrepancies
    except VerificationError as error:
        yield error.message
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        yield f"{where}: damaged, so that the rest cannot be recomputed: {type(error).__name__}: {error}"


def _verify_run(folder: RunFolder) -> Iterator[str]:
    manifest, record = folder.read_manifest(), folder.read_record()
    yield from (f"{folder.path}: {problem}" for problem in _manifest_problems(folder, manifest, record))
    tasks = _planned_tasks(manifest)
    recorded = {result.task: result for result in record.tasks}
    yield from _set_difference(f"{folder.record}: tasks", set(tasks), set(recorded))
    yield from (f"{folder.record}: {problem}" for problem in _label_problems(manifest, record))
    for name in [name for name in tasks if name in recorded]:
        yield from _verify_task(folder, tasks[name], recorded[name], record.level)
    yield from _suite_problems(folder, manifest, record)
    yield from _status_problems(folder, record)


def _manifest_problems(folder: RunFolder, manifest: Manifest, record: RunRecord) -> Iterator[str]:
    run = digest(dict(manifest.identity))[:RUN_ID_DIGITS]
    if run != manifest.run:
        yield f"manifest.json: its identity hashes to {run}, not to {manifest.run}"
    if folder.path.resolve().name != manifest.run:
        yield f"the folder is not named after its run {manifest.run}"
    if record.run != manifest.run or record.model != manifest.model:
        yield f"record.json is of {record.model} {record.run}, manifest.json of {manifest.model} {manifest.run}"
    if record.official != manifest.official or manifest.official == bool(manifest.unofficial_because):
        yield "record.json and manifest.json disagree about whether the run is official"
    if manifest.official and (obstacle := engine_obstacle(manifest.identity)):
        yield f"manifest.json: official, although its engine allows no official run ({obstacle})"
    if record.level != manifest.identity.get("level"):
        yield f"record.json: level {record.level}, planned {manifest.identity.get('level')}"


def _label_problems(manifest: Manifest, record: RunRecord) -> Iterator[str]:
    """Labels of the recorded tasks that are not those of the plan."""
    planned = {
        name: (suite, task["plan"]["metric"], manifest.identity["model"]["mode"], task["plan"]["chance"])
        for suite, tasks in manifest.identity["suites"].items()
        for name, task in tasks.items()
    }
    for result in record.tasks:
        labels = (result.suite, result.metric, result.mode, result.chance)
        if labels != planned.get(result.task, labels):
            yield f"{result.task}: suite, metric, mode and chance {labels}, planned {planned[result.task]}"


def _verify_task(folder: RunFolder, task: Task, result: TaskResult, level: float) -> Iterator[str]:
    path = folder.samples(task.name)
    try:
        samples = folder.read_samples(task.name)
    except VerificationError as error:
        yield error.message
        return
    if sha256_file(path) != result.samples_sha256:
        yield f"{path}: its digest is not the recorded one"
    yield from (f"{path}: {problem}" for problem in _ledger_problems(task, result, samples))
    try:
        score = task_score(samples, task, level)
    except VerificationError as error:
        yield f"{path}: {error.message}"
        return
    if not same(result.score, score):
        yield f"{folder.record}: {task.name}: score {_shown(result.score)} recorded, {_shown(score)} from the samples"


def _ledger_problems(task: Task, result: TaskResult, samples: list[Sample]) -> Iterator[str]:
    expected = task.items * task.repeats
    if len(samples) != expected or result.n != expected:
        yield f"{len(samples)} samples and n = {result.n}, planned {expected}"
    keys = Counter((sample.item_id, sample.repeat) for sample in samples)
    yield from (f"item {item}, repeat {repeat} occurs {n} times" for (item, repeat), n in keys.items() if n > 1)
    outcomes = Counter(sample.outcome for sample in samples)
    recorded = Counter({outcome: n for outcome, n in result.outcomes.items() if n})
    if outcomes != recorded:
        yield f"outcomes {dict(outcomes)}, recorded {dict(recorded)}"
    yield from (problem for sample in samples for problem in _sample_problems(task, sample))


def _sample_problems(task: Task, sample: Sample) -> Iterator[str]:
    where = f"item {sample.item_id}, repeat {sample.repeat}: {sample.outcome}"
    if (sample.outcome == "failed") != (sample.score is None):
        yield f"{where} with score {sample.score}"
    if sample.score is not None and not 0 <= sample.score <= 1:
        yield f"{where} with score {sample.score} outside [0, 1]"
    if sample.outcome in FIXED_SCORES and sample.score != FIXED_SCORES[sample.outcome]:
        yield f"{where} with score {sample.score}"
    if sample.outcome in (("scored",) if task.binary else ("correct", "wrong")):
        yield f"{where}, which a {'0/1' if task.binary else 'graded'} task has not"
    if not 0 <= sample.repeat < task.repeats:
        yield f"{where}: planned are {task.repeats} repeats, from 0"
    one_choice = task.metric == "acc" and sample.logprobs is not None and not sample.target.startswith("[")
    if one_choice and (sample.outcome == "correct") != (sample.response == sample.target):
        yield f"{where}, although {sample.response!r} was taken and {sample.target!r} is right"


def _suite_problems(folder: RunFolder, manifest: Manifest, record: RunRecord) -> Iterator[str]:
    recorded = {result.suite: result.score for result in record.suites}
    planned = manifest.identity["suites"]
    yield from _set_difference(f"{folder.record}: suites", set(planned), set(recorded))
    for name in [name for name in planned if name in recorded]:
        suite = _planned_suite(name, planned[name])
        score = suite_score([result for result in record.tasks if result.suite == name], suite, record.level)
        if not same(recorded[name], score):
            yield f"{folder.record}: {name}: {_shown(recorded[name])} recorded, {_shown(score)} from its tasks"


def _status_problems(folder: RunFolder, record: RunRecord) -> Iterator[str]:
    whole = all(result.score is not None for result in record.tasks)
    if (record.status == "complete") != (whole and not record.problems):
        yield f"{folder.record}: status {record.status}, but {'no' if whole else 'some'} task lacks a score"


def _planned_tasks(manifest: Manifest) -> dict[str, Task]:
    suites: Mapping[str, Any] = manifest.identity["suites"]
    return {name: Task.model_validate(task["plan"]) for suite in suites.values() for name, task in suite.items()}


def _planned_suite(name: str, tasks: Mapping[str, Any]) -> Suite:
    plans = [task["plan"] for task in tasks.values()]
    return Suite.model_validate({"name": name, "title": {}, "language": "", "tasks": plans})


def _verify_round(folder: RoundFolder) -> Iterator[str]:
    record = folder.read_record()
    runs = {name: result.run for name, result in {**record.entrants, **record.references}.items()}
    for run in filter(None, runs.values()):
        yield from _named(folder.run_at(run).path, _verify_run(folder.run_at(run)))
    yield from _verdict_problems(folder, record, runs)


def _verdict_problems(folder: RoundFolder, record: RoundRecord, runs: Mapping[str, str | None]) -> Iterator[str]:
    round_ = Round.model_validate(record.plan)
    try:
        evidence = {name: read_evidence(folder, run) for name, run in runs.items()}
    except VerificationError:
        yield f"{folder.record}: the verdict cannot be recomputed, because a run's files are damaged"
        return
    yield from (f"{folder.record}: {problem}" for problem in plan_problems(folder, round_, evidence))
    yield from (f"{folder.inputs}: {problem}" for problem in _input_problems(folder, record))
    try:
        inputs = read_inputs(round_, lambda name: folder.input(name, record.inputs.get(name, "")))
    except UserError as error:
        yield f"{folder.record}: the verdict cannot be recomputed: {error.message}"
        return
    yield from _decided(folder, record, round_, evidence, inputs)


def _decided(
    folder: RoundFolder, record: RoundRecord, round_: Round, evidence: Mapping[str, Evidence], inputs: Inputs
) -> Iterator[str]:
    """What the verdict does not owe to its evidence."""
    entrants, references = decide(round_, evidence, inputs)
    for name, result in entrants.items():
        if not same(record.entrants.get(name), result):
            yield _difference(folder, name, record.entrants.get(name), result)
    for name, reference in references.items():
        if not same(record.references.get(name), reference):
            yield _difference(folder, name, record.references.get(name), reference)
    for name, model in {**record.entrants, **record.references}.items():
        yield from (f"{folder.record}: {name}: {text!r} is not what its facts say" for text in misworded(model, round_))
    if not same(record.panels, panel_results(round_, inputs)):
        yield f"{folder.record}: what it says of the panels does not follow from their files"
    yield from _set_difference(f"{folder.record}: entrants", set(entrants), set(record.entrants))
    yield from _set_difference(f"{folder.record}: references", set(references), set(record.references))
    whole = is_whole(round_, evidence, entrants)
    if (record.status == "complete") != whole:
        yield f"{folder.record}: status {record.status}, but {'nothing' if whole else 'some evidence'} is missing"
    yield from (f"{folder.record}: {problem}" for problem in _official_problems(folder, record, round_, evidence))


def _official_problems(
    folder: RoundFolder, record: RoundRecord, round_: Round, evidence: Mapping[str, Evidence]
) -> Iterator[str]:
    """What the record hides of why the verdict is not official."""
    manifests = [folder.run_at(found.run).read_manifest() for found in evidence.values() if found.run is not None]
    unsaid = [because for because in mixed_reasons(round_, manifests) if because not in record.unofficial_because]
    yield from (f"it does not say: {because.text}" for because in unsaid)
    asked = [evidence[model.name].record for model in round_.served]
    if record.official and not all(run and run.official for run in asked):
        yield "official, but not every run is"
    if record.official and round_.replay:
        yield "official, but the round is a replay"
    if record.official and (round_.overridden or record.unofficial_because):
        yield "official, but the round was changed by hand"


def _input_problems(folder: RoundFolder, record: RoundRecord) -> Iterator[str]:
    for name, sha256 in record.inputs.items():
        copy = folder.input(name, sha256)
        if not copy.is_file():
            yield f"{name} is missing"
        elif sha256_file(copy) != sha256:
            yield f"the copy of {name} is not what was decided on: its digest is another one"


def read_evidence(folder: RoundFolder, run: str | None) -> Evidence:
    """The stored record and samples of one run, as the verdict takes them."""
    if run is None:
        return Evidence(run=None, record=None, samples={})
    stored = folder.run_at(run)
    record = stored.read_record()
    return Evidence(
        run=run, record=record, samples={result.task: stored.read_samples(result.task) for result in record.tasks}
    )


def _difference(folder: RoundFolder, name: str, recorded: Any, recomputed: Any) -> str:
    """Name the fields of a model's result that do not follow from its run."""
    if recorded is None:
        return f"{folder.record}: {name} is missing"
    pairs = {field: (getattr(recorded, field), getattr(recomputed, field)) for field in type(recomputed).model_fields}
    differing = [f"{field} {old!r}, recomputed {new!r}" for field, (old, new) in pairs.items() if not same(old, new)]
    return f"{folder.record}: {name}: {'; '.join(differing)}"


def _set_difference(where: str, planned: set[str], recorded: set[str]) -> Iterable[str]:
    if missing := sorted(planned - recorded):
        yield f"{where} missing: {', '.join(missing)}"
    if extra := sorted(recorded - planned):
        yield f"{where} not planned: {', '.join(extra)}"


def _shown(number: Any) -> str:
    return "none" if number is None else f"{number.value:.6f} [{number.low}, {number.high}], n = {number.n}"
