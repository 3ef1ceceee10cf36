"""One model's run: asked, graded, estimated, recorded."""

from __future__ import annotations

import itertools
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from harness.checkpoint import Checkpoint
from harness.errors import CheckpointError, EngineError, SuiteError, VerificationError
from harness.evidence import build_manifest, installed_versions, server_reasons, with_reasons
from harness.hashing import digest, sha256_file
from harness.plan import Mode, Model, RemoteEngine, Round, Suite
from harness.records import (
    OUTCOMES,
    Check,
    Determinism,
    Execution,
    Manifest,
    Reason,
    RunRecord,
    Sample,
    SuiteResult,
    TaskResult,
)
from harness.request import Answer, Request
from harness.run.asking import Asking
from harness.run.excerpts import choose_excerpts
from harness.run.log import Log
from harness.run.screen import Notify, Screen
from harness.score import Journal, Scorer, Tokenizer
from harness.serve import Endpoint, serve
from harness.stats import suite_score, task_score
from harness.store import Results, RunFolder, write_record
from harness.suites import LoadedTask
from harness.verdict import reason

ANSWER_CHANGING = ("vllm", "torch", "transformers", "tokenizers")
"""Packages whose version can change what a model answers."""

THINKING: Mapping[Mode, bool | None] = {"base": None, "chat": False, "thinking": True}
"""What a chat template is told about thinking, by mode."""

SHOWN = 120
"""Characters of a check that the screen shows; execution.json has all."""

_INVOCATION = secrets.token_hex(16)


@dataclass(frozen=True)
class ModelJob:
    """One model and everything needed to evaluate it."""

    round: Round
    model: Model
    checkpoint: Checkpoint
    tasks: Sequence[LoadedTask]
    root: Path
    results: Results
    screen: Screen


def check_prompts(job: ModelJob) -> None:
    """SuiteError where a prompt does not fit the model; asked of every model before the first is served."""
    if _is_reusable(job, _folder(job)):
        return
    with job.screen.waiting(f"{job.model.title}: the prompts fit the model"), _journal(job) as journal:
        if job.model.mode == "thinking" and not _tokenizer(job).knows_thinking:
            raise CheckpointError(
                f"{job.model.name}: mode thinking, but its chat template is the same with thinking on and off",
                "declare mode chat, or give the template of the thinking model",
            )
        scorer, requests = _scorer(job, journal), _requests(job)
        checks = scorer.checklist(requests)
        if problems := scorer.preflight(requests):
            listed = "\n".join(f"  {problem}" for problem in problems)
            raise SuiteError(f"{job.model.title} cannot be asked these suites:\n{listed}")
    _show(job, checks)


def _show(job: ModelJob, checks: Sequence[Check]) -> None:
    """The checklist, a line for the model and one for each task."""
    for of, some in itertools.groupby(checks, key=lambda check: check.of):
        line = list(some)
        mark = "✓" if all(check.ok for check in line) else "!"
        found = " · ".join(f"{'' if check.ok else '! '}{check.name}: {check.found[:SHOWN]}" for check in line)
        job.screen.say(f"  {mark} {of}: {found}")


def evaluate_model(job: ModelJob) -> RunFolder:
    """Evaluate one model on all tasks of a round, reusing what is complete, and return its run.

    An engine that fails leaves a record that says `incomplete`; every answer it gave stays in the journal.
    """
    manifest = _manifest(job)
    folder = _folder(job)
    if _is_reusable(job, folder):
        job.screen.say(f"{job.model.title}: complete, reused (run {manifest.run})")
        _judge_again(job.round, folder, manifest)
        return folder
    write_record(folder.manifest, manifest)
    log = Log()
    requests = _requests(job)
    answers, problems, determinism = _answers(job, requests, folder, log)
    manifest = with_reasons(manifest, _server_reasons(job.round, log.execution()))
    write_record(folder.manifest, manifest)
    with log.timed("grading"):
        samples = _grade(job.tasks, dict(zip(requests, answers, strict=True)))
        _keep_excerpts(job, requests, samples, folder)
        record = _record(job, manifest, samples, problems, folder)
        record = record.model_copy(update={"determinism": determinism})
    write_record(folder.execution, log.execution())
    write_record(folder.record, record)
    return folder


def _manifest(job: ModelJob) -> Manifest:
    return build_manifest(job.round, job.model, job.checkpoint, job.tasks, root=job.root)


def _folder(job: ModelJob) -> RunFolder:
    return job.results.round(job.round.folder).run(job.model.name, _manifest(job).run)


def _journal(job: ModelJob) -> Journal:
    return Journal.open(job.results.journal(job.checkpoint.fingerprint))


def _scorer(job: ModelJob, journal: Journal) -> Scorer:
    engine = job.round.engine_of(job.model.name)
    thinking = job.model.thinking if job.model.mode == "thinking" else None
    return Scorer(_tokenizer(job), journal, engine, _scope(job), thinking=thinking)


def _tokenizer(job: ModelJob) -> Tokenizer:
    return Tokenizer.load(job.checkpoint.folder, thinking=THINKING[job.model.mode])


def _is_reusable(job: ModelJob, folder: RunFolder) -> bool:
    """Whether the run is complete, its samples are unchanged and its weights are known."""
    if not _weights_are_known(job):
        return False
    try:
        record = folder.read_record()
    except VerificationError:
        return False
    return record.status == "complete" and all(
        folder.samples(result.task).is_file() and sha256_file(folder.samples(result.task)) == result.samples_sha256
        for result in record.tasks
    )


def _weights_are_known(job: ModelJob) -> bool:
    """False for a remote engine whose operator states no digests: it may serve other weights tomorrow."""
    engine = job.round.engine_of(job.model.name)
    return not isinstance(engine, RemoteEngine) or bool(engine.stated_weights)


