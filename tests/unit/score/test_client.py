from __future__ import annotations

import pytest

from harness.score.client import proxy_for


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_no_proxy_stands_before_a_server_on_this_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://proxy:3128")

    for host in ("127.0.0.1", "localhost", "[::1]"):
        assert proxy_for(f"http://{host}:8000/v1/completions") is None


def test_a_remote_server_is_asked_through_the_shells_proxy_as_the_first_probe_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    monkeypatch.setenv("http_proxy", "plain:3128")
    monkeypatch.setenv("no_proxy", "near.example,other.example")

    assert proxy_for("https://far.example/v1/completions") == "http://proxy:3128"
    assert proxy_for("http://far.example/v1/completions") == "http://plain:3128"
    assert proxy_for("https://near.example:8000/v1/completions") is None


def test_without_variables_there_is_no_proxy():
    assert proxy_for("https://far.example/v1/completions") is None
