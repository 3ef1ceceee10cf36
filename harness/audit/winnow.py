"""Fingerprints of Python source that survive renaming: winnowing over normalised tokens.

Schleimer, Wilkerson and Aiken, SIGMOD 2003: every run of K tokens is hashed, and of every W neighbouring hashes the
least is kept, so that two texts that share a run of K + W - 1 tokens share a fingerprint. Source is read as text and
never imported.
"""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator

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


class UnreadableSourceError(ValueError):
    """Text that is no Python source."""


def normalised(source: str) -> Iterator[str]:
    """The tokens with identifiers, strings and numbers made equal; comments and layout are dropped.

    UnreadableSourceError where the text cannot be cut into tokens.
    """
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in LAYOUT:
                yield _neutral(token)
    except (tokenize.TokenError, SyntaxError, RecursionError) as error:
        raise UnreadableSourceError(str(error)) from error


def _neutral(token: tokenize.TokenInfo) -> str:
    kind = tokenize.tok_name[token.type]
    if kind == "NAME":
        return token.string if keyword.iskeyword(token.string) else NAME
    if kind in TEXTS:
        return TEXT
    return NUMBER if kind == "NUMBER" else token.string


def fingerprints(source: str, k: int = K, w: int = W) -> frozenset[int]:
    """The winnowed hashes of one source; empty where it has fewer than `k` tokens. Equal text gives equal hashes
    anywhere.
    """
    codes: dict[str, int] = {}
    tokens = np.array([codes.setdefault(token, _code(token)) for token in normalised(source)], dtype=np.uint64)
    if len(tokens) < k:
        return frozenset()
    hashes = _hashes(tokens, k)
    if len(hashes) < w:
        return frozenset({int(hashes.min())})
    return frozenset(np.lib.stride_tricks.sliding_window_view(hashes, w).min(axis=1).tolist())


def jaccard(first: frozenset[int], second: frozenset[int]) -> float | None:
    """Shared over all; null where both are empty."""
    union = len(first | second)
    return len(first & second) / union if union else None


def _code(token: str) -> int:
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
