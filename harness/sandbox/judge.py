"""Whether a program passes its tests."""

from __future__ import annotations

import secrets

from harness.sandbox.limits import Limits
from harness.sandbox.run import run


def passes(program: str, tests: str, limits: Limits | None = None) -> bool:
    """Run the tests after the program; true where every one of them was reached and held.

    The last line prints a word that is new each time, so that a program which ends the process early, or prints what a
    passing one would, gains nothing. One that searches the interpreter's own frames for that word could forge it.
    """
    word = secrets.token_hex(16)
    ran = run(f"{program}\n\n{tests}\n\nprint({word!r})\n", limits)
    return ran.ended == "done" and ran.output.rstrip("\n").rsplit("\n", 1)[-1] == word
