"""manifest.json: everything that can change a run's numbers, and whether the run can be official."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from harness.checkpoint import Checkpoint
from harness.evidence.installed import installed_versions
from harness.evidence.tree import changes, code_digest
from harness.hashing import digest, sha256_file
from harness.plan import Model, Round, Task
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
    identity = {
        "model": {"name": model.name, "mode": model.mode, "system_prompt": model.system_prompt},
        "files": dict(checkpoint.files),
        "stated_weights": dict(checkpoint.stated),
        "tokenizer": checkpoint.tokenizer_digest,
        "template": checkpoint.template_digest,
        "engine": round_.engine_of(model.name).identity(),
        "seed": round_.seed,
        "level": round_.rules.level,
        "suites": _suites(round_, tasks),
        "code": code_digest(root),
        "lock": _lock_digests(root),
        "versions": installed_versions(),
    }
    because = (
        *(["this is a dry run: it decides nothing"] if round_.dry_run else []),
        *engine_reasons(identity),
        *_unofficial(model, checkpoint, tasks, root),
    )
    return Manifest(
        run=digest(identity)[:RUN_ID_DIGITS],
        model=model.name,
        official=not because,
        unofficial_because=because,
        identity=identity,
    )


def engine_reasons(identity: Mapping[str, Any]) -> list[str]:
    """Why a run cannot be official, as far as its identity tells: the engine."""
    engine = identity["engine"]
    if engine["kind"] == "fake":
        return ["the engine is the fake one: its answers come from no model"]
    if engine["kind"] == "remote" and not engine["stated_weights"]:
        return [f"nobody states which weights {engine['served_model']} serves (engine.stated_weights)"]
    return []


def server_reasons(reported: Mapping[str, Any]) -> list[str]:
    """Why a run cannot be official, as far as the server's own words tell."""
    if "fake" in str(reported.get("version", "")):
        return ["the server says that it is a fake one: its answers come from no model"]
    return []


def with_reasons(manifest: Manifest, reasons: Sequence[str]) -> Manifest:
    """The manifest, unofficial for these further reasons, if there are any."""
    because = tuple(dict.fromkeys((*manifest.unofficial_because, *reasons)))
    return manifest.model_copy(update={"official": not because, "unofficial_because": because})


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


def _unofficial(model: Model, checkpoint: Checkpoint, tasks: Iterable[GradedTask], root: Path) -> Iterable[str]:
    if not checkpoint.pinned:
        yield f"the revision of {model.name} is not pinned to a commit"
    if unlocked := [task.plan.name for task in tasks if not task.locked]:
        yield f"the data of {', '.join(unlocked)} is not locked to a revision"
    yield from tree_reasons(root)


def tree_reasons(root: Path) -> Iterator[str]:
    """Why nothing can be official now: the state of the project's own files."""
    changed = changes(root)
    if changed is None:
        yield "the harness does not run from a git checkout of its own, so its state is unknown"
    elif changed:
        yield f"the harness differs from its commit: {_few(changed)}"


def _few(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
