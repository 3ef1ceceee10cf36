"""Servers as child processes: small programs that behave like a vLLM in each of its moods, and once the real one."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from harness.checkpoint import prepare
from harness.environment import CACHE
from harness.errors import EngineError, SetupError
from harness.plan import FakeEngine, Model, VllmEngine
from harness.serve import Endpoint, serve, vllm_commands
from harness.serve.endpoint import first_completion
from harness.serve.vllm import serve_vllm

PREAMBLE = """
import http.server, json, os, signal, subprocess, sys, threading, time
port = int(sys.argv[sys.argv.index("--port") + 1])
name = sys.argv[sys.argv.index("--served-model-name") + 1]
worker = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, 1); time.sleep(600)"])
print(f"pids {os.getpid()} {worker.pid}", flush=True)

class Server(http.server.BaseHTTPRequestHandler):
    status, answers = 200, {
        "/v1/completions": {"choices": [{"text": "x"}]},
        "/v1/models": {"data": [{"id": name, "max_model_len": 64}]},
        "/version": {"version": "0.0-script"},
    }
    def do_GET(self, status=None):
        body = json.dumps(self.answers.get(self.path, {})).encode()
        self.send_response(status or self.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.do_GET(None if asked["model"] == name else 404)
    def log_message(self, *_):
        pass

def listen():
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Server).serve_forever()
"""

Serve = Callable[..., AbstractContextManager[Endpoint]]


class Scripted:
    """Starts a small program in the place of vLLM and knows the processes that it had."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.said = folder, folder / "server.log", list[str]()

    def engine(self, **changes: Any) -> VllmEngine:
        plan = {"kind": "vllm", "device": "cpu", "dtype": "float32", "max_model_len": 64, "startup_timeout_s": 30}
        return VllmEngine.model_validate(plan | changes)

    @contextmanager
    def serve(self, script: str, *, grace_s: float = 5.0, **changes: Any) -> Iterator[Endpoint]:
        program = self.folder / "vllm.py"
        program.write_text(PREAMBLE + script)
        plan, start = self.engine(**changes), [sys.executable, str(program)]
        with serve_vllm(plan, self.folder, "m", self.log, self.said.append, program=start, grace_s=grace_s) as endpoint:
            yield endpoint

    def pids(self) -> list[int]:
        return [int(pid) for line in re.findall(r"pids (.*)", self.log.read_text()) for pid in line.split()]

    def survivors(self) -> list[int]:
        return [pid for pid in self.pids() if is_running(pid)]


def is_running(pid: int) -> bool:
    """Alive, and not a zombie that its new parent has yet to collect."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def death(endpoint: Endpoint) -> str:
    """What the check says once it has noticed that the server is dead."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        try:
            endpoint.check()
        except EngineError as error:
            return error.message
        time.sleep(0.05)
    pytest.fail("the death went unnoticed")


def wait_for(condition: Callable[[], object], seconds: float = 15.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())


def never_ready(block: AbstractContextManager[Endpoint]) -> EngineError:
    """The error with which a server that must not become ready ends."""
    with pytest.raises(EngineError) as caught, block:
        pytest.fail("it became ready")
    return caught.value


@pytest.fixture
def scripted(tmp_path: Path) -> Scripted:
    return Scripted(tmp_path)


def test_a_server_is_ready_when_it_answered_and_gone_when_the_block_ends(scripted: Scripted) -> None:
    with scripted.serve("listen()") as endpoint:
        assert re.fullmatch(r"m-[0-9a-f]{8}", endpoint.served_model)
        assert endpoint.reported == {"version": "0.0-script", "models": ["m"], "max_model_len": 64}
        endpoint.check()
        assert len(scripted.survivors()) == 2
    assert scripted.survivors() == []  # the worker too, which ignores SIGTERM


def test_progress_is_told_while_the_server_loads(scripted: Scripted) -> None:
    with scripted.serve("print('INFO 11-22 02:33:11 [a.py:1] Loading weights', flush=True); time.sleep(5); listen()"):
        pass
    assert re.fullmatch(r"starting vLLM, \d s so far: Loading weights", scripted.said[-1])


