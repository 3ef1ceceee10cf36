"""A port of one's own."""

from __future__ import annotations

import socket

import pytest

from harness.errors import SetupError
from harness.serve.port import choose_port


def test_a_free_port_is_found() -> None:
    assert 1024 < choose_port(None) < 65536


def test_a_wanted_port_that_is_free_is_taken() -> None:
    port = choose_port(None)
    assert choose_port(port) == port


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=rf"port {port} \(engine.port\) cannot be used: Address already in use"):
            choose_port(port)
