"""A real MLflow server on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class mlflow_server:  # noqa: N801 - read as a verb in a with statement
    """A real MLflow server with a process group of its own, gone when the block ends."""

    def __init__(self, folder: Path, database: Path) -> None:
        """Serve a copy of a store, whose tables are there already."""
        folder.mkdir(parents=True)
        shutil.copy(database, folder / "m.db")
        self.folder, self.port = folder, free_port()

    def __enter__(self) -> tuple[subprocess.Popen[bytes], str]:
        log = (self.folder / "server.log").open("wb")
        command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        stores = ["--backend-store-uri", f"sqlite:///{self.folder}/m.db", "--artifacts-destination", str(self.folder)]
        environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        self.server = subprocess.Popen(
            [*command, *stores, "--workers", "1"],
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
            cwd=self.folder,
        )
        log.close()
        url = f"http://127.0.0.1:{self.port}"
        for _ in wait(180):
            if self.server.poll() is not None:
                raise RuntimeError((self.folder / "server.log").read_text())
            if answers(f"{url}/health"):
                return self.server, url
        raise TimeoutError("the MLflow server did not start")

    def __exit__(self, *_: object) -> None:
        if self.server.poll() is None:
            os.killpg(self.server.pid, signal.SIGKILL)
        self.server.wait(timeout=30)


def wait(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.2)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310 - loopback
            return bool(response.status == 200)
    except OSError:
        return False
