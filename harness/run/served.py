"""A dry run's entrant that a server serves: the round with that server as its engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.config import load_round
from harness.errors import ConfigError, SetupError
from harness.plan import RemoteEngine, Round
from harness.run.rehearsal import Options
from harness.run.screen import Screen
from harness.serve import served_models


def served(url: str, options: Options, root: Path, screen: Screen) -> tuple[Round, Path, str]:
    """The round with the server as its engine, the tokenizer's folder and the served model's name.

    ConfigError and SetupError where a setting is missing or does not fit; EngineError where the server is silent.
    """
    if options.tokenizer is None:
        raise ConfigError(
            "the served model's tokenizer is needed here: prompts are sent as token ids, so that nothing on the way can"
            " change or cut them",
            "give the folder that holds the model's config.json and tokenizer files (no weights): tokenizer=DIR",
        )
    if not options.tokenizer.is_dir():
        raise ConfigError(f"tokenizer={options.tokenizer} is not a directory", "give the folder of config.json")
    engine = [] if any(each.startswith("engine=") for each in options.overrides) else ["engine=remote"]
    keys = {each.partition("=")[0] for each in options.overrides}
    unnamed = "engine.served_model" not in keys
    asked = [*engine, f"engine.url={_quoted(url)}", *(["engine.served_model=unknown"] if unnamed else [])]
    planned = load_round([*asked, *options.overrides], root / "configs")
    if not isinstance(planned.engine, RemoteEngine):
        raise ConfigError(f"{url} is a server's address, which engine.kind={planned.engine.kind} does not take")
    with screen.waiting("asking the server which models it serves"):
        lengths = served_models(planned.engine)
    model = chosen(lengths, None if unnamed else planned.engine.served_model)
    length = planned.engine.max_model_len
    if "engine.max_model_len" not in keys:
        length = min(length, lengths.get(model) or length)
    engine_ = planned.engine.model_copy(update={"served_model": model, "max_model_len": length})
    return planned.model_copy(update={"engine": engine_, "engines": {}}), options.tokenizer, model


def _quoted(text: str) -> str:
    escaped = text.replace("'", r"\'")
    return f"'{escaped}'"


def chosen(lengths: Mapping[str, int | None], named: str | None) -> str:
    """The named model, else the only one; a server that lists none may still serve the named one."""
    listed = ", ".join(lengths)
    if named is not None and lengths and named not in lengths:
        raise SetupError(
            f"the server serves no model {named!r}; it serves: {listed}", "set engine.served_model to one of these"
        )
    if named is not None:
        return named
    if len(lengths) == 1:
        return next(iter(lengths))
    raise SetupError(
        f"the server serves {len(lengths)} models" + (f": {listed}" if lengths else ""),
        "name the one to rehearse: engine.served_model=NAME",
    )
