"""Configs and overrides become one frozen Round. The only importer of hydra and omegaconf."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness.data.lock import Lock, counted, read_lock
from harness.errors import ConfigError
from harness.plan import Model, Round, Suite

NAMED_GROUPS = ("entrants", "references", "suites")
"""Parts of a round that configs hold as name -> content, and a Round as a tuple."""
AUDITED_AGAINST = ("candidates", "nulls")
"""The same within `audit`."""
UNREADABLE = (yaml.YAMLError, UnicodeError, OSError)
"""What reading a config file raises."""


def load_round(overrides: Sequence[str], configs: Path) -> Round:
    """Compose the configs under `configs` with Hydra overrides and validate the whole.

    Raises ConfigError naming the bad key, its value and what is allowed.
    """
    lock = read_lock(configs.parent)
    round_ = _validated(_compose(overrides, configs), lock)
    choice = [override for override in overrides if override.startswith("round=")]
    if len(choice) == len(overrides):
        return round_
    try:
        committed = _validated(_compose(choice, configs), lock)
    except ConfigError:
        # A round that only overrides complete, such as engine=remote with its address.
        return round_.model_copy(update={"overridden": ("the round",)})
    return round_.model_copy(update={"overridden": _departures(round_, committed)})


def load_suite(name: str, configs: Path) -> Suite:
    """One suite of configs/suite/, as it is written. ConfigError where there is none of that name, or none valid."""
    path = configs / "suite" / f"{name}.yaml"
    if not path.is_file():
        known = choices(configs, "suite")
        raise ConfigError(f"there is no {path}{_close(name, known)}; it has: {', '.join(known)}", "name one of them")
    try:
        return Suite.model_validate(OmegaConf.to_container(OmegaConf.load(path), resolve=True))
    except (ValidationError, OmegaConfBaseException) as error:
        raise ConfigError(f"{path}: {error}", "mend the file") from error
    except UNREADABLE as error:
        raise _unreadable(configs, error) from error


def load_model(name: str, configs: Path, groups: Sequence[str] = ("reference", "entrant")) -> Model | None:
    """The model of that name in the first of the groups that has one; None where none has.

    ConfigError where its file does not hold a valid model.
    """
    group = next((group for group in groups if (configs / group / f"{name}.yaml").is_file()), None)
    if group is None:
        return None
    try:
        with initialize_config_dir(version_base="1.3", config_dir=str(configs.resolve())):
            return Model.model_validate(_plain(compose(f"{group}/{name}"))[group])
    except (ValidationError, HydraException, OmegaConfBaseException) as error:
        raise ConfigError(f"{configs / group / name}.yaml: {_first_lines(error)}", "mend the file") from error
    except UNREADABLE as error:
        raise _unreadable(configs, error) from error


def _validated(content: dict[str, Any], lock: Lock) -> Round:
    try:
        round_ = Round.model_validate(_name_members(content))
        return round_.model_copy(update={"suites": tuple(counted(suite, lock) for suite in round_.suites)})
    except ValidationError as error:
        raise ConfigError(_explain(error, content), _COMPOSED_HINT) from error


def _departures(round_: Round, committed: Round) -> tuple[str, ...]:
    """Parts of a round in which it differs from its file; what cannot change the verdict does not count."""
    ours, theirs = _decisive(round_), _decisive(committed)
    return tuple(part for part in ours if ours[part] != theirs[part])


def _decisive(round_: Round) -> dict[str, Any]:
    content = round_.model_dump(
        mode="json", exclude={"results", "lang", "tracking", "overridden", "hardware", "schedule"}
    )
    engines = {model.name: round_.engine_of(model.name).identity() for model in round_.models}
    return {**content, "engine": None, "engines": engines}


def to_yaml(round_: Round) -> str:
    """The composed round, as `--cfg` shows it."""
    return OmegaConf.to_yaml(OmegaConf.create(round_.model_dump(mode="json")))


def choices(configs: Path, group: str) -> list[str]:
    """Names of the configs in a group."""
    return sorted(path.stem for path in (configs / group).glob("*.yaml"))


_COMPOSED_HINT = "add --cfg to see the composed round; the configs lie in configs/"


def _compose(overrides: Sequence[str], configs: Path) -> dict[str, Any]:
    if not (configs / "config.yaml").is_file():
        raise ConfigError(f"{configs} holds no config.yaml", "run from a checkout of the project")
    try:
        with initialize_config_dir(version_base="1.3", config_dir=str(configs.resolve())):
            composed = compose("config", overrides=[_forced(override, configs) for override in overrides])
            return _plain(composed)
    except MissingConfigException as error:
        raise ConfigError(_explain_missing(error, configs)) from error
    except MissingMandatoryValue as error:
        raise ConfigError(f"{error.full_key} must be given", f"append {error.full_key}=VALUE") from error
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(f"the configs do not compose: {_first_lines(error)}", _COMPOSED_HINT) from error
    except UNREADABLE as error:
        raise _unreadable(configs, error) from error


def _unreadable(configs: Path, error: Exception) -> ConfigError:
    """Which file cannot be read: YAML's own errors say it, for the others all are looked at."""
    if isinstance(error, yaml.YAMLError):
        return ConfigError(f"a config is no YAML: {' '.join(str(error).split())}", "mend that line of the file")
    for path in sorted(configs.rglob("*.yaml")):
        try:
            path.read_text(encoding="utf-8")
        except UNREADABLE as reason:
            return ConfigError(f"{path} cannot be read: {reason}", "save it as UTF-8, where you may read it")
    return ConfigError(f"a config cannot be read: {error}", "give files that can be read")


