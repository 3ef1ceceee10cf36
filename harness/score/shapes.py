"""The shapes in which continuations are scored. All give the model's own log-probabilities; they differ in cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.score.calls import GREEDY, Call, MalformedResponse, Scores, Shape
from harness.score.rows import columns_of, forced_score, row_of, score, scores_of

MAX_LABELS = 128
"""The most ids that vLLM takes in one logprob_token_ids."""


@dataclass(frozen=True, slots=True)
class LabelsCall(Call):
    """Scores of tokens that could come next, from one prefill that the prefix cache serves."""

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
        """One score a label. The generated token is the likeliest one, so the row tells whether a label is it."""
        rows = columns_of(choice)["top_logprobs"]
        if not rows or not rows[0]:
            raise MalformedResponse("the response holds no log-probabilities")
        row = row_of(rows[0])
        return Scores(*zip(*(score(row, label) for label in self.labels), strict=True))

    def _asked(self) -> dict[str, Any]:
        return {"labels": self.labels}


@dataclass(frozen=True, slots=True)
class TraceCall(Call):
    """Score of each token of a continuation, which the engine is forced to generate (serve/forcing.py)."""

    shape: ClassVar[Shape] = "trace"
    continuation: tuple[int, ...]

    @property
    def length(self) -> int:
        return self.prompt_length + len(self.continuation)

    def payload(self) -> dict[str, Any]:
        return {
            "prompt": self.prompt,
            "max_tokens": len(self.continuation),
            "logprobs": 1,
            "ignore_eos": True,
            "vllm_xargs": {"forced_tokens": self.continuation},
            "return_tokens_as_token_ids": True,
            **GREEDY,
        }

    def read(self, choice: Mapping[str, Any]) -> Scores:
        """One score a token. A server that does not know how to force generates other tokens, and is found out."""
        return scores_of(choice, self.continuation, 0, forced_score)

    def _asked(self) -> dict[str, Any]:
        return {"continuation": self.continuation}


@dataclass(frozen=True, slots=True)
class EchoCall(Call):
    """Score of one continuation of any length. The prefix cache does not serve it."""

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
        """One score: the sum over the tokens; greedy where each of them is the likeliest in its place."""
        each = scores_of(choice, self.continuation, self.prompt_length)
        return Scores((math.fsum(each.logprobs),), (all(each.greedy),), (max(each.margins),))

    def _asked(self) -> dict[str, Any]:
        return {"continuation": self.continuation}
