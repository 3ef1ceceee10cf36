"""What an HTTP response says: a choice, a failure worth another try, or the end of the run.

No clock is read: a date in Retry-After counts from the server's own Date.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from harness.score.calls import MalformedResponse

LONGEST_PAUSE_S = 60.0
RETRIED_STATUSES = frozenset({408, 425, 429})
FATAL_STATUSES = frozenset({401, 403, 404, 405})
"""The key, the address or the model's name is wrong: every further request would fail too."""
BUSY_STATUS = 429
QUOTED_CHARACTERS = 300


class TransientError(Exception):
    """A failure that another try may mend."""

    def __init__(
        self, cause: str, *, pause_s: float = 0.0, broken: bool = False, silent: bool = False, busy: bool = False
    ) -> None:
        super().__init__(cause)
        self.pause_s = pause_s
        """Shortest wait that the server asked for, seconds."""
        self.broken = broken
        """No connection, or one that broke: another server may listen there the next time."""
        self.silent = silent
        """No answer in time."""
        self.busy = busy
        """The server is alive and asks us to come back later."""


def is_transient(status: int) -> bool:
    """Whether a request that was refused with this HTTP status may be answered later."""
    return status in RETRIED_STATUSES or status >= 500


def transient(status: int, said: str, headers: Mapping[str, str]) -> TransientError:
    """The failure that a transient status stands for."""
    return TransientError(said, pause_s=asked_pause(headers), busy=status == BUSY_STATUS)


def first_choice(text: bytes) -> Mapping[str, Any]:
    """The first choice of a completion; MalformedResponse where there is none."""
    choices = _parsed(text).get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise MalformedResponse("the engine answered without a choice")
    return choices[0]


def message(text: bytes) -> str:
    """What an error body says, without the shapes that servers wrap it in."""
    said = text.decode(errors="replace").strip()
    try:
        error = json.loads(said).get("error", {})
        said = error if isinstance(error, str) else str(error.get("message", said))
    except (ValueError, AttributeError, RecursionError):
        pass
    return said[:QUOTED_CHARACTERS]


def asked_pause(headers: Mapping[str, str]) -> float:
    """Seconds that a Retry-After header asks for, given as seconds or as a date; 0 where it asks for nothing."""
    asked = headers.get("Retry-After", "")
    try:
        seconds = float(asked)
    except ValueError:
        until, now = _date(asked), _date(headers.get("Date", ""))
        seconds = (until - now).total_seconds() if until and now else 0.0
    return min(seconds, LONGEST_PAUSE_S) if seconds > 0 else 0.0  # NaN is no pause


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


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
