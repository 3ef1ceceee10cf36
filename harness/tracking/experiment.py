"""One MLflow experiment: opened or made, searched for a round, and written."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.tracking.entries import LANG, RunEntry
from harness.tracking.names import DIGEST_LIMIT, EXPERIMENT_TAG_LIMIT, TAG_LIMIT, cut
from harness.tracking.traces import delete_traces, log_traces

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Run

PARENT, NOTE = "mlflow.parentRunId", "mlflow.note.content"
ROUND_SHA256, LOGGED = "round_sha256", "logged"
PARAMS_PER_BATCH = 100

PATIENCE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
    "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}
"""Seconds instead of minutes for a server that is gone; what the user has set stays."""


@dataclass(frozen=True)
class Experiment:
    """One round's experiment in one tracking store."""

    client: MlflowClient
    uri: str
    id: str

    @classmethod
    def open(cls, uri: str, name: str, artifacts: str | None) -> Experiment:
        """The experiment of that name, made (its artifacts under `artifacts`) or restored where needed."""
        with _patient():
            client = _client(uri)
            found = client.get_experiment_by_name(name)
            if found is None:
                tags = {"mlflow.experimentKind": "custom_model_development"}
                return cls(client, uri, client.create_experiment(name, artifacts, tags))
            if found.lifecycle_stage != "active":
                client.restore_experiment(found.experiment_id)
            return cls(client, uri, found.experiment_id)

    def log(self, sha256: str, parent: RunEntry, nested: Sequence[RunEntry], description: Callable[[str], str]) -> str:
        """Write parent and nested runs once per `sha256` of round.json and return the parent's address.

        What an earlier, broken-off attempt left is deleted first. Where the notes were written in another language,
        they and the report are replaced.
        """
        with _patient():
            for run_id, whole in self._earlier(sha256):
                if whole:
                    if self.client.get_run(run_id).data.tags.get(LANG) != parent.tags[LANG]:
                        self._retell(run_id, parent, nested, description)
                    return self._address(run_id)
                self._delete(run_id)
            run_id = self._write(parent, {ROUND_SHA256: sha256})
            runs = {}
            for entry in nested:
                runs[entry.name] = self._write(entry, {ROUND_SHA256: sha256, PARENT: run_id})
                self._end(runs[entry.name], entry)
            self._tell(run_id, parent, nested, runs, description)
            self.client.set_tag(run_id, LOGGED, "true")
            self._end(run_id, parent)
            return self._address(run_id)

    def _earlier(self, sha256: str) -> list[tuple[str, bool]]:
        """Parents of this round.json, and whether each was logged to its end."""
        runs = self.client.search_runs([self.id], f"tags.{ROUND_SHA256} = '{sha256}'")
        return [(run.info.run_id, LOGGED in run.data.tags) for run in runs if PARENT not in run.data.tags]

    def _retell(
        self, parent: str, entry: RunEntry, nested: Sequence[RunEntry], description: Callable[[str], str]
    ) -> None:
        runs = {run.info.run_name: run.info.run_id for run in self._nested(parent)}
        for path in entry.files:
            self.client.log_artifact(parent, str(path))
        self._tell(parent, entry, nested, runs, description)
        self.client.set_tag(parent, LANG, entry.tags[LANG])

    def _tell(
        self,
        parent: str,
        entry: RunEntry,
        nested: Sequence[RunEntry],
        runs: Mapping[str, str],
        description: Callable[[str], str],
    ) -> None:
        """Write the notes, now that the runs, to which they lead, have addresses."""
        addresses = {name: self._page(run) for name, run in runs.items()}
        for each in nested:
            self.client.set_tag(runs[each.name], NOTE, cut(each.note(addresses), TAG_LIMIT))
        self.client.set_tag(parent, NOTE, cut(entry.note(addresses), TAG_LIMIT))
        self.client.set_experiment_tag(self.id, NOTE, cut(description(self._page(parent)), EXPERIMENT_TAG_LIMIT))

    def _delete(self, parent: str) -> None:
        for run in self._nested(parent):
            delete_traces(self.client, self.id, run.info.run_id)
            self.client.delete_run(run.info.run_id)
        self.client.delete_run(parent)

    def _nested(self, parent: str) -> list[Run]:
        return list(self.client.search_runs([self.id], f"tags.`{PARENT}` = '{parent}'"))

    def _write(self, entry: RunEntry, tags: dict[str, str]) -> str:
        from mlflow.entities import Metric, Param

        tags = {**entry.tags, **tags, "mlflow.source.name": "harness"}
        run_id: str = self.client.create_run(self.id, entry.started_ms, tags, entry.name).info.run_id
        now = entry.finished_ms or _now_ms()
        metrics = [Metric(name, value, now, 0) for name, value in entry.metrics.items()]
        params = [Param(name, value) for name, value in entry.params.items()]
        self.client.log_batch(run_id, metrics=metrics)
        for first in range(0, len(params), PARAMS_PER_BATCH):
            self.client.log_batch(run_id, params=params[first : first + PARAMS_PER_BATCH])
        if entry.datasets:
            self.client.log_inputs(run_id, list(_datasets(entry)))
        for name, table in entry.tables.items():
            self.client.log_table(run_id, {column: list(values) for column, values in table.items()}, name)
        for path in entry.files:
            self.client.log_artifact(run_id, str(path))
        log_traces(self.client, self.id, run_id, entry.traces, entry.started_ms or _now_ms())
        return run_id

    def _end(self, run_id: str, entry: RunEntry) -> None:
        self.client.set_terminated(run_id, "FINISHED" if entry.whole else "FAILED", entry.finished_ms)

    def _address(self, run_id: str) -> str:
        server = self.uri.rstrip("/") if self.uri.startswith("http") else ""
        return f"{server}/{self._page(run_id)}"

    def _page(self, run_id: str) -> str:
        """A run's page as MLflow's pages link to it."""
        return f"#/experiments/{self.id}/runs/{run_id}"


def _client(uri: str) -> MlflowClient:
    """A client that is quiet: what goes wrong is raised."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
    from mlflow import MlflowClient

    for name in ("mlflow", "alembic", "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return MlflowClient(tracking_uri=uri)


def _datasets(entry: RunEntry) -> Iterator[DatasetInput]:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    for data in entry.datasets:
        source = json.dumps({"task": data.name, "sha256": data.sha256})
        profile = json.dumps({"num_rows": data.rows, "sha256": data.sha256})
        dataset = Dataset(data.name, data.sha256[:DIGEST_LIMIT], "code", source, profile=profile)
        yield DatasetInput(dataset, [InputTag("mlflow.data.context", "evaluation")])


def _now_ms() -> int:
    return int(time.time() * 1000)


@contextmanager
def _patient() -> Iterator[None]:
    """MLflow reads its patience from the environment: set it for the time of a call."""
    added = [name for name in PATIENCE if name not in os.environ]
    os.environ.update({name: PATIENCE[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
