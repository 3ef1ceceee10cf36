"""Hostile programs end as they should, and leave nothing behind."""

from __future__ import annotations

import importlib
import json
import os
import platform
import secrets
import select
import shutil
import subprocess
import threading
import time
from pathlib import Path

import psutil
import pytest

from harness.errors import SandboxError, SetupError
from harness.sandbox import Ended, Limits, process, require, run
from harness.sandbox.command import command
from harness.sandbox.syscalls import ARCHITECTURES, CLONE, REFUSED, refusals

running = importlib.import_module("harness.sandbox.run")  # the name is also the function's
LIMITS = Limits(wall_s=9, cpu_s=2, memory_mib=256, processes=8, output_kib=64, scratch_mib=8)

needs_a_sandbox = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


@needs_a_sandbox
@pytest.mark.parametrize(
    ("program", "ended", "said"),
    [
        ("print('안녕')", "done", "안녕\n"),
        ("1 / 0", "error", "ZeroDivisionError"),
        ("def broken(:", "error", "SyntaxError"),
        ("import sys; sys.exit(3)", "error", ""),
        ("x = bytearray(10 * 2**30)", "error", "MemoryError"),
        ("while True: print('x' * 1000)", "output", "xxxx"),
        ("import socket; socket.create_connection(('127.0.0.1', 22), 1)", "error", "Error"),
        ("import socket; socket.create_connection(('192.0.2.1', 80), 1)", "error", "Network is unreachable"),
        ("open('/usr/bin/env', 'a')", "error", "denied"),
        ("open('/kept', 'w')", "error", "Read-only file system"),
        ("open('/dev/shm/kept', 'w')", "error", "Read-only file system"),
        ("import shutil; shutil.rmtree('/usr')", "error", "Read-only file system"),
        ("import os; os.symlink('/etc/passwd', '/tmp/p'); print(open('/tmp/p').read())", "error", "No such file"),
        ("open('/tmp/f', 'wb').write(b'x' * 2**25)", "error", "File too large"),
        ("import os\nfor i in range(9): open(f'/tmp/{i}', 'wb').write(b'x' * 2**21)", "error", "No space left"),
        ("import os; os.setuid(0)", "error", "PermissionError"),
        ("import os, signal; os.kill(1, signal.SIGKILL); print('still here')", "error", "not permitted"),
        ("import os; print(os.getuid() >= 1000, sorted(os.environ))", "done",
         "True ['LANG', 'PATH', 'PWD', 'PYTHONHASHSEED', 'PYTHONUTF8']"),
        ("import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "error", "maximum limit"),
        ("import threading, time\nfor _ in range(99): threading.Thread(target=time.sleep, args=(.1,)).start()",
         "error", "can't start new thread"),
        ("open('/proc/1/environ').read()", "error", "Permission denied"),
        ("import os; os.memfd_create('kept')", "error", "not permitted"),
        ("import fcntl, os; fcntl.ioctl(os.open('/dev/ptmx', os.O_RDWR), 0x5412, b'x')", "error", "not permitted"),
        ("import os; os.open('/dev/tty', os.O_RDWR)", "error", "No such device"),
        ("import os\nfor i in range(10**6): os.mkdir(f'/tmp/{i}')", "files", ""),
        ("import os\nwhile True: os.write(2, b'x' * 65536)", "output", "xxxx"),
        ("import os; os.write(1, b'\\xff\\xc3')", "done", "\ufffd\ufffd"),
        ("print('a')\0", "error", "null bytes"),
        ("print('\ud800')", "error", "surrogates not allowed"),
        ("print('no end of line', end='')", "done", "no end of line"),
        ("import os; os._exit(0)", "done", ""),
        ("exit(4)", "error", ""),
        ("if __name__ == '__main__': print('as a script')", "done", "as a script"),
        ("import socket; socket.socket(40, socket.SOCK_STREAM)", "error", "not supported"),
        ("import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", "error", "not supported"),
        ("import socket; a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))", "done", "b'x'"),
        ("open('/proc/1/mem', 'rb').read(1)", "error", "Permission denied"),
        ("open('/proc/sys/kernel/core_pattern', 'w')", "error", "Error"),
        ("open('/proc/kmsg').read(1)", "error", "Error"),
        ("open('/sys/kernel/x')", "error", "No such file"),
        ("import os, signal; os.kill(os.getppid(), signal.SIGKILL)", "error", "not permitted"),
        ("import os\nfor each in os.listdir('/proc'):\n    if each.isdigit(): print(each)", "done", "1\n"),
        ("import os; os.mknod('/tmp/disk', 0o060666, os.makedev(8, 0))", "error", "not permitted"),
        ("import os; os.open('/tmp', os.O_RDONLY); os.chroot('/tmp')", "error", "not permitted"),
        ("import os; os.chmod('/tmp', 0)", "error", "not permitted"),
        ("import os, sys; os.link('/usr/bin/env', '/tmp/env')", "error", "cross-device"),
        ("def deep(n): return deep(n + 1)\ndeep(0)", "error", "RecursionError"),
        ("import sys; sys.setrecursionlimit(10**9)\ndef deep(n): return deep(n + 1)\ndeep(0)", "error", ""),
        ("import ctypes; ctypes.string_at(0)", "error", ""),
    ],
)  # fmt: skip
def test_a_program_ends_as_it_should(program: str, ended: Ended, said: str) -> None:
    ran = run(program, LIMITS)
    assert (ran.ended, said.casefold() in (ran.output + ran.errors).casefold()) == (ended, True), ran


@needs_a_sandbox
def test_a_program_reads_its_input_as_it_likes() -> None:
    given = "첫 줄\n둘째 줄\n"
    ways = (
        "print(input()); print(input())",
        "import sys; print(sys.stdin.read(), end='')",
        "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())",
        "print(open(0).read(), end='')",
        "import os; print(os.read(0, 99).decode(), end='')",
        "import fileinput\nfor line in fileinput.input(): print(line, end='')",
    )
    assert [run(program, LIMITS, given=given).output for program in ways] == [given] * len(ways)
    assert "EOFError" in run("input(); input()", LIMITS, given="one line").errors
    with pytest.raises(ValueError, match="leaves no room"):
        run("", LIMITS, given="x" * 2**22)


@needs_a_sandbox
def test_the_same_program_says_the_same_every_time() -> None:
    program = "import random\nprint(list({'one', 'two', 'three', 'four'}), hash('five'), random.random())"
    assert len({run(program, LIMITS).output for _ in range(3)}) == 1


@needs_a_sandbox
def test_no_secret_of_this_process_s_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = secrets.token_hex(8)
    monkeypatch.setenv("SECRET_TOKEN", secret)
    program = (
        "import glob\nfor path in glob.glob('/proc/*/environ') + glob.glob('/proc/*/cmdline'):\n"
        "    try: print(open(path, 'rb').read())\n    except OSError: pass"
    )
    ran = run(program, LIMITS)
    assert (ran.ended, secret in ran.output + ran.errors) == ("done", False)


@needs_a_sandbox
def test_a_neighbour_s_processes_do_not_count() -> None:
    """Limits on processes are the kernel's, by user: every sandbox has a user of its own."""
    waiting = "import os, time\nfor _ in range(6):\n    if os.fork() == 0: time.sleep(30)\ntime.sleep(30)"
    busy = threading.Thread(target=run, args=(waiting, Limits(wall_s=4, processes=8)))
    busy.start()
    time.sleep(1)
    threads = "import threading, time\nfor _ in range(6): threading.Thread(target=time.sleep, args=(.1,)).start()"
    ended = [run(threads, Limits(processes=8)).ended for _ in range(3)]
    busy.join()
    assert ended == ["done"] * 3


@needs_a_sandbox
@pytest.mark.parametrize("problem", ["exec false", "sleep 60"])
def test_a_sandbox_that_does_not_stand_says_nothing_of_the_program(
    problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require()
    broken = tmp_path / "bwrap"
    broken.write_text(f"#!/bin/sh\n{problem}\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SandboxError, match="did not come to stand"):
        run("print(1)", Limits(wall_s=0.5))


@needs_a_sandbox
def test_a_sandbox_that_is_killed_from_outside_says_nothing_of_the_program() -> None:
    what = {"program": "import time; time.sleep(60)", "input": ""}
    with process.Sandbox("program", what, Limits(), require()) as sandbox:
        killing = threading.Thread(target=kill_once_it_stands, args=[sandbox])
        killing.start()
        with pytest.raises(SandboxError, match="killed from outside"):
            sandbox.finish()
        killing.join()


def kill_once_it_stands(sandbox: process.Sandbox) -> None:
    """As the kernel does where memory is short."""
    select.select([sandbox._ready], [], [])
    sandbox._child.kill()


@needs_a_sandbox
@pytest.mark.parametrize(
    ("program", "exit_code"),
    [
        ("import os; os.kill(os.getpid(), 9)", 137),
        ("import os; os.kill(0, 9)", 137),
        ("import os; os.abort()", 134),
        ("while True: pass", 137),
    ],
)
def test_a_program_that_a_signal_of_its_own_ends_is_an_answer(program: str, exit_code: int) -> None:
    ran = run(program, LIMITS.model_copy(update={"wall_s": 60}))
    assert (ran.ended, ran.exit_code) == ("error", exit_code)


@needs_a_sandbox
def test_a_machine_without_processes_to_spare_says_nothing_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    require()

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(SandboxError, match="could not be started"):
        run("print(1)", LIMITS)


@needs_a_sandbox
@pytest.mark.parametrize(
    "program",
    [
        "while True: pass",
        "import time; time.sleep(60)",
        "import os, time\nos.close(1); os.close(2); time.sleep(60)",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\ntime.sleep(60)",
    ],
)
def test_what_goes_on_for_ever_is_stopped_with_all_its_children(program: str) -> None:
    begun = time.monotonic()
    ran = run(program, Limits(wall_s=2, cpu_s=30, processes=8))
    assert (ran.ended, time.monotonic() - begun < 9) == ("timeout", True)
    time.sleep(0.2)
    left = [each for each in psutil.Process().children(recursive=True) if each.status() != psutil.STATUS_ZOMBIE]
    assert not [each for each in left if "bwrap" in each.name()]


@needs_a_sandbox
def test_nothing_of_this_machine_s_is_seen(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden")
    ran = run(f"import os; print(os.path.exists({str(secret)!r}), os.listdir('/tmp'), os.listdir('/proc/1') != [])")
    assert ran.output.startswith("False []")


@needs_a_sandbox
@pytest.mark.parametrize("name", ["unshare", "clone", "add_key", "ptrace", "shmget", "mount"])
def test_a_system_call_that_goes_round_the_limits_is_refused(name: str) -> None:
    number = (CLONE if name == "clone" else REFUSED[name])[list(ARCHITECTURES).index(platform.machine())]
    new_user_namespace = 0x10000000
    program = (
        "import ctypes, os\nlibrary = ctypes.CDLL(None, use_errno=True)\n"
        f"print(library.syscall({number}, {new_user_namespace}, 0, 0, 0, 0), os.strerror(ctypes.get_errno()))"
    )
    assert run(program, LIMITS).output == "-1 Operation not permitted\n"


def test_a_machine_whose_system_calls_are_not_known_has_no_filter() -> None:
    assert refusals("sparc64") is None
    assert all(len(refusals(machine) or b"") % 8 == 0 and refusals(machine) for machine in ARCHITECTURES)


def test_this_machine_s_own_files_are_not_a_program_s() -> None:
    """Until its walls stand, the first process of a sandbox still sees them."""
    assert process.files(os.getpid()) == 0


@needs_a_sandbox
def test_memory_is_bounded_also_behind_a_closed_output() -> None:
    program = (
        "import os, time\nos.close(1); os.close(2)\nos.fork(); os.fork()\nx = bytearray(100 * 2**20)\ntime.sleep(9)"
    )
    assert run(program, Limits(memory_mib=256, wall_s=10)).ended == "memory"


@needs_a_sandbox
def test_memory_of_all_processes_together_is_bounded() -> None:
    program = "import os, time\nfor _ in range(5): os.fork()\nx = bytearray(100 * 2**20)\ntime.sleep(30)"
    assert run(program, Limits(memory_mib=256, processes=64, wall_s=10)).ended == "memory"


ORDINARY = 12345
"""A user without rights."""

needs_another_user = pytest.mark.skipif(
    os.getuid() != 0 or not Path("/usr/bin/python3").is_file(), reason="only root can run as another user"
)


@needs_a_sandbox
@needs_another_user
@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os; print(os.getuid(), input())", b"65534 given"),
        ("import os, time\nfor _ in range(40):\n    if os.fork() == 0: time.sleep(9)", b"temporarily unavailable"),
        ("import os; os.setuid(0)", b"Invalid argument"),
        ("import socket; socket.create_connection(('192.0.2.1', 80), 1)", b"Network is unreachable"),
        ("open('/kept', 'w')", b"Read-only file system"),
    ],
)  # fmt: skip
def test_the_walls_are_the_same_for_a_user_who_is_not_root(
    program: str, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.base_prefix", "/usr")  # what root has installed for itself, others cannot read
    reading, writing = os.pipe()
    filter_, filling = os.pipe()
    with os.fdopen(filling, "wb") as file:
        file.write(refusals() or b"")
    line = command("program", Limits(processes=16), "user_namespace", filter_, writing)
    line[line.index("--") + 1] = "/usr/bin/python3"
    document = json.dumps({"program": program, "input": "given\n"}).encode()
    done = subprocess.run(
        line, input=document, capture_output=True, pass_fds=(filter_, writing), cwd="/", user=ORDINARY, group=ORDINARY,
        extra_groups=[], timeout=60, check=False,
    )  # fmt: skip
    for end in (filter_, writing):
        os.close(end)
    assert (os.read(reading, 1), said in done.stdout + done.stderr) == (b"+", True), done
    os.close(reading)


def test_without_a_sandbox_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running.shutil, "which", lambda _: None)
    running._tried.cache_clear()
    with pytest.raises(SetupError, match="bwrap is not installed"):
        require()
    with pytest.raises(SetupError, match="install bubblewrap"):
        run("print(1)")
    monkeypatch.undo()
    running._tried.cache_clear()


def test_a_sandbox_has_no_network_and_a_read_only_root() -> None:
    line = command("program", Limits(), "user_namespace", 3, 4)
    assert {"--unshare-net", "--unshare-pid", "--unshare-user", "--die-with-parent", "--clearenv"} <= set(line)
    assert line[line.index("--cap-drop") + 1] == "ALL"
    assert "--bind" not in line
