"""한글 as a script: jamo into syllables and back."""

from __future__ import annotations

from tasks.demo.generator.draw import Draw
from tasks.demo.generator.hangul import FINALS, INITIALS, VOWELS, compose
from tasks.generated.family import Candidate, Family

SIMPLE_FINALS = ("", *"ㄱㄴㄷㄹㅁㅂㅅㅇ")

RUDE = (
    "좆",
    "좃",
    "좇",
    "씹",
    "썅",
    "쌍",
    "엿",
    "염병",
    "시발",
    "씨발",
    "보지",
    "자지",
    "병신",
    "새끼",
    "창녀",
    "미친",
    "지랄",
)
"""What chance may put together and no examination would print; asked for in prompts and answers alike."""

Parts = tuple[str, str, str]


def jamo(draw: Draw, level: int) -> Candidate:
    """Compose, decompose, take the finals away, exchange initials."""
    while True:
        parts = [_parts(draw, simple=level < 3) for _ in range(2 if level < 3 else 3)]
        made = (_compose, _decompose, _without_finals, _exchange)[level - 1](parts)
        if not any(word in text for text in (_word(parts), made.answer) for word in RUDE):
            return made


def _parts(draw: Draw, *, simple: bool) -> Parts:
    return draw.choice(INITIALS), draw.choice(VOWELS), draw.choice(SIMPLE_FINALS if simple else FINALS)


def _word(parts: list[Parts]) -> str:
    return "".join(compose(*one) for one in parts)


def _spelled(parts: list[Parts]) -> str:
    return " ".join(jamo for one in parts for jamo in one if jamo)


def _compose(parts: list[Parts]) -> Candidate:
    listed = " / ".join(_spelled([one]) for one in parts)
    task = "빗금으로 나눈 자모를 각각 한 글자로 모아 붙여 쓰십시오"
    return Candidate(f"{task}: {listed}", _word(parts))


def _decompose(parts: list[Parts]) -> Candidate:
    task = (
        "다음 글자들을 첫소리, 가운뎃소리, 끝소리로 풀어 자모 사이를 한 칸씩 띄어 쓰십시오. 겹자모는 더 나누지 않습니다"
    )
    return Candidate(f"{task}: {_word(parts)}", _spelled(parts))


def _without_finals(parts: list[Parts]) -> Candidate:
    task = "다음 글자들에서 받침을 모두 빼고 쓰십시오"
    return Candidate(f"{task}: {_word(parts)}", _word([(one, two, "") for one, two, _ in parts]))


def _exchange(parts: list[Parts]) -> Candidate:
    (first, *_), middle, (last, *_) = parts
    task = "다음 세 글자에서 첫째 글자와 셋째 글자의 첫소리만 서로 바꾸어 세 글자를 모두 쓰십시오"
    exchanged = [(last, *parts[0][1:]), middle, (first, *parts[2][1:])]
    return Candidate(f"{task}: {_word(parts)}", _word(exchanged))


FAMILIES = (Family("jamo_ko", (jamo,)),)
