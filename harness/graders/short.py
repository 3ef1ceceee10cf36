"""Short written answers against a list of right ones. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

CLAIM = re.compile(
    r"(?:정\s?답|해\s?답|최종\s?답|대답|(?<![가-힣])답(?:변|안)?|(?:final\s+)?answer)(?:\s?(?:은|는|:|：|=|is)|[*_]){1,6}\s*",
    re.IGNORECASE,
)
EDGES = " \t\n.。,!?'\"“”‘’`*()[]「」『』:;$_"
ENDINGS = ("입니다", "이에요", "예요", "이다", "이요", "임", "요")
ARTICLES = ("the ", "a ", "an ")
TEX = re.compile(r"\\(?:boxed|text(?:bf|rm|it)?|math(?:bf|rm|it))\s?\{([^{}]{0,200})\}")
GLOSS = re.compile(r"\s?[(（\[](?!\s?(?:또는|혹은|아니면|or\b))[^()（）\[\]/|]{0,100}[)）\]]\s?$")
"""What a bracket adds; not a second answer (또는 부산)."""
DENIED = re.compile(r"^[^\n]{1,80}?[이가]\s?아니(?:라|고|며)[,\s]{0,2}")
"""이순신이 아니라: the answer comes behind it."""


def any_of(text: str, answers: Iterable[str]) -> bool:
    """Whether a text's answer is one of the right ones, but for case, spaces, quotes, articles and endings like 입니다.

    A gloss in brackets at its end (서울(Seoul)) may be there or not.
    """
    given = claimed(text)
    forms = {form for each in (given, GLOSS.sub("", given.strip(" .。*"))) for form in _forms(each)}
    return bool(forms & {plain(answer) for answer in answers} - {""})


def claimed(text: str) -> str:
    """What stands after the last `정답:` or `Answer:`, to the end of its line; else the first line with anything."""
    claims = list(CLAIM.finditer(text := unicodedata.normalize("NFC", text)))
    rest = text[claims[-1].end() :] if claims else text.strip()
    line = rest.strip().split("\n", 1)[0]
    return DENIED.sub("", TEX.sub(r"\1", TEX.sub(r"\1", line)))


def _forms(text: str) -> set[str]:
    """An answer with and without its ending: 필요 ends in no 요."""
    bare = unicodedata.normalize("NFKC", text).casefold().strip(EDGES)
    return {plain(text), plain(next((bare.removesuffix(each) for each in ENDINGS if bare.endswith(each)), bare))}


def plain(text: str) -> str:
    """A short answer in the form in which it is compared."""
    bare = unicodedata.normalize("NFKC", text).casefold().strip(EDGES)
    article = next((each for each in ARTICLES if bare.startswith(each)), "")
    return "".join(bare.removeprefix(article).split())