def _judge_again(round_: Round, folder: RunFolder, manifest: Manifest) -> None:
    """Bring a reused run's officialness up to date: the same files may have been committed, or changed, since."""
    judged = with_reasons(manifest, _server_reasons(round_, folder.read_execution()))
    if judged != folder.read_manifest():
        write_record(folder.manifest, judged)
        write_record(folder.record, folder.read_record().model_copy(update={"official": judged.official}))


def _server_reasons(round_: Round, execution: Execution) -> list[Reason]:
    """Why a run cannot be official, as far as the words of the servers tell that gave its answers, now or earlier."""
    asked, answered = execution.server, execution.answered_by
    unknown = [] if answered and all(answered) else [reason(round_, "unofficial_unknown_server")]
    return [*unknown, *(found for server in (asked, *answered) for found in server_reasons(round_, server))]


def _requests(job: ModelJob) -> list[Request]:
    template = _tokenizer(job).chat_template if job.model.mode != "base" else None
    return [request for task in job.tasks for request in task.requests(template, job.model.system_prompt)]


def _answers(
    job: ModelJob, requests: Sequence[Request], folder: RunFolder, log: Log
) -> tuple[list[Answer], list[str], Determinism | None]:
    """An answer to each request, the engine's failures in words, and what asking again has shown."""
    with _journal(job) as journal:
        if journal.note:
            job.screen.say(journal.note)
        scorer = _scorer(job, journal)
        problems: list[str] = []
        try:
            answers = _asking(job, folder, log).answers(scorer, requests)
        except EngineError as error:
            job.screen.say(f"{job.model.title}: {error}")
            problems.append(str(error))
            answers = scorer.answer(requests, None, lambda _done, _total: None)
        log.requests, log.preflight = dict(scorer.counts), scorer.checklist(requests)
        log.answered_by = scorer.servers(requests)
        return answers, problems, scorer.certificate(requests, answers)


def _asking(job: ModelJob, folder: RunFolder, log: Log) -> Asking:
    engine = job.round.engine_of(job.model.name)

    def start(notify: Notify) -> AbstractContextManager[Endpoint]:
        return serve(engine, job.checkpoint.folder, job.model.name, folder.server_log, notify)

    return Asking(job.model.title, engine, start, job.screen, log)


def _scope(job: ModelJob) -> str:
    """Digest of what, beside the request itself, can change an answer."""
    return digest(
        {
            "fingerprint": job.checkpoint.fingerprint,
            "tokenizer": job.checkpoint.tokenizer_digest,
            "template": job.checkpoint.template_digest,
            "engine": job.round.engine_of(job.model.name).identity(),
            "versions": {name: installed_versions()[name] for name in ANSWER_CHANGING},
            # Answers of unknown weights are good for this invocation alone.
            "only_now": None if _weights_are_known(job) else _INVOCATION,
        }
    )


def _grade(tasks: Sequence[LoadedTask], answers: Mapping[Request, Answer]) -> dict[str, list[Sample]]:
    by_task: dict[str, dict[tuple[str, int, int], Answer]] = {task.plan.name: {} for task in tasks}
    for request, answer in answers.items():
        by_task[request.task][request.item_id, request.repeat, request.index] = answer
    return {task.plan.name: task.grade(by_task[task.plan.name]) for task in tasks}


def _keep_excerpts(
    job: ModelJob, requests: Sequence[Request], samples: Mapping[str, Sequence[Sample]], folder: RunFolder
) -> None:
    by_task: dict[str, list[Request]] = {name: [] for name in samples}
    for request in requests:
        by_task[request.task].append(request)
    for name, asked in by_task.items():
        folder.write_excerpts(name, choose_excerpts(samples[name], asked, f"{job.round.seed}/{name}"))


def _record(
    job: ModelJob,
    manifest: Manifest,
    samples: Mapping[str, Sequence[Sample]],
    problems: Sequence[str],
    folder: RunFolder,
) -> RunRecord:
    tasks = tuple(_task_result(job, task, samples[task.plan.name], folder) for task in job.tasks)
    failed = tuple(
        f"{result.task}: {result.outcomes['failed']} of {result.n} answers failed: {_cause(samples[result.task])}"
        for result in tasks
        if result.score is None
    )
    return RunRecord(
        model=job.model.name,
        run=manifest.run,
        status="incomplete" if failed or problems else "complete",
        official=manifest.official,
        level=job.round.rules.level,
        tasks=tasks,
        suites=tuple(_suite_result(suite, tasks, job.round.rules.level) for suite in job.round.suites),
        problems=(*problems, *failed),
    )


def _task_result(job: ModelJob, task: LoadedTask, samples: Sequence[Sample], folder: RunFolder) -> TaskResult:
    path = folder.write_samples(task.plan.name, samples)
    ledger = Counter(sample.outcome for sample in samples)
    return TaskResult(
        task=task.plan.name,
        suite=task.suite,
        metric=task.plan.metric,
        mode=job.model.mode,
        n=len(samples),
        outcomes={outcome: ledger[outcome] for outcome in OUTCOMES},
        score=task_score(samples, task.plan, job.round.rules.level),
        chance=task.plan.chance,
        samples_sha256=sha256_file(path),
    )


def _suite_result(suite: Suite, tasks: Sequence[TaskResult], level: float) -> SuiteResult:
    of_suite = [result for result in tasks if result.suite == suite.name]
    return SuiteResult(suite=suite.name, score=suite_score(of_suite, suite, level))


def _cause(samples: Sequence[Sample]) -> str:
    causes = Counter(sample.cause or "unknown" for sample in samples if sample.outcome == "failed")
    return causes.most_common(1)[0][0]
