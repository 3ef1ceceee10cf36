"""The shapes in which a question goes to the engine, and how its response is read.

    labels     one prefill, the log-probabilities of up to 128 one-token continuations   (logprob_token_ids)
    echo       context and one longer continuation, read from the prompt's log-probabilities   (echo)
    generate   a text, taken as token ids

Each call has a key: the digest of everything that can change its answer. Calls with equal keys are sent once.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from harness.hashing import digest
from harness.request import FinishReason

KEY_VERSION = 1
"""Raise when a shape's answer comes to mean something else: old journals are then not read."""

MAX_LABELS = 128
"""The most ids that vLLM takes in one logprob_token_ids."""

NEUTRAL = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}
"""Sent with every call, lest a generation_config.json or a server's flags change what the task asked for."""

GREEDY = {**NEUTRAL, "temperature": 0.0, "top_p": 1.0}

COLUMNS = ("tokens", "top_logprobs")

BYTES_PER_ID = 4
LONGEST_ID = 10
"""Digits of the largest uint32."""

LARGEST = 3.5e38
"""Above any float32: no engine means a larger number."""

Shape = Literal["labels", "echo", "generate"]


class MalformedResponse(Exception):  # noqa: N818 - the server may do better when asked again
    """The response is not what the API promises."""


class UnusableResponse(Exception):  # noqa: N818
    """The response is well-formed and holds no usable answer; asking again would not help."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Log-likelihoods (nats) and greedy flags of a call's continuations, in its order."""

    logprobs: tuple[float, ...]
    greedy: tuple[bool, ...]
    margins: tuple[float, ...]
    """How far from greedy: the largest lead, nats, that another token has over one of the continuation's (0: none)."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Generated token ids, the end token or stop string included."""

    ids: tuple[int, ...]
    finish: FinishReason


Result = Scores | Tokens


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request to be made. Prompts are packed: big rounds hold millions of tokens at once."""

    shape: ClassVar[Shape]
    scope: str
    """Digest of model, tokenizer, template and engine settings."""
    packed: bytes
    """Prompt token ids, big-endian uint32, so that bytes sort as tokens do."""

    @property
    def prompt(self) -> list[int]:
        return unpack(self.packed)

    @property
    def prompt_length(self) -> int:
        return len(self.packed) // BYTES_PER_ID

    @property
    def key(self) -> str:
        """Digest (64 hex digits) of everything that can change the answer."""
        identity = {"version": KEY_VERSION, "scope": self.scope, "shape": self.shape, **self._asked()}
        return digest({**identity, "prompt": hashlib.sha256(self.packed).hexdigest()})

    @property
    def length(self) -> int:
        """Tokens that must fit into the model's context."""
        raise NotImplementedError

    def payload(self) -> dict[str, Any]:
        """Body of the POST, but for the model's name."""
        raise NotImplementedError

    def read(self, choice: Mapping[str, Any]) -> Result:
        """The answer in a response's choice; MalformedResponse or UnusableResponse where there is none."""
        raise NotImplementedError

    def _asked(self) -> dict[str, Any]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class LabelsCall(Call):
    """Scores of one-token continuations, from one prefill that the prefix cache serves."""

    shape: ClassVar[Shape] = "labels"
    labels: tuple[int, ...]
    """Distinct token ids."""

    @property
    def length(self) -> int:
        return self.prompt_length + 1

    def payload(self) -> dict[str, Any]:
        return {
            "prompt": self.prompt,
            "max_tokens": 1,
            "logprobs": 1,
            "logprob_token_ids": self.labels,
            "return_tokens_as_token_ids": True,
            **GREEDY,
        }

    def read(self, choice: Mapping[str, Any]) -> Scores:
        """The generated token is the likeliest one, so the row tells whether a label is it."""
        rows = _columns(choice)["top_logprobs"]
        if not rows or not rows[0]:
            raise MalformedResponse("the response holds no log-probabilities")
        row = _row(rows[0])
        return Scores(*zip(*(_score(row, label) for label in self.labels), strict=True))

    def _asked(self) -> dict[str, Any]:
        return {"labels": self.labels}


