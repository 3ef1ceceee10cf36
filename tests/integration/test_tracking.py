"""Rounds in real MLflow stores: a SQLite file, and a server on loopback that dies."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

from harness.errors import ConfigError, IncompleteError, TrackingError
from harness.plan import Tracking
from harness.report import write_report, write_scores
from harness.store import Results, RoundFolder, write_record
from harness.tracking import log_round
from tests.rounds import build_round

LOCAL = Tracking(kind="mlflow")
PARENT = "mlflow.parentRunId"
MODELS = 8

pytestmark = [
    # MLflow's own code and what it brings.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    results = Results(tmp_path_factory.mktemp("results"))
    folder = build_round(results.path)
    write_scores(folder)
    write_report(folder)
    log_round(folder, LOCAL, results)
    return results


@pytest.fixture
def folder(results: Results) -> RoundFolder:
    return results.round("demo")


def client_of(results: Results) -> MlflowClient:
    return MlflowClient(f"sqlite:///{results.mlflow / 'mlflow.db'}")


def runs_of(client: MlflowClient, name: str = "demo") -> list[Run]:
    experiment = client.get_experiment_by_name(name)
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], run_view_type=ViewType.ACTIVE_ONLY))


def parents(runs: list[Run]) -> list[Run]:
    return [run for run in runs if PARENT not in run.data.tags]


def test_a_round_is_one_experiment_with_a_verdict_and_a_nested_run_per_model(results: Results) -> None:
    runs = runs_of(client_of(results))
    (parent,) = parents(runs)
    nested = [run for run in runs if run.data.tags.get(PARENT) == parent.info.run_id]
    assert len(nested) == MODELS
    assert "하늘 1.0 advances" in parent.data.tags["mlflow.note.content"]
    assert parent.data.tags["decision/dodam"] == "eliminate"


def test_a_reviewer_finds_scores_gates_data_and_files(results: Results) -> None:
    client = client_of(results)
    baram = next(run for run in runs_of(client) if run.info.run_name == "baram")
    assert baram.data.tags["decision"] == "undecided"
    assert baram.data.metrics["gate/floor_demo_korean/threshold"] == 0.4
    assert baram.data.params["licence"] == "Apache-2.0"
    assert {data.dataset.name for data in baram.inputs.dataset_inputs} >= {"ko_copy", "en_copy"}
    names = {file.path for file in client.list_artifacts(baram.info.run_id)}
    assert names == {"execution.json", "manifest.json", "record.json", "samples_without_points.json", "tasks.json"}
    (parent,) = parents(runs_of(client))
    assert {file.path for file in client.list_artifacts(parent.info.run_id)} >= {"report.html", "scores.json"}


def test_the_same_round_is_logged_once_and_found_in_an_instant(results: Results, folder: RoundFolder) -> None:
    before = {run.info.run_id for run in runs_of(client_of(results))}
    started = time.monotonic()
    address = log_round(folder, LOCAL, results)
    assert time.monotonic() - started < 1
    assert {run.info.run_id for run in runs_of(client_of(results))} == before
    assert parents(runs_of(client_of(results)))[0].info.run_id in address


def test_without_the_marker_the_store_itself_is_asked(results: Results, folder: RoundFolder) -> None:
    before = {run.info.run_id for run in runs_of(client_of(results))}
    (results.mlflow / "logged" / "demo.json").unlink()
    log_round(folder, LOCAL, results)
    assert {run.info.run_id for run in runs_of(client_of(results))} == before


def test_a_changed_verdict_becomes_a_second_parent(results: Results) -> None:
    folder = build_round(results.path, name="changing")
    log_round(folder, LOCAL, results)
    write_record(folder.record, folder.read_record().model_copy(update={"unofficial_because": ("another",)}))
    log_round(folder, LOCAL, results)
    assert len(parents(runs_of(client_of(results), "changing"))) == 2


def test_what_a_broken_off_attempt_left_is_replaced(results: Results) -> None:
    folder = build_round(results.path, name="broken_off")
    log_round(folder, LOCAL, results)
    (first,) = parents(runs_of(client_of(results), "broken_off"))
    client_of(results).delete_tag(first.info.run_id, "logged")
    (results.mlflow / "logged" / "broken_off.json").unlink()
    log_round(folder, LOCAL, results)
    runs = runs_of(client_of(results), "broken_off")
    (second,) = parents(runs)
    assert second.info.run_id != first.info.run_id
    assert len(runs) == 1 + MODELS


def test_a_deleted_experiment_is_restored(results: Results) -> None:
    folder = build_round(results.path, name="deleted")
    log_round(folder, LOCAL, results)
    experiment = client_of(results).get_experiment_by_name("deleted")
    assert experiment is not None
    client_of(results).delete_experiment(experiment.experiment_id)
    (results.mlflow / "logged" / "deleted.json").unlink()
    log_round(folder, LOCAL, results)
    assert len(parents(runs_of(client_of(results), "deleted"))) == 1


def test_a_store_that_is_no_database_costs_no_result(tmp_path: Path) -> None:
    results = Results(tmp_path)
    folder = build_round(tmp_path)
    results.mlflow.mkdir()
    (results.mlflow / "mlflow.db").write_bytes(b"not a database" * 100)
    with pytest.raises(TrackingError, match="did not take it"):
        log_round(folder, LOCAL, results)


def test_a_round_that_is_not_tracked_cannot_be_logged(results: Results, folder: RoundFolder) -> None:
    with pytest.raises(ConfigError, match="not tracked"):
        log_round(folder, Tracking(kind="none"), results)


def test_a_server_that_is_not_there_is_noticed_in_seconds(results: Results, folder: RoundFolder) -> None:
    started = time.monotonic()
    with pytest.raises(TrackingError) as error:
        log_round(folder, Tracking(kind="mlflow", uri=f"http://user:secret@127.0.0.1:{free_port()}"), results)
    assert time.monotonic() - started < 15
    assert isinstance(error.value, IncompleteError)
    assert error.value.remedy == "when it is back: harness track round=demo"
    assert "secret" not in str(error.value)


def test_a_server_takes_a_round_and_once_killed_costs_no_result(results: Results, tmp_path: Path) -> None:
    database = results.mlflow / "mlflow.db"
    results = Results(tmp_path / "results")
    folder = build_round(results.path, name="served")
    with mlflow_server(tmp_path / "server", database) as (server, url):
        tracking = Tracking(kind="mlflow", uri=url)
        address = log_round(folder, tracking, results)
        (parent,) = parents(runs_of(MlflowClient(url), "served"))
        assert address == f"{url}/#/experiments/{parent.info.experiment_id}/runs/{parent.info.run_id}"
        assert log_round(folder, tracking, results) == address
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(timeout=30)
        write_record(folder.record, folder.read_record().model_copy(update={"unofficial_because": ("changed",)}))
        started = time.monotonic()
        with pytest.raises(TrackingError, match="did not take it"):
            log_round(folder, tracking, results)
        assert time.monotonic() - started < 30
    assert folder.read_record().unofficial_because == ("changed",)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class mlflow_server:  # noqa: N801 - read as a verb in a with statement
    """A real MLflow server with a process group of its own, gone when the block ends."""

    def __init__(self, folder: Path, database: Path) -> None:
        """Serve a copy of a store, whose tables are there already."""
        folder.mkdir(parents=True)
        shutil.copy(database, folder / "m.db")
        self.folder, self.port = folder, free_port()

    def __enter__(self) -> tuple[subprocess.Popen[bytes], str]:
        log = (self.folder / "server.log").open("wb")
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        stores = ["--backend-store-uri", f"sqlite:///{self.folder}/m.db", "--artifacts-destination", str(self.folder)]
        environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        self.server = subprocess.Popen(
            [*command, *stores, "--workers", "1"],
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
            cwd=self.folder,
        )
        log.close()
        url = f"http://127.0.0.1:{self.port}"
        for _ in wait(180):
            if self.server.poll() is not None:
                raise RuntimeError((self.folder / "server.log").read_text())
            if answers(f"{url}/health"):
                return self.server, url
        raise TimeoutError("the MLflow server did not start")

    def __exit__(self, *_: object) -> None:
        if self.server.poll() is None:
            os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait(timeout=30)


def wait(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.2)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - loopback
            return bool(response.status == 200)
    except OSError:
        return False
