"""Whether two formulas mean the same, by computer algebra, in a process of its own.

What a model writes can keep a computer algebra system busy for ever or fill the memory (9^9^9^9^9), and its own limits
are signals, which only a main thread gets. So another process computes, with limits that end it from outside.
"""

from __future__ import annotations

import atexit
import json
import resource
import selectors
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO

LONGEST = 1000
"""Characters of a formula: what is longer is not compared."""
CPU_SECONDS = 5.0
"""Of one comparison: a count of work, so that a busy machine changes no verdict."""
WALL_SECONDS = 120.0
"""Of one comparison: reached only where the machine stands still."""
MEMORY_BYTES = 2 * 1024**3
"""Address space of the process."""
LIMITS = frozenset({-signal.SIGPROF, -signal.SIGABRT, -signal.SIGSEGV})
"""How the process ends over a formula: by its timer, or where C code gets no more memory or stack."""


class Algebra:
    """One process that compares formulas one after the other; started when first asked, and after it was ended."""

    def __init__(self, cpu_seconds: float = CPU_SECONDS) -> None:
        self._cpu_seconds = cpu_seconds
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def same(self, given: str, target: str) -> bool:
        """Whether both are equal; False where they cannot be read or compared within the limits.

        TimeoutError where the machine did not get to it, ChildProcessError where the process ended for a reason that is
        no limit (a library missing, memory short on the machine): neither says anything of the formulas.
        """
        if max(len(given), len(target)) > LONGEST:
            return False
        with self._lock:
            answer = self._ask(json.dumps([given, target]))
            if answer is None and (code := self._ended()) not in LIMITS:
                raise ChildProcessError(f"the process that compares formulas ended with {code}")
            return answer == "true\n"

    def _ask(self, line: str) -> str | None:
        """The answer; None where the process ended over the question."""
        process = self._started()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the process of formulas has no pipes")
        try:
            process.stdin.write(line + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            return None
        if not _arrives(process.stdout, WALL_SECONDS):
            self._end()
            raise TimeoutError(f"two formulas were not compared within {WALL_SECONDS:g} s")
        return process.stdout.readline() or None

    def _ended(self) -> int | None:
        """How the process ended by itself."""
        code = None
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(WALL_SECONDS)
        self._end()
        return code

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-m", __name__, str(self._cpu_seconds)]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
            atexit.register(self._end)
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None
        atexit.unregister(self._end)


def _arrives(stream: IO[str], seconds: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return bool(selector.select(seconds))


ALGEBRA = Algebra()


def _main() -> None:
    """Read pairs of formulas, write whether they are equal. The timer's signal ends the process, also inside C code."""
    from math_verify import parse, verify

    cpu_seconds = float(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a person's Ctrl-C is the harness's business
    for line in sys.stdin:
        given, target = json.loads(line)
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        try:
            right, left = (parse(f"${text}$", parsing_timeout=0) for text in (target, given))
            is_same = bool(verify(right, left, timeout_seconds=0))
        except Exception:  # noqa: BLE001 - whatever the library cannot do is no equality
            is_same = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.write("true\n" if is_same else "false\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
