"""Counting and judging Korean text: syllables, jamo, words, endings, particles, acrostics. Pure but for the analyser.

Morphemes come from Kiwi (https://github.com/bab2min/kiwipiepy), loaded when first needed (about a second).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from kiwipiepy import Kiwi, Token

Style = Literal["hapsyo", "haeyo", "haera"]
"""Speech levels by sentence ending: 합쇼체 (-습니다), 해요체 (-어요), 해라체 (-다)."""

SYLLABLE = re.compile(r"[가-힣]")
LATIN = re.compile(r"[A-Za-zＡ-Ｚａ-ｚ]")
HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
KANA = re.compile(r"[\u3040-\u30ff]")
DIGITS = re.compile(r"[0-9０-９]")
SCRIPTS = {"latin": LATIN, "han": HAN, "kana": KANA, "hangul": SYLLABLE, "digits": DIGITS}

ENDINGS: dict[Style, re.Pattern[str]] = {
    "hapsyo": re.compile(r"(?:니다|니까|십시오|시오|시죠)$"),
    "haeyo": re.compile(r"(?:요|죠)$"),
    "haera": re.compile(r"(?<!니)(?:다|냐|니|자|라)$"),
}
CLOSING = " \t\n\"'”’)]」』.!?…~。"


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
    """N행시: as many lines as the word has syllables, each beginning with its own (after 'X:' where that is named)."""
    lines = [line.strip(" \t-*•·\"'“”‘’") for line in unicodedata.normalize("NFC", text).split("\n")]
    lines = [line for line in lines if line]
    if len(lines) != len(word):
        return False
    return all(_after_label(line, sign).startswith(sign) for line, sign in zip(lines, word, strict=True))


def sentences(text: str) -> list[str]:
    """Sentences as Kiwi parts them."""
    return [found.text for found in _kiwi().split_into_sents(text) if found.text.strip()]


def speaks(text: str, style: Style) -> bool:
    """Whether every sentence that ends in a verb ends in the speech level; False where none does."""
    ends = [sentence.rstrip(CLOSING) for sentence in sentences(text)]
    verbal = [end for end in ends if SYLLABLE.search(end) and any(form.search(end) for form in ENDINGS.values())]
    return bool(verbal) and all(ENDINGS[style].search(end) for end in verbal)


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
