"""The independence audit of a round's entrants: made before anything is served, kept by what it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.audit.audit import Opened, audit
from harness.audit.lineage import ENTRANT
from harness.audit.sources import shipped
from harness.audit.subject import reading
from harness.checkpoint import Checkpoint, folder_of
from harness.checkpoint.files import settings_files, weight_files
from harness.errors import CheckpointError, ConfigError, VerificationError
from harness.evidence import code_digest, installed_versions
from harness.findings import AuditManifest, Party
from harness.hashing import digest, sha256_file, sha256_files
from harness.plan import Model, RemoteEngine, Round
from harness.records import RoundRecord
from harness.report.audit import write_audit_page
from harness.run.log import Log
from harness.run.screen import Screen
from harness.store import AuditFolder, Results, RoundFolder, write_record

AUDIT_ID_DIGITS = 16


@dataclass(frozen=True)
class Weights:
    """A model's files as an audit takes them."""

    model: Model
    folder: Path
    """Of the checkpoint; the file itself where it is a sketch."""
    files: Mapping[str, str]
    """SHA-256 by relative path."""
    python: str
    """64 hex digits: of the Python files as the audit reads them, in subfolders too."""

    @property
    def identity(self) -> dict[str, object]:
        """What of it can change an audit."""
        party = party_of(self.model).model_dump(mode="json")
        return {"files": dict(self.files), "python": self.python, "party": party}


@dataclass(frozen=True)
class Parts:
    """Who takes part in one audit."""

    ours: Weights
    theirs: Sequence[Weights]
    """The candidates."""
    nulls: Sequence[Weights]
    memory_gib: float
    """What the audit may take."""


def party_of(model: Model) -> Party:
    """Who made a model, as its config says."""
    return Party(owner=model.owner, country=model.country, licence=model.licence)


def audit_entrants(
    round_: Round, checkpoints: Mapping[str, Checkpoint], *, root: Path, cache: Path, results: Results, screen: Screen
) -> Round:
    """Audit every entrant whose weights are here and return the round with their records under `audits`.

    A complete audit of the same files by the same code is reused. CheckpointError for candidates that cannot be read,
    and for all entrants that cannot be audited together: the audits of the others are kept.
    """
    entrants = [(model, candidates) for model in audited(round_) if (candidates := against(round_, model))]
    if round_.audit is None or not entrants:
        return round_
    named = {model.name: model for _, candidates in entrants for model in candidates}
    named |= {model.name: model for model in round_.audit.nulls}
    local = {name: checkpoint for name, checkpoint in checkpoints.items() if not _is_remote(round_, name)}
    known = {name: _weights(model, local, root, cache, screen) for name, model in named.items()}
    nulls = [known[model.name] for model in round_.audit.nulls]
    found, opened = {}, Opened()
    broken: list[str] = []
    for model, candidates in entrants:
        theirs = [known[candidate.name] for candidate in candidates]
        try:
            with _telling(model, checkpoints[model.name].folder):
                ours = _whole(model, checkpoints[model.name].folder, checkpoints[model.name].files)
                parts = Parts(ours, theirs, nulls, round_.audit.memory_gib)
                found[model.name] = _in_plan(round_, _audited(round_, parts, root, results, screen, opened))
        except CheckpointError as error:
            broken.append(str(error))
    if broken:
        raise CheckpointError("\n".join(dict.fromkeys(broken)))
    return with_audits(round_, found)


@contextmanager
def _telling(model: Model, folder: Path) -> Iterator[None]:
    """Turn what files can do to whoever reads them into an error that names the entrant."""
    try:
        yield
    except (MemoryError, RecursionError, ValueError) as error:
        raise CheckpointError(
            f"{model.name} in {folder} could not be audited: {type(error).__name__}: {error}",
            "look at its files and those of its candidates; the audits of other entrants are kept",
        ) from error


def _whole(model: Model, folder: Path, files: Mapping[str, str]) -> Weights:
    """Its files with the digest of its code. CheckpointError where a file cannot be read."""
    with reading(folder):
        return Weights(model, folder, files, shipped(folder).digest)


def stored_audits(round_: Round, folder: RoundFolder) -> Round:
    """The round with the audits that lie in its folder: those that round.json names, else the only complete ones.

    ConfigError where several are complete, or where one was made against other candidates than the round names.
    """
    decided = _decided_on(folder)
    found = {}
    for model in audited(round_):
        kept = [each for each in folder.audits(model.name) if not decided or _in_plan(round_, each) in decided]
        complete = [each for each in kept if each.record.is_file()]
        if len(complete) > 1:
            names = ", ".join(each.path.name for each in complete)
            raise ConfigError(
                f"{model.name} has {len(complete)} complete audits and round.json names none of them: {names}",
                "move those aside that should not count",
            )
        if complete:
            _refuse_other_candidates(round_, model, complete[0])
            found[model.name] = _in_plan(round_, complete[0])
    return with_audits(round_, found)


def with_audits(round_: Round, found: Mapping[str, str]) -> Round:
    """The round with a record of its own audit for some entrants, beside the reports that were supplied."""
    audits = {name: (*round_.audits.get(name, ()), record) for name, record in found.items()}
    return round_.model_copy(update={"audits": {**round_.audits, **audits}})


