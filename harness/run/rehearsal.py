"""What a dry run is asked to do: the user's settings, and the round reduced to one entrant at home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import ConfigError
from harness.plan import Floor, Model, PointItem, Round, SuiteMean, basic
from harness.plan.points import Relative

TITLES: Mapping[str, str] = {"en": "{} (dry run)", "ko": "{} (예행 평가)"}
FOLDER = "dry-run"


@dataclass(frozen=True)
class Options:
    """What the user gave beside the entrant."""

    overrides: tuple[str, ...]
    """Overrides of the round."""
    entrant: Mapping[str, str]
    """`entrant.FIELD=VALUE`, by field."""
    tokenizer: Path | None
    """`tokenizer=DIR`: config.json and tokenizer of a model that somebody else serves."""


def parse_options(given: Sequence[str]) -> Options:
    """Tell the dry run's own settings from overrides of the round; ConfigError where one cannot be meant here."""
    entrant: dict[str, str] = {}
    overrides: list[str] = []
    tokenizer: Path | None = None
    for each in given:
        key, _, value = each.partition("=")
        if key == "tokenizer":
            tokenizer = Path(value).expanduser()
        elif key.startswith("entrant."):
            entrant[key.removeprefix("entrant.")] = value
        elif key.partition(".")[0] == "tracking":
            raise ConfigError(f"{each}: a dry run is logged nowhere but in its own folder", f"leave out {each}")
        else:
            overrides.append(each)
    return Options(tuple(overrides), entrant, tokenizer)


def rehearsal(planned: Round, model: Model) -> Round:
    """The round with `model` as its one entrant, its public suites, and of its rules what can be judged alone."""
    public = [suite for suite in planned.suites if suite.public]
    names = {suite.name for suite in public}
    rules = planned.rules.model_dump()
    rules |= {
        "items": [item.model_dump() for item in planned.rules.items if _at_home(item, names)],
        "gates": [gate.model_dump() for gate in planned.rules.gates if isinstance(gate, Floor) and _asks(gate, names)],
        "scoring": {suite: how for suite, how in rules["scoring"].items() if suite in names},
        "total": None,
        "groups": {},
        "totals": None,
        "lineage": {},
        "elimination": None,
        "on_undecided": "report",
    }
    if not rules["items"]:
        raise ConfigError(f"round {planned.name} has no public suite that earns points: there is nothing to rehearse")
    changes: dict[str, Any] = {
        "dry_run": True,
        "title": {lang: TITLES.get(lang, "{}").format(text) for lang, text in planned.title.items()},
        "results": f"{planned.results}/{FOLDER}",
        "entrants": [model.model_dump()],
        "references": [],
        "suites": [suite.model_dump() for suite in public],
        "rules": rules,
        "engine": planned.engine_of(model.name).model_dump(),
        "engines": {},
        "tracking": {"kind": "none"},
        "audit": None,
        "audits": {},
        "rulings": (),
        "announced": {},
    }
    return Round.model_validate(planned.model_dump() | changes)


def _at_home(item: PointItem, suites: set[str]) -> bool:
    """Whether an item's points can be computed from public suites alone."""
    return _asks(item, suites) and not isinstance(item.scale, Relative)


def _asks(rule: PointItem | Floor, suites: set[str]) -> bool:
    return all(isinstance(source, SuiteMean) and source.suite in suites for source in basic(rule.source))
