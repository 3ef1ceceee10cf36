"""Constraints on the form of a text: quotes, brackets, lists, lines, marks. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from harness.graders.constraints.english import EDGES, PUNCTUATION, sentences

Args = Mapping[str, Any]

BRACKETS = {")": "(", "]": "[", "}": "{"}
DEPTH, QUOTES = 5, 3
EMOJI = re.compile(
    "[\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
SELECTORS = "\ufe0f\u200d\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
"""What may follow an emoji as a part of it."""


def parentheses(text: str, _: str, __: Args) -> bool:
    """Five pairs within each other, closed in the right order."""
    open_: list[tuple[str, int]] = []
    for sign in text:
        if sign in "([{":
            open_.append((sign, 1))
        elif sign in BRACKETS:
            if not open_ or open_[-1][0] != BRACKETS[sign]:
                open_ = []
                continue
            depth = open_.pop()[1]
            if depth >= DEPTH:
                return True
            if open_:
                open_[-1] = (open_[-1][0], max(open_[-1][1], depth + 1))
    return False


def quotes(text: str, _: str, __: Args) -> bool:
    """Double within single within double quotes, or the other way round, all closed."""
    open_: list[tuple[str, int]] = []
    for sign in text.translate({0x201C: '"', 0x201D: '"', 0x2018: "'", 0x2019: "'"}):
        if sign not in "\"'":
            continue
        if not open_ or open_[-1][0] != sign:
            open_.append((sign, 1))
            continue
        depth = open_.pop()[1]
        if depth >= QUOTES:
            return True
        if open_:
            open_[-1] = (open_[-1][0], max(open_[-1][1], depth + 1))
    return False


def options(text: str, _: str, args: Args) -> bool:
    """Nothing but one of the options, which are parted by slashes, `or` or commas."""
    given: str = args["options"]
    parts = re.split("/" if "/" in given else r"\bor\b" if re.search(r"\bor\b", given) else ",", given)
    return text.strip().lower().strip(EDGES) in {part.strip().lower().strip(EDGES) for part in parts}


def word_a_line(text: str, _: str, __: Args) -> bool:
    lines = [line.split() for line in text.translate(PUNCTUATION).split("\n")]
    return all(len(found) <= 1 for found in lines)


def emoji(text: str, _: str, __: Args) -> bool:
    """At the end of every sentence: before its mark, or behind it, where it begins the next piece."""
    pieces = sentences(text)
    bare = [piece.translate(PUNCTUATION).strip().rstrip(SELECTORS) for piece in pieces]
    return all(
        EMOJI.match(one[-1:]) or (place + 1 < len(bare) and EMOJI.match(bare[place + 1][:1]))
        for place, one in enumerate(bare)
    )


def equal_lengths(text: str, _: str, __: Args) -> bool:
    """Three sentences of as many characters, no word of which stands in two of them."""
    found = sentences(text)
    if len(found) != 3 or len({len(sentence) for sentence in found}) != 1:
        return False
    one, two, three = (set(sentence.lower().translate(PUNCTUATION).split()) for sentence in found)
    return not (one & two or one & three or two & three)


def stairs(text: str, _: str, __: Args) -> bool:
    depths = [len(line) - len(line.lstrip(" ")) for line in text.split("\n") if line.strip()]
    return all(one < two for one, two in pairwise(depths))


def explained(text: str, _: str, __: Args) -> bool:
    """Behind every closing quote stands something other than a quote."""
    plain = "".join(text.replace("“", '"').replace("”", '"').split())
    parts = plain.split('"')
    behind = parts[2::2]
    return len(parts) % 2 == 1 and all(re.search(r"\w", part) for part in behind)


def marked_list(text: str, _: str, args: Args) -> bool:
    return text.count(args["sep"]) >= 2


def thesis(text: str, _: str, __: Args) -> bool:
    """A text in HTML italics, and something behind it."""
    return any(_thesis(text, f"<{tag}>", f"</{tag}>") for tag in ("i", "em"))


def _thesis(text: str, opening: str, closing: str) -> bool:
    _, _, rest = text.partition(opening)
    said, closed, after = rest.partition(closing)
    return bool(said.strip() and closed and after.strip())


def sub_bullets(text: str, _: str, __: Args) -> bool:
    """At least one bullet, and a dash behind each before the next."""
    parts = text.split("*")[1:]
    return bool(parts) and all("-" in part for part in parts)


def sentences_then_bullets(text: str, _: str, __: Args) -> bool:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    first = next((place for place, line in enumerate(lines) if line.startswith("*")), len(lines))
    before, bullets = " ".join(lines[:first]), lines[first:]
    ended = sum(sentence.endswith(".") for sentence in sentences(before))
    return ended >= 2 and len(bullets) >= 2 and all(line.startswith("*") for line in bullets)


def template(text: str, _: str, __: Args) -> bool:
    """The three headings of the template, in its order."""
    places = [text.find(heading) for heading in ("My Answer:", "My Conclusion:", "Future Outlook:")]
    return places[0] >= 0 and places == sorted(places) and -1 not in places


def no_whitespace(text: str, _: str, __: Args) -> bool:
    return not re.search(r"\s", text)
