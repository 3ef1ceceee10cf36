"""`vllm serve` as a child process that is ready once it has answered."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from harness.errors import EngineError, SetupError
from harness.plan import VllmEngine
from harness.serve.command import LOOPBACK, vllm_commands
from harness.serve.endpoint import Endpoint, Refusal, describe, first_completion
from harness.serve.environment import server_environment
from harness.serve.log import latest_line
from harness.serve.port import choose_port
from harness.serve.process import GRACE_S, Process, running

POLL_S = 0.2
NOTIFY_S = 2.0
PROBE_TIMEOUT_S = 60.0
REFUSED_FOR_GOOD = range(400, 500)
"""HTTP statuses that waiting does not change."""
CONFIGS = {"cpu": "cpu", "cuda": "gpu"}
"""By device: the engine config, which is also what `make install` calls it."""


@contextmanager
def serve_vllm(
    engine: VllmEngine,
    checkpoint_folder: Path,
    name: str,
    log: Path,
    notify: Callable[[str], None],
    *,
    program: Sequence[str] | None = None,
    grace_s: float = GRACE_S,
) -> Iterator[Endpoint]:
    """A vLLM of our own while the `with` block lasts.

    It serves under a name that nobody else can know, lest we take another harness's server on the same port for ours;
    what is reported has the plain name. `program` stands in for the `vllm` command (tests). SetupError where the
    engine cannot be started here; EngineError, quoting the log, where it dies or takes longer than startup_timeout_s.
    """
    if engine.nodes > 1:
        raise SetupError(
            f"engine.nodes={engine.nodes}: a model that spans machines is not started from here",
            "`harness plan` prints one command per node; start them, then give the address of node 0:"
            " engine=remote engine.url=http://NODE0:PORT",
        )
    port = choose_port(engine.port)
    served = f"{name}-{secrets.token_hex(4)}"
    command = [*(program or _installed(engine)), *vllm_commands(engine, str(checkpoint_folder), served, port)[0][1:]]
    environment = server_environment(engine, os.environ, os.sched_getaffinity(0))
    url = f"http://{LOOPBACK}:{port}"
    with running(command, environment, log, grace_s) as process:
        _wait_until_ready(process, url, served, engine.startup_timeout_s, notify)
        reported = describe(url, served, None)
        process.check()  # somebody else may have answered on the port of a server that died
        models = [name if model == served else model for model in reported["models"]]
        yield Endpoint(url, served, None, {**reported, "models": models}, process.check)


def _installed(engine: VllmEngine) -> list[str]:
    """The `vllm` of the environment that we run in, which must be a build for the engine's device."""
    program = Path(sys.executable).with_name("vllm")
    if not program.exists():
        raise SetupError(f"vLLM is not installed: {program} does not exist", "run `make install`")
    release = version("vllm")
    built = built_for(release)
    if built != engine.device:  # it would serve all the same, on its own device, and the record would name another
        raise SetupError(
            f"engine.device={engine.device}, but the installed vLLM {release} is a build for {built}",
            f"choose engine={CONFIGS[built]}, or install the other build: make install ACCEL={CONFIGS[engine.device]}",
        )
    return [str(program)]


def built_for(release: str) -> Literal["cpu", "cuda"]:
    """The device of a vLLM by its version: builds for processors have a local part such as +cpu."""
    return "cpu" if "cpu" in release.partition("+")[2] else "cuda"


def _wait_until_ready(process: Process, url: str, name: str, timeout_s: float, notify: Callable[[str], None]) -> None:
    """Return after the first real completion. The child's death is noticed within POLL_S."""
    started = told = time.monotonic()
    refusal: Refusal | None = None
    while True:
        process.check()
        left = started + timeout_s - time.monotonic()
        if left <= 0:
            raise _too_slow(process, timeout_s, refusal)
        refusal = first_completion(url, name, None, min(PROBE_TIMEOUT_S, left))
        if refusal is None:
            return
        if refusal.status in REFUSED_FOR_GOOD:
            process.check()
            raise EngineError(
                f"vLLM is up but refuses a one-token completion: {refusal.text}",
                f"if another program listens at {url}, end it or leave engine.port=null; else report this as a bug",
            )
        if time.monotonic() - told >= NOTIFY_S:
            told = time.monotonic()
            notify(
                f"starting vLLM, {told - started:.0f} s so far: {latest_line(process.log_text()) or 'no output yet'}"
            )
        time.sleep(POLL_S)


def _too_slow(process: Process, timeout_s: float, refusal: Refusal | None) -> EngineError:
    said = latest_line(process.log_text()) or "nothing"
    return EngineError(
        f"vLLM did not answer within {timeout_s:.0f} s (engine.startup_timeout_s); its log last said: {said}"
        + (f"; the last probe: {refusal.text}" if refusal else ""),
        "raise engine.startup_timeout_s where the model is large; else read the log for what it waits for",
    )
