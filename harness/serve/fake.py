"""A deterministic server with vLLM's HTTP surface, for fast tests. It says "fake" wherever it is asked what it is.

`/v1/completions` answers in the shape of vLLM 0.32 for what the harness uses: prompts as token ids, `echo`, `logprobs`
(0 or 1), `logprob_token_ids`, `return_tokens_as_token_ids`, `return_token_ids`, `stop`, `seed`, `temperature`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
from aiohttp import web

from harness.errors import EngineDied, EngineError
from harness.plan import FakeEngine
from harness.serve.fake_model import FakeModel
from harness.serve.faults import Fault, Faults, error_response, faulty, json_response

MAX_LABELS = 128
THINKING_END = "</think>"
THOUGHT = f"<think>\nThe answer:\n\nis what stood last. Q: Is it?\n{THINKING_END}"
"""Full of what stop strings look for."""
MAX_BODY_BYTES = 64 << 20


class FakeServer:
    """Serves a FakeModel on a free port of 127.0.0.1, from a thread, while the `with` block lasts."""

    url: str
    """Base address; the API lies under {url}/v1."""

    def __init__(
        self, engine: FakeEngine, checkpoint_folder: Path, name: str, *, faults: Faults | None = None, port: int = 0
    ) -> None:
        self._engine, self._name, self._faults, self._port = engine, name, faults, port
        self._completions = _Completions(
            FakeModel(checkpoint_folder, seed=engine.seed, skill=engine.skill), name, engine
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fake engine", daemon=True)
        self._started = threading.Event()
        self._stopping = asyncio.Event()
        self.requests = 0
        """Completions asked for, faulty ones included."""
        self._dead = False

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        if not hasattr(self, "url"):
            raise EngineError("the fake engine did not start; its thread printed why")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(RuntimeError):  # it died, and its loop is closed
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def check(self) -> None:
        """EngineDied once it was made to die."""
        if self._dead:
            raise EngineDied("the fake engine was made to die")

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve())
        finally:
            self._started.set()

    async def _serve(self) -> None:
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self._port)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._started.set()
        await self._stopping.wait()
        await site.stop()
        # A connection accepted at the last moment becomes known to the runner; where clients retry, there are many.
        await asyncio.sleep(0.2 if self._dead else 0.01)
        await runner.cleanup()
        await asyncio.sleep(0.01)  # aborted connections are closed in the loop's next rounds

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.add_routes(
            [
                web.get("/health", self._health),
                web.get("/version", self._version),
                web.get("/v1/models", self._models),
                web.post("/v1/completions", self._complete),
            ]
        )
        return application

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response()

    async def _version(self, _: web.Request) -> web.Response:
        return json_response({"version": "fake"})

    async def _models(self, _: web.Request) -> web.Response:
        model = {
            "id": self._name,
            "object": "model",
            "owned_by": "fake",
            "root": self._name,
            "max_model_len": self._engine.max_model_len,
        }
        return json_response({"object": "list", "data": [model]})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        payload = orjson.loads(await request.read())
        if self._engine.latency_ms:
            await asyncio.sleep(self._engine.latency_ms / 1000)
        fault = self._faults(payload) if self._faults else None
        if self._dead:
            return _reset(request)
        if fault is not None:
            return await self._fail(fault, request, payload)
        return _answer(self._completions, payload)

    async def _begin(self, request: web.Request, body: bytes) -> web.StreamResponse:
        """Send the first half of a body and leave the reader waiting."""
        response = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        await self._stopping.wait()
        return response

    async def _fail(self, fault: Fault, request: web.Request, payload: dict[str, Any]) -> web.StreamResponse:
        if fault == "die":
            self._dead = True
            self._stopping.set()
        if fault in ("die", "reset"):
            return _reset(request)
        if fault == "hang":
            await self._stopping.wait()
            return web.Response()
        answer = self._completions.answer(payload)
        if fault == "hung_stream":
            return await self._begin(request, orjson.dumps(answer))
        return faulty(fault, answer)


class Refused(Exception):  # noqa: N818 - an answer, not an error of ours
    """The server's 400."""


