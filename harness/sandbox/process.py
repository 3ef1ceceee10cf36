"""One sandbox from its start to its end: started, fed, watched, stopped, and nothing of it left."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Literal, Self

from harness.errors import SandboxError
from harness.sandbox.command import MIB, Part, Rights, command
from harness.sandbox.limits import Limits
from harness.sandbox.syscalls import refusals

if TYPE_CHECKING:
    import psutil

Ended = Literal["done", "error", "timeout", "memory", "output", "files", "stopped"]
"""`done`: it ran to its end with exit code 0. `error`: any other end of its own, a limit inside it included. `stopped`:
nobody waits for it any more."""

WATCH_S = 0.05
"""Seconds between looks at the clock and the memory."""
KIB = 1 << 10


@dataclass(frozen=True)
class Ran:
    """How a program ended and what it wrote."""

    ended: Ended
    exit_code: int
    """Of the program; above 128 where a signal ended it, negative where a limit did."""
    output: str
    """Standard output, as far as the limit reached."""
    errors: str
    """Standard error, as far as the limit reached."""
    seconds: float


class Sandbox:
    """A running sandbox. Leaving the block kills whatever is left in it."""

    def __init__(
        self, part: Part, what: Mapping[str, object], limits: Limits, rights: Rights, line: Sequence[int] = ()
    ) -> None:
        """`what`: the document that inside.py reads. `line`: descriptors of the part's own, see there."""
        self._limits, self._what = limits, json.dumps(what).encode()
        self._began = time.monotonic()
        self._ready, standing = os.pipe()
        filter_, writing = os.pipe()
        try:
            with os.fdopen(writing, "wb") as file:
                file.write(refusals() or b"")
            self._child = subprocess.Popen(
                command(part, limits, rights, filter_, standing, line),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(filter_, standing, *line),
            )
        except OSError as error:
            os.close(self._ready)
            raise SandboxError(f"a sandbox could not be started: {error}") from error
        finally:
            os.close(filter_)
            os.close(standing)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._child.kill()  # and with it everything inside (--die-with-parent)
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout, self._child.stderr):
            _close(stream)
        os.close(self._ready)

    def finish(self, stop: threading.Event | None = None) -> Ran:
        """Wait for its end, or bring it about.

        SandboxError where it never stood, or where somebody outside killed it (the kernel, out of memory): then nothing
        is said of the program.
        """
        watch = _Watch(self._child, self._limits, self._began, stop or threading.Event())
        ended = watch.until_its_end(self._what)
        # Only from outside can a signal end it: what a program does to itself is an exit code above 128.
        killed = (self._child.poll() or 0) < 0
        self._child.kill()
        exit_code = self._child.wait()
        output, errors = watch.texts()
        if not self._stood():
            said = " ".join(errors.split())[-200:] or f"it ended with {exit_code}"
            raise SandboxError(f"a sandbox did not come to stand within {self._limits.wall_s:g} s: {said}")
        if killed and ended in (None, "stopped"):
            raise SandboxError(f"a sandbox was killed from outside (signal {-exit_code}): is memory short?")
        return Ran(
            ended or ("error" if exit_code else "done"), exit_code, output, errors, time.monotonic() - self._began
        )

    def _stood(self) -> bool:
        """Whether it said that it stands: what it said before its end is there by now."""
        os.set_blocking(self._ready, False)
        try:
            return os.read(self._ready, 1) == b"+"
        except BlockingIOError:
            return False


def _close(stream: IO[bytes] | None) -> None:
    try:
        if stream:
            stream.close()
    except BrokenPipeError:  # it never read its program
        pass


class _Watch:
    """Feeds the program, gathers what it writes, and looks after time, memory and size of output."""

    def __init__(self, child: subprocess.Popen[bytes], limits: Limits, started: float, stop: threading.Event) -> None:
        self._child, self._limits, self._stop = child, limits, stop
        self._deadline = started + limits.wall_s
        self._written: dict[str, bytearray] = {"output": bytearray(), "errors": bytearray()}

    def until_its_end(self, document: bytes) -> Ended | None:
        """Why it has to be stopped; None: it ended by itself."""
        with selectors.DefaultSelector() as streams:
            for stream, name in ((self._child.stdout, "output"), (self._child.stderr, "errors")):
                if stream:
                    streams.register(stream, selectors.EVENT_READ, name)
            if not self._feed(document):
                return None
            while streams.get_map():
                self._read(streams)
                if stop := self._overrun():
                    return stop
        return self._wait()

    def texts(self) -> tuple[str, str]:
        """Standard output and standard error, together no longer than the limit."""
        most = self._limits.output_kib * KIB
        output = bytes(self._written["output"][:most])
        errors = bytes(self._written["errors"][: most - len(output)])
        return output.decode(errors="replace"), errors.decode(errors="replace")

    def _feed(self, document: bytes) -> bool:
        """Whether the document was taken. It is read whole before anything else happens, so this does not block."""
        try:
            if self._child.stdin:
                self._child.stdin.write(document)
                self._child.stdin.close()
        except BrokenPipeError:
            return False
        return True

    def _read(self, streams: selectors.BaseSelector) -> None:
        for key, _ in streams.select(WATCH_S):
            stream = key.fileobj
            chunk = stream.read1(64 * KIB)  # type: ignore[union-attr]  # registered above, as a buffered reader
            if chunk:
                self._written[key.data] += chunk
            else:
                streams.unregister(stream)

    def _overrun(self) -> Ended | None:
        if self._stop.is_set():
            return "stopped"
        if time.monotonic() > self._deadline:
            return "timeout"
        if sum(map(len, self._written.values())) > self._limits.output_kib * KIB:
            return "output"
        inside = self._inside()
        if sum(map(_resident_of, inside)) > self._limits.memory_mib * MIB:
            return "memory"
        return "files" if inside and files(inside[0].pid) > self._limits.files else None

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


def _resident_of(process: psutil.Process) -> int:
    import psutil

    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def files(pid: int) -> int:
    """Files and folders in a process's own /tmp; 0 where it is gone, or the process still sees this machine's."""
    try:
        if Path(f"/proc/{pid}/root/tmp").stat().st_dev == Path("/tmp").stat().st_dev:  # noqa: S108 - compared, not used
            return 0
        scratch = os.statvfs(f"/proc/{pid}/root/tmp")
    except OSError:
        return 0
    return scratch.f_files - scratch.f_ffree
