"""A team's rehearsal of a round: its own checkpoint, the public suites, no decision."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.checkpoint import Checkpoint, Description, describe, inspect, problems_error
from harness.config import load_round
from harness.errors import ConfigError
from harness.plan import RemoteEngine, Round
from harness.run.model import ModelJob, check_prompts, evaluate_model
from harness.run.proposal import Proposal, folder_title, path_in_config, propose
from harness.run.rehearsal import Options, parse_options, rehearsal
from harness.run.round import Concluded, conclude, load_suites, prepare_model
from harness.run.screen import Screen
from harness.run.served import served
from harness.store import Results, write_text
from harness.verdict import Inputs

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True)
class Rehearsed:
    """A dry run that ended."""

    concluded: Concluded
    planned: Round
    """The round as its committee runs it."""


def dry_run(entrant: str, given: Sequence[str], *, root: Path, cache: Path, screen: Screen) -> Rehearsed:
    """Check `entrant` (a checkpoint directory or a server's URL), propose its config, ask it the public suites.

    What fails cheapest is checked first. CheckpointError lists all that is wrong with the files; ConfigError,
    SetupError and SuiteError name what else must be mended; all before anything is served.
    """
    options = parse_options(given)
    if ADDRESS.match(entrant):
        planned, folder, source = served(entrant, options, root, screen)
    else:
        planned, folder = load_round(options.overrides, root / "configs"), _directory(entrant, options)
        source = folder_title(folder)
    remote = planned.engine if isinstance(planned.engine, RemoteEngine) else None
    description = _describe(folder, source, planned, screen)
    path = path_in_config(folder, root)
    proposal = propose(description, source=source, path=path, changes=options.entrant, remote=remote)
    screen.say(f"  {in_words(description)}")
    round_ = rehearsal(planned, proposal.model)
    concluded = _rehearse(round_, proposal, root, cache, screen)
    return Rehearsed(concluded, planned)


def in_words(description: Description) -> str:
    """What the checkpoint says of itself, in a line."""
    facts = [
        description.architecture,
        f"{description.parameters:,} parameters" if description.parameters is not None else None,
        f"weights in {description.dtype}" if description.dtype else None,
        f"context of {description.context} tokens" if description.context else None,
        f"vocabulary of {description.vocabulary}" if description.vocabulary else None,
        "a chat template: entrant.mode=chat is possible" if description.has_chat_template else "no chat template",
    ]
    return ", ".join(fact for fact in facts if fact)


def _directory(entrant: str, options: Options) -> Path:
    folder = Path(entrant).expanduser()
    if options.tokenizer is not None:
        raise ConfigError("tokenizer= is for a model that a server serves; a checkpoint directory brings its own")
    if folder.is_file():
        raise ConfigError(
            f"{entrant} is a file; a checkpoint is a folder in the hub's layout",
            "give the folder with config.json, the tokenizer's files and *.safetensors",
        )
    if not folder.is_dir():
        raise ConfigError(
            f"{entrant} is neither a directory nor an address",
            "give a checkpoint directory, or a server's address such as http://host:8000;"
            " a repository of the hub must be downloaded first",
        )
    return folder.resolve() if folder.name in ("", ".", "..") else folder


def _describe(folder: Path, source: str, planned: Round, screen: Screen) -> Description:
    """Files and headers. Where they are broken, values and tokenizer are read too, so that the list is whole."""
    local = not isinstance(planned.engine, RemoteEngine)
    with screen.waiting("files and headers"):
        description = describe(folder, needs_weights=local)
        if description.problems:
            length = planned.engine.max_model_len
            problems = inspect(folder, needs_weights=local, max_model_len=length)
            raise problems_error(f"{source} in {folder} cannot be evaluated", problems)
    return description


def _rehearse(round_: Round, proposal: Proposal, root: Path, cache: Path, screen: Screen) -> Concluded:
    """The path of a round, for one model."""
    model, results = proposal.model, Results(root / round_.results)
    checkpoint: Checkpoint = prepare_model(round_, model, root, cache, screen)
    _show(proposal, round_, results, root, screen)
    tasks = load_suites(round_, root, screen)
    job = ModelJob(round_, model, checkpoint, tasks, root, results, screen)
    check_prompts(job)
    run = evaluate_model(job)
    return conclude(round_, results, {model.name: run}, Inputs(), root=root, screen=screen)


def _show(proposal: Proposal, round_: Round, results: Results, root: Path, screen: Screen) -> None:
    file = results.round(round_.folder).entrant_config
    write_text(file, proposal.config)
    indented = "".join(f"    {line}\n" for line in proposal.config.splitlines())
    screen.say(f"\nproposed config, written to {file}:\n\n{indented}")
    existing = f"configs/entrant/{proposal.model.name}.yaml"
    if (root / existing).exists():
        screen.say(f"{existing} exists: give entrant.name=NAME before you copy this one beside it\n")
