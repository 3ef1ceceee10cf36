"""Korean number words: 삼만 오천, 열두, 스물여덟. Pure."""

from __future__ import annotations

import re

DIGITS = {"영": 0, "공": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "륙": 6, "칠": 7, "팔": 8, "구": 9}
STEPS = {"십": 10, "백": 100, "천": 1000}
MYRIADS = {"만": 10**4, "억": 10**8, "조": 10**12}
TENS = {
    "열": 10,
    "스물": 20,
    "스무": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
}
UNITS = {
    "하나": 1,
    "한": 1,
    "둘": 2,
    "두": 2,
    "셋": 3,
    "세": 3,
    "석": 3,
    "넷": 4,
    "네": 4,
    "넉": 4,
    "다섯": 5,
    "여섯": 6,
}
UNITS |= {"일곱": 7, "여덟": 8, "아홉": 9}

COUNTERS = (
    "개|명|분|마리|권|장|자루|대|병|송이|그루|켤레|벌|살|시간|번|가지|원|년|월|일|초|점|퍼센트|배|인분|층|도|미터|킬로미터|"
    "센티미터|그램|킬로그램|리터|달러|건|회|차례|곳|가구|쌍|톤|평"
)
_END = rf"(?=\s?(?:{COUNTERS})?\s?(?:입니다|이다|이에요|예요|임|이고|이며)?\s?(?:[.,!)\]*$]|$|\n))"
_SINO = r"[영공일이삼사오육륙칠팔구십백천만억조]"
_NATIVE = rf"(?:{'|'.join(TENS)})?(?:{'|'.join(sorted(UNITS, key=len, reverse=True))})?"
NUMERAL = re.compile(
    rf"(?P<minus>마이너스\s?|음수\s?)?(?:(?P<native>(?=[가-힣]){_NATIVE})|(?P<sino>{_SINO}(?:\s?{_SINO}){{0,40}})){_END}"
)
"""A number word that nothing but a counter, an ending or punctuation follows: 이 in 이 문제는 is none."""
_REST = rf"\s?(?:{COUNTERS})?\s?(?:입니다|이다|이에요|예요|임)?[\s.,!)\]*\"'”’]*"
FINISHED = re.compile(rf"{_REST}$")
"""Behind a number word, all that may stand where it is the whole answer."""
FIGURE_NEXT = re.compile(rf"{_REST}\d")
"""네, 12개: the word says yes, and the figure answers."""


def numeral(text: str, start: int = 0, *, whole: bool = False) -> int | None:
    """The number word that stands right at a place of a text; None where none does, or a figure follows it at once.

    `whole`: only where it is all that stands there.
    """
    found = NUMERAL.match(text, start)
    if found is None or FIGURE_NEXT.match(text, found.end()) or (whole and not FINISHED.match(text, found.end())):
        return None
    if native := found["native"]:
        value: int | None = _native(native)
    else:
        value = None if found["sino"] is None else sino(found["sino"])
    return value if value is None or not found["minus"] else -value


def _native(word: str) -> int:
    ten = next((name for name in TENS if word.startswith(name)), "")
    return TENS.get(ten, 0) + UNITS.get(word.removeprefix(ten), 0)


def sino(word: str) -> int | None:
    """A Sino-Korean number; None where the signs make none (천백만만)."""
    total = group = digit = 0
    largest_step, largest_myriad, read = 10_000, 10**16, ""
    for sign in word.replace(" ", ""):
        if sign in DIGITS:
            if read in DIGITS:
                return None
            digit = DIGITS[sign]
        elif sign in STEPS:
            if STEPS[sign] >= largest_step:
                return None
            group, digit, largest_step = group + (digit or 1) * STEPS[sign], 0, STEPS[sign]
        else:
            if MYRIADS[sign] >= largest_myriad:
                return None
            total += (group + digit or 1) * MYRIADS[sign]
            group, digit, largest_step, largest_myriad = 0, 0, 10_000, MYRIADS[sign]
        read = sign
    return total + group + digit
