"""Whether a program passes its tests."""

from __future__ import annotations

import secrets

from harness.sandbox.limits import Limits
from harness.sandbox.run import run


def passes(program: str, tests: str, limits: Limits | None = None) -> bool:
    """Run the tests after the program; true where every one of them was reached and held.

    After them a word is written that is new each time, so that a program which ends the process early, or prints what a
    passing one would, gains nothing; what else it prints, and where, says nothing. One that searches the interpreter's
    own frames for that word could forge it.
    """
    word = secrets.token_hex(16)
    written = f"\n{word}\n".encode()
    # Not by `print`, which the program may have made its own.
    ran = run(f"{program}\n\n{tests}\n\n__import__('os').write(1, {written!r})\n", limits)
    return ran.ended == "done" and word in ran.output.split("\n")
