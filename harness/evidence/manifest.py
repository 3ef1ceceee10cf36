"""manifest.json: everything that can change a run's numbers, and whether the run can be official."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from harness.checkpoint import Checkpoint
from harness.evidence.tree import changes, code_digest
from harness.hashing import digest, sha256_file
from harness.plan import FakeEngine, Model, RemoteEngine, Round, Task, VllmEngine
from harness.records import Manifest

RUN_ID_DIGITS = 16


class GradedTask(Protocol):
    """What a manifest needs to know of a loaded task."""

    @property
    def plan(self) -> Task: ...
    @property
    def suite(self) -> str: ...
    @property
    def digests(self) -> Mapping[str, str]:
        """Digests of the task's files and rows."""

    @property
    def locked(self) -> bool:
        """Whether the rows come from the project or from a pinned revision."""


def build_manifest(
    round_: Round, model: Model, checkpoint: Checkpoint, tasks: Sequence[GradedTask], *, root: Path
) -> Manifest:
    """The manifest of one model's run: identity, its digest as the run's name, and why it may be unofficial."""
    engine = round_.engine_of(model.name)
    identity = {
        "model": {"name": model.name, "mode": model.mode, "system_prompt": model.system_prompt},
        "files": dict(checkpoint.files),
        "stated_weights": dict(checkpoint.stated),
        "tokenizer": checkpoint.tokenizer_digest,
        "template": checkpoint.template_digest,
        "engine": engine.identity(),
        "seed": round_.seed,
        "level": round_.rules.level,
        "suites": _suites(round_, tasks),
        "code": code_digest(root),
        "lock": _lock_digests(root),
    }
    because = (
        *(["this is a dry run: it decides nothing"] if round_.dry_run else []),
        *_unofficial(model, checkpoint, engine, tasks, root),
    )
    return Manifest(
        run=digest(identity)[:RUN_ID_DIGITS],
        model=model.name,
        official=not because,
        unofficial_because=because,
        identity=identity,
    )


def _suites(round_: Round, tasks: Sequence[GradedTask]) -> dict[str, Any]:
    return {
        suite.name: {
            task.plan.name: {"plan": task.plan.model_dump(mode="json"), "digests": dict(task.digests)}
            for task in tasks
            if task.suite == suite.name
        }
        for suite in round_.suites
    }


def _lock_digests(root: Path) -> dict[str, str]:
    return {path.name: sha256_file(path) for path in sorted((root / "requirements").glob("*pu.txt"))}


def _unofficial(
    model: Model,
    checkpoint: Checkpoint,
    engine: VllmEngine | RemoteEngine | FakeEngine,
    tasks: Iterable[GradedTask],
    root: Path,
) -> Iterable[str]:
    if isinstance(engine, FakeEngine):
        yield "the engine is the fake one: its answers come from no model"
    if isinstance(engine, RemoteEngine) and not engine.stated_weights:
        yield f"nobody states which weights {engine.served_model} serves (engine.stated_weights)"
    if not checkpoint.pinned:
        yield f"the revision of {model.name} is not pinned to a commit"
    if unlocked := [task.plan.name for task in tasks if not task.locked]:
        yield f"the data of {', '.join(unlocked)} is not locked to a revision"
    changed = changes(root)
    if changed is None:
        yield "the harness does not run from a git checkout, so its state is unknown"
    elif changed:
        yield f"the harness differs from its commit: {_few(changed)}"


def _few(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
