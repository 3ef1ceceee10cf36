"""Fixtures that every test may use."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import settings

from harness.environment import contain
from tests.tiny import build_tiny_checkpoint

PROJECT = Path(__file__).parents[1]

contain()

# A test run that was started in the background ignores these, and so would every program that a test starts and stops.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# No test is timed: a busy machine is no bug. The same examples every time, so that a red run can be repeated.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What shares fixtures runs in one worker: each file, and all tests of the real server, which starts once."""
    for item in items:
        group = "real" if item.get_closest_marker("real") else item.location[0]
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root."""
    return PROJECT


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Llama checkpoint, read-only by convention."""
    return build_tiny_checkpoint(tmp_path_factory.mktemp("tiny") / "checkpoint")
