"""Calls that generate. Texts are taken as token ids, so that nothing on the way can change or cut them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from harness.score.calls import NEUTRAL, Call, MalformedResponse, Result, Shape, Tokens, UnusableResponse, pack


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
        ids, finish, stop = choice.get("token_ids"), choice.get("finish_reason"), choice.get("stop_reason")
        if not isinstance(ids, list):
            raise UnusableResponse("the engine returned no token_ids; it must understand return_token_ids")
        if finish not in ("stop", "length"):
            raise MalformedResponse(f"the engine ended a text for the reason {finish!r}")
        if not all(type(token) is int and 0 <= token < self.vocabulary for token in ids):
            raise MalformedResponse(f"the engine returned token_ids that are no ids below {self.vocabulary}")
        return Tokens(tuple(ids), finish, stop if isinstance(stop, str) else None)

    def _asked(self) -> dict[str, Any]:
        names = ("stop", "max_tokens", "temperature", "top_p", "seed")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class ThinkCall(GenerateCall):
    """Thinking, up to the text that ends it. The task's stop strings apply to the answer behind it alone."""

    shape: ClassVar[Shape] = "think"
    end: str
    """What ends the thinking, such as </think>."""
    budget: int
    """The most tokens of thinking, `end` included."""

    @classmethod
    def before(cls, answer: GenerateCall, *, end: str, budget: int) -> ThinkCall:
        """The thinking that comes before an answer."""
        return cls(**{each.name: getattr(answer, each.name) for each in fields(answer)}, end=end, budget=budget)

    @property
    def length(self) -> int:
        return self.prompt_length + self.budget + self.max_tokens

    def payload(self) -> dict[str, Any]:
        return {**GenerateCall.payload(self), "stop": [self.end], "max_tokens": self.budget}

    def then(self, result: Result) -> Call | None:
        """The answer, behind the very tokens of the thinking; none where the model did not end its thinking."""
        if not isinstance(result, Tokens) or result.stop != self.end:
            return None
        return GenerateCall(
            self.scope,
            self.packed + pack(result.ids),
            stop=self.stop,
            max_tokens=self.max_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            seed=self.seed,
            vocabulary=self.vocabulary,
        )

    def _asked(self) -> dict[str, Any]:
        return {**GenerateCall._asked(self), "end": self.end, "budget": self.budget}
