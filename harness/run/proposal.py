"""An entrant's config, proposed from what its checkpoint says of itself."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.checkpoint import Description
from harness.errors import ConfigError
from harness.plan import Model, RemoteEngine

MUST_BE_GIVEN = "???"
"""Hydra's mark: the config does not compose until somebody writes a value."""
UNSTATED = "not stated"
"""Stands in the dry run's own records for what only the team knows."""
ONLY_THE_TEAM_KNOWS: Mapping[str, str] = {
    "owner": "who made the model",
    "country": "ISO 3166 alpha-2 code, such as KR",
    "licence": "SPDX identifier, or the licence's own name",
}
CHANGEABLE = ("name", "title", "owner", "country", "licence", "mode", "released", "system_prompt", "notes")
"""Fields that `entrant.FIELD=VALUE` may set."""

PLAIN = re.compile(r"[A-Za-z가-힣./][\w ./()+-]*(?<! )")
RESERVED = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null", "none"})


@dataclass(frozen=True)
class Proposal:
    """A proposed entrant."""

    model: Model
    """As the dry run evaluates it."""
    config: str
    """The text of configs/entrant/<name>.yaml."""


def propose(
    description: Description,
    *,
    source: str,
    path: str,
    changes: Mapping[str, str],
    remote: RemoteEngine | None = None,
) -> Proposal:
    """The entrant that `description` suggests, with the user's `changes` by field.

    `source`: folder or served name, from which name and title come; `path`: the checkpoint's folder as the config
    names it; `remote`: the engine of a model that somebody else serves. ConfigError for a change that may not be.
    """
    fields = _fields(description, source, path) | _checked(changes)
    model = _model(fields)
    lines = [*_lines(fields, description, set(changes)), *(_engine_lines(model.name, remote) if remote else ())]
    return Proposal(model, "".join(f"{line}\n" for line in lines))


def model_name(source: str) -> str:
    """A name for results, [a-z][a-z0-9_]*, from a folder's name or a served model's."""
    name = re.sub(r"[^a-z0-9]+", "_", _last(source).lower()).strip("_")
    if not name:
        return "entrant"
    return name if name[0].isalpha() else f"model_{name}"


def folder_title(folder: Path) -> str:
    """The folder's own name; of a snapshot in the hub cache (models--OWNER--NAME/snapshots/COMMIT) the repository's."""
    repository = folder.parent.parent.name
    if folder.parent.name == "snapshots" and repository.startswith("models--"):
        return repository.split("--")[-1]
    return folder.name


def path_in_config(folder: Path, root: Path) -> str:
    """Relative to the project's root where the folder lies in it, else absolute."""
    absolute = Path(os.path.abspath(folder))  # noqa: PTH100 - a symlink keeps the name that the user knows
    return str(absolute.relative_to(root)) if absolute.is_relative_to(root) else str(absolute)


def _last(source: str) -> str:
    return source.rstrip("/").rpartition("/")[2]


def _fields(description: Description, source: str, path: str) -> dict[str, Any]:
    return {
        "name": model_name(source),
        "title": _last(source) or "Entrant",
        "owner": MUST_BE_GIVEN,
        "country": MUST_BE_GIVEN,
        "licence": description.licence or MUST_BE_GIVEN,
        "source": {"kind": "directory", "path": path},
        "mode": "base",
        "parameters": description.parameters,
        "context": description.context,
    }


def _checked(changes: Mapping[str, str]) -> dict[str, Any]:
    for field in changes:
        if field not in CHANGEABLE:
            raise ConfigError(f"entrant.{field}: no such key; allowed: {', '.join(CHANGEABLE)}")
    return dict(changes)


def _model(fields: Mapping[str, Any]) -> Model:
    stated = {key: UNSTATED if value == MUST_BE_GIVEN else value for key, value in fields.items()}
    try:
        return Model.model_validate(stated)
    except ValidationError as error:
        wrong = (
            f"entrant.{'.'.join(map(str, each['loc']))} = {each['input']!r}: {each['msg']}" for each in error.errors()
        )
        raise ConfigError("\n  ".join(["the entrant is not valid:", *wrong])) from error


def _lines(fields: Mapping[str, Any], description: Description, changed: set[str]) -> Iterator[str]:
    for key, value in fields.items():
        comment = None if key in changed else _comment(key, value, description)
        if isinstance(value, Mapping):
            yield f"{key}:"
            yield from (f"  {inner}: {_scalar(each)}" for inner, each in value.items())
        else:
            yield f"{key}: {_scalar(value)}" + (f"  # {comment}" if comment else "")


def _comment(key: str, value: Any, description: Description) -> str | None:
    """Where a proposed value comes from, or what should stand there."""
    if value == MUST_BE_GIVEN:
        return ONLY_THE_TEAM_KNOWS[key]
    if key == "licence":
        return "from the front matter of README.md"
    if key == "mode":
        template = description.has_chat_template
        return (
            "the checkpoint has a chat template, so that chat is possible" if template else "there is no chat template"
        )
    if key == "parameters":
        return "counted in the weight files' headers" if value is not None else "could not be counted"
    return "from config.json" if key == "context" and value is not None else None


def _engine_lines(name: str, engine: RemoteEngine) -> Iterator[str]:
    """What a round's file says of the server, as comments: it is no part of the entrant's config."""
    yield "# Its weights are served by an operator. In the round's file:"
    yield "# engines:"
    yield f"#   {name}:"
    for key in ("kind", "url", "served_model", "max_model_len", "api_key_env"):
        yield f"#     {key}: {_scalar(getattr(engine, key))}"
    yield "#     stated_by: ???  # who states the digests below"
    yield "#     stated_weights: {}  # SHA-256 of each weight file; without them the result is unofficial"


def _scalar(value: Any) -> str:
    """A YAML scalar, plain where that cannot be misread; interpolations of Hydra are escaped."""
    if value is None:
        return "null"
    text = str(value)
    if not isinstance(value, str) or text == MUST_BE_GIVEN:
        return text
    if PLAIN.fullmatch(text) and text.lower() not in RESERVED:
        return text
    return json.dumps(text.replace("${", r"\${"), ensure_ascii=False)
