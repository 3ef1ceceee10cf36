"""What is asked of a model and what comes back: the language that suites and score share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Loglikelihood:
    """Log-likelihoods of continuations of one context (multiple choice: one per choice)."""

    context: str
    continuations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Generation:
    """A text that continues a context."""

    context: str
    until: tuple[str, ...]
    """Stop strings; the text ends before the first of them."""
    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0


@dataclass(frozen=True, slots=True)
class Request:
    """One question of one item of one task, asked for the `repeat`-th time (from 0)."""

    task: str
    item_id: str
    index: int
    """Position among the item's requests, from 0 (an item has several when its contexts differ)."""
    repeat: int
    ask: Loglikelihood | Generation


@dataclass(frozen=True, slots=True)
class LoglikelihoodAnswer:
    """Natural-log likelihood of each continuation, and whether greedy decoding would produce it."""

    logprobs: tuple[float, ...]
    greedy: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class GenerationAnswer:
    """The generated text, and why it ended: `length` means that the budget cut it off."""

    text: str
    finish: FinishReason
    thinking: str | None = None
    """What a reasoning model thought before it answered; null where thinking is not told apart."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The machine gave no usable answer. Never graded, never counted against the model."""

    cause: str


Answer = LoglikelihoodAnswer | GenerationAnswer | Failure
