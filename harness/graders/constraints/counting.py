"""Constraints on how many of something a text holds, and in which proportion. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from harness.graders.constraints.english import (
    CONJUNCTIONS,
    PRONOUNS,
    PUNCTUATION,
    STOP_WORDS,
    ends,
    sentences,
    tokens,
    trimmed,
    words,
)

Args = Mapping[str, Any]

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
LISTED = re.compile(r"list of person names:\s*([^.]+)")
OVERLAP_SLACK = 2.0
"""Percentage points."""


def word_range(text: str, _: str, args: Args) -> bool:
    return bool(args["min_words"] <= len(tokens(text)) <= args["max_words"])


def unique_words(text: str, _: str, args: Args) -> bool:
    return len(set(trimmed(text))) >= int(args["N"])


def stop_words(text: str, _: str, args: Args) -> bool:
    found = tokens(text.lower())
    return bool(found) and 100 * sum(word in STOP_WORDS for word in found) <= args["percentage"] * len(found)


def _marks(text: str) -> Counter[str]:
    return Counter(map(ends, sentences(text)))


def two_to_one(text: str, _: str, __: Args) -> bool:
    """Two sentences that end on a full stop for each that ends on a question mark."""
    marks = _marks(text)
    return marks["."] == 2 * marks["?"] > 0


def balanced(text: str, _: str, __: Args) -> bool:
    """As many full stops as question marks as exclamation marks at the ends of sentences."""
    marks = _marks(text)
    return marks["."] == marks["?"] == marks["!"] > 0


def conjunctions(text: str, _: str, args: Args) -> bool:
    return len(CONJUNCTIONS & set(trimmed(text))) >= int(args["small_n"])


def names(text: str, request: str, args: Args) -> bool:
    """Names from the list that the request gives."""
    listed = LISTED.search(request)
    given = [name.strip() for name in listed[1].split(",")] if listed else []
    return sum(name in text for name in given if name) >= int(args["N"])


def overlap(text: str, _: str, args: Args) -> bool:
    """Share of the text's trigrams of characters that the reference has."""
    ours, theirs = _trigrams(text), _trigrams(args["reference_text"])
    share = 100 * len(ours & theirs) / len(ours) if ours else 0.0
    return bool(abs(share - args["percentage"]) <= OVERLAP_SLACK)


def _trigrams(text: str) -> set[str]:
    return {text[place : place + 3] for place in range(len(text) - 2)}


def numbers(text: str, _: str, args: Args) -> bool:
    """Runs of digits, 1,234 being one."""
    return bool(len(re.findall(r"\d+", text.translate(PUNCTUATION))) == args["N"])


def pronouns(text: str, _: str, args: Args) -> bool:
    return bool(sum(word in PRONOUNS for word in words(text.replace("/", " "))) >= args["N"])


def punctuation(text: str, _: str, __: Args) -> bool:
    """Each mark, and an interrobang beside the marks that it is made of."""
    rest = re.sub(r"\?!|!\?|‽", "", text, count=1)
    return rest != text and all(mark in rest for mark in ".,!?;:")


def japanese(text: str, _: str, args: Args) -> bool:
    """Every N-th word; what is a number or punctuation alone passes."""
    every = text.split()[int(args["N"]) - 1 :: int(args["N"])]
    bare = [word for each in every if (word := each.strip("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "))]
    return all(word.isdigit() or JAPANESE.search(word) for word in bare)


def keywords(text: str, _: str, args: Args) -> bool:
    """Five words: once, twice, three, five and seven times."""
    wanted = [(args[f"keyword{place}"].strip().lower(), count) for place, count in enumerate((1, 2, 3, 5, 7), 1)]
    return all(text.lower().count(word) == count for word, count in wanted)


def repeats(text: str, _: str, args: Args) -> bool:
    return bool(max(Counter(words(text)).values(), default=0) <= args["small_n"])
