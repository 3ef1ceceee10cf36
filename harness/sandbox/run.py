"""Run a program in the sandbox and say how it ended."""

from __future__ import annotations

import functools
import os
import platform
import selectors
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from harness.errors import SetupError
from harness.sandbox.command import MIB, Rights, command
from harness.sandbox.limits import Limits
from harness.sandbox.syscalls import refusals

if TYPE_CHECKING:
    import psutil

Ended = Literal["done", "error", "timeout", "memory", "output", "files"]
"""`done`: it ran to its end with exit code 0. `error`: any other end of its own, a limit inside it included."""

WATCH_S = 0.05
"""Seconds between looks at the clock and the memory."""
KIB = 1 << 10


@dataclass(frozen=True)
class Ran:
    """How a program ended and what it wrote."""

    ended: Ended
    exit_code: int
    """Of the program; negative or above 128 where a signal ended it."""
    output: str
    """Standard output, then standard error, as far as the limit reached."""
    seconds: float


def run(program: str, limits: Limits | None = None) -> Ran:
    """Run Python source in a fresh sandbox. SetupError where this machine has none: it never runs bare."""
    bounds = limits or Limits()
    return _run(program, bounds, require())


def require() -> Rights:
    """The way in which sandboxes work here; SetupError where none does."""
    rights, problem = _tried()
    if rights is None:
        raise SetupError(
            f"generated code cannot be run: no sandbox works here ({problem})",
            "install bubblewrap (Debian: apt install bubblewrap), allow user namespaces, or leave out the code tasks",
        )
    return rights


@functools.cache
def _tried() -> tuple[Rights | None, str]:
    """The first way that runs a program, and what the last one that did not said."""
    if shutil.which("bwrap") is None:
        return None, "bwrap is not installed"
    if refusals() is None:
        return None, f"no system call filter for {platform.machine()} is known"
    problem = ""
    ways: tuple[Rights, ...] = ("dropped", "user_namespace")
    for rights in ways:
        ran = _run("print('ready')", Limits(), rights)
        if ran.ended == "done" and ran.output == "ready\n":
            return rights, ""
        problem = " ".join(ran.output.split()) or f"exit code {ran.exit_code}"
    return None, problem


def _run(program: str, limits: Limits, rights: Rights) -> Ran:
    started = time.monotonic()
    child = _started(limits, rights)
    try:
        # What is no text in UTF-8 (a lone surrogate) is no program either: the interpreter inside says so.
        ended, output = _Watch(child, limits, started).until_its_end(program.encode(errors="surrogatepass"))
    finally:
        child.kill()  # and with it everything inside (--die-with-parent)
        exit_code = child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            _close(stream)
    return Ran(ended or ("error" if exit_code else "done"), exit_code, output, time.monotonic() - started)


def _started(limits: Limits, rights: Rights) -> subprocess.Popen[bytes]:
    filter_, writing = os.pipe()
    try:
        with os.fdopen(writing, "wb") as file:
            file.write(refusals() or b"")
        return subprocess.Popen(
            command(limits, rights, filter_),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(filter_,),
        )
    finally:
        os.close(filter_)


def _close(stream: IO[bytes] | None) -> None:
    try:
        if stream:
            stream.close()
    except BrokenPipeError:  # it never read its program
        pass


class _Watch:
    """Feeds the program, gathers what it writes, and looks after time, memory and size of output."""

    def __init__(self, child: subprocess.Popen[bytes], limits: Limits, started: float) -> None:
        self._child, self._limits = child, limits
        self._deadline = started + limits.wall_s
        self._written: dict[int, bytearray] = {}

    def until_its_end(self, program: bytes) -> tuple[Ended | None, str]:
        """Why it has to be stopped (None: it ended by itself), and its output."""
        with selectors.DefaultSelector() as streams:
            for stream in (self._child.stdout, self._child.stderr):
                if stream:
                    self._written[stream.fileno()] = bytearray()
                    streams.register(stream, selectors.EVENT_READ)
            if not self._feed(program):
                return None, self._text()
            while streams.get_map():
                self._read(streams)
                if stop := self._overrun():
                    return stop, self._text()
        return self._wait(), self._text()

    def _feed(self, program: bytes) -> bool:
        """Whether the program was taken. It is read whole before anything else happens, so this does not block."""
        try:
            if self._child.stdin:
                self._child.stdin.write(program)
                self._child.stdin.close()
        except BrokenPipeError:
            return False
        return True

    def _read(self, streams: selectors.BaseSelector) -> None:
        for key, _ in streams.select(WATCH_S):
            stream = key.fileobj
            chunk = stream.read1(64 * KIB)  # type: ignore[union-attr]  # registered above, as a buffered reader
            if chunk:
                self._written[key.fd] += chunk
            else:
                streams.unregister(stream)

    def _overrun(self) -> Ended | None:
        if time.monotonic() > self._deadline:
            return "timeout"
        if sum(map(len, self._written.values())) > self._limits.output_kib * KIB:
            return "output"
        inside = self._inside()
        if sum(map(_resident_of, inside)) > self._limits.memory_mib * MIB:
            return "memory"
        return "files" if inside and _files(inside[0].pid) > self._limits.files else None

    def _inside(self) -> list[psutil.Process]:
        """Every process in the sandbox, the first of them first."""
        import psutil

        try:
            return psutil.Process(self._child.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def _wait(self) -> Ended | None:
        """It has closed its output and may still run."""
        while True:
            try:
                self._child.wait(WATCH_S)
            except subprocess.TimeoutExpired:
                if stop := self._overrun():
                    return stop
            else:
                return None

    def _text(self) -> str:
        whole = b"".join(bytes(part) for part in self._written.values())
        return whole[: self._limits.output_kib * KIB].decode(errors="replace")


def _resident_of(process: psutil.Process) -> int:
    import psutil

    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _files(pid: int) -> int:
    """Files and folders in a process's own /tmp; 0 where it is gone, or the process still sees this machine's."""
    try:
        if Path(f"/proc/{pid}/root/tmp").stat().st_dev == Path("/tmp").stat().st_dev:  # noqa: S108 - compared, not used
            return 0
        scratch = os.statvfs(f"/proc/{pid}/root/tmp")
    except OSError:
        return 0
    return scratch.f_files - scratch.f_ffree
