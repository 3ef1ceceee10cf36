"""Questions that the fake engine can answer, and an endpoint to ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.plan import FakeEngine
from harness.request import Answer, Generation, Loglikelihood, LoglikelihoodAnswer, Request

LETTERS = (" A", " B", " D", " 가")
"""Each one token of the tiny tokenizer."""
SCOPE = "f" * 64


def alive() -> None:
    """The check of an engine that lives."""


@dataclass(frozen=True)
class Server:
    """An endpoint as the scorer sees it."""

    url: str
    served_model: str = "fake"
    api_key: str | None = field(default=None, repr=False)
    check: Callable[[], None] = alive
    confirm: Callable[[], None] = alive


def engine(**changes: Any) -> FakeEngine:
    return FakeEngine(**({"kind": "fake", "max_model_len": 512, "skill": 1.0, "attempts": 3} | changes))


def choices(n: int) -> list[Request]:
    """Copying tasks with one-token labels, the right one each letter in turn."""
    return [
        Request(
            "letters", str(number), 0, 0, Loglikelihood(f"Item {number}\nCopy:{LETTERS[number % 4]}\nAnswer:", LETTERS)
        )
        for number in range(n)
    ]


def texts(n: int) -> list[Request]:
    return [
        Request(
            "texts", str(number), 0, 0, Loglikelihood(f"문항 {number}\n복사: 서울\n정답: ", ("부산시", "서울", "제주"))
        )
        for number in range(n)
    ]


def generations(n: int, *, repeats: int = 1, temperature: float = 0.0) -> list[Request]:
    ask = [Generation(f"Item {number}\nCopy: Seoul\nAnswer:", ("\n",), 16, temperature) for number in range(n)]
    return [Request("copying", str(n), 0, repeat, one) for n, one in enumerate(ask) for repeat in range(repeats)]


def best(answer: Answer) -> int:
    assert isinstance(answer, LoglikelihoodAnswer), answer
    return max(range(len(answer.logprobs)), key=answer.logprobs.__getitem__)


Score = Callable[..., tuple[list[Answer], Counter[str], int]]
"""Answer requests on a fresh server; answers, counts and how many requests the server saw."""
