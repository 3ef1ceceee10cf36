"""The formula that a written answer ends on, and whether it means the same as the right one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction

from harness.graders.algebra import ALGEBRA
from harness.graders.number import NUMBER, THIN, number

LONGEST_LINE = 1000
"""Characters behind a claim, or within a box, that are looked at."""
LOOKED_AT = 20_000
"""Characters at an answer's end in which formulas without a claim are looked for."""
BOXES = 50
"""Boxes at an answer's end that are looked at."""
BOX = re.compile(r"\\(?:boxed|fbox)\s{0,3}")
CLAIM = re.compile(
    r"(?:정\s?답|최종\s?답|답|answer)\*{0,2}\s?(?:(?:은|는|:|：|=|is)\*{0,2}\s?){1,3}|####\s?", re.IGNORECASE
)
WRITTEN = re.compile(
    r"(?<!\\)\$\$((?:[^$\\]|\\[\s\S]){1,500})\$\$|(?<!\\)\$((?:[^$\n\\]|\\.){1,500})\$"
    r"|\\\(([^\n]{1,500}?)\\\)|\\\[([^$]{1,500}?)\\\]"
)
"""A formula between its signs; `\\$` is money, not a sign."""
ENDING = re.compile(r"\s*(?:입니다|이다|이에요|예요|이며|임|가 된다|가 됩니다)?\s*[.。!]*\s*$")

SPACES = re.compile(r"(?<!\\)\\[,;:! ]|\\q?quad\b|~|\s+")
DROPPED = re.compile(
    r"\\(?:left|right|displaystyle|limits|bigl?|bigr?)(?![a-zA-Z])|\^\{?\\circ\}?|°|\\degree\b|\\?%|\\\$"
)
"""What changes no meaning, or names a unit that the question gave."""
WORDS = re.compile(r"\\(?:text|mbox|mathrm|textbf|textnormal|mathbf)\s?\{([^{}]{0,200})\}")
UNIT = re.compile(
    r"(?!.*(?:아[니닙닌]|않))(?:[가-힣]{1,6}"
    r"|(?:[a-zA-Z]{4,15}|mm|cm|km|ft|in|yd|mi|lb|oz|mg|kg|ml|mL|ms|sec|min|hr|hrs|day|mph|kph)(?:\^?[23])?)(?:/[a-zA-Z]{1,10})?"
)
"""Words, or signs of units; other letters side by side are variables."""
EQUATION = re.compile(r"(?P<left>[^=]*(?:[a-zA-Z\\]|[-+*/^×·])[^=]*)(?:=[^=,;]*)*=(?P<right>[^=,;]+)")
"""One statement: what stands left is a name or a calculation, so that 3 = 4 is none."""
IN_BRACKETS = re.compile(r"\([^()]*\)")
PROSE = re.compile(
    r"[가-힣]|\\(?:vee|wedge|lor|land)\b|(?<![a-zA-Z\\])(?:or|and|not)(?![a-zA-Z])|(?<![a-zA-Z\\])(?!sqrt|sin|cos|tan|log|exp)[a-zA-Z]{4,}"
)
"""Words, or figures side by side, of which an algebra system would take the number that suits."""
NO_UNITS = frozenset({"pi", "sqrt", "frac", "sin", "cos", "tan", "log", "ln", "exp", "infty", "mod"})


def formula(text: str) -> str | None:
    """What the last box holds; else what follows the last claim (정답: …, answer is …); else the last formula, number.

    None where the text holds none of them.
    """
    plain = _narrow(text)
    if box := next((content.strip() for content in _boxes(plain) if content.strip()), None):
        return box
    claims = list(CLAIM.finditer(plain))
    if claims:
        line = plain[claims[-1].end() :][:LONGEST_LINE].lstrip().partition("\n")[0]
        if claimed := _claimed(line):
            return claimed
    elif written := list(WRITTEN.finditer(plain[-LOOKED_AT:])):
        return _inside(written[-1])
    value = number(text)
    return None if value is None else str(value)


def same(text: str, target: str) -> bool:
    """Whether a written answer ends on the target.

    Written alike but for blanks and units; equal as numbers; or equal by computer algebra. An equation counts by its
    right side where the target is none.
    """
    given = formula(text)
    return given is not None and equal(given, target)


def equal(given: str, target: str) -> bool:
    """Whether two formulas mean the same; a unit is only dropped from the given one."""
    ours, right = _bare(given), _bare(target)
    if not ours or not right:
        return False
    if "=" in ours and "=" not in right:
        said = EQUATION.fullmatch(ours)
        if said is None or re.search("[,;]", IN_BRACKETS.sub("", said["left"])):
            return False
        ours = said["right"].strip()
    tight, wanted = _tight(ours), _tight(right)
    if tight.casefold() == wanted.casefold():
        return True
    value, right_value = _value(tight), _value(wanted, unit=False)
    if value is not None and right_value is not None:
        return value == right_value
    return not PROSE.search(ours) and ALGEBRA.same(ours, right)


def _narrow(text: str) -> str:
    """Full-width signs as plain ones, minus as hyphen; powers as they are, which NFKC would take for digits."""
    table = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x2212: "-", 0x3000: " "}
    return unicodedata.normalize("NFC", text).translate(table)


def _boxes(text: str) -> Iterator[str]:
    """What boxes hold, the last first."""
    for match in reversed(list(BOX.finditer(text))[-BOXES:]):
        start = match.end()
        if not text.startswith("{", start):
            yield text[start : start + 1]
        elif (end := _closed(text, start)) is not None:
            yield text[start + 1 : end]


def _closed(text: str, start: int) -> int | None:
    """Where the brace that opens at `start` is closed; None within LONGEST_LINE characters."""
    depth = 0
    for place in range(start, min(len(text), start + LONGEST_LINE)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place
    return None


def _claimed(line: str) -> str | None:
    """The formula behind a claim: between its signs where it is written so, else the line without its ending."""
    if found := WRITTEN.search(line):
        return _inside(found)
    if (value := number(f"정답: {line}")) is not None and not re.search(
        r"[\\^√]|(?<![a-zA-Z])[a-zA-Z](?![a-zA-Z])", line
    ):
        return str(value)
    return ENDING.sub("", line.strip("*`\"' ")) or None


def _inside(written: re.Match[str]) -> str:
    """What stands between a formula's signs."""
    return next(part for part in written.groups() if part).strip()


def _bare(text: str) -> str:
    """Without signs around, and without what changes no meaning."""
    plain = THIN.sub(",", _narrow(text)).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    plain = DROPPED.sub("", SPACES.sub(" ", plain)).strip(" $*`.")
    words = WORDS.sub(lambda match: match[1], plain).strip()
    kept = WORDS.sub("", plain).strip()
    plain = kept if kept and _value(_tight(kept)) is not None else words
    if re.fullmatch(r"\(\s?[A-Za-z]\s?\)", plain):
        plain = plain.strip("() ")
    return plain


def _tight(text: str) -> str:
    """Without blanks, but for those between figures, which are no one number."""
    return re.sub(r"\s+(?!\d)|(?<!\d)\s+", "", text)


def _value(text: str, *, unit: bool = True) -> Fraction | None:
    """Its number, where it is one, with a unit or without."""
    compact = text.replace("{,}", ",")
    match = NUMBER.match(compact)
    if match is None:
        return number(compact) if re.fullmatch(r"-?\\frac\{-?\d+\}\{\d+\}", compact) else None
    rest = compact[match.end() :].strip()
    if rest and (not unit or not UNIT.fullmatch(rest) or rest.casefold() in NO_UNITS):
        return None
    return number(match[0])
