"""What goes to execution.json: clock, host, the server's own words and counts. Never part of an identity."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psutil

from harness.findings import AuditExecution, Cost
from harness.records import Check, Execution

REPORTED_PACKAGES = ("vllm", "torch", "transformers", "lm-eval", "datasets", "mlflow")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass
class Log:
    """Gathers while a model runs; `execution()` is the record of it."""

    started: str = field(default_factory=_now)
    seconds: dict[str, float] = field(default_factory=dict)
    server: Mapping[str, Any] = field(default_factory=dict)
    answered_by: Sequence[Mapping[str, Any]] = ()
    requests: Mapping[str, int] = field(default_factory=dict)
    preflight: Sequence[Check] = ()
    restarts: int = 0
    """How often the engine died and was started again."""

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the block's wall time to the stage's."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + time.monotonic() - began, 3)

    def execution(self) -> Execution:
        """The record, as of now."""
        return Execution(
            started=self.started,
            finished=_now(),
            seconds=self.seconds,
            host=_host(),
            server=self.server,
            answered_by=tuple(self.answered_by),
            requests={**self.requests, "restarts": self.restarts},
            preflight=tuple(self.preflight),
        )

    def audit_execution(self, cost: Cost) -> AuditExecution:
        """The same of an audit."""
        return AuditExecution(started=self.started, finished=_now(), host=_host(), cost=cost)


def package_version(name: str) -> str | None:
    """Version of an installed distribution; None where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _host() -> dict[str, Any]:
    return {
        "name": platform.node(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "packages": {name: package_version(name) for name in REPORTED_PACKAGES},
    }
