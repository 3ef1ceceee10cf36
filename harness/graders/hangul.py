"""Counting and judging Korean text: syllables, jamo, words, endings, particles, acrostics. Pure but for the analyser.

Morphemes come from Kiwi (https://github.com/bab2min/kiwipiepy), loaded when first needed (about a second).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from harness.graders.numeral import DIGITS as SINO_DIGITS
from harness.graders.numeral import MYRIADS, STEPS, TENS, UNITS, sino

if TYPE_CHECKING:
    from kiwipiepy import Kiwi, Token

Style = Literal["hapsyo", "haeyo", "haera", "hae"]
"""Speech levels by sentence ending: 합쇼체 (-습니다), 해요체 (-어요), 해라체 (-다), 해체 (-어)."""
System = Literal["native", "sino"]
"""Of number words: 하나 둘 셋, or 일 이 삼."""

SYLLABLE = re.compile(r"[가-힣]")
LATIN = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]")
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
KANA = re.compile(r"[\u3040-\u30ff]")
DIGITS = re.compile(r"[0-9０-９]")
SCRIPTS = {"latin": LATIN, "han": HAN, "kana": KANA, "hangul": SYLLABLE, "digits": DIGITS}

LEVELS: tuple[tuple[Style, re.Pattern[str]], ...] = (
    ("hapsyo", re.compile(r"(?:니다|니까|십시오|ᆸ시다|읍시다)$")),
    ("haeyo", re.compile(r"(?:요|죠)$")),
    ("haera", re.compile(r"(?:다|냐|니|자|라|마|구나|느냐)$")),
    ("hae", re.compile(r"(?:어|아|야|지|네|군|거든|까|래|걸|데|나)$")),
)
"""Final endings as the analyser names them, the first that fits."""

DAYS = {
    "하루": 1,
    "이틀": 2,
    "사흘": 3,
    "나흘": 4,
    "닷새": 5,
    "엿새": 6,
    "이레": 7,
    "여드레": 8,
    "아흐레": 9,
    "열흘": 10,
}
"""Native words for numbers of days."""
NATIVE = {**TENS, **UNITS, **DAYS}
SINO = frozenset({*SINO_DIGITS, *STEPS, *MYRIADS})


def syllables(text: str) -> int:
    """Syllables of Hangul, of the text in NFC."""
    return len(SYLLABLE.findall(unicodedata.normalize("NFC", text)))


def jamo(text: str) -> list[str]:
    """The letters of a text's Hangul in order, as the compatibility letters of a keyboard (ㄱ, ㅏ); 겹받침 stay one."""
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text))
    return [_COMPATIBLE[sign] for sign in apart if sign in _COMPATIBLE]


def eojeol(text: str) -> int:
    """Words between spaces that hold a letter or digit."""
    return sum(any(sign.isalnum() for sign in word) for word in text.split())


def uses(text: str, script: str) -> bool:
    """Whether a text holds a sign of a script (latin, han, kana, hangul, digits). ValueError for another name."""
    if script not in SCRIPTS:
        raise ValueError(f"unknown script {script!r}; known: {', '.join(SCRIPTS)}")
    return SCRIPTS[script].search(unicodedata.normalize("NFC", text)) is not None


def acrostic(text: str, word: str) -> bool:
    """N행시: for each syllable of the word, in order, a line that begins with it (after 'X:' where that is named).

    Other lines (a title, a farewell) may stand before, between and behind.
    """
    left = list(unicodedata.normalize("NFC", word))
    for line in unicodedata.normalize("NFC", text).split("\n"):
        if left and _after_label(line.strip(" \t-*•·\"'“”‘’"), left[0]).startswith(left[0]):
            left.pop(0)
    return not left


def sentences(text: str) -> list[str]:
    """Sentences as Kiwi parts them."""
    return [found.text for found in _kiwi().split_into_sents(text) if found.text.strip()]


def speaks(text: str, style: Style) -> bool:
    """Whether every sentence that ends in a verb ends in the speech level; False where none does."""
    found = levels(text)
    return bool(found) and set(found) == {style}


def levels(text: str) -> list[Style]:
    """The speech level of each sentence that ends in a final ending (종결 어미), in order."""
    ends = [_final_ending(sentence) for sentence in sentences(text)]
    fits = [next((style for style, form in LEVELS if form.search(end)), None) for end in ends if end]
    return [style for style in fits if style is not None]


def _final_ending(sentence: str) -> str:
    """The form of a sentence's last morpheme where that is a final ending, empty where it is none."""
    said = [token for token in _morphemes(sentence) if not token.tag.startswith(("S", "W"))]
    return str(said[-1].form) if said and said[-1].tag == "EF" else ""


def numbers(text: str) -> list[tuple[int, System]]:
    """Numbers that are written in words, in order: 스무 is a native twenty, 이십 a Sino-Korean one."""
    return [number for run in _runs(_morphemes(text)) if (number := _number("".join(run))) is not None]


def _runs(tokens: Sequence[Token]) -> Iterator[list[str]]:
    """Morphemes that are parts of one number word: 삼 + 십 + 오, 서른 + 다섯."""
    run: list[str] = []
    for place, token in enumerate(tokens):
        part = _part(token, tokens[place + 1].tag if place + 1 < len(tokens) else "")
        if run and (not part or (run[-1] in NATIVE) != (part in NATIVE)):
            yield run
            run = []
        if part:
            run.append(part)
    if run:
        yield run


def _part(token: Token, following: str) -> str:
    """The form of a morpheme that is a number or a part of one; empty for others, such as 이 in 이 책."""
    form = str(token.form)
    if token.tag == "NR" or form in DAYS or (token.tag == "MM" and form in NATIVE):
        return form
    counted = {"MM": ("NNB",), "NNG": ("NNB", "NNG")}
    return form if set(form) <= SINO and following in counted.get(token.tag, ()) else ""


def _number(word: str) -> tuple[int, System] | None:
    if set(word) <= SINO:
        value = sino(word)
        return None if value is None else (value, "sino")
    ten = next((name for name in TENS if word.startswith(name)), "")
    rest = word.removeprefix(ten)
    if word in DAYS:
        return DAYS[word], "native"
    if rest and rest not in UNITS and rest not in DAYS:
        return None
    return TENS.get(ten, 0) + {**UNITS, **DAYS, "": 0}[rest], "native"


def particles(text: str) -> list[str]:
    """Particles (조사) in order, as written: 은, 는, 이, 가, 을, 를, …"""
    return [token.form for token in _morphemes(text) if token.tag.startswith("J")]


def _after_label(line: str, sign: str) -> str:
    """The line without a leading `자:` or `자 -`, the way many N행시 name their syllable."""
    label = re.match(rf"[\[(*]*{re.escape(sign)}[\])*]*\s*[:：\-]\s*", line)
    return line[label.end() :].lstrip(" *\"'“‘") if label else line


def _morphemes(text: str) -> Sequence[Token]:
    found: Sequence[Token] = _kiwi().tokenize(text)
    return found


@functools.cache
def _kiwi() -> Kiwi:
    from kiwipiepy import Kiwi

    return Kiwi(num_workers=1)


_COMPATIBLE = dict(
    zip(
        [*map(chr, range(0x1100, 0x1113)), *map(chr, range(0x1161, 0x1176)), *map(chr, range(0x11A8, 0x11C3))],
        "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ",
        strict=True,
    )
)