def test_a_server_that_dies_at_start_is_noticed_at_once_with_its_reason(scripted: Scripted) -> None:
    started = time.monotonic()
    error = never_ready(scripted.serve("raise ValueError('no such dtype')"))
    assert time.monotonic() - started < 10
    assert error.message == "vLLM ended with exit code 1:\n    ValueError: no such dtype"
    assert str(scripted.log) in (error.remedy or "")
    assert scripted.survivors() == []


def test_a_server_that_an_instruction_kills_is_explained(scripted: Scripted) -> None:
    error = never_ready(scripted.serve("os.kill(os.getpid(), signal.SIGILL)"))
    assert "was killed by SIGILL (illegal instruction: this build does not fit this processor)" in error.message


def test_a_program_that_cannot_be_started_is_explained(scripted: Scripted, tmp_path: Path) -> None:
    broken = tmp_path / "vllm"
    broken.write_text("not a program")
    start = serve_vllm(scripted.engine(), tmp_path, "m", scripted.log, print, program=[str(broken)])
    assert re.search(r"could not be started:\n +PermissionError: .*vllm", never_ready(start).message)


def test_a_server_that_never_answers_is_given_up_and_reaped(scripted: Scripted) -> None:
    error = never_ready(scripted.serve("time.sleep(600)", startup_timeout_s=3))
    assert "did not answer within 3 s (engine.startup_timeout_s); its log last said: pids" in error.message
    assert scripted.survivors() == []


def test_a_server_that_is_up_but_fails_completions_is_not_ready(scripted: Scripted) -> None:
    error = never_ready(scripted.serve("Server.status = 500; listen()", startup_timeout_s=3))
    assert "did not answer within 3 s" in error.message
    assert "the last probe: HTTP 500" in error.message


def test_a_server_that_refuses_for_good_is_not_waited_for(scripted: Scripted) -> None:
    error = never_ready(scripted.serve("Server.status = 404; listen()"))
    assert "refuses a one-token completion: HTTP 404" in error.message


def test_a_server_that_dies_in_the_middle_fails_the_check(scripted: Scripted) -> None:
    dying = "threading.Timer(4, lambda: (print('MemoryError: at last', flush=True), os._exit(3))).start(); listen()"
    with scripted.serve(dying) as endpoint:
        endpoint.check()
        assert wait_for(lambda: scripted.survivors() == [])  # its worker does not outlive it
        assert "vLLM ended with exit code 3:\n    MemoryError: at last" in death(endpoint)


def test_a_server_that_ignores_sigterm_is_killed(scripted: Scripted) -> None:
    with scripted.serve("signal.signal(signal.SIGTERM, signal.SIG_IGN); listen()", grace_s=1):
        pass
    assert scripted.survivors() == []


def test_a_server_whose_guard_is_killed_is_reaped_all_the_same(scripted: Scripted) -> None:
    with scripted.serve("listen()") as endpoint:
        guard = psutil.Process(scripted.pids()[0]).parent()
        assert guard is not None
        guard.kill()
        assert "was killed together with its guard" in death(endpoint)
    assert wait_for(lambda: scripted.survivors() == [])


def test_an_exception_in_the_block_reaps_the_server(scripted: Scripted) -> None:
    with pytest.raises(ZeroDivisionError), scripted.serve("listen()"):
        raise ZeroDivisionError
    assert scripted.survivors() == []


def test_two_servers_run_at_once(tmp_path: Path) -> None:
    first, second = (Scripted(folder) for folder in (tmp_path / "a", tmp_path / "b"))
    for each in (first, second):
        each.folder.mkdir()
    with first.serve("listen()") as one, second.serve("listen()") as two:
        assert one.url != two.url
        assert one.served_model != two.served_model
        assert all(first_completion(each.url, each.served_model, None, 5) is None for each in (one, two))
    assert first.survivors() + second.survivors() == []


def test_a_port_in_use_is_refused_before_anything_starts(scripted: Scripted) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=f"port {port} "), scripted.serve("listen()", port=port):
            pytest.fail("it was never ready")
    assert not scripted.log.exists()


