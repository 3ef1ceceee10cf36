"""Candidates that audits are held against."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.audit.models import fresh, written


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What copies are made of."""
    return written(tmp_path_factory.mktemp("candidates") / "parent", fresh(1))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that nothing is made of."""
    return written(tmp_path_factory.mktemp("candidates") / "stranger", fresh(2))
