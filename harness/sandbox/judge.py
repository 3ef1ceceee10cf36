"""Whether a program passes its tests."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from harness.errors import SandboxError
from harness.sandbox.command import Rights
from harness.sandbox.limits import Limits
from harness.sandbox.process import Ran, Sandbox
from harness.sandbox.run import require

ATTEMPTS = 3
"""Starts of a pair of sandboxes, where one does not come to stand or is killed from outside."""


def passes(
    program: str, tests: str, functions: Sequence[str], *, given: str = "", limits: Limits | None = None
) -> bool:
    """Whether tests that call a program's functions run to their end.

    Program and tests run in sandboxes of their own. `functions` are the names that the tests take from the program;
    `given` is source that the tests need beside them. The program sees no test, and nothing that it writes, raises,
    overrides or ends counts but what its functions return, as a plain value. SandboxError where a sandbox does not
    stand or is killed from outside: that says nothing of the program.
    """
    bounds, rights = limits or Limits(), require()
    for _ in range(ATTEMPTS - 1):
        with suppress(SandboxError):
            return _tests(program, tests, functions, given, bounds, rights).ended == "done"
    return _tests(program, tests, functions, given, bounds, rights).ended == "done"


def _tests(program: str, tests: str, functions: Sequence[str], given: str, limits: Limits, rights: Rights) -> Ran:
    """How the tests ended, the program loaded beside them."""
    what = {"given": given, "tests": tests, "functions": [*functions]}
    with ExitStack() as ends, ExitStack() as running:
        asked, asking = _pipe(ends)
        answered, answering = _pipe(ends)
        callee = running.enter_context(Sandbox("functions", {"program": program}, limits, rights, (asked, answering)))
        caller = running.enter_context(Sandbox("tests", what, limits, rights, (answered, asking)))
        ends.close()  # theirs alone now: when one side goes, the other hears it
        return _both(callee, caller)


def _pipe(ends: ExitStack) -> tuple[int, int]:
    """A pipe's two ends, closed with the block."""
    reading, writing = os.pipe()
    ends.callback(os.close, reading)
    ends.callback(os.close, writing)
    return reading, writing


def _both(callee: Sandbox, caller: Sandbox) -> Ran:
    """The tests' end; the program is stopped with it. SandboxError where either does not stand or is killed."""
    over = threading.Event()
    failures: list[SandboxError] = []

    def watch() -> None:
        try:
            callee.finish(over)
        except SandboxError as error:
            failures.append(error)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        ran = caller.finish()
    finally:
        over.set()
        watching.join()
    if failures:
        raise failures[0]
    return ran
