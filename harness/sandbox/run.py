"""Run a program in the sandbox and say how it ended."""

from __future__ import annotations

import functools
import platform
import shutil

from harness.errors import SandboxError, SetupError
from harness.sandbox.command import MIB, Rights
from harness.sandbox.limits import Limits
from harness.sandbox.process import Ran, Sandbox
from harness.sandbox.syscalls import refusals


def run(program: str, limits: Limits | None = None, *, given: str = "") -> Ran:
    """Run Python source in a fresh sandbox, as a script with `given` on its standard input.

    SetupError where this machine has no sandbox: it never runs bare. SandboxError where one fails to stand or
    is killed from outside: then nothing is said of the program.
    """
    bounds = limits or Limits()
    rights = require()
    if len(given) > bounds.scratch_mib * MIB // 4:
        raise ValueError(f"an input of {len(given)} characters; scratch_mib={bounds.scratch_mib} leaves no room for it")
    return _run(program, bounds, rights, given)


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
        try:
            ran = _run("print('ready')", Limits(), rights, "")
        except SandboxError as error:
            problem = error.message
            continue
        if ran.ended == "done" and ran.output == "ready\n":
            return rights, ""
        problem = " ".join(ran.errors.split()) or f"exit code {ran.exit_code}"
    return None, problem


def _run(program: str, limits: Limits, rights: Rights, given: str) -> Ran:
    with Sandbox("program", {"program": program, "input": given}, limits, rights) as sandbox:
        return sandbox.finish()
