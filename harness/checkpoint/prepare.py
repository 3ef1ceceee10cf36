"""From a model's plan to files that may be served: found, converted where needed, inspected and digested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.checkpoint import locate
from harness.checkpoint.architecture import Architecture
from harness.checkpoint.conversion import converted
from harness.checkpoint.files import CONFIG, TEMPLATE_FOLDER, TOKENIZER_FILES, read_json, settings_files, weight_files
from harness.checkpoint.inspection import inspect
from harness.checkpoint.problem import problems_error
from harness.checkpoint.recipe import made
from harness.errors import CheckpointError
from harness.hashing import digest, sha256_files
from harness.plan import (
    DirectorySource,
    FakeEngine,
    GgufPackageSource,
    HubSource,
    Model,
    RecipeSource,
    RemoteEngine,
    SketchSource,
    Source,
    VllmEngine,
)


@dataclass(frozen=True)
class Checkpoint:
    """A model's files, read and found sound."""

    folder: Path
    """config.json, tokenizer files and, unless somebody else serves them, *.safetensors."""
    files: Mapping[str, str]
    """SHA-256 by relative POSIX path of every file here that can change a number."""
    stated: Mapping[str, str]
    """Weight digests that a remote server's operator states; empty for weights on this machine."""
    context: int | None
    """Longest sequence of the model, tokens; None where its config gives none."""
    pinned: bool
    """Whether the files cannot come to be others under the same config."""
    template_digest: str | None = None
    """64 hex digits of everything that a chat template may come from; None where the model has none."""

    @property
    def fingerprint(self) -> str:
        """64 hex digits: the model's identity."""
        return digest({"files": dict(self.files), "stated": dict(self.stated)})

    @property
    def tokenizer_digest(self) -> str:
        """64 hex digits of the tokenizer's files."""
        return digest({name: value for name, value in self.files.items() if name in TOKENIZER_FILES})


def prepare(
    model: Model,
    engine: VllmEngine | RemoteEngine | FakeEngine,
    *,
    root: Path,
    cache: Path,
    notify: Callable[[str], None],
) -> Checkpoint:
    """Files of `model` that `engine` may serve. A GGUF package is converted once into `cache`.

    CheckpointError lists every problem, each with its remedy.
    """
    folder = folder_of(model, root, cache, notify)
    remote = isinstance(engine, RemoteEngine)
    problems = inspect(folder, needs_weights=not remote, max_model_len=engine.max_model_len)
    if problems:
        raise problems_error(f"the checkpoint of {model.name} in {folder} cannot be used", problems)
    weights = [] if remote else weight_files(folder)
    stated = engine.stated_weights if isinstance(engine, RemoteEngine) else {}
    files = sha256_files([*weights, *settings_files(folder)], folder)
    return Checkpoint(
        folder=folder,
        files=files,
        stated=dict(stated),
        context=Architecture(read_json(folder / CONFIG)).context,
        pinned=_is_pinned(model.source) and (not remote or bool(stated)),
        template_digest=_template_digest(folder, files),
    )


def folder_of(model: Model, root: Path, cache: Path, notify: Callable[[str], None]) -> Path:
    """Where the model's files lie, or its sketch; converted or made first where they must be. They are not looked at.

    CheckpointError where they are nowhere, or are closed.
    """
    return _folder(model.name, model.source, root, cache, notify)


def _folder(name: str, source: Source, root: Path, cache: Path, notify: Callable[[str], None]) -> Path:
    if isinstance(source, DirectorySource):
        return locate.directory(source, root)
    if isinstance(source, GgufPackageSource):
        return converted(source, cache, notify)
    if isinstance(source, HubSource):
        return locate.hub_snapshot(source, cache)
    if isinstance(source, SketchSource):
        return locate.sketch(source, root)
    if isinstance(source, RecipeSource):
        return made(source, _folder(name, source.of, root, cache, notify), root, cache, notify)
    raise CheckpointError(
        f"{name}: its weights are closed, so that nothing can be read or served",
        "take it out of the round's suites and audit, or give its figures in a table",
    )


def _is_pinned(source: Source) -> bool:
    """Files on this machine are pinned by their digests; a hub revision must be a commit."""
    if isinstance(source, RecipeSource):
        return _is_pinned(source.of)
    return not isinstance(source, HubSource) or locate.is_pinned(source)


def _template_digest(folder: Path, files: Mapping[str, str]) -> str | None:
    templates = {name: value for name, value in files.items() if _is_template(name)}
    tokenizer = read_json(folder / "tokenizer_config.json")
    if isinstance(tokenizer, dict) and tokenizer.get("chat_template"):
        templates["tokenizer_config.json#chat_template"] = digest(tokenizer["chat_template"])
    return digest(templates) if templates else None


def _is_template(name: str) -> bool:
    return name in ("chat_template.jinja", "chat_template.json") or name.startswith(f"{TEMPLATE_FOLDER}/")
