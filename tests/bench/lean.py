"""A fake engine that is never the bottleneck: HTTP by hand, the scores a function of the token ids.

    python -m tests.bench.lean LATENCY_MS      prints its port

It knows two questions: labels after a prompt (`logprob_token_ids`) and an echoed prompt.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import orjson

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Lean(asyncio.Protocol):
    """One connection; requests come one after another."""

    latency_s = 0.0
    transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport, self.received = transport, b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, rest = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        lines = (line.partition(b":") for line in head.split(b"\r\n"))
        length = next((int(value) for name, _, value in lines if name.lower() == b"content-length"), 0)
        if len(rest) < length:
            return
        self.received = rest[length:]
        payload = orjson.loads(rest[:length] or b"{}")
        body = orjson.dumps({"choices": _choices(payload) if payload else []})
        answer = HEAD % len(body) + body
        if self.latency_s:
            asyncio.get_running_loop().call_later(self.latency_s, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)


def _choices(payload: dict[str, Any]) -> list[dict[str, Any]]:
    prompts = payload["prompt"]
    several = bool(prompts) and isinstance(prompts[0], list)
    return [_choice(each, index, payload) for index, each in enumerate(prompts if several else [prompts])]


def _choice(prompt: list[int] | str, index: int, payload: dict[str, Any]) -> dict[str, Any]:
    shown = [*prompt, 0] if payload.get("echo") else [0]
    rows = [{f"token_id:{token}": -0.5, **_labels(payload)} for token in shown]
    return {
        "index": index,
        "text": "x",
        "finish_reason": "length",
        "logprobs": {
            "tokens": [f"token_id:{token}" for token in shown],
            "token_logprobs": [-0.5] * len(shown),
            "top_logprobs": rows,
        },
    }


def _labels(payload: dict[str, Any]) -> dict[str, float]:
    return {f"token_id:{token}": -1.0 - token % 97 / 100 for token in payload.get("logprob_token_ids", ())}


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Lean, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    Lean.latency_s = float(sys.argv[1]) / 1000
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    try:
        asyncio.run(_serve())
    except KeyboardInterrupt:
        sys.exit(0)
