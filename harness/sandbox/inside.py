"""The first program inside the sandbox: sets the limits, gives up its rights, runs what stands on stdin.

It is handed to the interpreter as text, so it imports nothing but the standard library. Arguments: the limits as JSON
(cpu_s, memory_bytes, processes, file_bytes) and the user to become, empty where it is already nobody.
"""

import io
import json
import os
import resource
import sys
import types


def enclose(limits: dict[str, int], user: str) -> None:
    """Hard limits first: what comes after cannot raise them."""
    for name, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_AS, limits["memory_bytes"]),
    ):
        resource.setrlimit(name, (value, value))
    if user:
        os.setgroups([])
        os.setgid(int(user))
        os.setuid(int(user))
    # Counted per user, so it is set once the process is the user whose processes count.
    resource.setrlimit(resource.RLIMIT_NPROC, (limits["processes"], limits["processes"]))


def main() -> None:
    enclose(json.loads(sys.argv[1]), sys.argv[2])
    program = sys.stdin.buffer.read().decode()
    sys.stdin = io.StringIO()
    sys.argv = ["program"]
    # A module like any other: code under `if __name__ == "__main__"` shows the function off and is no part of it.
    module = sys.modules["program"] = types.ModuleType("program")
    exec(compile(program, "program", "exec"), module.__dict__)  # noqa: S102 - what the sandbox is for


main()
