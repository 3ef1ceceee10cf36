"""How a faulty server fails: what it sends in place of a sound answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import Any, Literal

import orjson
from aiohttp import web

Fault = (
    Literal["429", "429_date", "500", "503", "400", "reset", "half_json", "hang", "hung_stream"]
    | Literal["empty_choices", "nan", "wrong_model", "die"]
)
"""What a faulty server does instead of answering."""

Faults = Callable[[dict[str, Any]], Fault | None]
"""Decides for each request's payload whether it fails, and how."""

RETRY_AFTER_S = 0.01
RETRY_DATE_S = 1
"""Dates have whole seconds."""


def faulty(fault: Fault, answer: dict[str, Any]) -> web.Response:
    """The response of a fault that answers at once, where the sound answer would have been this one."""
    if fault in STATUSES:
        status, headers = STATUSES[fault]
        return error_response(status, f"made to fail with {status}", headers())
    if fault == "empty_choices":
        return json_response({**answer, "choices": []})
    if fault == "half_json":
        body = orjson.dumps(answer)
        return web.Response(body=body[: len(body) // 2], content_type="application/json")
    if fault == "nan":
        return web.json_response(_without_numbers(answer))
    raise ValueError(f"the fault {fault!r} is no answer")


def _no_headers() -> dict[str, str]:
    return {}


def _pause() -> dict[str, str]:
    return {"Retry-After": str(RETRY_AFTER_S)}


def _pause_until() -> dict[str, str]:
    """The server's clock counts, not ours: it stands at the epoch's first day."""
    return {"Date": formatdate(0, usegmt=True), "Retry-After": formatdate(RETRY_DATE_S, usegmt=True)}


STATUSES: dict[str, tuple[int, Callable[[], dict[str, str]]]] = {
    "429": (429, _pause),
    "429_date": (429, _pause_until),
    "400": (400, _no_headers),
    "500": (500, _no_headers),
    "503": (503, _no_headers),
    "wrong_model": (404, _no_headers),
}


def in_turn(faults: Iterable[Fault | None]) -> Faults:
    """One fault for each request, in order; none once they are used up."""
    queue = iter(faults)
    return lambda _: next(queue, None)


def json_response(value: Any) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


def error_response(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"error": {"message": message, "type": "fake", "param": None, "code": status}}
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json", headers=headers)


def _without_numbers(response: dict[str, Any]) -> dict[str, Any]:
    """The response with NaN in place of every log-probability."""
    columns = response["choices"][0]["logprobs"]
    if columns is not None:
        columns["token_logprobs"] = [float("nan")] * len(columns["tokens"])
        columns["top_logprobs"] = [row and dict.fromkeys(row, float("nan")) for row in columns["top_logprobs"]]
    return response
