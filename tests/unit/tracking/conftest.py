from __future__ import annotations

from pathlib import Path

import pytest

from harness.store import RoundFolder
from harness.story import Story, read_story
from tests.rounds import build_round


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RoundFolder:
    return build_round(Path(tmp_path_factory.mktemp("results")))


@pytest.fixture
def story(folder: RoundFolder) -> Story:
    return read_story(folder)