@dataclass(frozen=True, slots=True)
class EchoCall(Call):
    """Score of one continuation of any length."""

    shape: ClassVar[Shape] = "echo"
    continuation: tuple[int, ...]

    @property
    def length(self) -> int:
        return self.prompt_length + len(self.continuation) + 1  # vLLM wants room for one token more, unused

    def payload(self) -> dict[str, Any]:
        return {
            "prompt": [*self.prompt, *self.continuation],
            "max_tokens": 0,
            "echo": True,
            "logprobs": 1,
            "return_tokens_as_token_ids": True,
            **GREEDY,
        }

    def read(self, choice: Mapping[str, Any]) -> Scores:
        """Sum over the continuation's tokens; greedy where each of them is the likeliest in its place."""
        columns = _columns(choice)
        place = slice(self.prompt_length, self.prompt_length + len(self.continuation))
        if columns["tokens"][place] != [_name(token) for token in self.continuation]:
            raise UnusableResponse("the engine echoed other tokens than it was sent")
        rows = columns["top_logprobs"][place]
        if len(rows) != len(self.continuation):
            raise MalformedResponse("the response holds fewer log-probabilities than tokens")
        scored = [_score(_row(row), token) for row, token in zip(rows, self.continuation, strict=True)]
        values, greedy, margins = zip(*scored, strict=True)
        return Scores((math.fsum(values),), (all(greedy),), (max(margins),))

    def _asked(self) -> dict[str, Any]:
        return {"continuation": self.continuation}


@dataclass(frozen=True, slots=True)
class GenerateCall(Call):
    """A text that continues the prompt."""

    shape: ClassVar[Shape] = "generate"
    stop: tuple[str, ...]
    max_tokens: int
    temperature: float
    top_p: float
    seed: int | None
    """Null where nothing is drawn (temperature 0)."""
    vocabulary: int
    """Every token id is below; no part of the question, and so of the key."""

    @property
    def length(self) -> int:
        return self.prompt_length + self.max_tokens

    def payload(self) -> dict[str, Any]:
        """Special tokens stay visible to the stop strings, as they do in lm-eval's `hf` backend."""
        sampling = {"temperature": self.temperature, "top_p": self.top_p, "seed": self.seed}
        return {
            "prompt": self.prompt,
            "max_tokens": self.max_tokens,
            "stop": self.stop,
            "skip_special_tokens": False,
            "return_token_ids": True,
            **NEUTRAL,
            **sampling,
        }

    def read(self, choice: Mapping[str, Any]) -> Tokens:
        ids, finish = choice.get("token_ids"), choice.get("finish_reason")
        if not isinstance(ids, list):
            raise UnusableResponse("the engine returned no token_ids; it must understand return_token_ids")
        if finish not in ("stop", "length"):
            raise MalformedResponse(f"the engine ended a text for the reason {finish!r}")
        if not all(type(token) is int and 0 <= token < self.vocabulary for token in ids):
            raise MalformedResponse(f"the engine returned token_ids that are no ids below {self.vocabulary}")
        return Tokens(tuple(ids), finish)

    def _asked(self) -> dict[str, Any]:
        names = ("stop", "max_tokens", "temperature", "top_p", "seed")
        return {name: getattr(self, name) for name in names}


def pack(ids: Sequence[int]) -> bytes:
    """Token ids as big-endian uint32."""
    return struct.pack(f">{len(ids)}I", *ids)


def unpack(packed: bytes) -> list[int]:
    """Token ids from big-endian uint32."""
    return list(struct.unpack(f">{len(packed) // BYTES_PER_ID}I", packed))


def _columns(choice: Mapping[str, Any]) -> Mapping[str, list[Any]]:
    columns = choice.get("logprobs")
    if not isinstance(columns, dict) or not all(isinstance(columns.get(name), list) for name in COLUMNS):
        raise MalformedResponse("the response holds no log-probabilities")
    return columns


def _name(token: int) -> str:
    return f"token_id:{token}"


def _row(row: object) -> dict[int, float | None]:
    """The log-probabilities of one place by token id; empty where there are none."""
    if not isinstance(row, dict):
        if row is None:
            return {}
        raise MalformedResponse("the log-probabilities of a token are no JSON object")
    return {_id(name): _number(value) for name, value in row.items()}


def _id(name: str) -> int:
    kind, _, digits = name.partition(":")
    if kind != "token_id" or not (digits.isascii() and digits.isdigit()) or len(digits) > LONGEST_ID:
        raise MalformedResponse(f"the engine names a token {name[:50]!r}, which is no id")
    return int(digits)


def _number(value: object) -> float | None:
    """Null where it is not finite."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MalformedResponse(f"the engine gave {str(value)[:50]!r} for a log-probability")
    return float(value) if abs(value) <= LARGEST else None


def _score(row: Mapping[int, float | None], token: int) -> tuple[float, bool, float]:
    """A token's log-probability, whether it is the row's likeliest, and the likeliest's lead.

    Of equally likely tokens the lowest id counts, as in torch's argmax.
    """
    if token not in row:
        raise UnusableResponse(f"the engine gave no log-probability for token {token}")
    own = row[token]
    if own is None or None in row.values():
        raise UnusableResponse(f"the engine gave a log-probability that is no number, beside token {token}: {own}")
    lead, best = min((own - value, other) for other, value in row.items() if value is not None)
    return own, best == token, 0.0 - lead