class _Completions:
    """Answers to payloads of /v1/completions."""

    def __init__(self, model: FakeModel, name: str, engine: FakeEngine) -> None:
        self._model, self.name = model, name
        self._max_model_len, self._forcing = engine.max_model_len, engine.forcing

    def answer(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The response of 200; Refused where vLLM refuses."""
        prompt = self._prompt(payload)
        echo, wanted = payload.get("echo", False), payload.get("max_tokens", 16)
        generated, reason = ([], "length") if echo and wanted == 0 else self._generate(prompt, payload, wanted)
        text, stop = self._text(generated, payload)
        choice = {
            "index": 0,
            "text": (self._model.decode(prompt, skip_special_tokens=True) if echo else "") + text,
            "logprobs": self._logprobs(prompt, generated, payload) if "logprobs" in payload else None,
            "finish_reason": "stop" if stop is not None else reason,
            "stop_reason": stop,
            "token_ids": generated if payload.get("return_token_ids") else None,
            "prompt_logprobs": None,
        }
        usage = {
            "prompt_tokens": len(prompt),
            "completion_tokens": max(1, len(generated)),
            "total_tokens": len(prompt) + max(1, len(generated)),
        }
        return {
            "id": "cmpl-fake",
            "object": "text_completion",
            "created": 0,
            "model": self.name,
            "choices": [choice],
            "usage": usage,
        }

    def _prompt(self, payload: dict[str, Any]) -> list[int]:
        prompt = payload["prompt"]
        ids = self._model.tokenizer.encode(prompt).ids if isinstance(prompt, str) else list(prompt)
        labels = payload.get("logprob_token_ids", [])
        if not ids:
            raise Refused("You must pass at least one prompt")
        if len(ids) + 1 > self._max_model_len or payload.get("max_tokens", 16) > self._max_model_len:
            raise Refused(f"The prompt (length {len(ids)}) is longer than max_model_len={self._max_model_len}.")
        if payload.get("max_tokens") == 0 and not payload.get("echo"):
            raise Refused("max_tokens must be at least 1, got 0.")
        if len(labels) > MAX_LABELS:
            raise Refused(f"Requested logprob_token_ids of length {len(labels)}, max allowed: {MAX_LABELS}")
        if any(not 0 <= token < self._model.vocabulary for token in (*ids, *labels)):
            raise Refused("Token id is out of vocabulary")
        if payload.get("logprobs", 0) > 1:
            raise Refused("the fake engine knows only the likeliest token: logprobs may be 0 or 1")
        return ids

    def _generate(self, prompt: list[int], payload: dict[str, Any], wanted: int) -> tuple[list[int], str]:
        """Generated token ids, the end token included, and the finish reason but for stop strings."""
        seed, temperature = payload.get("seed") or 0, payload.get("temperature", 1.0)
        forced = (payload.get("vllm_xargs") or {}).get("forced_tokens")
        if forced is not None and self._forcing:
            return list(forced), "length"
        if payload.get("stop") == [THINKING_END]:
            return self._thought()[:wanted], "length"
        generated: list[int] = []
        for _ in range(min(wanted, self._max_model_len - len(prompt))):
            generated.append(self._model.sample([*prompt, *generated], temperature, seed))
            if generated[-1] == self._model.end:
                return generated, "stop"
            if self._text(generated, payload)[1] is not None:
                break
        return generated, "length"

    def _thought(self) -> list[int]:
        """What it thinks before it answers; asked for by the stop string alone."""
        return self._model.tokenizer.encode(THOUGHT, add_special_tokens=False).ids

    def _text(self, generated: list[int], payload: dict[str, Any]) -> tuple[str, str | None]:
        """Text before the first stop string, and that string."""
        ended = generated[:-1] if generated and generated[-1] == self._model.end else generated
        text = self._model.decode(ended, skip_special_tokens=payload.get("skip_special_tokens", True))
        stops = payload.get("stop") or []
        found = [(text.find(stop), stop) for stop in ([stops] if isinstance(stops, str) else stops) if stop in text]
        return (text[: min(found)[0]], min(found)[1]) if found else (text, None)

    def _logprobs(self, prompt: list[int], generated: list[int], payload: dict[str, Any]) -> dict[str, Any]:
        """OpenAI's columns, for the prompt where it is echoed and for the tokens generated."""
        rows: list[tuple[int, float | None, dict[int, float] | None]] = []
        if payload.get("echo"):
            rows.append((prompt[0], None, None))
            for token, (own, favourite, best) in zip(prompt[1:], self._model.prompt_logprobs(prompt), strict=True):
                rows.append((token, own, {token: own, favourite: best}))
        for position, token in enumerate(generated):
            prefix = [*prompt, *generated[:position]]
            shown = [token, self._model.favourite(prefix), *payload.get("logprob_token_ids", [])]
            known = dict(zip(shown, self._model.logprobs(prefix, shown), strict=True))
            rows.append((token, known[token], known))
        label = self._labeller(payload)
        return {
            "tokens": [label(token) for token, _, _ in rows],
            "token_logprobs": [own for _, own, _ in rows],
            "top_logprobs": [known and {label(token): value for token, value in known.items()} for _, _, known in rows],
            "text_offset": [0] * len(rows),
        }

    def _labeller(self, payload: dict[str, Any]) -> Callable[[int], str]:
        if payload.get("return_tokens_as_token_ids"):
            return lambda token: f"token_id:{token}"
        return lambda token: self._model.decode([token])


def _answer(completions: _Completions, payload: dict[str, Any]) -> web.Response:
    if payload.get("model") != completions.name:
        return error_response(
            404, f"The model `{payload.get('model')}` does not exist. Valid aliases: {completions.name}."
        )
    try:
        return json_response(completions.answer(payload))
    except Refused as refusal:
        return error_response(400, str(refusal))


def _reset(request: web.Request) -> web.Response:
    """The connection breaks off without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
