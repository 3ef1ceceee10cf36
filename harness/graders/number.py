"""Numbers and formulas in a written answer, and whether two are equal. Numbers are exact fractions."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from harness.graders.numeral import numeral

MYRIADS = {"만": 10**4, "억": 10**8, "조": 10**12}
THOUSANDS = {"십": 10, "백": 100, "천": 1000}
_FIGURE = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_AFTER = (
    "원|명|개|인|년|권|대|마리|장|톤|달러|건|번|회|점|세|곳|가구|배|"
    "이다|이며|이고|입니다|이에요|예요|정도|여|으로|을|에|도|은|이 |가 "
)
"""What follows the sign of a multiple directly: 5만원, 3천명. In 12조각 and 3만화책 it is no such sign."""
_MULTIPLE = rf"\s?[십백천만억조]+(?:(?![가-힣])|(?={_AFTER}))"
NUMBER = re.compile(
    rf"(?<![\w.√])(?:([-+−]|마이너스)\s?)?"
    rf"((?:(?:{_FIGURE})\s?[십백천만억조]+\s?)*(?:{_FIGURE})(?:{_MULTIPLE})?)"
    r"(?:(?:\s?[과와])?\s(\d{1,9})\s?/\s?(\d{1,9})|\s*/\s*(\d+)"
    r"|[eE]([-+]?\d{1,3})(?!\d)|\s?\^\s?\{?(\d{1,2})(?!\d)\}?)?"
)
"""Its sign, its figures, and what may follow: a fraction (3 1/2), a divisor, an exponent of ten, a power."""
PIECE = re.compile(rf"({_FIGURE})\s?([십백천]*)([만억조]?)")
CLAIM = re.compile(r"(?:정\s*답|최종\s*답|답|answer)(?:\s*(?:은|는|:|：|=|is))+\s*|####\s*|\\boxed\{", re.IGNORECASE)

UNSETTLED = re.compile(
    r"\s?(?:[-+×*÷~∼–|;·]\s?\d|,\d|,\s\d[\d.]*\s?(?:[,)]|\.?\s?$)|/\s?\d|[(,]?\s?(?:에서|부터|이?나|이거나|또는|혹은|or)\s?\d"
    r"|[가-힣]{0,3}[이가은는]\s?아[니닙닌])",
    re.IGNORECASE,
)
"""What makes a claimed number no answer: a calculation without its result, a range, a list, a choice, a denial."""
REJECTED = re.compile(r"\s?[\d.,]{1,20}\s?[가-힣]{0,3}[이가은는]?\s?아니(?:라|고)(?=[,\s])")
"""12가 아니라, before the number that is right."""
DENIED = re.compile(r"\bnot\b", re.IGNORECASE)
CALCULATION = re.compile(r"\s*[\d.,]+(?:\s*[-+×*÷/]\s*[\d.,]+)+\s*=\s*")
"""8 + 4 = before the answer."""
FRACTION = re.compile(r"\\[dt]?frac\s*\{(\d+)\}\s*\{(\d+)\}")

LONGEST_NUMBER = 1000
"""Characters: what is longer is no answer, and Python refuses to read it."""


def number(text: str) -> Fraction | None:
    """The number that a text ends on: the first after the last `정답:`, `Answer:`, `####` or box, else the last of all.

    Of a calculation (정답: 8 + 4 = 12) it is the result.

    Full-width digits, thousands separators, fractions and 3만 5천 are read; number words (삼만 오천, 열두 개) where
    they are all that is claimed, or all that is written.
    """
    plain = _plain(text)
    claims = list(CLAIM.finditer(plain))
    start = claims[-1].end() if claims else 0
    marks = MARKS.match(plain, start)
    if (word := numeral(plain, marks.end() if marks else start, whole=not claims)) is not None:
        return Fraction(word)
    if claims:
        sum_ = CALCULATION.match(plain, start)
        begin = sum_.end() if sum_ else start
        if rejected := REJECTED.match(plain, begin):
            begin = rejected.end()
        if claimed := NUMBER.search(plain, begin):
            denied = DENIED.search(plain, start, claimed.start()) or UNSETTLED.match(plain, claimed.end())
            return None if denied else _value(claimed)
    found = list(NUMBER.finditer(plain))
    return _value(found[-1]) if found else None


MARKS = re.compile(r"[\s*(\[\"'“‘]{0,6}")
VULGAR = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
MIXED = re.compile(r"(?<=\d)(?=\\[dt]?frac)")
THIN = re.compile(r"(?<=\d)(?:\{,\}|\\[,!])(?=\d{3})")


def _plain(text: str) -> str:
    """Plain digits, signs and fractions, blanks single."""
    narrow = unicodedata.normalize("NFKC", VULGAR.sub(" ", text)).replace("−", "-").replace("⁄", "/")
    short = " ".join(THIN.sub(",", MIXED.sub(" ", narrow)).split())
    return FRACTION.sub(r"\1/\2", short)


def same_number(text: str, target: str, tolerance: Fraction = Fraction(0)) -> bool:
    """Whether a text ends on the target's number, up to a share of it."""
    ours, right = number(text), number(target)
    return ours is not None and right is not None and abs(ours - right) <= abs(right) * tolerance


def _value(match: re.Match[str]) -> Fraction | None:
    sign, figures, above, below, divisor, exponent, power = match.groups()
    if len(match[0]) * int(power or 1) > LONGEST_NUMBER or 0 in (int(below or 1), int(divisor or 1)):
        return None
    total = _magnitude(figures) + Fraction(int(above or 0), int(below or 1))
    total = total / int(divisor or 1) * Fraction(10) ** int(exponent or 0)
    total = total if power is None else total ** int(power)
    return -total if sign in ("-", "마이너스") else total


def _magnitude(figures: str) -> Fraction:
    """3만 5천 is 35,000: pieces below a myriad gather until a myriad multiplies them."""
    total, below = Fraction(0), Fraction(0)
    for digits, thousands, myriad in PIECE.findall(figures):
        value = Fraction(digits.replace(",", ""))
        for sign in thousands:
            value *= THOUSANDS[sign]
        below += value
        if myriad:
            total += below * MYRIADS[myriad]
            below = Fraction(0)
    return total + below
