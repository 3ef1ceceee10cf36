"""One model's run in a process of its own, on an engine in another: what the kill tests start and kill."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Literal

import psutil
import yaml
from rich.console import Console

from harness.environment import CACHE, ROOT
from harness.plan import Model, Round, VllmEngine
from harness.run import Screen
from harness.run.model import ModelJob, _requests, _scorer, evaluate_model
from harness.run.round import _prepare_all, load_suites
from harness.score import Journal, agreement
from harness.score.calls import Result
from harness.store import Results, RunFolder
from tests.copying import copying_round
from tests.fake_vllm import payload_digest

FAKE = Path(__file__).with_name("fake_vllm.py")
Victim = Literal["harness", "engine", "both"]

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.killing", "lm_eval.tasks", "lm_eval.api.task", "datasets", "transformers"])


@dataclass(frozen=True)
class Stage:
    """A folder with a small round, its tasks and its checkpoint."""

    folder: Path
    items: int = 60
    latency_ms: float = 10.0
    concurrency: int = 8
    restarts: int = 5
    poison: str = ""
    """Text whose prompt kills the engine."""

    def plan(self, results: Path) -> Round:
        """The round whose results lie there."""
        items = [{"name": "copying", "points": 100, "source": {"kind": "suite", "suite": "copying"}}]
        rules = {"name": "copying", "version": 1, "items": items}
        whole = copying_round(self.folder, {"able": 1.0}, n=self.items, rules=rules)
        env = {"FAKE_LOG": str(self.log), "FAKE_LATENCY_MS": str(self.latency_ms), "FAKE_POISON": self.poison}
        engine = VllmEngine(
            kind="vllm",
            device="cpu",
            dtype="float32",
            max_model_len=512,
            concurrency=self.concurrency,
            restarts=self.restarts,
            env=env,
        )
        return whole.model_copy(update={"results": str(results), "engine": engine, "engines": {}})

    @property
    def log(self) -> Path:
        return self.folder / "asked.log"

    @property
    def cache(self) -> Path:
        """Where converted checkpoints lie."""
        return self.folder / "cache"

    @property
    def program(self) -> list[str] | None:
        """What stands in for the `vllm` command."""
        return [sys.executable, str(FAKE)]

    def job(self, results: Path, said: StringIO | None = None) -> ModelJob:
        """The only model of the round and what it needs."""
        plan, screen = self.plan(results), Screen(Console(file=said or StringIO(), width=200))
        checkpoints = _prepare_all(plan, ROOT, self.cache, screen)
        (model,) = plan.models
        return ModelJob(
            plan, model, checkpoints[model.name], load_suites(plan, ROOT, screen), ROOT, Results(results), screen
        )

    def start(self, results: Path) -> Any:
        """The command, in a process of its own."""
        process = _CONTEXT.Process(target=_evaluate, args=(self, results))
        process.start()
        return process

    def run(self, results: Path) -> RunFolder:
        """The command from its start to its end."""
        process = self.start(results)
        process.join()
        assert process.exitcode == 0, f"the command ended with {process.exitcode}"
        return run_folder(results)

    def asked(self) -> list[tuple[int, str]]:
        """Every completion asked for so far: the engine's process and the payload's digest."""
        with suppress(FileNotFoundError):
            lines = self.log.read_text().splitlines()
            return [(int(line.split()[0]), line.split()[1]) for line in lines if len(line.split()) == 2]
        return []

    def journalled(self, results: Path) -> set[str]:
        """The payload digests of everything that the journal answers."""
        job = self.job(results)
        with Journal.open(job.results.journal(job.checkpoint.fingerprint)) as journal:
            calls, known = _scorer(job, journal)._calls(_requests(job))
            return {payload_digest(calls[key].payload()) for key in known}

    def trials(self, results: Path) -> set[str]:
        """The payload digests of what every engine is asked first, past the journal, to prove itself."""
        job = self.job(results)
        with Journal.open(job.results.journal(job.checkpoint.fingerprint)) as journal:
            scorer, requests = _scorer(job, journal), _requests(job)
            scorer._calls(requests)  # makes the planner ready
            chosen = agreement.trials(requests, scorer._planner)
        return {payload_digest(call.payload()) for trial in chosen for call in trial.calls().values()}


@dataclass(frozen=True)
class RealStage(Stage):
    """The same round with SmolLM2-135M behind the real vLLM."""

    items: int = 40

    def plan(self, results: Path) -> Round:
        entrant = yaml.safe_load((ROOT / "configs/entrant/smollm2_135m.yaml").read_text(encoding="utf-8"))
        engine = yaml.safe_load((ROOT / "configs/engine/cpu.yaml").read_text(encoding="utf-8"))
        model = Model.model_validate({**entrant, "name": "able"})
        changes = {"engine": VllmEngine.model_validate({**engine, "concurrency": 8}), "entrants": (model,)}
        return super().plan(results).model_copy(update=changes)

    @property
    def program(self) -> None:
        return None

    @property
    def cache(self) -> Path:
        return CACHE


def _evaluate(stage: Stage, results: Path) -> None:
    from harness.serve import vllm

    if stage.program is not None:
        vllm._installed = lambda _: stage.program
    os.setsid()
    evaluate_model(stage.job(results))


def run_folder(results: Path) -> RunFolder:
    (folder,) = (results / "copying" / "runs" / "able").iterdir()
    return RunFolder(folder)


def outcome(results: Path) -> dict[str, bytes]:
    """The record and the samples, byte by byte."""
    folder = run_folder(results)
    return {path.name: path.read_bytes() for path in (folder.record, *sorted((folder.path / "samples").iterdir()))}


def kill(stage: Stage, results: Path, victim: Victim, ready: Callable[[], bool]) -> None:
    """Start the command, strike with kill -9 once `ready` (or not at all where the command ends before), and wait."""
    process = stage.start(results)
    while process.is_alive() and not ready():
        time.sleep(0.002)
    engines = _engines_of(process.pid)
    with suppress(ProcessLookupError):
        if victim != "engine":
            os.kill(process.pid, signal.SIGKILL)
        if victim != "harness" and engines:
            os.kill(engines[-1], signal.SIGKILL)
    process.join()


def _engines_of(pid: int) -> list[int]:
    """The servers that a command has started: the children of its guards."""
    with suppress(psutil.NoSuchProcess):
        return [server.pid for guard in psutil.Process(pid).children() for server in guard.children()]
    return []


def answers(stage: Stage, results: Path) -> dict[str, Result]:
    """Everything that the journal answers, by key."""
    job = stage.job(results)
    with Journal.open(job.results.journal(job.checkpoint.fingerprint)) as journal:
        return dict(_scorer(job, journal)._calls(_requests(job))[1])


def journal_rows(results: Path) -> int:
    """Answers in the journal by now, read beside the one that writes it."""
    for path in (results / "journal").glob("*.sqlite"):
        with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM answers").fetchone()[0])
    return 0


def asked_again(stage: Stage, start: int, payloads: set[str]) -> Counter[str]:
    """How often each of the payloads was asked for after line `start` of the log."""
    return Counter(payload for _, payload in stage.asked()[start:] if payload in payloads)
