"""One engine, asked over HTTP: what is sent, which failures are worth another try and which end the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
import tenacity

from harness.errors import EngineError
from harness.score.calls import Call, MalformedResponse, Result, UnusableResponse

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
RETRIED_STATUSES = frozenset({408, 425, 429})
FATAL_STATUSES = frozenset({401, 403, 404, 405})
QUOTED_CHARACTERS = 300
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
        """Raises EngineError where the engine is known to be dead."""


class TransientError(Exception):
    """A failure that another try may mend."""

    def __init__(self, cause: str, *, pause_s: float = 0.0, unreachable: bool = False) -> None:
        super().__init__(cause)
        self.pause_s = pause_s
        """Shortest wait that the server asked for, seconds."""
        self.unreachable = unreachable
        """No connection came about at all."""


class Client:
    """A session with one engine. Use as an async context manager."""

    def __init__(
        self, endpoint: Endpoint, *, timeout_s: float, attempts: int, concurrency: int, first_pause_s: float
    ) -> None:
        self._endpoint = endpoint
        self._attempts = attempts
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._concurrency = concurrency
        self._backoff = tenacity.wait_exponential_jitter(
            max=LONGEST_PAUSE_S, multiplier=first_pause_s, jitter=first_pause_s
        )
        self._url = f"{endpoint.url}/v1/completions"
        self.retries = 0
        self.answered = 0

    async def __aenter__(self) -> Self:
        key = self._endpoint.api_key
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._concurrency),
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
        """The call's result. TransientError or UnusableResponse where it has none; EngineError ends the run."""
        body = orjson.dumps({"model": self._endpoint.served_model, **call.payload()})
        answered_before = self.answered
        try:
            result = call.read(await self._choice(body))
        except (TransientError, MalformedResponse) as failure:
            result = await self._ask_again(call, body, failure, answered_before)
        self.answered += 1
        return result

    async def _ask_again(self, call: Call, body: bytes, failure: Exception, answered_before: int) -> Result:
        """The further attempts; apart from the first, which is the usual case and costs nothing extra."""
        self._endpoint.check()
        failures = [failure]
        retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(self._attempts),
            wait=lambda state: max(self._backoff(state), getattr(failures[-1], "pause_s", 0.0)),
            retry=tenacity.retry_if_exception_type((TransientError, MalformedResponse)),
            reraise=True,
        )
        try:
            async for attempt in retrying:
                with attempt:
                    if attempt.retry_state.attempt_number == 1:
                        raise failure  # made already, by ask()
                    self.retries += 1
                    try:
                        return call.read(await self._choice(body))
                    except (TransientError, MalformedResponse) as again:
                        self._endpoint.check()
                        failures.append(again)
                        raise
        except TransientError as last:
            if last.unreachable and self.answered == answered_before:
                raise EngineError(
                    f"the engine at {self._endpoint.url} cannot be reached: {last}",
                    "start it again, then run the same command; every answer so far is kept",
                ) from last
            raise
        raise AssertionError("tenacity returned without an answer")

    async def _choice(self, body: bytes) -> Mapping[str, Any]:
        """The first choice of a response."""
        try:
            async with self._session.post(self._url, data=body, allow_redirects=False) as response:
                text = await response.read()
        except aiohttp.ClientConnectorError as error:
            raise TransientError(f"no connection: {error}", unreachable=True) from error
        except TimeoutError as error:
            raise TransientError(f"no answer within {self._timeout.total:g} s") from error
        except aiohttp.ClientError as error:
            raise TransientError(f"the connection broke: {error!r}") from error
        if response.status != 200:
            self._refuse(response.status, text, response.headers)
        choices = _parsed(text).get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise MalformedResponse("the engine answered without a choice")
        return choices[0]

    def _refuse(self, status: int, text: bytes, headers: Mapping[str, str]) -> None:
        said = f"HTTP {status}: {self._without_key(_message(text))}"
        if status in RETRIED_STATUSES or status >= 500:
            raise TransientError(said, pause_s=_pause(headers.get("Retry-After", "")))
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


def _parsed(text: bytes) -> Mapping[str, Any]:
    """A JSON object. NaN is no JSON, yet some servers write it: it is read, to be told from half a body."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise MalformedResponse(f"the engine's answer is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise MalformedResponse("the engine's answer is not a JSON object")
    return value


def _message(text: bytes) -> str:
    """What an error body says, without the shapes that servers wrap it in."""
    said = text.decode(errors="replace").strip()
    try:
        error = json.loads(said).get("error", {})
        said = error if isinstance(error, str) else str(error.get("message", said))
    except (ValueError, AttributeError, RecursionError):
        pass
    return said[:QUOTED_CHARACTERS]


def _pause(retry_after: str) -> float:
    """Seconds of a Retry-After header; 0 where it is absent or a date."""
    try:
        return min(max(float(retry_after), 0.0), LONGEST_PAUSE_S)
    except ValueError:
        return 0.0
