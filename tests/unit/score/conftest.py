"""What the tests of scoring share."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.score import Tokenizer


@pytest.fixture(scope="session")
def tokenizer(tiny_checkpoint: Path) -> Tokenizer:
    return Tokenizer.load(tiny_checkpoint)
