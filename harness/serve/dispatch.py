"""Which kind of server an engine is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.plan import FakeEngine, RemoteEngine, VllmEngine
from harness.serve.endpoint import Endpoint, describe
from harness.serve.remote import connect
from harness.serve.vllm import serve_vllm


@contextmanager
def serve(
    engine: VllmEngine | RemoteEngine | FakeEngine,
    checkpoint_folder: Path,
    name: str,
    log: Path,
    notify: Callable[[str], None],
) -> Iterator[Endpoint]:
    """The model as a URL while the `with` block lasts; proven by a real completion before the block begins.

    `name` is what a server that we start calls the model; `log` receives its output. Raises SetupError where this
    machine or the config is at fault, EngineError where the server does not come up.
    """
    if isinstance(engine, RemoteEngine):
        yield connect(engine, notify)
    elif isinstance(engine, VllmEngine):
        with serve_vllm(engine, checkpoint_folder, name, log, notify) as endpoint:
            yield endpoint
    else:
        with _serve_fake(engine, checkpoint_folder, name) as endpoint:
            yield endpoint


@contextmanager
def _serve_fake(engine: FakeEngine, checkpoint_folder: Path, name: str) -> Iterator[Endpoint]:
    from harness.serve.fake import FakeServer

    with FakeServer(engine, checkpoint_folder, name) as server:
        yield Endpoint(server.url, name, None, describe(server.url, name, None), server.check)
