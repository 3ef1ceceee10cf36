"""Log-probabilities as a response holds them: OpenAI's columns, one row of tokens for each place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.score.calls import MalformedResponse, Scores, UnusableResponse

COLUMNS = ("tokens", "top_logprobs")
LONGEST_ID = 10
"""Digits of the largest uint32."""
ABSENT = -9999.0
"""What vLLM writes for minus infinity."""
LARGEST = 3.5e38
"""Above any float32: no engine means a larger number."""

Row = Mapping[int, float | None]
"""The log-probabilities of one place by token id; null where one is not finite."""
Scorer = Callable[[Row, int], tuple[float, bool, float]]


def columns_of(choice: Mapping[str, Any]) -> Mapping[str, list[Any]]:
    """The columns of a response's choice; MalformedResponse where they are missing."""
    columns = choice.get("logprobs")
    if not isinstance(columns, dict) or not all(isinstance(columns.get(name), list) for name in COLUMNS):
        raise MalformedResponse("the response holds no log-probabilities")
    return columns


def row_of(row: object) -> Row:
    """One place; empty where it has no log-probabilities."""
    if not isinstance(row, dict):
        if row is None:
            return {}
        raise MalformedResponse("the log-probabilities of a token are no JSON object")
    return {_id(name): _number(value) for name, value in row.items()}


def scores_of(choice: Mapping[str, Any], tokens: Sequence[int], start: int, each: Scorer | None = None) -> Scores:
    """The score of each token, expected from place `start` on; UnusableResponse where other tokens stand there."""
    columns = columns_of(choice)
    place = slice(start, start + len(tokens))
    if columns["tokens"][place] != [_name(token) for token in tokens]:
        raise UnusableResponse("the engine scored other tokens than it was sent")
    rows = columns["top_logprobs"][place]
    if len(rows) != len(tokens):
        raise MalformedResponse("the response holds fewer log-probabilities than tokens")
    each = each or score
    return Scores(*zip(*(each(row_of(row), token) for row, token in zip(rows, tokens, strict=True)), strict=True))


def forced_score(row: Row, token: int) -> tuple[float, bool, float]:
    """The score of a generated token. Its row must hold the likeliest one too, which other requests can displace."""
    own, greedy, margin = score(row, token)
    if own <= ABSENT or any(value is not None and value < own for value in row.values()):
        raise MalformedResponse(f"the engine gave another token than the likeliest one beside token {token}")
    return own, greedy, margin


def score(row: Row, token: int) -> tuple[float, bool, float]:
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


def _name(token: int) -> str:
    return f"token_id:{token}"


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
