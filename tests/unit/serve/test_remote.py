"""Somebody else's server: what it must answer, and a key that never shows."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.errors import EngineError, HarnessError, SetupError
from harness.plan import RemoteEngine
from harness.serve import Endpoint
from harness.serve.remote import connect, served_models

KEY = "sk-very-secret"
MODELS = {"data": [{"id": "big", "max_model_len": 4096}, {"id": "small", "max_model_len": 512}]}


@dataclass
class Operator:
    """A server that answers as its fields say and remembers the keys that it was shown."""

    url: str = ""
    key: str | None = None
    models: Any = field(default_factory=lambda: MODELS)
    completion: tuple[int, str] = (200, json.dumps({"choices": [{"text": " x"}]}))
    shown: list[str | None] = field(default_factory=list)

    def answer(self, path: str, authorization: str | None) -> tuple[int, str]:
        self.shown.append(authorization)
        if self.key and authorization != f"Bearer {self.key}":
            return 401, f"bad key: {authorization}"
        if path == "/v1/completions":
            return self.completion
        return (200, json.dumps(self.models)) if path == "/v1/models" and self.models else (404, "no such page")


@pytest.fixture
def operator() -> Iterator[Operator]:
    state = Operator()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = state.answer(self.path, self.headers.get("Authorization"))
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("Location", body)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_GET  # noqa: N815 - the name that http.server asks for

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield state
        server.shutdown()
        thread.join()


def connected(operator: Operator, **changes: Any) -> Endpoint:
    plan = {"kind": "remote", "url": operator.url, "served_model": "big", "max_model_len": 2048}
    return connect(RemoteEngine.model_validate(plan | changes), lambda _: None)


def refused(operator: Operator, kind: type[HarnessError] = SetupError, **changes: Any) -> str:
    with pytest.raises(kind) as caught:
        connected(operator, **changes)
    return str(caught.value)


@pytest.mark.parametrize("suffix", ["", "/", "/v1", "/v1/"])
def test_a_server_that_answers_becomes_an_endpoint(operator: Operator, suffix: str) -> None:
    endpoint = connected(operator, url=operator.url + suffix)
    assert endpoint.url == operator.url
    assert endpoint.served_model == "big"
    assert endpoint.reported == {"version": None, "models": ["big", "small"], "max_model_len": 4096}
    endpoint.check()


def test_a_wrong_model_name_is_answered_with_the_served_ones(operator: Operator) -> None:
    assert "serves no model 'huge'; it serves: big, small" in refused(operator, served_model="huge")


def test_a_server_that_lists_no_models_may_still_answer(operator: Operator) -> None:
    operator.models = None
    assert connected(operator).reported == {"version": None, "models": [], "max_model_len": None}


def test_a_context_shorter_than_the_plans_is_refused(operator: Operator) -> None:
    assert "with a context of 4096 tokens, less than engine.max_model_len=8192" in refused(operator, max_model_len=8192)


@pytest.mark.parametrize(
    ("completion", "message"),
    [
        ((500, "engine dead"), "does not answer a one-token completion: HTTP 500: engine dead"),
        ((200, "not JSON"), "the answer is not JSON"),
        ((200, "[]"), "the answer is not a JSON object"),
        ((200, '{"choices": []}'), "the answer holds no completion"),
        ((307, "http://127.0.0.1:9/elsewhere"), "HTTP 307"),
    ],
)
def test_a_server_that_lists_models_but_does_not_complete_is_an_engine_error(
    operator: Operator, completion: tuple[int, str], message: str
) -> None:
    operator.completion = completion
    assert message in refused(operator, EngineError)


def test_the_served_models_are_listed_with_their_contexts(operator: Operator) -> None:
    engine = RemoteEngine(kind="remote", url=f"{operator.url}/v1/", served_model="?", max_model_len=1)
    assert served_models(engine) == {"big": 4096, "small": 512}


def test_a_server_that_does_not_list_its_models_is_an_engine_error(operator: Operator) -> None:
    operator.models = None
    engine = RemoteEngine(kind="remote", url=operator.url, served_model="?", max_model_len=1)
    with pytest.raises(EngineError, match=r"does not say which models it serves \(/v1/models\): HTTP 404"):
        served_models(engine)


def test_an_address_where_nobody_listens_is_an_engine_error(operator: Operator) -> None:
    assert "http://127.0.0.1:9 does not answer" in refused(operator, EngineError, url="http://127.0.0.1:9")


@pytest.mark.parametrize("url", ["host:8000", "file:///etc/passwd", "http://", "nonsense"])
def test_what_is_no_address_is_refused(operator: Operator, url: str) -> None:
    assert f"engine.url {url!r} is not an address" in refused(operator, url=url)


def test_a_password_in_the_address_is_refused_and_not_repeated(operator: Operator) -> None:
    message = refused(operator, url=f"http://user:{KEY}@host:8000")
    assert "holds a user name or a password" in message
    assert KEY not in message


def test_the_key_comes_from_the_named_variable(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    operator.key = KEY
    monkeypatch.setenv("OPERATOR_KEY", f" {KEY}\n")
    endpoint = connected(operator, api_key_env="OPERATOR_KEY")
    assert endpoint.api_key == KEY
    assert set(operator.shown) == {f"Bearer {KEY}"}
    assert KEY not in repr(endpoint)


def test_a_variable_that_is_not_set_is_named(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPERATOR_KEY", raising=False)
    assert "the environment variable OPERATOR_KEY (engine.api_key_env) is not set" in refused(
        operator, api_key_env="OPERATOR_KEY"
    )


@pytest.mark.parametrize("shown", ["wrong-" + KEY, "two\nlines-" + KEY, "열쇠" + KEY])
def test_a_refused_key_is_never_repeated(operator: Operator, monkeypatch: pytest.MonkeyPatch, shown: str) -> None:
    operator.key = KEY
    monkeypatch.setenv("OPERATOR_KEY", shown)
    message = refused(operator, api_key_env="OPERATOR_KEY")
    assert "OPERATOR_KEY" in message
    assert KEY not in message


def test_a_server_that_quotes_the_key_in_its_error_is_not_repeated(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.completion = (500, f"failed for {KEY}")
    monkeypatch.setenv("OPERATOR_KEY", KEY)
    message = refused(operator, EngineError, api_key_env="OPERATOR_KEY")
    assert "failed for ***" in message
    assert KEY not in message
