"""Number bases, and sequences whose kind of rule is told."""

from __future__ import annotations

from tasks.demo.generator.draw import Draw
from tasks.generated.family import Candidate, Family

DIGITS = "0123456789abcdef"
ANSWER = "Answer with a number only."


def written(number: int, base: int) -> str:
    """A number from 0 in a base up to 16."""
    text = ""
    while number:
        number, digit = divmod(number, base)
        text = DIGITS[digit] + text
    return text or "0"


def bases(draw: Draw, level: int) -> Candidate:
    """To base ten (1), from base ten (2), between two bases (3), a sum in a base (4)."""
    most = (1500, 4000, 20_000, 20_000)[level - 1]
    one, two = draw.between(20, most), draw.between(20, most)
    first, second = draw.sample((2, 3, 4, 5, 6, 7, 8, 9, 12, 16), 2)
    small = "Write digits above 9 as lower-case letters."
    if level == 1:
        return Candidate(
            f"The number {written(one, first)} is written in base {first}. Write it in base 10. {ANSWER}", f"{one}"
        )
    if level == 2:
        return Candidate(f"Write the base 10 number {one} in base {first}. {small}", written(one, first))
    if level == 3:
        start = f"The number {written(one, first)} is written in base {first}."
        return Candidate(f"{start} Write it in base {second}. {small}", written(one, second))
    start = f"The numbers {written(one, first)} and {written(two, first)} are written in base {first}."
    return Candidate(f"{start} Write their sum in base {first}. {small}", written(one + two, first))


def sequences(draw: Draw, level: int) -> Candidate:
    """The next number, or one further on, of a sequence whose kind of rule is told, so that one answer is right."""
    if level == 1:
        start, step = draw.between(1, 300), draw.between(2, 60) * (1 if draw.below(2) else -1)
        shown = [start + step * place for place in range(4)]
        ahead = draw.between(2, 30)
        rule = "The difference between neighbouring terms is always the same."
        return _next(rule, shown, ahead, start + step * (3 + ahead))
    if level == 2:
        factor, add, start = draw.between(2, 5), draw.between(1, 90), draw.between(1, 60)
        terms = _affine(start, factor, add, 5)
        rule = "Each term is a fixed whole number times the term before it, plus another fixed number."
        return _next(rule, terms[:4], 1, terms[4])
    if level == 3:
        terms = [draw.between(1, 60), draw.between(1, 60)]
        add = draw.between(0, 20)
        while len(terms) < 8:
            terms.append(terms[-1] + terms[-2] + add)
        rule = "From the third term on, each term is the sum of the two terms before it plus a fixed number."
        ahead = draw.between(1, 3)
        return _next(rule, terms[:5], ahead, terms[4 + ahead])
    a, b, c = draw.between(1, 9), draw.between(-20, 20), draw.between(-30, 30)
    terms = [a * place * place + b * place + c for place in range(20)]
    ahead = draw.between(2, 12)
    rule = "The differences between neighbouring terms form a sequence whose own differences are all the same."
    return _next(rule, terms[:5], ahead, terms[4 + ahead])


def _affine(start: int, factor: int, add: int, count: int) -> list[int]:
    terms = [start]
    while len(terms) < count:
        terms.append(terms[-1] * factor + add)
    return terms


def _next(rule: str, shown: list[int], ahead: int, answer: int) -> Candidate:
    place = len(shown) + ahead
    listed = ", ".join(f"{term}" for term in shown)
    return Candidate(f"A sequence begins {listed}. {rule} What is term number {place}? {ANSWER}", f"{answer}")


FAMILIES = (Family("number_base_en", (bases,)), Family("sequences_en", (sequences,)))
