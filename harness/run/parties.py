"""Who made the models of an audit: what the committee's file says, else what the configs know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.audit.lineage import ENTRANT
from harness.config import load_model
from harness.errors import ConfigError
from harness.findings import Party

LARGEST = 1 << 20
"""Bytes of a file of owners."""


def named_parties(names: Iterable[str], owners: Path | None, entrant: str | None, configs: Path) -> dict[str, Party]:
    """Owner, country and licence by name; the checkpoint's own under `entrant`. Who is known nowhere is left out.

    `owners`: a YAML or JSON file, NAME: {owner, country, licence}. `entrant`: a name in configs/entrant. ConfigError
    where the file cannot be read or names nobody of this audit.
    """
    wanted = [*names, ENTRANT]
    given = {} if owners is None else _read(owners, wanted)
    known = {name: party for name in wanted if name not in given and (party := _known(name, entrant, configs))}
    return {**known, **given}


def _known(name: str, entrant: str | None, configs: Path) -> Party | None:
    if name != ENTRANT:
        model = load_model(name, configs)
    elif entrant is None:
        return None
    else:
        model = load_model(entrant, configs, ("entrant",))
        if model is None:
            raise ConfigError(f"--entrant {entrant}: there is no configs/entrant/{entrant}.yaml", "name one of them")
    return None if model is None else Party(owner=model.owner, country=model.country, licence=model.licence)


def _read(path: Path, names: Iterable[str]) -> dict[str, Party]:
    import yaml

    remedy = f"write it as NAME: {{owner: NAME, country: KR, licence: MIT}}; the checkpoint's own name is {ENTRANT}"
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(f"--owners {path} is larger than {LARGEST >> 20} MiB", remedy)
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(content, Mapping):
            raise ConfigError(f"--owners {path} holds no names", remedy)
        found = {str(name): Party.model_validate(party) for name, party in content.items()}
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError, RecursionError) as error:
        raise ConfigError(f"--owners {path} cannot be read: {str(error).splitlines()[0]}", remedy) from error
    if strangers := sorted(set(found) - set(names)):
        raise ConfigError(
            f"--owners {path} names {', '.join(strangers)}, which take no part in this audit",
            "give them with --against or --null, or take them out",
        )
    return found
