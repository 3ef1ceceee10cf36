"""Short written answers against a list of right ones. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

CLAIM = re.compile(r"(?:정\s*답|최종\s*답|답|(?:final\s+)?answer)(?:\s*(?:은|는|:|：|=|is))+\s*", re.IGNORECASE)
EDGES = " \t\n.。,!?'\"“”‘’`*()[]「」『』:;"
ENDINGS = ("입니다", "이에요", "예요", "이다", "임")
ARTICLES = ("the ", "a ", "an ")


def any_of(text: str, answers: Iterable[str]) -> bool:
    """Whether a text's answer is one of the right ones, but for case, spaces, quotes, articles and 입니다."""
    given = plain(claimed(text))
    return bool(given) and given in {plain(answer) for answer in answers}


def claimed(text: str) -> str:
    """What stands after the last `정답:` or `Answer:`, to the end of its line; else the first line with anything."""
    claims = list(CLAIM.finditer(text))
    rest = text[claims[-1].end() :] if claims else text.strip()
    return rest.strip().split("\n", 1)[0]


def plain(text: str) -> str:
    """A short answer in the form in which it is compared."""
    bare = unicodedata.normalize("NFKC", text).casefold().strip(EDGES)
    ending = next((each for each in ENDINGS if bare.endswith(each) and len(bare) > len(each)), "")
    bare = bare.removesuffix(ending).strip(EDGES)
    article = next((each for each in ARTICLES if bare.startswith(each)), "")
    return "".join(bare.removeprefix(article).split())
