"""One HTTP request to the engine, and what its answer may be.

    labels     one prefill, the log-probabilities of up to 128 next tokens          shapes.py
    trace      one prefill, a continuation forced token by token                    shapes.py
    echo       context and continuation, read from the prompt's log-probabilities   shapes.py
    generate   a text, taken as token ids                                           texts.py
    think      a text up to the end of its thinking, and the answer behind it       texts.py

Each call has a key: the digest of everything that can change its answer. Calls with equal keys are sent once.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from harness.hashing import digest
from harness.request import FinishReason

KEY_VERSION = 1
"""Raise when a shape's answer comes to mean something else: old journals are then not read."""

NEUTRAL = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}
"""Sent with every call, lest a generation_config.json or a server's flags change what the task asked for."""

GREEDY = {**NEUTRAL, "temperature": 0.0, "top_p": 1.0}

BYTES_PER_ID = 4

Shape = Literal["labels", "trace", "echo", "generate", "think"]


class MalformedResponse(Exception):  # noqa: N818 - the server may do better when asked again
    """The response is not what the API promises."""


class UnusableResponse(Exception):  # noqa: N818
    """The response is well-formed and holds no usable answer; asking again would not help."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Log-likelihoods (nats) and greedy flags of a call's labels, tokens or continuation, in its order."""

    logprobs: tuple[float, ...]
    greedy: tuple[bool, ...]
    margins: tuple[float, ...]
    """How far from greedy: the largest lead, nats, that another token has over one of the scored (0: none)."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Generated token ids, the end token or stop string included."""

    ids: tuple[int, ...]
    finish: FinishReason
    stop: str | None = None
    """The stop string that ended them; null where the end token or the budget did."""


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

    def then(self, result: Result) -> Call | None:  # noqa: ARG002 - few shapes look at it
        """What is to be asked once this is answered; None where nothing is."""
        return None

    def _asked(self) -> dict[str, Any]:
        raise NotImplementedError


def pack(ids: Sequence[int]) -> bytes:
    """Token ids as big-endian uint32."""
    return struct.pack(f">{len(ids)}I", *ids)


def unpack(packed: bytes) -> list[int]:
    """Token ids from big-endian uint32."""
    return list(struct.unpack(f">{len(packed) // BYTES_PER_ID}I", packed))
