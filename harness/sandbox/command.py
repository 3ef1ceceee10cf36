"""The bubblewrap command: an empty root with the system's programs read-only, a private /tmp, no network."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from harness.sandbox.limits import Limits

NOBODY = 65534
FIRST_USER, USERS = 0x60000000, 0x10000000
"""Users of sandboxes: above all that are given to people, daemons and containers."""
MIB = 1 << 20

Part = Literal["program", "functions", "tests"]
"""What happens inside; see inside.py."""

Rights = Literal["user_namespace", "dropped"]
"""How the program becomes nobody: in a user namespace of its own, or from root by giving up every right."""

SYSTEM = ("/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin")
"""Beside /usr; mostly links into it."""


def command(
    part: Part, limits: Limits, rights: Rights, filter_: int, standing: int, line: Sequence[int] = ()
) -> list[str]:
    """The command line. What to run goes to its stdin.

    The system calls that it is refused are read from `filter_`; on `standing` it says that it stands; `line`: see
    inside.py.
    """
    user = str(_user()) if rights == "dropped" else ""
    numbers = [f"{each}" for each in (standing, *line)]
    walls = [*_walls(limits, rights), "--seccomp", f"{filter_}"]
    return ["bwrap", *walls, "--", *_interpreter(), *_inside(limits), user, part, *numbers]


def _user() -> int:
    """A user that nobody is: the kernel counts the processes of a user, and no two sandboxes shall share the count."""
    return FIRST_USER + secrets.randbelow(USERS)


def _walls(limits: Limits, rights: Rights) -> Iterator[str]:
    yield from ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
    if rights == "user_namespace":
        yield from ("--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY))
    yield from ("--cap-drop", "ALL")
    if rights == "dropped":
        yield from ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
    yield from ("--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv")
    yield from ("--setenv", "PATH", "/usr/bin:/bin", "--setenv", "LANG", "C.UTF-8", "--setenv", "PYTHONUTF8", "1")
    yield from ("--setenv", "PYTHONHASHSEED", "0")  # the order of a set is the same every time
    yield from ("--ro-bind", "/usr", "/usr")
    for path in map(Path, SYSTEM):
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    yield from _bound("/etc/ld.so.cache")
    if not sys.base_prefix.startswith("/usr/"):
        yield from _bound(sys.base_prefix)
    yield from ("--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev")
    yield from ("--perms", "1777", "--size", str(limits.scratch_mib * MIB), "--tmpfs", "/tmp")  # noqa: S108 - its own
    yield from ("--remount-ro", "/", "--chdir", "/tmp")  # noqa: S108 - its own


def _bound(path: str) -> Iterator[str]:
    """A path read-only in its place, reachable for everybody."""
    for parent in reversed(Path(path).parents[:-1]):
        yield from ("--perms", "0755", "--dir", str(parent))
    yield from ("--ro-bind-try", path, path)


def _interpreter() -> list[str]:
    """The system's or pyenv's Python without site packages: not the venv's, which is not in the sandbox.

    Not isolated (-I), which would ignore PYTHONHASHSEED; the environment is ours alone.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [str(Path(sys.base_prefix, "bin", version)), "-P", "-s", "-S", "-B", "-c"]


def _inside(limits: Limits) -> list[str]:
    numbers = {
        "cpu_s": limits.cpu_s,
        "memory_bytes": limits.memory_mib * MIB,
        "processes": limits.processes,
        "file_bytes": limits.scratch_mib * MIB,
    }
    return [Path(__file__).with_name("inside.py").read_text(encoding="utf-8"), json.dumps(numbers)]
