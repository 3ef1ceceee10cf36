"""A served model: its address, and the questions that prove that it answers."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Literal
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def nothing_to_check() -> None:
    """The check of a server whose process is not ours."""


@dataclass(frozen=True)
class Endpoint:
    """A model that answers."""

    url: str
    """Base address without a trailing slash; the API lies under {url}/v1."""
    served_model: str
    """Model name that the server answers to."""
    api_key: str | None = field(repr=False)
    """Bearer token; never printed, logged or recorded."""
    reported: Mapping[str, Any]
    """What the server says of itself: version, models, max_model_len (null where it does not say)."""
    check: Callable[[], None]
    """Raises EngineDied at once where the server's process is known to be dead; does nothing for a remote one."""
    confirm: Callable[[], None] = nothing_to_check
    """Raises EngineError where another server than before answers; asked after a broken connection. A server of ours
    has a name that no other has, so there is nothing to ask."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a question got no usable answer."""

    kind: Literal["unreachable", "status", "nonsense"]
    status: int | None
    """HTTP status, where the server answered."""
    text: str
    """What went wrong in words, without the key."""


def first_completion(url: str, model: str, api_key: str | None, timeout_s: float) -> Refusal | None:
    """Ask for one token. None where it came; `/health` is not asked, since it can say 200 for a dead engine."""
    payload = {"model": model, "prompt": "1", "max_tokens": 1, "temperature": 0.0}
    answer = ask(f"{url}/v1/completions", payload, api_key, timeout_s)
    if isinstance(answer, Refusal):
        return answer
    choices = answer.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict) and "text" in choices[0]:
        return None
    return Refusal("nonsense", 200, f"the answer holds no completion: {str(answer)[:200]}")


def describe(url: str, model: str, api_key: str | None, timeout_s: float = 30.0) -> dict[str, Any]:
    """What the server says of itself and of `model`. Others than vLLM may not say all: then null, or no models."""
    version = ask(f"{url}/version", None, api_key, timeout_s)
    listed = listed_models(url, api_key, timeout_s)
    models = {} if isinstance(listed, Refusal) else listed
    return {
        "version": None if isinstance(version, Refusal) else version.get("version"),
        "models": list(models),
        "max_model_len": models.get(model),
    }


def listed_models(url: str, api_key: str | None, timeout_s: float = 30.0) -> dict[str, int | None] | Refusal:
    """The context in tokens (null: unsaid) of each model that the server lists."""
    listed = ask(f"{url}/v1/models", None, api_key, timeout_s)
    if isinstance(listed, Refusal):
        return listed
    data = listed.get("data")
    cards = [card for card in data if isinstance(card, dict)] if isinstance(data, list) else []
    lengths = {str(card.get("id")): card.get("max_model_len") for card in cards}
    return {name: length if isinstance(length, int) else None for name, length in lengths.items()}


def ask(url: str, payload: Mapping[str, Any] | None, api_key: str | None, timeout_s: float) -> dict[str, Any] | Refusal:
    """POST `payload` (GET where None) and return the JSON object that comes back."""
    text = ask_text(url, api_key, timeout_s, payload)
    if isinstance(text, Refusal):
        return text
    try:
        answer = json.loads(text)
    except ValueError:
        return Refusal("nonsense", 200, "the answer is not JSON")
    return answer if isinstance(answer, dict) else Refusal("nonsense", 200, "the answer is not a JSON object")


def ask_text(
    url: str, api_key: str | None, timeout_s: float = 30.0, payload: Mapping[str, Any] | None = None
) -> str | Refusal:
    """POST `payload` (GET where None) and return the body that comes back."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {api_key}"} if api_key else {})}
    body = None if payload is None else json.dumps(payload).encode()
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - the plan's URLs are checked to be http(s)
    try:
        with _opener(url).open(request, timeout=timeout_s) as response:
            return str(response.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        with error:
            text = error.read(500).decode(errors="replace")
        return Refusal("status", error.code, _without(api_key, f"HTTP {error.code}: {text}"))
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        return Refusal("unreachable", None, _without(api_key, str(reason) or type(error).__name__))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another host: it is an error here."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _opener(url: str) -> urllib.request.OpenerDirector:
    """No proxy between us and a server on this machine."""
    local = urlsplit(url).hostname in LOOPBACK
    return urllib.request.build_opener(_NoRedirect, *([urllib.request.ProxyHandler({})] if local else []))


def _without(api_key: str | None, text: str) -> str:
    """A server may quote the key that it refuses."""
    return text.replace(api_key, "***") if api_key else text
