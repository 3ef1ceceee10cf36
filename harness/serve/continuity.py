"""Whether the server that answers now is the one that answered before.

A server that somebody else operates may be restarted in the middle of a run with other weights, another precision or
another context. What can be asked over its API is compared: version, model, context, cache settings (vLLM's /metrics),
and the log-probabilities of a fixed text, which follow every change that moves scores by more than another batch does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.errors import EngineError
from harness.serve.endpoint import Refusal, ask, ask_text, describe

TEXT = "The capital of Korea is Seoul, and 2 + 2 = 4. 대한민국의 수도는 서울이고, 물은 섭씨 0도에서 업니다."
TOLERANCE = 0.1
"""Largest difference of one token's log-probability, nats, that another batch in half precision explains."""

SETTINGS = re.compile(r"^vllm:cache_config_info\{(.*)\} ", re.MULTILINE)
SETTING = re.compile(r'(\w+)="([^"]*)"')
MEASURED = frozenset({"num_gpu_blocks", "num_cpu_blocks", "engine", "gpu_memory_utilization"})
"""Of the cache settings, those that follow from the memory that was free."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server shows of itself. Empty where it does not say."""

    said: Mapping[str, object]
    """Version, models, context, cache settings."""
    logprobs: tuple[float, ...]
    """Of the fixed text's tokens, nats."""


def look(url: str, model: str, api_key: str | None) -> Seen:
    """What the server shows now; what it does not answer is left out."""
    metrics = ask_text(f"{url}/metrics", api_key)
    settings = SETTINGS.search(metrics) if isinstance(metrics, str) else None
    cache = {name: value for name, value in SETTING.findall(settings[1]) if name not in MEASURED} if settings else {}
    return Seen({**describe(url, model, api_key), **cache}, tuple(_logprobs(url, model, api_key)))


def confirm(before: Seen, now: Seen, url: str) -> None:
    """EngineError where the two differ; what one of them did not say is not compared."""
    changes = list(_changes(before, now))
    if changes:
        raise EngineError(
            f"another server than before answers at {url}: {'; '.join(changes)}",
            "start it again as it was, then run the same command; every answer before the change is kept",
        )


def _changes(before: Seen, now: Seen) -> Iterator[str]:
    for name, value in before.said.items():
        other = now.said.get(name)
        if value and other and value != other:
            yield f"{name} was {value} and is {other}"
    if before.logprobs and now.logprobs:
        if len(before.logprobs) != len(now.logprobs):
            yield "it splits a fixed text into other tokens"
        elif (largest := max(abs(a - b) for a, b in zip(before.logprobs, now.logprobs, strict=True))) > TOLERANCE:
            yield f"the log-probabilities of a fixed text moved by up to {largest:.2g} nats"


def _logprobs(url: str, model: str, api_key: str | None) -> Iterator[float]:
    payload = {"model": model, "prompt": TEXT, "max_tokens": 1, "echo": True, "logprobs": 1, "temperature": 0.0}
    answer = ask(f"{url}/v1/completions", payload, api_key, timeout_s=60.0)
    if isinstance(answer, Refusal):
        return
    try:
        values = answer["choices"][0]["logprobs"]["token_logprobs"][1:-1]  # the first has none, the last is no prompt
    except (KeyError, IndexError, TypeError):
        return
    yield from (float(value) for value in values if isinstance(value, int | float))
