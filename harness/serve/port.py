"""The port that a server of ours listens on."""

from __future__ import annotations

import socket

from harness.errors import SetupError

LOOPBACK = "127.0.0.1"


def choose_port(wanted: int | None) -> int:
    """`wanted` where it is free, any free port where it is None. SetupError names a port that is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server itself will do
        try:
            probe.bind((LOOPBACK, wanted or 0))
        except OSError as error:
            raise SetupError(
                f"port {wanted} (engine.port) cannot be used: {error.strerror}",
                "end the program that listens there, or leave engine.port=null for any free port",
            ) from error
        port: int = probe.getsockname()[1]
        return port
