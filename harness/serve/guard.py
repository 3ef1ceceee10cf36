"""Run one command and end its whole process group when told to, or when whoever started this is gone.

    python guard.py GRACE_S COMMAND ...      # a program of its own, standard library only

The server's parent is this guard, not the harness: whatever way the harness ends, kill -9 included, the kernel closes
the pipe on the guard's stdin, and the guard reaps the server. (PR_SET_PDEATHSIG would reach only the server itself,
not its workers, and fires when the starting *thread* ends.) The guard sits in a session of its own, so that Ctrl-C in
the terminal reaches only the harness, which then stops the server in order.

stdout: the server's process id, then how it ended (as subprocess.Popen.returncode), a line each.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


def main() -> None:
    grace_s, command = float(sys.argv[1]), sys.argv[2:]
    # Orphaned workers become children of ours, so that we can wait until they are really gone.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True)
    _say(server.pid)
    threading.Thread(target=_stop_at_end_of_stdin, args=(server.pid, grace_s), daemon=True).start()
    code = server.wait()
    _signal_group(server.pid, signal.SIGKILL)  # workers that a crashed server left behind
    _wait_for_group(server.pid)
    _say(code)
    os._exit(0)  # at once: the thread may be waiting in a read


def _stop_at_end_of_stdin(group: int, grace_s: float) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    _signal_group(group, signal.SIGTERM)
    time.sleep(grace_s)
    _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it is gone already
        os.killpg(group, number)


def _wait_for_group(group: int) -> None:
    with contextlib.suppress(ChildProcessError):  # none is left
        while True:
            os.waitpid(-group, 0)


def _say(number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody is left to read it
        os.write(1, b"%d\n" % number)


if __name__ == "__main__":
    main()
