"""Korean numbers and particles, by rule."""

from __future__ import annotations

from tasks.demo.generator.hangul import FINALS, FIRST, particle

NATIVE_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
NATIVE_UNITS = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉")
NATIVE_NOUNS = ("", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉")
SINO_DIGITS = ("", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구")
SINO_STEPS = ("", "십", "백", "천")
SINO_GROUPS = ("", "만", "억", "조")
RIEUL = 8
"""Place of ㄹ among the finals."""

MEN = ("민준", "지호", "도윤", "예준", "현우", "준서", "건우", "우진", "선우", "태민", "정민", "재원", "승현", "동하")
WOMEN = ("서연", "하은", "수아", "지우", "채원", "다은", "소율", "나윤", "가온", "보라", "유나", "미소", "은서", "한별")
NAMES = (*MEN, *WOMEN)


def native(number: int) -> str:
    """A native number, 1 to 99, as it stands before a counter: 한, 열두, 스무, 스물한."""
    tens, units = divmod(number, 10)
    return "스무" if number == 20 else NATIVE_TENS[tens] + NATIVE_UNITS[units]


def native_noun(number: int) -> str:
    """A native number, 1 to 99, as it stands alone: 하나, 열둘, 스물."""
    tens, units = divmod(number, 10)
    return NATIVE_TENS[tens] + NATIVE_NOUNS[units]


def sino(number: int) -> str:
    """A Sino-Korean number from 1: 십, 백이십삼, 만 오천, 이억 삼천만. 일 before 십, 백, 천 and 만 is left out."""
    groups = []
    for name in SINO_GROUPS:
        number, group = divmod(number, 10_000)
        if group:
            groups.append("만" if (name, group, number) == ("만", 1, 0) else _below_ten_thousand(group) + name)
    return " ".join(reversed(groups))


def _below_ten_thousand(number: int) -> str:
    text = ""
    for place, digit in enumerate(reversed(f"{number}")):
        value = int(digit)
        if value:
            text = ("" if value == 1 and place else SINO_DIGITS[value]) + SINO_STEPS[place] + text
    return text


def topic(word: str) -> str:
    """The word with 은 or 는."""
    return word + particle(word, "은", "는")


def subject(word: str) -> str:
    """The word with 이 or 가."""
    return word + particle(word, "이", "가")


def object_(word: str) -> str:
    """The word with 을 or 를."""
    return word + particle(word, "을", "를")


def with_(word: str) -> str:
    """The word with 과 or 와."""
    return word + particle(word, "과", "와")


def by(word: str) -> str:
    """The word with 으로 or, also after ㄹ, 로."""
    final = (ord(word[-1]) - FIRST) % len(FINALS)
    return word + ("로" if final in {0, RIEUL} else "으로")
