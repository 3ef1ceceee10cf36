"""Fixtures of the tests that start servers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from harness.plan import Model, VllmEngine
from harness.serve import Endpoint


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