def _plain(composed: DictConfig) -> dict[str, Any]:
    content = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    return typing.cast("dict[str, Any]", content)


def _forced(override: str, configs: Path) -> str:
    """Let a value override create its key, so that an unknown key meets the same explanation as one in a file."""
    key = override.partition("=")[0]
    group = key.partition("@")[0]
    is_value = "=" in override and key[:1] not in "+~" and not (configs / group.replace(".", "/")).is_dir()
    return f"++{override}" if is_value else override


def _name_members(content: Mapping[str, Any]) -> dict[str, Any]:
    named = _listed(content, NAMED_GROUPS, "")
    if isinstance(content.get("audit"), Mapping):
        named["audit"] = _listed(content["audit"], AUDITED_AGAINST, "audit.")
    return named


def _listed(content: Mapping[str, Any], groups: Sequence[str], where: str) -> dict[str, Any]:
    named = dict(content)
    for group in groups:
        members = content.get(group)
        if isinstance(members, Mapping):
            named[group] = [_named(f"{where}{group}", name, member) for name, member in members.items()]
    return named


def _named(group: str, name: str, member: Any) -> Any:
    if isinstance(member, Mapping) and member.get("name", name) != name:
        raise ConfigError(
            f"{group}.{name} says that its name is {member['name']!r}", "give both the same name: it names the results"
        )
    return member


def _explain_missing(error: MissingConfigException, configs: Path) -> str:
    group, _, name = (error.missing_cfg_file or "").rpartition("/")
    known = choices(configs, group)
    if not known:
        return _first_lines(error)
    return f"{group}={name}: there is no configs/{group}/{name}.yaml{_close(name, known)}; it has: {', '.join(known)}"


def _first_lines(error: Exception) -> str:
    return " ".join(str(error).split("\n")[:2]).strip()


def _explain(error: ValidationError, content: Mapping[str, Any]) -> str:
    details = error.errors(include_url=False)
    return "\n".join(["the round is not valid:", *(f"  {_sentence(detail, content)}" for detail in details)])


def _sentence(detail: ErrorDetails, content: Mapping[str, Any]) -> str:
    path = _dotted(detail["loc"], content)
    match detail["type"]:
        case "extra_forbidden":
            name = str(detail["loc"][-1])
            allowed = _fields_at(detail["loc"][:-1])
            return f"{path} = {detail['input']!r}: no such key{_close(name, allowed)}; allowed: {', '.join(allowed)}"
        case "missing":
            return f"{path} must be given"
        case "union_tag_invalid":
            allowed = detail["ctx"]["expected_tags"].replace("'", "").split(", ")
            kind = str(detail["ctx"]["tag"])
            return f"{path}.kind = {kind!r}: none of {', '.join(allowed)}{_close(kind, allowed)}"
        case "tuple_type":
            return f"{path} = {detail['input']!r}: must be a list; put it in [ ]"
        case "union_tag_not_found":
            return f"{path}.kind must be given"
        case "value_error":
            return f"{path + ': ' if path else ''}{detail['ctx']['error']}"
        case _:
            return f"{path} = {detail['input']!r}: {detail['msg']}"


def _close(name: str, known: Iterable[str]) -> str:
    matches = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {matches[0]}?)" if matches else ""


def _dotted(loc: Sequence[int | str], content: Any) -> str:
    """The key as the user writes it: members by name, no discriminator tags."""
    parts: list[str] = []
    here, untagged = content, True
    for part in loc:
        if isinstance(part, int) and isinstance(here, Mapping):
            part = list(here)[part]
        if untagged and isinstance(here, Mapping) and here.get("kind") == part:
            untagged = False
            continue
        parts.append(str(part))
        here, untagged = _step(here, part), True
    return ".".join(parts)


def _step(here: Any, part: int | str) -> Any:
    if isinstance(here, Mapping):
        return here.get(part)
    if isinstance(here, Sequence) and isinstance(part, int) and part < len(here):
        return here[part]
    return None


def _fields_at(loc: Sequence[int | str]) -> list[str]:
    """Field names of the model to which a validation error's location leads."""
    models: list[type[BaseModel]] = [Round]
    for part in loc:
        if isinstance(part, int):
            continue
        tagged = [model for model in models if part in _tags(model)]
        fields = [model.model_fields[part].annotation for model in models if part in model.model_fields]
        models = tagged or [model for annotation in fields for model in _models_in(annotation)]
    return sorted({name for model in models for name in model.model_fields})


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    kind = model.model_fields.get("kind")
    return typing.get_args(kind.annotation) if kind else ()


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in typing.get_args(annotation) for model in _models_in(argument)]
