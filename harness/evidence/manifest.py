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
from harness.records import Manifest, Reason, ReasonCode
from harness.verdict import reason

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
        "model": model_identity(model),
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
        *([reason(round_, "unofficial_dry_run")] if round_.dry_run else []),
        *_engine_reasons(round_, identity),
        *_unofficial(round_, checkpoint, tasks, root),
    )
    return Manifest(
        run=digest(identity)[:RUN_ID_DIGITS],
        model=model.name,
        official=not because,
        unofficial_because=because,
        identity=identity,
    )


def model_identity(model: Model) -> dict[str, Any]:
    """What the plan says of a model that can change its numbers."""
    thinking = {"thinking": model.thinking.model_dump(mode="json")} if model.mode == "thinking" else {}
    return {"name": model.name, "mode": model.mode, "system_prompt": model.system_prompt, **thinking}


def engine_obstacle(identity: Mapping[str, Any]) -> ReasonCode | None:
    """Why a run cannot be official, as far as its identity tells: the engine."""
    engine = identity["engine"]
    if engine["kind"] == "fake":
        return "unofficial_fake_engine"
    return "unofficial_unstated" if engine["kind"] == "remote" and not engine["stated_weights"] else None


def _engine_reasons(round_: Round, identity: Mapping[str, Any]) -> list[Reason]:
    code = engine_obstacle(identity)
    served = identity["engine"].get("served_model")
    return [] if code is None else [reason(round_, code, **({"served": served} if served else {}))]


def server_reasons(round_: Round, reported: Mapping[str, Any]) -> list[Reason]:
    """Why a run cannot be official, as far as the server's own words tell."""
    return [reason(round_, "unofficial_fake_server")] if "fake" in str(reported.get("version", "")) else []


def with_reasons(manifest: Manifest, reasons: Sequence[Reason]) -> Manifest:
    """The manifest, unofficial for these further reasons, if there are any."""
    because = tuple({found.text: found for found in (*manifest.unofficial_because, *reasons)}.values())
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


def _unofficial(round_: Round, checkpoint: Checkpoint, tasks: Iterable[GradedTask], root: Path) -> Iterable[Reason]:
    if not checkpoint.pinned:
        yield reason(round_, "unofficial_unpinned")
    if unlocked := tuple(task.plan.name for task in tasks if not task.locked):
        yield reason(round_, "unofficial_unlocked", tasks=unlocked)
    yield from tree_reasons(round_, root)


def tree_reasons(round_: Round, root: Path) -> Iterator[Reason]:
    """Why nothing can be official now: the state of the project's own files."""
    changed = changes(root)
    if changed is None:
        yield reason(round_, "unofficial_no_checkout")
    elif changed:
        yield reason(round_, "unofficial_changed", files=_few(changed))


def _few(names: Sequence[str], most: int = 5) -> tuple[str, ...]:
    more = (f"… (+{len(names) - most})",) if len(names) > most else ()
    return (*names[:most], *more)
