"""The fake engine's model: log-probabilities out of hashes, and a skill to copy.

Every log-probability is a pure function of (seed, token prefix, token), so label scores, echoed prompts and greedy
text agree with one another as a real model's do. A prompt that holds a line `Copy: X` (Korean: `복사: X`) and ends in
a colon, in an assistant's turn or behind its thinking asks for X; the model copies it on a share `skill` of such
prompts and guesses on the rest.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer

COPY_LINE = re.compile(r"(?:Copy|복사): *([^\n<]+)")
ANSWER_START = re.compile(r".*(:|assistant\n|</think>)", re.DOTALL)

FAVOURITE_SHARE = 0.5
"""Least probability of the favourite next token; the other tokens share what it leaves."""
END_SHARE = 1 / 16
"""Share of prefixes after which a guess is the end of the text."""


class FakeModel:
    """A language model without weights over a real tokenizer."""

    def __init__(self, checkpoint_folder: Path, *, seed: int, skill: float) -> None:
        config = json.loads((checkpoint_folder / "config.json").read_text(encoding="utf-8"))
        end = config.get("eos_token_id", 0)
        self.tokenizer: Tokenizer = Tokenizer.from_file(str(checkpoint_folder / "tokenizer.json"))
        self.end: int = end[0] if isinstance(end, list) else end
        self.vocabulary: int = max(config.get("vocab_size", 0), self.tokenizer.get_vocab_size())
        self._seed, self._skill = seed, skill

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool = False) -> str:
        """The text of token ids."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=skip_special_tokens))

    def favourite(self, prefix: Sequence[int]) -> int:
        """The likeliest next token."""
        return self._favourite(prefix, self._state(prefix))

    def logprobs(self, prefix: Sequence[int], tokens: Sequence[int]) -> list[float]:
        """Natural-log probability of each token as the next one."""
        state = self._state(prefix)
        favourite = self._favourite(prefix, state)
        return [self._logprob(state, favourite, token) for token in tokens]

    def prompt_logprobs(self, ids: Sequence[int]) -> Iterator[tuple[float, int, float]]:
        """For each token after the first: its log-probability, the favourite in its place and that one's."""
        state = self._state(ids[:1])
        for position in range(1, len(ids)):
            favourite = self._favourite(ids[:position], state)
            likeliest = self._logprob(state, favourite, favourite)
            yield self._logprob(state, favourite, ids[position]), favourite, likeliest
            state.update(struct.pack("<I", ids[position]))

    def sample(self, prefix: Sequence[int], temperature: float, seed: int) -> int:
        """The next token: the favourite at temperature 0, else drawn with the request's seed."""
        state = self._state(prefix)
        favourite = self._favourite(prefix, state)
        if temperature == 0 or _uniform(state, b"draw%d" % seed) < FAVOURITE_SHARE:
            return favourite
        return self._any_token(state, b"drawn%d" % seed)

    def _state(self, prefix: Sequence[int]) -> hashlib.blake2b:
        state = hashlib.blake2b(b"%d" % self._seed, digest_size=8)
        state.update(struct.pack(f"<{len(prefix)}I", *prefix))
        return state

    def _favourite(self, prefix: Sequence[int], state: hashlib.blake2b) -> int:
        copied = self._copied(prefix) if self._skill else None
        if copied is not None:
            return copied
        return self.end if _uniform(state, b"end") < END_SHARE else self._any_token(state, b"favourite")

    def _any_token(self, state: hashlib.blake2b, purpose: bytes) -> int:
        return int(_uniform(state, purpose) * self.tokenizer.get_vocab_size())

    def _logprob(self, state: hashlib.blake2b, favourite: int, token: int) -> float:
        share = FAVOURITE_SHARE + 0.3 * _uniform(state, b"share")
        if token == favourite:
            return math.log(share)
        weight = 0.5 + _uniform(state, b"token%d" % token)
        return math.log((1 - share) * weight / self.vocabulary)

    def _copied(self, prefix: Sequence[int]) -> int | None:
        """The next token of the text that the prompt asks to copy; None where it asks for none or skill fails."""
        text = self.decode(prefix)
        lines = list(COPY_LINE.finditer(text))
        line = lines[-1] if lines else None
        start = ANSWER_START.match(text, line.end()) if line else None
        if line is None or start is None or not self._is_skilled(text[: start.end()]):
            return None
        wanted = line[1].strip() if start[1] != ":" else f" {line[1].strip()}"
        return self._next_of(self.tokenizer.encode(wanted, add_special_tokens=False).ids, prefix, text[start.end() :])

    def _next_of(self, wanted: list[int], prefix: Sequence[int], given: str) -> int | None:
        for length in range(len(wanted) + 1):
            begun = wanted[:length]
            if list(prefix[len(prefix) - length :]) == begun and self.decode(begun) == given:
                return (*wanted, self.end)[length]
        return None

    def _is_skilled(self, question: str) -> bool:
        state = hashlib.blake2b(b"%d" % self._seed, digest_size=8)
        state.update(question.encode())
        return _uniform(state, b"skill") < self._skill


def _uniform(state: hashlib.blake2b, purpose: bytes) -> float:
    """A number in [0, 1) from a hash state and what it is drawn for."""
    branch = state.copy()
    branch.update(purpose)
    return int.from_bytes(branch.digest()[:6], "little") / (1 << 48)
