"""Which choice a written answer takes: letters, digits, circled digits, 가나다라; said in Korean or English. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

ROWS = ("ABCDEFGHIJ", "가나다라마바사아자차", "①②③④⑤⑥⑦⑧⑨⑩", "㉠㉡㉢㉣㉤㉥㉦㉧㉨㉩", "ⒶⒷⒸⒹⒺⒻⒼⒽⒾⒿ")
"""Signs that number choices, from the first on. Digits are read apart, since 10 has two."""
WRAPPED = (
    ("⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽", ROWS[2]),
    ("⒜⒝⒞⒟⒠⒡⒢⒣⒤⒥", ROWS[0]),
    ("㈎㈏㈐㈑㈒㈓㈔㈕㈖㈗", ROWS[1]),
    ("㉮㉯㉰㉱㉲㉳㉴㉵㉶㉷", ROWS[1]),
    ("➀➁➂➃➄➅➆➇➈➉", ROWS[2]),
    ("❶❷❸❹❺❻❼❽❾❿", ROWS[2]),
    ("ⓐⓑⓒⓓⓔⓕⓖⓗⓘⓙ", ROWS[4]),
)
PLAIN = {ord(sign): f" {plain} " for row, plains in WRAPPED for sign, plain in zip(row, plains, strict=True)}

PLACES = {sign: place for row in ROWS for place, sign in enumerate(row)}
CIRCLED = "".join(ROWS[2:])

Labels = Literal["letters", "any"]
"""How the question numbers its choices. Where it does so by letters, a bare 3 may be what the third choice says."""

_BE = "(?:입니다|이다|이에요|예요|임|이고|이며|이므로|이라|라고|이라고)"
_PARTICLE = "(?:은|는|이|가|을|를|와|과|으로|로|의)"
_IT = "(?:이|가|은|는)?"
_AFTER = rf"(?=번?{_BE}|번?{_PARTICLE}?(?![가-힣]))"
"""What may follow a sign directly: 3번입니다, 나가 아니라; not 3개, 나도, 가방."""
_WORD = r"(?-i:(?:[Aa]\s+(?!because|as|since|is|and|or|due|for|that|which|based)|I\s+)(?:[a-z])|I['’])"
"""The words A and I, at whose place another word of a sentence follows: no signs."""
_LETTER = rf"(?<![A-Za-z])(?!{_WORD})[A-Ja-j](?![A-Za-z0-9]|\.[A-Za-z]|['’][a-z])"
_DIGIT = rf"(?<![\d.,/\-−+])0?(?:10|[1-9])(?![\d/%°℃]|[.,:]\d|\s?%){_AFTER}"
_HANGUL = rf"(?<![가-힣])[가나다라마바사아자차]{_AFTER}"
_SIGN = rf"(?:{_LETTER}|{_DIGIT}|{_HANGUL}|[{CIRCLED}])"
_OPEN, _CLOSE = r"[\s*_`'\"“‘(\[{<「『$]{0,8}", r"[)\]}>」』*_`'\"”’$]{0,8}"
"""Bounded, like every repetition here: a model that writes nothing but stars must not keep the grader."""
_TEX = r"(?:\\(?:boxed|text(?:bf|rm|it)?|math(?:bf|rm|it))\s?\{\s?){0,4}"
_FILLER = (
    r"(?:다음(?:과\s?같(?:다|습니다)[.:：]?|\s?중)?|보기|선택지|제|option|choice|number|no\.|\#"
    r"|가장\s\S{1,8}\s(?:것|보기)은)?"
)
_DENIED = (
    rf"(?:(?:not\s+)?{_OPEN}{_SIGN}{_CLOSE}\s?번?\s?{_IT}\s?"
    r"(?:아(?:니라|니고|니며|닌)|,?\s?but(?:\s+rather)?)[,\s]{0,2})?"
)
"""1번이 아니라, not A but: the sign after it is the answer."""
_LISTED = (
    rf"(?:{_OPEN}{_SIGN}{_CLOSE}(?:\s?(?:,|、|와|과|or|and)\s?{_OPEN}{_SIGN}{_CLOSE}){{1,9}}"
    r"\s?번?\s?중(?:에서)?(?:는)?)?"
)
"""A, B, C 중: the sign after it is the answer."""
_SAID = rf"{_FILLER}\s?{_DENIED}{_LISTED}{_OPEN}{_TEX}{_OPEN}({_SIGN}){_CLOSE}"
_NO = rf"(?!\s?번?\s?{_IT}\s?(?:정답이\s?|답이\s?)?아[니닙닌님])"
"""Not where it is denied at once: 정답은 A가 아닙니다."""
_NOUN = (
    r"(?:정\s?답(?:안)?|해\s?답|모범\s?답안|최종\s?답(?:안|변)?|대답|(?<![가-힣])답(?:변|안)?|(?<![가-힣])선택지?"
    r"|answers?|(?:correct|final|best|my)\s+(?:option|choice))"
)
_LINK = (
    r"(?:\s?(?:은|는|이|으로는?|:|：|=|→|->|-|is|번호는?|be|번은|must\s+be|should\s+be)\s?"
    r"|[\s*_\"'\])】〉》>]){0,12}"
)
CLAIMED = re.compile(rf"{_NOUN}{_LINK}{_SAID}{_NO}", re.IGNORECASE)
"""정답: ③; the answer is (B)."""
REVERSED = re.compile(
    rf"({_SIGN}){_CLOSE}(?:\.\s\S{{1,30}})?\s?번?\s?(?:이|가|은|는|is|was)\s+(?:the\s+)?"
    r"(?:(?:correct|right|best|final|옳은|맞는|알맞은)\s+)?"
    r"(?:정\s?답|답|answer|choice)(?!\s?(?:이|은|는)?\s?아[니닙닌])(?!률|지)",
    re.IGNORECASE,
)
"""③번이 정답이다; B is the answer."""
BOXED = re.compile(rf"\\boxed\s?\{{{_OPEN}{_TEX}{_OPEN}({_SIGN}){_CLOSE}\s?\}}")
STATED = re.compile(
    rf"(?:(?:옳은|않은|맞는|알맞은|적절한|올바른|아닌|틀린|해당하는)\s?(?:것|보기|설명|선택지)[은는]|결론\s?(?::|은)|"
    rf"(?:따라서|그러므로|결론적으로|therefore|thus|hence),?|(?:choose|select|pick|go\s+with)(?:\s+option)?)"
    rf"\s?{_OPEN}({_SIGN}){_CLOSE}{_NO}",
    re.IGNORECASE,
)
PICKED = re.compile(rf"({_SIGN}){_CLOSE}\s?번?\s?(?:을|를)?\s?(?:선택|고르|골라|고릅|택)")
RIGHT = re.compile(
    rf"({_SIGN}){_CLOSE}\s?번?\s?(?:이|가|은|는|is)\s+(?:맞|옳(?!지)|correct|right)(?!\s?지\s?않)", re.IGNORECASE
)
"""③번이 맞다: says what the answer is only where nothing else is called right."""
INSTEAD = re.compile(rf"{_SIGN}{_CLOSE}\s?번?\s?{_IT}\s?아(?:니라|니고|니며)[,\s]{{0,2}}{_OPEN}({_SIGN})")
MORE = re.compile(
    rf"{_CLOSE}\s?번?\s?(?:(?:와|과|및|이?나|이거나|일\s수도(?:\s있고)?|[(,]?\s?(?:또는|혹은|or(?:\s(?:maybe|perhaps|possibly))?)|and|[&~∼/|·;+])"
    rf"\s?{_OPEN}{_SIGN}{_CLOSE}|\(\s?{_SIGN}\s?\)|[ \t]{_SIGN}{_CLOSE}(?:[ \t]{_SIGN}{_CLOSE}){{0,8}}[ \t]?(?:\n|\Z)"
    rf"|[,，、]\s?{_OPEN}{_SIGN}{_CLOSE}\s?(?:[,，、]|번?(?:입니다|이다)?\.?\s?(?:\n|\Z)))"
)
"""What makes one sign two: A와 B; ③, ⑤."""
LEADING = re.compile(
    rf"^(?:보기|option|choice)?:?\s?{_OPEN}({_SIGN}){_CLOSE}(?:\s?[.:,)]|\s?번(?:\s|$)|\s?번?{_BE}|\s|$)", re.IGNORECASE
)
ALONE = re.compile(rf"^{_OPEN}({_SIGN}){_CLOSE}\s?[.번]?\s?(?:입니다|이다|예요|이에요)?\s?\.?\s?$", re.MULTILINE)
RUNS = re.compile(r"\s{2,}")
ANY_CIRCLED = re.compile(f"[{CIRCLED}]")
BARE = re.compile(r"0?(?:10|[1-9])")


def choice(text: str, choices: int, labels: Labels = "any") -> int | None:
    """Place (from 0) of the choice that a text takes; None where it takes none, or one that is not there.

    A sign that is said to be the answer (before or behind the word, in a box) counts first; the last of these, since
    models correct themselves. Then the sign that a conclusion names, then one that alone is called right, then a line
    that is nothing but a sign, a sign at the very beginning, a circled one: each only where it is one. Two at once
    (A와 B) are none.
    """
    plain = _plain(text)
    alone = list(ALONE.finditer(plain))
    kinds = (_claims(plain), _last(STATED, plain), _last(PICKED, plain), _only(RIGHT, plain), _last(INSTEAD, plain),
             _only(ALONE, plain), [] if alone else _last(LEADING, plain), _only(ANY_CIRCLED, plain))  # fmt: skip
    for found in kinds:
        if (match := _readable(found, plain, labels)) is not None:
            return None if MORE.match(plain, _end(match)) else _place(_sign(match), choices)
    return None


def _claims(text: str) -> list[re.Match[str]]:
    """Every place where a sign is said to be the answer, in the order of the signs."""
    found = [match for pattern in (CLAIMED, REVERSED, BOXED) for match in pattern.finditer(text)]
    return sorted(found, key=lambda match: match.start(1))


def _last(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    return list(pattern.finditer(text))


def _only(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """What a pattern finds; nothing where it finds different signs."""
    found = list(pattern.finditer(text))
    return found if len({_sign(match).upper() for match in found}) == 1 else []


def _readable(found: list[re.Match[str]], text: str, labels: Labels) -> re.Match[str] | None:
    """The last match whose sign is one: among letters, a digit is one with 번 only."""
    for match in reversed(found):
        is_bare, end = BARE.fullmatch(_sign(match)) is not None, _end(match)
        if labels == "any" or not is_bare or re.match(r"[)\]}*_\s]{0,4}번", text[end : end + 5]):
            return match
    return None


def _end(match: re.Match[str]) -> int:
    """Where the sign ends."""
    return match.end(1) if match.re.groups else match.end()


def _sign(match: re.Match[str]) -> str:
    return match[1] if match.re.groups else match[0]


def _plain(text: str) -> str:
    """NFC, full-width letters and digits as usual ones, wrapped signs as plain ones, no long runs of blanks."""
    return unicodedata.normalize("NFC", "".join(_narrow(text.translate(PLAIN)))).strip()


def _narrow(text: str) -> Iterator[str]:
    short = RUNS.sub(lambda run: "\n\n" if "\n" in run[0] else " ", text)
    for sign in short:
        yield unicodedata.normalize("NFKC", sign) if "\uff01" <= sign <= "\uff5e" else sign


def _place(sign: str, choices: int) -> int | None:
    place = int(sign) - 1 if sign.isascii() and sign.isdigit() else PLACES[sign.upper()]
    return place if 0 <= place < choices else None