def test_another_harness_server_on_the_same_port_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found the port free at the same moment; the other was faster."""
    theirs, ours = (Scripted(folder) for folder in (tmp_path / "a", tmp_path / "b"))
    for each in (theirs, ours):
        each.folder.mkdir()
    with theirs.serve("listen()") as endpoint:
        monkeypatch.setattr("harness.serve.vllm.choose_port", lambda _: int(endpoint.url.rpartition(":")[2]))
        slow = never_ready(ours.serve("time.sleep(600)"))
        assert "refuses a one-token completion: HTTP 404" in slow.message
        assert f"if another program listens at {endpoint.url}" in (slow.remedy or "")
        dead = never_ready(ours.serve("listen()"))
        assert "HTTP 404" in dead.message or "Address already in use" in dead.message
        endpoint.check()
    assert theirs.survivors() + ours.survivors() == []


def test_a_model_over_several_nodes_is_not_started(scripted: Scripted) -> None:
    with pytest.raises(SetupError) as caught, scripted.serve("", nodes=2, tensor_parallel_size=2):
        pytest.fail("it was never ready")
    assert "harness plan" in (caught.value.remedy or "")
    assert "engine=remote" in (caught.value.remedy or "")


HARNESS = """
import sys
from pathlib import Path
from tests.integration.test_serving import Scripted
with Scripted(Path(sys.argv[1])).serve("listen()"):
    print("ready", flush=True)
    import time; time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_server_outlives_the_harness_whatever_ends_it(scripted: Scripted, project: Path, number: int) -> None:
    command = [sys.executable, "-c", HARNESS, str(scripted.folder)]
    harness = subprocess.Popen(
        command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    with harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"ready\n"
        assert len(scripted.survivors()) == 2
        os.killpg(harness.pid, number)  # as the terminal does: to all of the foreground group
        harness.wait(20)
    assert wait_for(lambda: scripted.survivors() == [])


def test_the_fake_engine_is_served_through_the_same_door(tiny_checkpoint: Path, tmp_path: Path) -> None:
    engine = FakeEngine(kind="fake", max_model_len=64)
    with serve(engine, tiny_checkpoint, "tiny", tmp_path / "log", print) as endpoint:
        assert endpoint.reported["models"] == ["tiny"]
        assert endpoint.reported["max_model_len"] == 64
        assert "fake" in str(endpoint.reported["version"])
        endpoint.check()


@pytest.mark.real
@pytest.mark.full
def test_the_installed_vllm_knows_every_option_of_ours(tmp_path: Path) -> None:
    every = VllmEngine.model_validate(
        {"kind": "vllm", "device": "cpu", "dtype": "float32", "max_model_len": 64, "enforce_eager": True}
        | {"block_size": 32, "max_num_seqs": 4, "max_num_batched_tokens": 64, "quantization": "fp8"}
        | {"gpu_memory_utilization": 0.5, "reasoning_parser": "qwen3", "nodes": 2, "tensor_parallel_size": 2}
        | {"pipeline_parallel_size": 2, "data_parallel_size": 2}
    )
    options = {word for word in vllm_commands(every, "m", "m", 1)[1] if word.startswith("--")}
    vllm = str(Path(sys.executable).with_name("vllm"))
    known = subprocess.run([vllm, "serve", "--help=all"], capture_output=True, text=True, check=True).stdout
    assert options <= set(re.findall(r"--[a-z][a-z-]+", known))


@pytest.mark.real
@pytest.mark.full
@pytest.mark.timeout(600)
def test_the_real_model_is_converted_served_and_its_death_noticed(project: Path, tmp_path: Path) -> None:
    configs = project / "configs"
    model = Model.model_validate(yaml.safe_load((configs / "entrant/smollm2_135m.yaml").read_text()))
    engine = VllmEngine.model_validate(yaml.safe_load((configs / "engine/cpu.yaml").read_text()))
    checkpoint = prepare(model, engine, root=project, cache=CACHE, notify=print)
    ours = psutil.Process()
    others = ours.children(recursive=True)
    with serve(engine, checkpoint.folder, model.name, tmp_path / "server.log", print) as endpoint:
        family = [each for each in ours.children(recursive=True) if each not in others]
        assert endpoint.reported == {"version": "0.32.0", "models": [model.name], "max_model_len": 2048}
        assert first_completion(endpoint.url, endpoint.served_model, None, 60) is None
        endpoint.check()
        next(each for each in family if each.cmdline()[2:3] == ["serve"]).kill()
        assert "vLLM was killed by SIGKILL" in death(endpoint)
        assert wait_for(lambda: not any(is_running(each.pid) for each in family))
    assert [each for each in ours.children(recursive=True) if each not in others] == []
