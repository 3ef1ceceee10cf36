"""Which choice a written answer takes: letters, digits, circled digits, 가나다라; said in Korean or English. Pure."""

from __future__ import annotations

import re
import unicodedata

ROWS = ("ABCDEFGHIJ", "가나다라마바사아자차", "①②③④⑤⑥⑦⑧⑨⑩", "㉠㉡㉢㉣㉤㉥㉦㉧㉨㉩", "ⒶⒷⒸⒹⒺⒻⒼⒽⒾⒿ")
"""Signs that number choices, from the first on. Digits are read apart, since 10 has two."""

PLACES = {sign: place for row in ROWS for place, sign in enumerate(row)}
CIRCLED = "".join(ROWS[2:])

_SIGN = rf"(?:[A-Ja-j](?![A-Za-z])|10|[1-9](?![0-9]|[.,][0-9])|[가나다라마바사아자차](?![가-힣])|[{CIRCLED}])"
_OPEN, _CLOSE = r"[\s*_`'\"“‘(\[{<「『]*", r"[)\]}>」』*_`'\"”’]*"
_CLAIM = (
    r"(?:정\s*답|해\s*답|최종\s*답|답|선택지?|(?:the\s+)?(?:correct|final|best)?\s*(?:answer|option|choice))"
    r"(?:[\s*_]*(?:은|는|이|으로는|:|：|=|is|번호는?|be))*\s*(?:option|choice|보기)?"
)
CLAIMED = re.compile(rf"{_CLAIM}{_OPEN}(?:\\boxed\{{|\\text\{{)*{_OPEN}({_SIGN}){_CLOSE}", re.IGNORECASE)
BOXED = re.compile(rf"\\boxed\{{\s*(?:\\text\{{)?{_OPEN}({_SIGN}){_CLOSE}\s*\}}")
LEADING = re.compile(rf"^{_OPEN}({_SIGN}){_CLOSE}(?:\s*[.:,)]|\s*번?\s*(?:입니다|이다|예요|이에요)|\s|$)")
ALONE = re.compile(rf"^{_OPEN}({_SIGN}){_CLOSE}\s*[.번]?\s*(?:입니다|이다|예요|이에요)?\s*\.?\s*$", re.MULTILINE)
ANY_CIRCLED = re.compile(f"[{CIRCLED}]")


def choice(text: str, choices: int) -> int | None:
    """Place (from 0) of the choice that a text takes; None where it takes none, or one that is not there.

    A sign that is said to be the answer counts before a line that is nothing but a sign, that before a sign at the very
    beginning, that before a circled one anywhere. Of several, the last counts: models correct themselves.
    """
    plain = _plain(text)
    for pattern in (CLAIMED, BOXED, ALONE):
        if found := pattern.findall(plain):
            return _place(found[-1], choices)
    if leading := LEADING.match(plain):
        return _place(leading[1], choices)
    circled = ANY_CIRCLED.findall(plain)
    return _place(circled[-1], choices) if circled else None


def _plain(text: str) -> str:
    """NFC, full-width letters and digits as usual ones, circled signs as they are."""
    narrow = "".join(unicodedata.normalize("NFKC", sign) if "\uff01" <= sign <= "\uff5e" else sign for sign in text)
    return unicodedata.normalize("NFC", narrow).strip()


def _place(sign: str, choices: int) -> int | None:
    place = int(sign) - 1 if sign.isascii() and sign.isdigit() else PLACES[sign.upper()]
    return place if 0 <= place < choices else None
