"""A server that somebody else operates: reached, questioned, never started or stopped."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn
from urllib.parse import urlsplit

from harness.errors import EngineError, SetupError
from harness.plan import RemoteEngine
from harness.serve.continuity import confirm, look
from harness.serve.endpoint import Endpoint, Refusal, describe, first_completion, listed_models, nothing_to_check

UNAUTHORISED = (401, 403)


def connect(engine: RemoteEngine, notify: Callable[[str], None]) -> Endpoint:
    """The remote model, after it answered one token.

    SetupError where URL, key, model name or context do not fit; EngineError where the server does not answer.
    """
    url = _base(engine.url)
    key = _key(engine)
    notify(f"asking {url} for {engine.served_model}")
    reported = describe(url, engine.served_model, key)
    if reported["models"] and engine.served_model not in reported["models"]:
        _refuse_model(engine, url, reported["models"])
    refusal = first_completion(url, engine.served_model, key, engine.request_timeout_s)
    if refusal is not None:
        _refuse(engine, url, refusal, reported["models"])
    length = reported["max_model_len"]
    if length is not None and length < engine.max_model_len:
        raise SetupError(
            f"{url} serves {engine.served_model} with a context of {length} tokens, less than"
            f" engine.max_model_len={engine.max_model_len}",
            f"set engine.max_model_len={length}, or ask the operator for a longer context",
        )
    seen = look(url, engine.served_model, key)
    return Endpoint(
        url,
        engine.served_model,
        key,
        reported,
        nothing_to_check,
        lambda: confirm(seen, look(url, engine.served_model, key), url),
    )


def served_models(engine: RemoteEngine) -> dict[str, int | None]:
    """Name and context in tokens (null: unsaid) of every model that the server at the engine's URL lists.

    SetupError where URL or key do not fit; EngineError where the server does not answer.
    """
    url, key = _base(engine.url), _key(engine)
    listed = listed_models(url, key)
    if not isinstance(listed, Refusal):
        return listed
    if listed.status in UNAUTHORISED:
        _refuse_key(engine, url, listed)
    raise EngineError(
        f"{url} does not say which models it serves (/v1/models): {listed.text}",
        "start the server, or correct the address; then run the same command again",
    )


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SetupError(f"engine.url {url!r} is not an address", "give one such as engine.url=http://host:8000")
    if parts.username or parts.password:
        raise SetupError(
            f"engine.url for {parts.hostname} holds a user name or a password, and configs are recorded",
            "put the key into an environment variable and its name into engine.api_key_env",
        )
    return url.rstrip("/").removesuffix("/v1").rstrip("/")


def _key(engine: RemoteEngine) -> str | None:
    if engine.api_key_env is None:
        return None
    key = os.environ.get(engine.api_key_env, "").strip()
    if not key:
        raise SetupError(
            f"the environment variable {engine.api_key_env} (engine.api_key_env) is not set",
            f"export {engine.api_key_env}=KEY and run the same command again",
        )
    if not (key.isascii() and key.isprintable()):
        raise SetupError(
            f"the environment variable {engine.api_key_env} (engine.api_key_env) holds characters that no key has",
            "set it again, without quotes and line breaks",
        )
    return key


def _refuse(engine: RemoteEngine, url: str, refusal: Refusal, models: list[str]) -> NoReturn:
    if refusal.status in UNAUTHORISED:
        _refuse_key(engine, url, refusal)
    if refusal.status == 404 and models:
        _refuse_model(engine, url, models)
    raise EngineError(
        f"{url} does not answer a one-token completion: {refusal.text}",
        "ask the server's operator, or correct engine.url; then run the same command again",
    )


def _refuse_key(engine: RemoteEngine, url: str, refusal: Refusal) -> NoReturn:
    variable = engine.api_key_env or "none: engine.api_key_env is null"
    raise SetupError(
        f"{url} refuses the key (HTTP {refusal.status}); it was taken from the variable {variable}",
        "set engine.api_key_env to the name of the variable that holds the operator's key",
    )


def _refuse_model(engine: RemoteEngine, url: str, models: list[str]) -> NoReturn:
    raise SetupError(
        f"{url} serves no model {engine.served_model!r}; it serves: {', '.join(models)}",
        "set engine.served_model to one of these",
    )
