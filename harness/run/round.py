"""A round from its plan to its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.checkpoint import Checkpoint, prepare
from harness.errors import CheckpointError, ConfigError, TrackingError, VerificationError
from harness.evidence import is_whole, mixed_reasons, plan_problems, read_evidence, tree_reasons
from harness.panels import read_inputs
from harness.plan import Model, Round
from harness.records import Manifest, Reason, RoundRecord
from harness.report import write_report, write_scores
from harness.run.audits import audit_entrants, stored_audits
from harness.run.model import ModelJob, check_prompts, evaluate_model
from harness.run.screen import Screen
from harness.store import Results, RoundFolder, RunFolder, copy_file, write_record
from harness.suites import LoadedTask, load
from harness.tracking import log_round
from harness.verdict import Evidence, Inputs, decide, of_models, panel_results, reason


@dataclass(frozen=True)
class Concluded:
    """A decided round and where it lies."""

    folder: RoundFolder
    record: RoundRecord


def evaluate_round(round_: Round, *, root: Path, cache: Path, screen: Screen) -> Concluded:
    """Check everything that can be checked cheaply, evaluate model after model, decide.

    Raises UserError for what the user must mend before anything is served. A model whose engine fails
    is recorded as incomplete and the others go on.
    """
    results = Results(root / round_.results)
    read_inputs(round_, _beside(root))  # what is wrong with them is said first
    _refuse_to_serve(round_)
    tasks = load_suites(round_, root, screen)
    checkpoints = _prepare_all(round_, root, cache, screen)
    round_ = audit_entrants(round_, checkpoints, root=root, cache=cache, results=results, screen=screen)
    jobs = [ModelJob(round_, model, checkpoints[model.name], tasks, root, results, screen) for model in round_.served]
    for job in jobs:
        check_prompts(job)
    runs: dict[str, RunFolder | None] = {model.name: None for model in round_.models}
    runs |= {job.model.name: evaluate_model(job) for job in jobs}
    return conclude(round_, results, runs, read_inputs(round_, _beside(root)), root=root, screen=screen)


def decide_round(round_: Round, *, root: Path, screen: Screen) -> Concluded:
    """The verdict from the records that exist; nothing is served."""
    results = Results(root / round_.results)
    folder = results.round(round_.folder)
    round_ = stored_audits(round_, folder)
    served = [model.name for model in round_.served]
    runs = {model.name: _stored_run(folder, model.name) if model.name in served else None for model in round_.models}
    return conclude(round_, results, runs, read_inputs(round_, _beside(root)), root=root, screen=screen)


def _beside(root: Path) -> Callable[[str], Path]:
    """Where a round's own files lie: paths are relative to the project's root."""
    return lambda name: root / Path(name).expanduser()


def _refuse_to_serve(round_: Round) -> None:
    """ConfigError where serving would be for nothing."""
    if not round_.suites:
        raise ConfigError(
            f"round {round_.name} has no suites: all its numbers are imported and nothing is to be served",
            f"run `harness decide round={round_.name}`",
        )
    for model in round_.entrants:
        before = round_.rules.lineage.eliminated_in(model.owner)
        if before is not None:
            raise ConfigError(
                f"entrant {model.name}: its owner {model.owner!r} was eliminated in {before.round} and may not return",
                "take it out of the round, or change rules.lineage",
            )


def report_round(round_: Round, *, root: Path) -> Path:
    """Write a decided round's tables and report again and return the report."""
    folder = Results(root / round_.results).round(round_.folder)
    write_scores(folder)
    return write_report(folder, round_.lang)


def track_round(round_: Round, *, root: Path) -> str:
    """Log a decided round to the tracking server and return its address there."""
    results = Results(root / round_.results)
    return log_round(results.round(round_.folder), round_.tracking, results, round_.lang)


def load_suites(round_: Round, root: Path, screen: Screen) -> list[LoadedTask]:
    """Every task of the round, in order."""
    with screen.waiting("reading the suites"):
        return [task for suite in round_.suites for task in load(suite, root=root, seed=round_.seed)]


def _prepare_all(round_: Round, root: Path, cache: Path, screen: Screen) -> dict[str, Checkpoint]:
    """Every model's checkpoint, or one error that lists what is wrong with all of them."""
    checkpoints: dict[str, Checkpoint] = {}
    broken: list[str] = []
    for model in round_.served:
        try:
            checkpoints[model.name] = prepare_model(round_, model, root, cache, screen)
        except CheckpointError as error:
            broken.append(str(error))
    if broken:
        raise CheckpointError("\n".join(broken))
    return checkpoints


def prepare_model(round_: Round, model: Model, root: Path, cache: Path, screen: Screen) -> Checkpoint:
    """One model's files, found sound and digested; CheckpointError lists all that is wrong."""
    with screen.waiting(f"{model.title}: shapes, values and tokenizer") as notify:
        return prepare(model, round_.engine_of(model.name), root=root, cache=cache, notify=notify)


