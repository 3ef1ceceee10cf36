"""Fixtures of the tests that start servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.plan import Model, VllmEngine
from harness.request import Answer, Request
from harness.score import Journal, Scorer, Tokenizer
from harness.serve import Endpoint
from harness.serve.fake import FakeServer
from harness.serve.faults import Faults
from tests.scoring import SCOPE, Score, Server, engine


@dataclass(frozen=True)
class Served:
    """A model that answers, and what it was served from."""

    endpoint: Endpoint
    folder: Path
    engine: VllmEngine


@pytest.fixture(scope="session")
def smollm2_endpoint(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """SmolLM2-135M-Instruct behind the real vLLM, started once for all real tests."""
    from harness.checkpoint import prepare
    from harness.environment import CACHE
    from harness.serve import serve

    model = Model.model_validate(_config(project, "entrant/smollm2_135m"))
    engine = VllmEngine.model_validate(_config(project, "engine/cpu"))
    checkpoint = prepare(model, engine, root=project, cache=CACHE, notify=print)
    log = tmp_path_factory.mktemp("smollm2") / "server.log"
    with serve(engine, checkpoint.folder, model.name, log, print) as endpoint:
        yield Served(endpoint, checkpoint.folder, engine)


def _config(project: Path, name: str) -> object:
    return yaml.safe_load((project / "configs" / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def tokenizer(tiny_checkpoint: Path) -> Tokenizer:
    return Tokenizer.load(tiny_checkpoint)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal.open(tmp_path / "journal.sqlite") as opened:
        yield opened


@pytest.fixture
def score(tiny_checkpoint: Path, tokenizer: Tokenizer, journal: Journal) -> Score:
    """Answer requests on a fresh server; answers, counts and how many requests the server saw."""

    def run(
        requests: Sequence[Request], *, faults: Faults | None = None, **changes: Any
    ) -> tuple[list[Answer], Counter[str], int]:
        planned = engine(**changes)
        scorer = Scorer(tokenizer, journal, planned, SCOPE, first_pause_s=0.01)
        with FakeServer(planned, tiny_checkpoint, "fake", faults=faults) as server:
            answers = scorer.answer(requests, Server(server.url), lambda *_: None)
            return answers, scorer.counts, server.requests

    return run
