"""Solvers of the families that exist in English, or in both languages: from the prompt's text alone."""

from __future__ import annotations

import contextlib
import io
import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction

from tests.unit.tasks.generated.korean_text import NATIVE, integers

Choices = list[str] | None


def calendar(prompt: str, _: Choices) -> str:
    """Zeller's congruence gives each day's weekday; the weekday that the prompt gives must agree."""
    days = [_date(*found) for found in re.findall(r"(\w+) (\d+), (\d+)", prompt)]
    assert DAYS[_zeller(*days[0])] == re.search(r"is a (\w+)\.", prompt)[1]  # type: ignore[index]
    if asked := re.search(r"the (\w+) (\w+) of (\w+) (\d+)\?", prompt):
        year, month = int(asked[4]), MONTHS.index(asked[3]) + 1
        hits = [day for day in range(1, 29) if DAYS[_zeller(year, month, day)] == asked[2]]
        return str(hits[["first", "second", "third", "fourth"].index(asked[1])])
    if away := re.search(r"(\d+) days later", prompt):
        return DAYS[(_zeller(*days[0]) + int(away[1])) % 7]
    return DAYS[_zeller(*days[1])]


DAYS = ("Saturday", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
MONTHS += ("November", "December")


def _date(month: str, day: str, year: str) -> tuple[int, int, int]:
    return int(year), MONTHS.index(month) + 1, int(day)


def _zeller(year: int, month: int, day: int) -> int:
    if month < 3:
        year, month = year - 1, month + 12
    return (day + 13 * (month + 1) // 5 + year % 100 + year % 100 // 4 + year // 400 + 5 * (year // 100)) % 7


def lookup(prompt: str, _: Choices) -> str:
    """Every record is searched for by its text; nothing else may look like it."""
    *lines, question = prompt.split("\n")
    korean = "창고의 기록" in lines[0]
    if "메모에" in question or "the note names" in question:
        (question,) = [line for line in lines if line.startswith(("메모:", "Note:"))]
    cell = r"(\S+) 창고 (\d+)번 칸" if korean else r"(?P<code>shelf \d+) of the (\w+) warehouse"
    total = 0
    for one, two in re.findall(cell, question):
        start = f"{one} 창고 {two}번 칸에는 " if korean else f"{one.capitalize()} of the {two} warehouse holds "
        (record,) = [line for line in lines if line.startswith(start)]
        total += integers(record)[1]
    return str(total)


def ordering(prompt: str, choices: Choices) -> str:
    """Every order is built from the front and left as soon as a clue is broken; all that are whole must agree."""
    korean = "한 줄로" in prompt
    names = re.split(r", ", re.match(r"(.+?)(?: \d+명이| stand )", prompt)[1])  # type: ignore[index]
    clues = [clue for text in re.split(r"(?<=\.) ", prompt)[1:-1] for clue in [_clue(text, names, korean)]]
    place = _place(prompt.rsplit(".", 1)[1])
    solutions = list(_orders([], names, clues))
    assert len(solutions) == 1, prompt
    assert choices
    assert set(choices) <= set(names)
    return solutions[0][place - 1]


def _place(text: str) -> int:
    if found := re.search(r"앞에서 (\S+) 번째", text):
        return 1 if found[1] == "첫" else NATIVE[found[1]]
    return integers(text)[0]


Clue = tuple[str, str, str]

KINDS = (
    ("바로 앞에도", "neither", "apart"),
    ("바로 앞이나", "or directly behind", "beside"),
    ("바로 앞에 ", "directly in front", "follows"),
    ("보다 앞에", "somewhere in front", "later"),
    ("번째가 아닙니다", "is not number", "not at"),
)


def _clue(text: str, names: list[str], korean: bool) -> Clue:
    kind = next(name for ko, en, name in KINDS if (ko if korean else en) in text)
    found = sorted((text.index(name), name) for name in names if name in text)
    assert len(found) == (1 if kind == "not at" else 2), text
    return kind, found[0][1], str(_place(text)) if kind == "not at" else found[1][1]


def _orders(front: list[str], names: list[str], clues: list[Clue]) -> Iterator[list[str]]:
    if any(_broken(front, *clue) for clue in clues):
        return
    if len(front) == len(names):
        yield front
    for name in names:
        if name not in front:
            yield from _orders([*front, name], names, clues)


def _broken(front: list[str], kind: str, one: str, two: str) -> bool:
    """Whether the people who stand already break the clue."""
    if kind == "not at":
        return len(front) >= int(two) and front[int(two) - 1] == one
    if one not in front or two not in front:
        return kind == "later" and two in front and one not in front
    gap = front.index(two) - front.index(one)
    return not {"apart": abs(gap) != 1, "beside": abs(gap) == 1, "follows": gap == 1, "later": gap > 0}[kind]


def code_trace(prompt: str, _: Choices) -> str:
    """Python itself runs the program."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(prompt.split("\n\n", 1)[1], {})  # noqa: S102  a program of our own
    return printed.getvalue().strip()


def tables(prompt: str, _: Choices) -> str:
    """Tables become dictionaries; the question is told apart by what it names."""
    *drawn, question = prompt.split("\n\n")
    head, rows = _table(drawn[0])
    if len(drawn) == 2:
        price = {row[0]: int(row[1]) for row in _table(drawn[1])[1]}
        (row,) = [row for row in rows if re.search(rf"\b{row[0]}(의|'s)", question)]
        return str(sum(int(count) * price[good] for good, count in zip(head[2:], row[2:], strict=True)))
    goods = sorted((found.start(), good) for good in head[2:] for found in re.finditer(_good(good), question))
    people = sorted((question.index(row[0]), row) for row in rows if re.search(rf"\b{row[0]}(?=의|'s| have)", question))
    values = [int(row[head.index(good)]) for (_, row), (_, good) in zip(people, goods, strict=False)]
    if len(values) == 2:
        return str(max(values) - min(values))
    if values:
        return str(values[0])
    ((_, good),) = goods
    (team,) = {row[1] for row in rows if row[1] in question}
    return str(sum(int(row[head.index(good)]) for row in rows if row[1] == team))


def _good(name: str) -> str:
    return rf"(?<!\w){name}(?= 수|\W)" if name.isascii() else rf"(?<!\w){name}(?= 수)"


def _table(text: str) -> tuple[list[str], list[list[str]]]:
    head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in text.split("\n"))
    return head, rows


def bilingual(prompt: str, _: Choices) -> str:
    """The numbers in their order; which story it is, its length tells."""
    values = integers(prompt)
    korean = "답하십시오" in prompt
    if "km" in prompt:
        first, hours, second, more = values
        return str(first * hours + second * more)
    if "points" in prompt or "점을" in prompt:
        if korean:
            hours, days, wage, over, extra, fee = values
        else:
            hours, days, wage, over, extra, fee = values
        return str(wage * (hours * days + over) + extra * over - fee)
    if len(values) == 5:
        stock, *rest = values
        days, bought, sold, spoiled = rest
        for _ in range(days):
            stock += bought - sold
        return str(stock - spoiled)
    *work, each = values
    return str(Fraction(sum(a * b for a, b in zip(work[::2], work[1::2], strict=True)), each).__floor__())


def bases(prompt: str, _: Choices) -> str:
    if found := re.match(r"Write the base 10 number (\d+) in base (\d+)", prompt):
        return _in_base(int(found[1]), int(found[2]))
    words = re.findall(r"(?:number|numbers|and) ([0-9a-f]+)(?= )", prompt)
    first, second = (int(base) for base in re.findall(r"base (\d+)", prompt))
    total = sum(int(word, first) for word in words)
    return _in_base(total, second)


def _in_base(number: int, base: int) -> str:
    """Digits from the highest place down."""
    place = 1
    while place * base <= number:
        place *= base
    text = ""
    while place:
        text += f"{number // place:x}" if base <= 16 else ""
        number, place = number % place, place // base
    return text


def sequences(prompt: str, _: Choices) -> str:
    """The recurrence is solved from the first terms and run; every term that is shown must follow."""
    shown = integers(prompt.split(". ", 1)[0])
    place = int(re.search(r"term number (\d+)", prompt)[1])  # type: ignore[index]
    terms = list(shown)
    if "always the same" in prompt:
        step = lambda t: t[-1] + shown[1] - shown[0]  # noqa: E731
    elif "fixed whole number times" in prompt:
        factor = Fraction(shown[2] - shown[1], shown[1] - shown[0])
        step = lambda t: t[-1] * factor + shown[1] - shown[0] * factor  # type: ignore[assignment,return-value]  # noqa: E731
    elif "sum of the two terms" in prompt:
        step = lambda t: t[-1] + t[-2] + shown[2] - shown[1] - shown[0]  # noqa: E731
    else:
        step = lambda t: 3 * t[-1] - 3 * t[-2] + t[-3]  # noqa: E731
    start = 3 if "differences" in prompt.split("What")[0] and "own" in prompt else 2
    run = terms[:start]
    while len(run) < place:
        run.append(step(run))
    assert run[: len(shown)] == shown, prompt
    return str(run[-1])


def sets(prompt: str, _: Choices) -> str:
    """Each number from 1 to 20 is tried: it is in the set where the formula holds of it."""
    given = {name: integers(body) for name, body in re.findall(r"([ABC]) = \{([^}]*)\}", prompt)}
    formula = re.search(r"Which set is (.+)\?", prompt)[1]  # type: ignore[index]
    for sign, operator in (("∪", "|"), ("∩", "&"), ("\\", ">"), ("△", "^")):
        formula = formula.replace(sign, operator)
    inside = [
        number
        for number in range(1, 21)
        if eval(formula, {name: number in numbers for name, numbers in given.items()})  # noqa: S307
    ]
    return "{" + ", ".join(map(str, inside)) + "}"


def boolean(prompt: str, choices: Choices) -> str:
    """The formula becomes Python: xor is !=, implies is <= (of truth values); exactly one choice may hold."""
    assert choices
    formula = prompt.rpartition(": ")[2]
    formula = re.sub(r"not (\w)", r"(not \1)", formula)
    for word, operator in (("xor", "!="), ("implies", "<=")):
        formula = formula.replace(f" {word} ", f" {operator} ")
    (right,) = [choice for choice in choices if eval(formula, _values(choice))]  # noqa: S307
    return right


def _values(choice: str) -> dict[str, bool]:
    return {name: value == "true" for name, value in re.findall(r"(\w) (true|false)", choice)}


def orders(prompt: str, _: Choices) -> str:
    """Each instruction is told by a word in it; syllables are taken apart by Unicode."""
    _, words_line, *steps = prompt.split("\n")
    words = words_line.partition(": ")[2].split(", ")
    for step in steps[:-1]:
        words = _obeyed(step, words)
    return next(sign for name, sign in SIGNS if name in steps[-1]).join(words)


SIGNS = (("빗금", " / "), ("slash", " / "), ("쉼표", ", "), ("comma", ", "), ("붙임표", "-"), ("hyphen", "-"))
SIGNS += (("쌍반점", ";"), ("semicolon", ";"), ("빈칸", " "), ("a space", " "))


def _obeyed(step: str, words: list[str]) -> list[str]:
    kept = [word for word in words if _keeps(step, word)]
    if kept != words or any(mark in step for mark in ("남기", "Keep", "모두", "every")):
        return kept
    if any(mark in step for mark in ("가나다순", "alphabetical")):
        ordered = list(words)
        for end in range(len(ordered) - 1, 0, -1):
            for place in range(end):
                if ordered[place] > ordered[place + 1]:
                    ordered[place], ordered[place + 1] = ordered[place + 1], ordered[place]
        return ordered[::-1] if "반대로" in step or "reverse" in step else ordered
    if any(mark in step for mark in ("순서를 거꾸로", "Reverse")):
        return list(reversed(words))
    first, *middle, last = words
    told = (
        (("서로 바꾸", "Swap"), [last, *middle, first]),
        (("맨 뒤로", "to the end"), [*middle, last, first]),
        (("한 번 더", "once more"), [last, first, *middle, last]),
        (("둘째", "second"), [first, *middle[1:], last] if middle else [first]),
        (("첫째 낱말을 빼", "Remove the first"), [*middle, last]),
        (("마지막 낱말을 빼", "Remove the last"), [first, *middle]),
    )
    return next(result for marks, result in told if any(mark in step for mark in marks))


def _keeps(step: str, word: str) -> bool:
    closed = len(unicodedata.normalize("NFD", word[-1])) == 3
    rules = (
        ("받침으로 끝나는", closed),
        ("받침으로 끝나지 않는", not closed),
        ("두 글자인", len(word) == 2),
        ("세 글자인", len(word) != 3),
        ("five letters", len(word) == 5),
        ("ends in e", word[-1] != "e"),
        ("letter r", word.count("r") > 0),
        ("begins with s", word[0] != "s"),
    )
    return next((kept for mark, kept in rules if mark in step), True)
