"""Rounds in real MLflow stores: a SQLite file, and a server on loopback that dies."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run, ViewType

from harness.errors import ConfigError, IncompleteError, TrackingError
from harness.plan import Tracking
from harness.report import write_report, write_scores
from harness.store import Results, RoundFolder, write_record
from harness.tracking import log_round
from tests.mlflow_server import free_port, mlflow_server
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
    assert names == {"execution.json", "manifest.json", "record.json", "tasks.json"}
    (parent,) = parents(runs_of(client))
    assert {file.path for file in client.list_artifacts(parent.info.run_id)} >= {"report.html", "scores.json"}


def test_the_same_round_is_logged_once_and_found_without_opening_the_store(
    results: Results, folder: RoundFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {run.info.run_id for run in runs_of(client_of(results))}
    with monkeypatch.context() as without_store:
        without_store.setattr("harness.tracking.log.Experiment", None)
        address = log_round(folder, LOCAL, results)
    assert {run.info.run_id for run in runs_of(client_of(results))} == before
    assert parents(runs_of(client_of(results)))[0].info.run_id in address


def test_without_the_marker_the_store_itself_is_asked(results: Results, folder: RoundFolder) -> None:
    before = {run.info.run_id for run in runs_of(client_of(results))}
    (results.mlflow / "logged" / "demo.json").unlink()
    log_round(folder, LOCAL, results)
    assert {run.info.run_id for run in runs_of(client_of(results))} == before


def test_another_language_gets_new_notes_and_no_new_runs(results: Results) -> None:
    folder = build_round(results.path, name="told")
    log_round(folder, LOCAL, results)
    before = {run.info.run_id for run in runs_of(client_of(results), "told")}
    log_round(folder, LOCAL, results, "ko")
    runs = runs_of(client_of(results), "told")
    assert {run.info.run_id for run in runs} == before
    (parent,) = parents(runs)
    assert "탈락: 도담 소형" in parent.data.tags["mlflow.note.content"]
    assert "신뢰구간" in next(run for run in runs if run.info.run_name == "baram").data.tags["mlflow.note.content"]


def test_the_chosen_samples_are_traces_of_their_model_s_run_found_by_outcome(results: Results) -> None:
    client = client_of(results)
    nuri = next(run for run in runs_of(client) if run.info.run_name == "nuri")
    experiment = nuri.info.experiment_id
    assert len(client.search_traces(locations=[experiment], run_id=nuri.info.run_id, max_results=500)) > 10
    (failed,) = client.search_traces(locations=[experiment], filter_string="tags.outcome = 'failed'")
    assert failed.info.tags["model"] == "nuri"
    assert failed.info.state == "ERROR"
    (span,) = failed.data.spans
    assert "한국의 수도는?" in span.inputs["prompt"]
    assert span.outputs["target"] == "나. 서울"


def test_a_changed_verdict_becomes_a_second_parent(results: Results) -> None:
    folder = build_round(results.path, name="changing")
    log_round(folder, LOCAL, results)
    write_record(folder.record, folder.read_record().model_copy(update={"unofficial_because": ()}))
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
    traces = client_of(results).search_traces(locations=[second.info.experiment_id], max_results=500)
    items = [(trace.info.tags["model"], trace.info.tags["task"], trace.info.tags["item_id"]) for trace in traces]
    assert len(set(items)) == len(items)


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
        write_record(folder.record, folder.read_record().model_copy(update={"unofficial_because": ()}))
        started = time.monotonic()
        with pytest.raises(TrackingError, match="did not take it"):
            log_round(folder, tracking, results)
        assert time.monotonic() - started < 30
    assert folder.read_record().unofficial_because == ()
