"""Fixtures that every test may use."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import settings

from harness.environment import contain
from harness.serve.vllm import built_for
from tests.tiny import build_tiny_checkpoint

PROJECT = Path(__file__).parents[1]

contain()

# Before anything imports the hub's library: no test waits for a network.
os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_EVALUATE_OFFLINE": "1"}

# A test run that was started in the background ignores these, and so would every program that a test starts and stops.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# No test is timed: a busy machine is no bug. The same examples every time, so that a red run can be repeated.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root."""
    return PROJECT


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Llama checkpoint, read-only by convention."""
    return build_tiny_checkpoint(tmp_path_factory.mktemp("tiny") / "checkpoint")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """What real servers answer is compared to figures of a processor's float32, which a GPU does not have."""
    if built_for(version("vllm")) != "cpu":
        reason = f"vLLM {version('vllm')} is a build for GPUs; tests with the real engine are written for a processor"
        for item in items:
            if item.get_closest_marker("real"):
                item.add_marker(pytest.mark.skip(reason=reason))
