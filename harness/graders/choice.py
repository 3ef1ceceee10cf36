"""Which choice a written answer takes: letters, digits, circled digits, 가나다라; said in Korean or English. Pure."""

from __future__ import annotations

import re
import unicodedata

ROWS = ("ABCDEFGHIJ", "가나다라마바사아자차", "①②③④⑤⑥⑦⑧⑨⑩", "㉠㉡㉢㉣㉤㉥㉦㉧㉨㉩", "ⒶⒷⒸⒹⒺⒻⒼⒽⒾⒿ")
"""Signs that number choices, from the first on. Digits are read apart, since 10 has two."""

PLACES = {sign: place for row in ROWS for place, sign in enumerate(row)}
CIRCLED = "".join(ROWS[2:])

_WORD = r"(?-i:(?:[Aa]\s+(?!because|as|since|is|and|or|due|for|that|which|based)|I\s+)(?:[a-z])|I['’])"
"""The words A and I, at whose place another word of a sentence follows: no signs."""
_ENDING = "번?(?:입니다|이다|이에요|예요)?"
_SIGN = (
    rf"(?!{_WORD})(?:[A-Ja-j](?![A-Za-z])|10|[1-9](?![0-9]|[.,][0-9])"
    rf"|[가나다라마바사아자차](?={_ENDING}(?![가-힣]))|[{CIRCLED}])"
)
_OPEN, _CLOSE = r"[\s*_`'\"“‘(\[{<「『]{0,6}", r"[)\]}>」』*_`'\"”’]{0,6}"
"""Bounded, like every repetition here: a model that writes nothing but stars must not keep the grader."""
_CLAIM = (
    r"(?:정\s*답|해\s*답|최종\s*답|답(?:변|안)?|선택지?|(?:the\s+)?(?:correct|final|best)?\s*(?:answer|option|choice))"
    r"\s*[\]】〉》]?(?:[\s*_]{0,6}(?:은|는|이|으로는|:|：|=|is|번호는?|be)){0,4}\s*(?:option|choice|보기)?"
)
_DENIED = rf"(?:{_OPEN}{_SIGN}{_CLOSE}\s*번?\s*(?:이|가)?\s*아(?:니라|니고|니며|닌)[,\s]*)?"
"""1번이 아니라: the sign after it is the answer."""
CLAIMED = re.compile(rf"{_CLAIM}{_DENIED}{_OPEN}(?:\\boxed\{{|\\text\{{){{0,3}}{_OPEN}({_SIGN}){_CLOSE}", re.IGNORECASE)
STATED = re.compile(
    rf"(?:옳은|않은|맞는|알맞은|적절한|올바른|아닌)\s*(?:것|보기|설명|선택지)[은는]\s*{_OPEN}({_SIGN}){_CLOSE}"
)
MORE = re.compile(
    rf"\s*번?\s*(?:(?:와|과|및|또는|and|or|&)\s*{_OPEN}{_SIGN}{_CLOSE}|[,，、]\s*{_OPEN}{_SIGN}{_CLOSE}\s*번?(?:입니다|이다)?\.?\s*(?:\n|\Z))"
)
"""What makes one sign two: A와 B; ③, ⑤."""
BOXED = re.compile(rf"\\boxed\{{\s*(?:\\text\{{)?{_OPEN}({_SIGN}){_CLOSE}\s*\}}")
LEADING = re.compile(rf"^{_OPEN}({_SIGN}){_CLOSE}(?:\s*[.:,)]|\s*번?\s*(?:입니다|이다|예요|이에요)|\s|$)")
ALONE = re.compile(rf"^{_OPEN}({_SIGN}){_CLOSE}\s*[.번]?\s*(?:입니다|이다|예요|이에요)?\s*\.?\s*$", re.MULTILINE)
RUNS = re.compile(r"\s{2,}")
ANY_CIRCLED = re.compile(f"[{CIRCLED}]")


def choice(text: str, choices: int) -> int | None:
    """Place (from 0) of the choice that a text takes; None where it takes none, or one that is not there.

    A sign that is said to be the answer counts before one that is said to be the right statement (옳은 것은 ③), that
    before a line that is nothing but a sign, that before a sign at the very beginning, that before a circled one
    anywhere. Of several, the last counts: models correct themselves. Two at once (A와 B) are none.
    """
    plain = _plain(text)
    for pattern in (CLAIMED, BOXED, STATED, ALONE):
        if found := list(pattern.finditer(plain)):
            return None if MORE.match(plain, found[-1].end()) else _place(found[-1][1], choices)
    if leading := LEADING.match(plain):
        return _place(leading[1], choices)
    circled = ANY_CIRCLED.findall(plain)
    return _place(circled[-1], choices) if circled else None


def _plain(text: str) -> str:
    """NFC, full-width letters and digits as usual ones, circled signs as they are, no long runs of blanks."""
    narrow = "".join(unicodedata.normalize("NFKC", sign) if "\uff01" <= sign <= "\uff5e" else sign for sign in text)
    short = RUNS.sub(lambda run: "\n\n" if "\n" in run[0] else " ", narrow)
    return unicodedata.normalize("NFC", short).strip()


def _place(sign: str, choices: int) -> int | None:
    place = int(sign) - 1 if sign.isascii() and sign.isdigit() else PLACES[sign.upper()]
    return place if 0 <= place < choices else None