def _stored_run(folder: RoundFolder, model: str) -> RunFolder | None:
    """The run that round.json names, else the only complete one; None where there is none."""
    if folder.record.is_file():
        record = folder.read_record()
        result = record.entrants.get(model) or record.references.get(model)
        if result is not None and result.run is not None:
            return folder.run_at(result.run)
    complete = [run for run in folder.runs(model) if _has_complete_record(run)]
    if len(complete) > 1:
        raise ConfigError(
            f"{model} has {len(complete)} complete runs and round.json names none of them: "
            + ", ".join(run.path.name for run in complete),
            "move those aside that should not count",
        )
    return complete[0] if complete else None


def _has_complete_record(run: RunFolder) -> bool:
    try:
        return run.read_record().status == "complete"
    except VerificationError:
        return False


def conclude(
    round_: Round,
    results: Results,
    runs: Mapping[str, RunFolder | None],
    inputs: Inputs,
    *,
    root: Path,
    screen: Screen,
) -> Concluded:
    """Decide from the runs and inputs and write round.json, then the report, the tables and MLflow's copy."""
    folder = results.round(round_.folder)
    evidence = {name: read_evidence(folder, _relative(folder, run)) for name, run in runs.items()}
    _refuse_other_plans(folder, round_, evidence)
    manifests = [run.read_manifest() for run in runs.values() if run is not None]
    _keep_inputs(folder, inputs, root)
    because = (*_round_reasons(round_, inputs, root), *_run_reasons(round_, evidence, manifests))
    record = _round_record(round_, evidence, inputs, tuple({found.text: found for found in because}.values()))
    write_record(folder.record, record)
    with screen.waiting("writing the report"):
        write_scores(folder)
        write_report(folder, round_.lang)
    _track(round_, folder, results, screen)
    return Concluded(folder, record)


def _refuse_other_plans(folder: RoundFolder, round_: Round, evidence: Mapping[str, Evidence]) -> None:
    """Stored runs decide only the plan that they were taken for; rules may change, what was asked may not."""
    if problems := list(plan_problems(folder, round_, evidence)):
        raise ConfigError("\n".join(problems), "run `harness eval` with this plan; it makes outdated runs again")


def _relative(folder: RoundFolder, run: RunFolder | None) -> str | None:
    return None if run is None else run.path.relative_to(folder.path).as_posix()


def _keep_inputs(folder: RoundFolder, inputs: Inputs, root: Path) -> None:
    """Copy what the verdict rests on beside it, so that anyone can recompute it."""
    for name, sha256 in inputs.files.items():
        copy_file(_beside(root)(name), folder.input(name, sha256))


def _round_record(
    round_: Round, evidence: Mapping[str, Evidence], inputs: Inputs, because: tuple[Reason, ...]
) -> RoundRecord:
    entrants, references = decide(round_, evidence, inputs)
    whole = is_whole(round_, evidence, entrants)
    return RoundRecord(
        round=round_.name,
        title=round_.title,
        demo=round_.demo,
        status="complete" if whole else "incomplete",
        official=not because,
        unofficial_because=because,
        plan=round_.model_dump(mode="json", exclude={"lang"}),  # the verdict is the same in every language
        inputs=inputs.files,
        panels=panel_results(round_, inputs),
        entrants=entrants,
        references=references,
    )


def _round_reasons(round_: Round, inputs: Inputs, root: Path) -> Iterable[Reason]:
    """Why the verdict itself is not official: rules, plan and inputs are not part of the runs."""
    if round_.replay:
        yield reason(round_, "unofficial_replay")
    if files := inputs.doubtful():
        yield reason(round_, "unofficial_second_hand", files=files)
    if round_.overridden:
        yield reason(round_, "unofficial_overridden", parts=round_.overridden)
    yield from tree_reasons(round_, root)


def _run_reasons(round_: Round, evidence: Mapping[str, Evidence], manifests: Sequence[Manifest]) -> Iterable[Reason]:
    """Why the runs are not official: each reason once, with the models that it holds for."""
    found = [(because, manifest.model) for manifest in manifests for because in manifest.unofficial_because]
    served = [model.name for model in round_.served]
    found += [(reason(round_, "unofficial_no_run"), name) for name in served if evidence[name].record is None]
    yield from mixed_reasons(round_, manifests)
    because = {each.text: each for each, _ in found}
    for text, each in because.items():
        models = [model for other, model in found if other.text == text]
        yield each if len(models) == len(served) else of_models(each, models, round_)


def _track(round_: Round, folder: RoundFolder, results: Results, screen: Screen) -> None:
    if round_.tracking.kind == "none":
        return
    try:
        with screen.waiting("logging to MLflow"):
            address = log_round(folder, round_.tracking, results, round_.lang)
        screen.say(f"MLflow: {address}" if "://" in address else "MLflow: make ui, then http://127.0.0.1:5000")
    except TrackingError as error:
        screen.say(f"{error}")
