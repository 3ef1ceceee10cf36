"""Korean numbers and sounds, read back by another way than the generator wrote them."""

from __future__ import annotations

import re
import unicodedata

UNITS = {"하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "넷": 4, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7}
UNITS |= {"여덟": 8, "아홉": 9, "": 0}
TENS = {"열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80}
TENS |= {"아흔": 90, "": 0}
NATIVE = {f"{ten}{unit}": value + more for ten, value in TENS.items() for unit, more in UNITS.items() if value + more}
DIGITS = {name: value for value, name in enumerate("영일이삼사오육칠팔구")}
STEPS = {"십": 10, "백": 100, "천": 1000}
GROUPS = {"만": 10**4, "억": 10**8, "조": 10**12}


def native(word: str) -> int:
    """The value of a native number."""
    return NATIVE[word]


def sino(text: str) -> int:
    """The value of a Sino-Korean number, read sign by sign."""
    total = group = digit = 0
    for sign in text.replace(" ", ""):
        if sign in DIGITS:
            digit = DIGITS[sign]
        elif sign in STEPS:
            group, digit = group + (digit or 1) * STEPS[sign], 0
        else:
            total, group, digit = total + (group + digit or 1) * GROUPS[sign], 0, 0
    return total + group + digit


def last_sound(word: str) -> str:
    """The name of the last syllable's final consonant in Unicode, empty where it has none."""
    parts = unicodedata.normalize("NFD", word[-1])
    return unicodedata.name(parts[-1]).removeprefix("HANGUL JONGSEONG ") if len(parts) == 3 else ""


def integers(text: str) -> list[int]:
    """Every whole number in digits, in order."""
    return [int(found) for found in re.findall(r"-?\d+", text)]
