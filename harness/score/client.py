"""One engine, asked over HTTP: what is sent, what is tried again, and how a dead engine is told from a bad request."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
import tenacity

from harness.errors import EngineDied, EngineError
from harness.score.calls import Call, MalformedResponse, Result, UnusableResponse
from harness.score.response import (
    FATAL_STATUSES,
    LONGEST_PAUSE_S,
    TransientError,
    first_choice,
    is_transient,
    message,
    transient,
)

FIRST_PAUSE_S = 0.5
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Endpoint(Protocol):
    """What the client needs to know of a served model."""

    @property
    def url(self) -> str:
        """Base address without a slash at its end; the API lies under {url}/v1."""

    @property
    def served_model(self) -> str:
        """The name that the server knows the model by."""

    @property
    def api_key(self) -> str | None:
        """Sent as a bearer token, and nowhere else."""

    @property
    def check(self) -> Callable[[], None]:
        """Raises EngineDied where the engine is known to be dead."""

    @property
    def confirm(self) -> Callable[[], None]:
        """Raises EngineError where another server than before answers at the address. May take seconds."""


class Client:
    """A session with one engine. Use as an async context manager."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        timeout_s: float,
        attempts: int,
        concurrency: int,
        first_pause_s: float,
        cold: bool = False,
    ) -> None:
        """`cold`: every request gets a prefix cache of its own."""
        self._endpoint = endpoint
        self._attempts = attempts
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._concurrency, self._cold = concurrency, cold
        self._backoff = tenacity.wait_exponential_jitter(
            max=LONGEST_PAUSE_S, multiplier=first_pause_s, jitter=first_pause_s
        )
        self._url = f"{endpoint.url}/v1/completions"
        self._probing, self._confirming = asyncio.Lock(), asyncio.Lock()
        self._doubtful = False
        """A connection broke or had to be made anew: who answers now has yet to be confirmed."""
        self.retries = 0
        self.answered = 0

    async def __aenter__(self) -> Self:
        key = self._endpoint.api_key
        self._session = aiohttp.ClientSession(
            # One more than is in flight, for the probe.
            connector=aiohttp.TCPConnector(limit=self._concurrency + 1, socket_factory=self._socket),
            headers={"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})},
            timeout=self._timeout,
            proxy=proxy_for(self._url),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def ask(self, call: Call) -> Result:
        """The call's result. TransientError, MalformedResponse or UnusableResponse where it has none.

        EngineDied where the engine answers nobody any more; another EngineError ends the run.
        """
        cache = {"cache_salt": call.key} if self._cold else {}
        body = orjson.dumps({"model": self._endpoint.served_model, **call.payload(), **cache})
        try:
            result = call.read(await self._choice(body))
        except (TransientError, MalformedResponse) as failure:
            result = await self._ask_again(call, body, failure)
        if self._doubtful:
            await self._confirm()
        self.answered += 1
        return result

    async def _ask_again(self, call: Call, body: bytes, failure: Exception) -> Result:
        """The further attempts; apart from the first, which is the usual case and costs nothing extra."""
        failures = [failure]
        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=lambda state: max(self._backoff(state), getattr(failures[-1], "pause_s", 0.0)),
            retry=tenacity.retry_if_exception_type((TransientError, MalformedResponse)),
            reraise=True,
        )
        async for attempt in retrying:
            number = attempt.retry_state.attempt_number
            with attempt:
                if number > 1:
                    self.retries += 1
                    try:
                        return call.read(await self._choice(body))
                    except (TransientError, MalformedResponse) as again:
                        failures.append(again)
                await self._diagnose(failures[-1], last=number == self._attempts)
                raise failures[-1]
        raise AssertionError("tenacity returned without an answer")

    async def _diagnose(self, failure: Exception, *, last: bool) -> None:
        """EngineDied where it is the engine that failed and not this request: then nothing is learnt by trying on."""
        self._endpoint.check()
        if not isinstance(failure, TransientError) or failure.busy:
            return
        self._doubtful |= failure.broken
        if last or failure.silent:
            async with self._probing:
                await self._probe(failure)

    async def _probe(self, failure: TransientError) -> None:
        """One token, asked for by nobody. A health check is not asked: it can be well while the engine is dead."""
        payload = {"model": self._endpoint.served_model, "prompt": "1", "max_tokens": 1, "temperature": 0.0}
        try:
            await self._choice(orjson.dumps(payload))
        except TransientError as silence:
            if silence.busy:
                return
            self._endpoint.check()
            raise EngineDied(
                f"the engine at {self._endpoint.url} cannot be reached or answers nothing any more: {failure};"
                f" asked for a single token: {silence}",
                "start it again, then run the same command; every answer so far is kept",
            ) from failure
        except (MalformedResponse, UnusableResponse):
            return

    async def _confirm(self) -> None:
        """Before an answer counts that may come from another server than the answers before it."""
        async with self._confirming:
            if self._doubtful:
                await asyncio.to_thread(self._endpoint.confirm)
                self._doubtful = False

    def _socket(self, address: aiohttp.AddrInfoType) -> socket.socket:
        """A connection that is made after the first answers replaces one that the server closed."""
        self._doubtful |= self.answered > 0
        family, kind, protocol, _, _ = address
        return socket.socket(family, kind, protocol)

    async def _choice(self, body: bytes) -> Mapping[str, Any]:
        """The first choice of a response."""
        try:
            async with self._session.post(self._url, data=body, allow_redirects=False) as response:
                text = await response.read()
        except aiohttp.ClientConnectorError as error:
            raise TransientError(f"no connection: {error}", broken=True) from error
        except TimeoutError as error:
            raise TransientError(f"no answer within {self._timeout.total:g} s", silent=True) from error
        except aiohttp.ClientError as error:
            raise TransientError(f"the connection broke: {error!r}", broken=True) from error
        if response.status != 200:
            self._refuse(response.status, text, response.headers)
        return first_choice(text)

    def _refuse(self, status: int, text: bytes, headers: Mapping[str, str]) -> None:
        said = f"HTTP {status}: {self._without_key(message(text))}"
        if is_transient(status):
            raise transient(status, said, headers)
        if status in FATAL_STATUSES:
            raise EngineError(
                f"the engine at {self._endpoint.url} refuses model {self._endpoint.served_model!r}: {said}",
                "check the served model's name, the address and the key",
            )
        raise UnusableResponse(f"the engine refused the request: {said}")

    def _without_key(self, text: str) -> str:
        """A server may quote the key that it refuses."""
        key = self._endpoint.api_key
        return text.replace(key, "***") if key else text


def proxy_for(url: str) -> str | None:
    """The proxy that the shell's variables name for a URL, as urllib reads them; none to a server on this machine.

    aiohttp's own trust_env would also send what a ~/.netrc holds.
    """
    parts = urlsplit(url)
    if parts.hostname in LOOPBACK or proxy_bypass(parts.netloc):
        return None
    proxy = getproxies().get(parts.scheme)
    return proxy if proxy is None or "://" in proxy else f"http://{proxy}"