def audited(round_: Round) -> list[Model]:
    """Entrants that the round's audit looks at: those whose weights are on this machine."""
    if round_.audit is None:
        return []
    served = {model.name for model in round_.served}
    return [model for model in round_.entrants if model.name in served and not _is_remote(round_, model.name)]


def _is_remote(round_: Round, model: str) -> bool:
    """Whether somebody else serves the model: then this machine has its tokenizer and no weights."""
    return isinstance(round_.engine_of(model), RemoteEngine)


def against(round_: Round, model: Model) -> list[Model]:
    """The candidates of one entrant: all but itself."""
    candidates = () if round_.audit is None else round_.audit.candidates
    return [candidate for candidate in candidates if candidate.name != model.name]


def _weights(model: Model, checkpoints: Mapping[str, Checkpoint], root: Path, cache: Path, screen: Screen) -> Weights:
    """A candidate's files: those of the round's own model of that name where it has the same source."""
    known = checkpoints.get(model.name)
    if known is not None:
        return _whole(model, known.folder, known.files)
    with screen.waiting(f"{model.title}: files of the candidate") as notify:
        folder = folder_of(model, root, cache, notify)
        if folder.is_file():  # a sketch
            return _whole(model, folder, {folder.name: sha256_file(folder)})
        return _whole(model, folder, sha256_files([*weight_files(folder), *settings_files(folder)], folder))


def _audited(round_: Round, parts: Parts, root: Path, results: Results, screen: Screen, opened: Opened) -> AuditFolder:
    entrant, manifest = parts.ours.model, _manifest(parts, root)
    folder = results.round(round_.folder).audit(entrant.name, manifest.audit)
    if _is_complete(folder):
        screen.say(f"{entrant.title}: audit complete, reused ({manifest.audit})")
    else:
        _make(parts, manifest, folder, screen, opened)
        write_audit_page(folder.read_record(), folder.record, round_.lang)
    return folder


def _is_complete(folder: AuditFolder) -> bool:
    try:
        folder.read_record()
    except VerificationError:
        return False
    return True


def _make(parts: Parts, manifest: AuditManifest, folder: AuditFolder, screen: Screen, opened: Opened) -> None:
    write_record(folder.manifest, manifest)
    log = Log()
    parties = {each.model.name: party_of(each.model) for each in (*parts.theirs, *parts.nulls)}
    with screen.waiting(f"{parts.ours.model.title}: audit of its weights") as notify:
        report = audit(
            parts.ours.folder,
            {each.model.name: each.folder for each in parts.theirs},
            {each.model.name: each.folder for each in parts.nulls},
            notify,
            name=parts.ours.model.name,
            parties={**parties, ENTRANT: party_of(parts.ours.model)},
            opened=opened,
            memory_gib=parts.memory_gib,
        )
    if report.cost is not None:
        write_record(folder.execution, log.audit_execution(report.cost))
    write_record(folder.record, report.model_copy(update={"cost": None}))


def _manifest(parts: Parts, root: Path) -> AuditManifest:
    identity = {
        ENTRANT: parts.ours.identity,
        "candidates": {each.model.name: each.identity for each in parts.theirs},
        "nulls": {each.model.name: each.identity for each in parts.nulls},
        "memory_gib": parts.memory_gib,
        "code": code_digest(root),
        "versions": installed_versions(),
    }
    entrant = parts.ours.model.name
    return AuditManifest(audit=digest(identity)[:AUDIT_ID_DIGITS], entrant=entrant, identity=identity)


def _in_plan(round_: Round, folder: AuditFolder) -> str:
    """The record's path as the plan names it: relative to the project's root where the results are."""
    return f"{round_.results}/{round_.folder}/{_inside(folder)}"


def _inside(folder: AuditFolder) -> str:
    return "/".join(("audits", *folder.path.parts[-2:], folder.record.name))


def own_audits(folder: RoundFolder, record: RoundRecord) -> Iterator[tuple[str, AuditFolder]]:
    """The audits that a decided round made itself, with the entrant of each."""
    for entrant, names in record.plan.get("audits", {}).items():
        for each in folder.audits(entrant):
            if any(name.endswith(f"/{_inside(each)}") for name in names):
                yield entrant, each


def _decided_on(folder: RoundFolder) -> set[str]:
    """Records of audits that round.json rests on; empty where there is no round.json or it names none."""
    if not folder.record.is_file():
        return set()
    audits = folder.read_record().plan.get("audits", {})
    return {record for records in audits.values() for record in records}


def _refuse_other_candidates(round_: Round, model: Model, folder: AuditFolder) -> None:
    identity = folder.read_manifest().identity
    wanted = {each.name: party_of(each).model_dump(mode="json") for each in against(round_, model)}
    found = {name: each["party"] for name, each in identity["candidates"].items()}
    if found != wanted or identity[ENTRANT]["party"] != party_of(model).model_dump(mode="json"):
        raise ConfigError(
            f"the audit of {model.name} in {folder.path} was made against other candidates or owners than this round"
            f" names: {', '.join(found) or 'none'}",
            "run `harness eval` with this plan",
        )
