"""A server as a child process: started in a group of its own, watched, always reaped."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.errors import EngineDied
from harness.serve import log as server_log
from harness.store import disk_errors

GRACE_S = 20.0
"""Seconds between SIGTERM and SIGKILL; vLLM takes 4."""
GUARD = Path(__file__).with_name("guard.py")


class Process:
    """A running server and the guard that will end it."""

    def __init__(self, guard: subprocess.Popen[bytes], log: Path, log_start: int) -> None:
        self._guard, self._log, self._log_start = guard, log, log_start
        self._said: list[int] | None = None

    def check(self) -> None:
        """EngineDied, with the decisive lines of the log, where the server has ended."""
        if self._guard.poll() is None:
            return
        lines = server_log.decisive_lines(self.log_text())
        quoted = "\n".join(f"    {line}" for line in lines) or "    (it wrote nothing)"
        raise EngineDied(
            f"vLLM {_how_it_ended(self._guard_said())}:\n{quoted}",
            f"the whole log: {self._log}; what was answered is kept: run the same command again to go on",
        )

    def log_text(self) -> str:
        """What this server has written so far."""
        with self._log.open("rb") as file:
            file.seek(self._log_start)
            return file.read().decode(errors="replace")

    def stop(self, grace_s: float) -> None:
        """End the server and everything it started."""
        if self._guard.stdin:
            self._guard.stdin.close()  # tells the guard; should we be interrupted from here on, it goes on alone
        try:
            self._guard.wait(grace_s + 5)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()
        if len(said := self._guard_said()) == 1:  # the guard itself was killed: its work is ours
            with suppress(ProcessLookupError):
                os.killpg(said[0], signal.SIGKILL)

    def _guard_said(self) -> list[int]:
        """The server's process id, and how it ended, as far as the guard came. Only once the guard has ended."""
        if self._said is None and self._guard.stdout:
            with self._guard.stdout as pipe:
                self._said = [int(line) for line in pipe.read().split()]
        return self._said or []


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], log: Path, grace_s: float = GRACE_S
) -> Iterator[Process]:
    """`command` while the `with` block lasts. Its output is appended to `log`, below the command itself."""
    log_start = _head(log, command)
    with log.open("ab") as file:
        guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD), str(grace_s), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            env=dict(environment),
            start_new_session=True,
        )
    process = Process(guard, log, log_start)
    try:
        yield process
    finally:
        process.stop(grace_s)


def _head(log: Path, command: Sequence[str]) -> int:
    """Write the command into the log and return where its output will begin. StorageError where the disk is full."""
    with disk_errors(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            file.write(f"$ {shlex.join(command)}\n".encode())
            return file.tell()


def _how_it_ended(said: Sequence[int]) -> str:
    """In words, from the guard's process id and exit status of the server."""
    if len(said) < 2:
        return "was killed together with its guard" if said else "could not be started"
    code = said[1]
    if code >= 0:
        return f"ended with exit code {code}"
    name = signal.Signals(-code).name
    reasons = {
        signal.SIGILL: " (illegal instruction: this build does not fit this processor)",
        signal.SIGKILL: " (often the kernel, when memory has run out)",
        signal.SIGBUS: " (often a full /dev/shm)",
    }
    return f"was killed by {name}{reasons.get(signal.Signals(-code), '')}"
