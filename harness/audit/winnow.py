"""Fingerprints of Python source that survive renaming: winnowing over normalised tokens.

Schleimer, Wilkerson and Aiken, SIGMOD 2003: every run of K tokens is hashed, and of every W neighbouring hashes the
least is kept, so that two texts that share a run of K + W - 1 tokens share a fingerprint. Source is read as text and
never imported. Time and memory grow as the text does, whatever it holds.
"""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from harness.hashing import sha256_text

K, W = 20, 8
LAYOUT = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)
NAME, TEXT, NUMBER = "name", "text", "number"
"""What stands for every identifier, string and number."""
TEXTS = frozenset(
    kind for kind in ("STRING", "FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END") if hasattr(tokenize, kind)
)


Prints = NDArray[np.uint64]
"""Fingerprints: ascending, each once. An array takes a tenth of a set."""
NONE: Prints = np.zeros(0, np.uint64)


class UnreadableSourceError(ValueError):
    """Text that is no Python source."""


def tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of Python source.

    UnreadableSourceError at the first piece that is none: to go on behind it, the tokenizer would read the rest of the
    line again for every character. Marks of other scripts, which it does not know as parts of names, are no such piece.
    """
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.ERRORTOKEN and token.string.isascii():
                raise UnreadableSourceError(f"no Python at line {token.start[0]}")
            yield token
    except (tokenize.TokenError, SyntaxError, RecursionError, MemoryError) as error:
        raise UnreadableSourceError(str(error) or type(error).__name__) from error


def normalised(source: str) -> Iterator[str]:
    """The tokens with identifiers, strings and numbers made equal; comments and layout are dropped.

    UnreadableSourceError where the text cannot be cut into tokens.
    """
    return (_neutral(token) for token in tokens(source) if token.type not in LAYOUT)


def _neutral(token: tokenize.TokenInfo) -> str:
    kind = tokenize.tok_name[token.type]
    if kind == "NAME":
        return token.string if keyword.iskeyword(token.string) else NAME
    if kind == "ERRORTOKEN":
        return NAME
    if kind in TEXTS:
        return TEXT
    return NUMBER if kind == "NUMBER" else token.string


def fingerprints(source: str, k: int = K, w: int = W) -> Prints:
    """The winnowed hashes of one source; empty where it has fewer than `k` tokens. Equal text gives equal hashes
    anywhere.
    """
    cut = np.fromiter((_code(token) for token in normalised(source)), dtype=np.uint64)
    if len(cut) < k:
        return NONE
    hashes = _hashes(cut, k)
    if len(hashes) < w:
        return np.unique(hashes.min())
    return np.unique(np.lib.stride_tricks.sliding_window_view(hashes, w).min(axis=1))


def shared(first: Prints, second: Prints) -> int:
    """How many fingerprints both have."""
    few, many = sorted((first, second), key=len)
    if not len(few):
        return 0
    places = np.searchsorted(many, few)
    return int(np.count_nonzero(many[np.minimum(places, len(many) - 1)] == few))


def jaccard(first: Prints, second: Prints) -> float | None:
    """Shared over all; null where both are empty."""
    both = shared(first, second)
    union = len(first) + len(second) - both
    return both / union if union else None


@cache
def _code(token: str) -> int:
    """Of a keyword, an operator or what stands for the rest: a few dozen in all."""
    return int(sha256_text(token)[:16], 16)


def _hashes(tokens: NDArray[np.uint64], k: int) -> NDArray[np.uint64]:
    """One hash for each run of `k` tokens: a polynomial modulo 2^64, then the finaliser of splitmix64."""
    count = len(tokens) - k + 1
    value = np.zeros(count, dtype=np.uint64)
    for place in range(k):
        value = value * np.uint64(0x9E3779B97F4A7C15) + tokens[place : place + count]
    value ^= value >> np.uint64(30)
    value *= np.uint64(0xBF58476D1CE4E5B9)
    value ^= value >> np.uint64(27)
    value *= np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
