"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny import build_tiny_checkpoint

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root."""
    return PROJECT


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Llama checkpoint, read-only by convention."""
    return build_tiny_checkpoint(tmp_path_factory.mktemp("tiny") / "checkpoint")
