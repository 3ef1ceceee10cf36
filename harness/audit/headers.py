"""Copyright and licence statements in comments and module docstrings of source files.

SPDX expressions are checked with license-expression, which carries the ScanCode index of licences. Full scanners
(scancode-toolkit) bring tens of packages and native code for what a model's few Python files do not need: the notices
of the licences below are told by their own fixed phrases.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from harness.plan.base import Frozen

if TYPE_CHECKING:
    from license_expression import Licensing

YEARS = r"(?:\d{4}(?:\s*[-–,]\s*(?:\d{4}|present))*)"
COPYRIGHT = re.compile(
    rf"(?:copyright|©)(?:\s*\(c\)|\s*©)*[\s:,]*{YEARS}?[\s,:]*(?:by\s+)?(?P<holders>[^\n]*)", re.IGNORECASE
)
SPDX = re.compile(r"SPDX-License-Identifier:\s*(?P<expression>[^\n*]+)", re.IGNORECASE)
RESERVED = re.compile(r"[\s.,;]*(?:all rights reserved|licensed under|see license|and contributors).*$", re.IGNORECASE)
NOISE = re.compile(
    r"\b(?:the|inc|corp|co|ltd|llc|team|teams|authors?|group|contributors|research|team's)\b\.?", re.IGNORECASE
)
BETWEEN = re.compile(r"\s*(?:,|;|&|\band\b)\s+", re.IGNORECASE)
PHRASES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(phrase, re.IGNORECASE))
    for name, phrase in (
        ("Apache-2.0", r"apache license,?\s+version 2\.0|apache\.org/licenses/LICENSE-2\.0"),
        ("MIT", r"\bMIT licen[sc]e|permission is hereby granted, free of charge, to any person"),
        (
            "BSD",
            r"\bBSD(?:[- ]\d[- ]clause)?(?:[- ]style)? licen[sc]e|redistribution and use in source and binary forms",
        ),
        ("LGPL", r"GNU lesser general public licen[sc]e"),
        ("AGPL", r"GNU affero general public licen[sc]e"),
        ("GPL", r"GNU general public licen[sc]e"),
        ("MPL", r"mozilla public licen[sc]e"),
        ("CC-BY-NC", r"creative commons[^.]*non-?commercial|CC[- ]BY[- ]NC"),
        ("community model licence", r"\b(?:llama|gemma|deepseek|qwen|glm|tongyi qianwen)[\w .-]{0,20}licen[sc]e"),
    )
)


class Header(Frozen):
    """What one file says of its origin."""

    file: str
    """Path below the folder of the code."""
    holders: tuple[str, ...] = ()
    """Copyright holders as written, in order."""
    licences: tuple[str, ...] = ()
    """SPDX identifiers and licences told by their phrases."""
    unknown: tuple[str, ...] = ()
    """SPDX expressions that name no known licence."""


def header(file: str, text: str) -> Header:
    """The statements of one file's comments and module docstring."""
    said = prose(text)
    valid, unknown = _expressions(said)
    phrases = [name for name, phrase in PHRASES if phrase.search(said)]
    return Header(
        file=file,
        holders=tuple(dict.fromkeys(_holders(said))),
        licences=tuple(dict.fromkeys([*valid, *phrases])),
        unknown=tuple(unknown),
    )


def prose(text: str) -> str:
    """Comments without their marks, one a line, then the module's docstring. Other text is taken as it is."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        docstring = ast.get_docstring(ast.parse(text)) or ""
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    comments = (token.string.lstrip("#").strip() for token in tokens if token.type == tokenize.COMMENT)
    return "\n".join([*comments, docstring])


def plain_name(holder: str) -> str:
    """A holder as names are compared: lower case, without legal forms and punctuation."""
    return " ".join(re.sub(r"[^\w ]", " ", NOISE.sub(" ", holder)).lower().split())


def _holders(said: str) -> Iterator[str]:
    for match in COPYRIGHT.finditer(said):
        named = RESERVED.sub("", match["holders"])
        for holder in BETWEEN.split(named):
            name = holder.strip(" .,;()")
            if plain_name(name) and not plain_name(name).startswith(("notice", "holder", "owner", "law", "statement")):
                yield name


def _expressions(said: str) -> tuple[list[str], list[str]]:
    valid: list[str] = []
    unknown: list[str] = []
    for match in SPDX.finditer(said):
        expression = match["expression"].strip()
        keys = _keys(expression)
        if keys is None:
            unknown.append(expression)
        else:
            valid += keys
    return valid, unknown


def _keys(expression: str) -> list[str] | None:
    """Licences that an expression names; None where it is none, for which the library has more than one error."""
    from license_expression import ExpressionError

    try:
        if _licensing().validate(expression).errors:
            return None
        return list(_licensing().license_keys(expression))
    except (ExpressionError, AttributeError, IndexError, TypeError, ValueError):
        return None


@cache
def _licensing() -> Licensing:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()
