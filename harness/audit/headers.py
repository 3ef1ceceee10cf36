"""Copyright and licence statements in comments and module docstrings of source files.

SPDX expressions are checked with license-expression, which carries the ScanCode index of licences. Full scanners
(scancode-toolkit) bring tens of packages and native code for what a model's few Python files do not need: the notices
of the licences below are told by their own fixed phrases. Entrants write these texts: every expression takes time that
grows as the text does.
"""

from __future__ import annotations

import ast
import inspect
import re
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from harness.audit.winnow import LAYOUT, UnreadableSourceError, tokens
from harness.plan.base import Frozen

if TYPE_CHECKING:
    from license_expression import Licensing

YEARS = r"(?:\d{4}(?:\s*[-–,]\s*(?:\d{4}|present))*)"
COPYRIGHT = re.compile(
    rf"(?:copyright|©)(?:\s*\(c\)|\s*©)*[\s:,]*{YEARS}?[\s,:]*(?:by\s+)?(?P<holders>[^\n]*)", re.IGNORECASE
)
SPDX = re.compile(r"SPDX-License-Identifier:\s*(?P<expression>[^\n*]+)", re.IGNORECASE)
RESERVED = re.compile(
    r"(?<![\s.,;])[\s.,;]*+(?:all rights reserved|licensed under|see license|and contributors).*$", re.IGNORECASE
)
"""Looked for at the beginning of a run of spaces alone: at each of them, the rest would be read again."""
NOISE = re.compile(
    r"\b(?:the|inc|corp|co|ltd|llc|team|teams|authors?|group|contributors|research|team's)\b\.?", re.IGNORECASE
)
BETWEEN = re.compile(r"(?:,|;|&|\band\b)\s+", re.IGNORECASE)
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
        ("CC-BY-NC", r"creative commons[^.]{0,200}non-?commercial|CC[- ]BY[- ]NC"),
        ("community model licence", r"\b(?:llama|gemma|deepseek|qwen|glm|tongyi qianwen)[\w .-]{0,20}licen[sc]e"),
    )
)
FORMATTED = re.compile(r"\w*[bBfF]")
"""A string whose text is not its own, or none."""
MOST_NAMES = 50
"""Of one file: holders, and SPDX expressions, that are kept."""
LONGEST_HOLDER = 200
LONGEST_EXPRESSION = 300
MOST_STRINGS = 100
"""Of a docstring that is written in pieces."""


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
    left_out: int = 0
    """Further holders and expressions, beyond the first fifty of each."""


def header(file: str, text: str) -> Header:
    """The statements of one file's comments and module docstring."""
    said = prose(text)
    holders, more_holders = _first(_holders(said))
    expressions, more_expressions = _first(match["expression"].strip() for match in SPDX.finditer(said))
    valid, unknown = _expressions(expressions)
    phrases = [name for name, phrase in PHRASES if phrase.search(said)]
    return Header(
        file=file,
        holders=holders,
        licences=tuple(dict.fromkeys([*valid, *phrases])),
        unknown=tuple(unknown),
        left_out=more_holders + more_expressions,
    )


def _first(found: Iterator[str]) -> tuple[tuple[str, ...], int]:
    """The first few that differ, and how many others there are."""
    unique = dict.fromkeys(found)
    return tuple(islice(unique, MOST_NAMES)), max(0, len(unique) - MOST_NAMES)


def prose(text: str) -> str:
    """Comments without their marks, one a line, then the module's docstring. Other text is taken as it is."""
    try:
        return "\n".join(_statements(text))
    except UnreadableSourceError:
        return text


def _statements(text: str) -> Iterator[str]:
    strings: list[str] = []
    first = True  # still in the file's first statement: where it is strings and nothing else, it is the docstring
    for token in tokens(text):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("#").strip()
        elif first and token.type == tokenize.STRING:
            strings.append(token.string)
        elif first and (token.type not in LAYOUT or (token.type == tokenize.NEWLINE and strings)):
            first = False
            strings = strings if token.type == tokenize.NEWLINE or token.string == ";" else []
    yield _docstring(strings)


def _docstring(strings: list[str]) -> str:
    """What the literals say together; nothing where one is formatted, of bytes or broken. No syntax tree of the file is
    built: it takes a thousand times the memory of its text.
    """
    if not strings or len(strings) > MOST_STRINGS or any(FORMATTED.match(string) for string in strings):
        return "\n".join(strings)
    try:
        with warnings.catch_warnings(action="ignore"):
            return inspect.cleandoc(ast.literal_eval("(" + " ".join(strings) + ")"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "\n".join(strings)


def plain_name(holder: str) -> str:
    """A holder as names are compared: lower case, without legal forms and punctuation."""
    return " ".join(re.sub(r"[^\w ]", " ", NOISE.sub(" ", holder)).lower().split())


def _holders(said: str) -> Iterator[str]:
    for match in COPYRIGHT.finditer(said):
        named = RESERVED.sub("", match["holders"])
        for holder in BETWEEN.split(named):
            name = holder.strip().strip(" .,;()")[:LONGEST_HOLDER]
            if plain_name(name) and not plain_name(name).startswith(("notice", "holder", "owner", "law", "statement")):
                yield name


def _expressions(found: Sequence[str]) -> tuple[list[str], list[str]]:
    valid: list[str] = []
    unknown: list[str] = []
    for expression in found:
        keys = _keys(expression) if len(expression) <= LONGEST_EXPRESSION else None
        if keys is None:
            unknown.append(expression[:LONGEST_EXPRESSION])
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
    except (ExpressionError, AttributeError, IndexError, TypeError, ValueError, RecursionError):
        return None


@cache
def _licensing() -> Licensing:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()
