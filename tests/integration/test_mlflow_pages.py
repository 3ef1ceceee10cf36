"""What a reviewer sees in MLflow with nothing but a browser: from the list of rounds to a single wrong answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.plan import Tracking
from harness.store import Results
from harness.tracking import log_round
from tests.browser import Page, browser, seen
from tests.mlflow_server import mlflow_server
from tests.rounds import build_round

LOCAL = Tracking(kind="mlflow")

pytestmark = [
    # MLflow's own code and what it brings.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


class Reviewer:
    """Opens MLflow's pages."""

    def __init__(self, url: str, profile: Path) -> None:
        self.url, self.profile = url, profile

    def open(self, address: str) -> Page:
        return seen(self.profile, f"{self.url}/{address}")

    def verdict(self) -> Page:
        (experiment,) = {found for said, found in self.open("#/experiments").links if said == "demo"}
        runs = self.open(f"{experiment}/runs")
        assert runs.link("Verdict", "/runs/") == runs.link("verdict: demo")
        return self.open(runs.link("verdict: demo"))


@pytest.fixture(scope="module")
def reviewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reviewer]:
    browser()
    results = Results(tmp_path_factory.mktemp("results"))
    log_round(build_round(results.path), LOCAL, results)
    folder = tmp_path_factory.mktemp("pages")
    with mlflow_server(folder / "server", results.mlflow / "mlflow.db") as (_, url):
        yield Reviewer(url, folder / "profile")


def test_the_list_of_rounds_says_the_verdict(reviewer: Reviewer) -> None:
    assert "DEMO: 하늘 1.0 advances;" in reviewer.open("#/experiments").text


def test_the_round_leads_to_the_verdict_in_words(reviewer: Reviewer) -> None:
    page = reviewer.verdict()
    assert "도담 소형 is eliminated" in page.text
    assert "DEMO" in page.text
    assert "UNOFFICIAL" in page.text


def test_the_verdict_leads_to_each_entrant_and_its_reasons(reviewer: Reviewer) -> None:
    page = reviewer.open(reviewer.verdict().link("바람", "/runs/"))
    assert "Korean is 40.3% (95% interval 34.1–46.9%)" in page.text
    assert "undecided" in page.text


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("Wrong", "wrong"),
        pytest.param("Unparsed", "unparsed", marks=pytest.mark.full),
        pytest.param("Failed", "failed", marks=pytest.mark.full),
    ],
)
def test_an_entrant_s_samples_are_listed_by_outcome(reviewer: Reviewer, said: str, outcome: str) -> None:
    entrant = reviewer.open(reviewer.verdict().link("누리", "/runs/"))
    page = reviewer.open(entrant.link(said, "filter="))
    shown, kept = (int(number) for number in re.findall(r"(\d+) of (\d+)", page.text)[0])
    assert 0 < shown < kept
    assert set(re.findall(r'"outcome": "(\w+)"', page.text)) == {outcome}
    assert "한국의 수도는?" in page.text
