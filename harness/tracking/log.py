"""Logging a decided round: one experiment per round, the verdict as parent run, a nested run per model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from harness.errors import ConfigError, TrackingError
from harness.hashing import sha256_file
from harness.plan import Lang, Tracking
from harness.store import Results, RoundFolder, write_json
from harness.story import read_story
from harness.tracking.entries import model_entry, round_entry
from harness.tracking.experiment import Experiment
from harness.tracking.notes import description

DATABASE = "mlflow.db"


def log_round(folder: RoundFolder, tracking: Tracking, results: Results, lang: Lang = "en") -> str:
    """Log a decided round and return its address in MLflow's pages.

    A round.json that is logged already is not logged again, only told anew where the language is another; a changed
    one becomes a new parent run.
    Raises TrackingError where the store cannot be reached or written, within seconds; the round's own
    files are not touched.
    """
    if tracking.kind != "mlflow":
        raise ConfigError(f"the round is not tracked (tracking.kind is {tracking.kind})", "add: tracking=mlflow")
    story = read_story(folder)
    uri = tracking.uri or _local_uri(results)
    sha256 = sha256_file(folder.record)
    said = {"uri": uri, "round_sha256": sha256, "lang": lang}
    marker = results.mlflow / "logged" / f"{story.record.round}.json"
    if address := _logged(marker, said, results, local=tracking.uri is None):
        return address
    artifacts = None if tracking.uri else (results.mlflow / "artifacts").resolve().as_uri()
    nested = [model_entry(story, model, lang) for model in story.models]
    with _reported(uri, story.record.round):
        experiment = Experiment.open(uri, story.record.round, artifacts)
        address = experiment.log(sha256, round_entry(story, lang), nested, partial(description, story, lang))
    write_json(marker, {**said, "address": address})
    return address


def _local_uri(results: Results) -> str:
    results.mlflow.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{(results.mlflow / DATABASE).resolve()}"


def _logged(marker: Path, said: Mapping[str, str], results: Results, *, local: bool) -> str | None:
    """The address of this very round where it has been logged to this very store: no need to open MLflow."""
    if not marker.is_file() or (local and not (results.mlflow / DATABASE).is_file()):
        return None
    try:
        known = json.loads(marker.read_text(encoding="utf-8"))
        return str(known["address"]) if {**said, "address": known["address"]} == known else None
    except (ValueError, KeyError, TypeError):
        return None


@contextmanager
def _reported(uri: str, round_: str) -> Iterator[None]:
    """Turn every way in which a tracking store fails into one TrackingError."""
    import requests
    import sqlalchemy.exc
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, requests.RequestException, sqlalchemy.exc.SQLAlchemyError, OSError) as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise TrackingError(
            _without_password(f"the round is decided, but MLflow at {uri} did not take it: {first[:300]}"),
            f"when it is back: harness track round={round_}",
        ) from error


def _without_password(text: str) -> str:
    """A text in whose addresses no user and no password is left."""
    return re.sub(r"://[^/@\s]*@", "://", text)
