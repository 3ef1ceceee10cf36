"""Reading tables: a cell, a difference, a sum over a group, a sum of products with a second table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from tasks.demo.generator.draw import Draw
from tasks.generated.families.logic import ENGLISH_NAMES
from tasks.generated.family import Candidate, Family
from tasks.generated.korean import NAMES

ROWS = {1: 8, 2: 10, 3: 12, 4: 12}
"""Rows of the table, by level."""


@dataclass(frozen=True)
class Words:
    """What a language writes into its tables and questions."""

    names: tuple[str, ...]
    head: tuple[str, str]
    groups: tuple[str, ...]
    goods: tuple[str, ...]
    cell: str
    difference: str
    group: str
    cost: str
    prices: tuple[str, str]


KOREAN = Words(
    names=NAMES,
    head=("이름", "반"),
    groups=("해반", "달반", "별반"),
    goods=("공책", "연필", "지우개", "가위", "풀", "자"),
    cell="표에서 {name}의 {good} 수는 얼마입니까? 숫자로만 답하십시오.",
    difference="표에서 {name}의 {good} 수와 {other}의 {more} 수는 얼마나 차이가 납니까? 숫자로만 답하십시오.",
    group="표에서 {group}에 속한 사람들의 {good} 수를 모두 더하면 얼마입니까? 숫자로만 답하십시오.",
    cost="표에 있는 {name}의 물건값은 모두 얼마입니까? 값은 둘째 표의 것입니다. 숫자로만 답하십시오.",
    prices=("물건", "한 개의 값"),
)
ENGLISH = Words(
    names=ENGLISH_NAMES,
    head=("name", "team"),
    groups=("Red", "Blue", "Green"),
    goods=("notebooks", "pencils", "erasers", "scissors", "brushes", "rulers"),
    cell="How many {good} does {name} have in the table? Answer with a number only.",
    difference="In the table, what is the difference between {name}'s number of {good} and {other}'s number of {more}?"
    " Answer with a number only.",
    group="In the table, how many {good} does team {group} have in all? Answer with a number only.",
    cost="What do all of {name}'s goods in the table cost, at the prices of the second table?"
    " Answer with a number only.",
    prices=("goods", "price of one"),
)


def tables(draw: Draw, level: int, *, language: str) -> Candidate:
    """A table of people, their group and what they have."""
    words = KOREAN if language == "ko" else ENGLISH
    people, goods = draw.sample(words.names, ROWS[level]), draw.sample(words.goods, 4)
    teams = [draw.choice(words.groups) for _ in people]
    held = {name: [draw.between(0, 99) for _ in goods] for name in people}
    shown = [[*words.head, *goods]]
    shown += [[name, team, *(f"{count}" for count in held[name])] for name, team in zip(people, teams, strict=True)]
    (name, other), (one, two) = draw.sample(people, 2), draw.sample(range(4), 2)
    if level == 1:
        return _asked(words.cell.format(name=name, good=goods[one]), held[name][one], shown)
    if level == 2:
        question = words.difference.format(name=name, other=other, good=goods[one], more=goods[two])
        return _asked(question, abs(held[name][one] - held[other][two]), shown)
    if level == 3:
        team = draw.choice(teams)
        total = sum(held[person][one] for person, of in zip(people, teams, strict=True) if of == team)
        return _asked(words.group.format(group=team, good=goods[one]), total, shown)
    prices = [draw.between(2, 30) * 10 for _ in goods]
    second = [[*words.prices], *([good, f"{price}"] for good, price in zip(goods, prices, strict=True))]
    cost = sum(count * price for count, price in zip(held[name], prices, strict=True))
    return _asked(words.cost.format(name=name), cost, shown, [second[0], *draw.shuffled(second[1:])])


def _asked(question: str, answer: int, *shown: list[list[str]]) -> Candidate:
    return Candidate("\n\n".join([*(_drawn(table) for table in shown), question]), f"{answer}")


def _drawn(table: list[list[str]]) -> str:
    head, *rows = ("| " + " | ".join(row) + " |" for row in table)
    return "\n".join([head, "|" + " --- |" * len(table[0]), *rows])


FAMILIES = (
    Family("table_ko", (partial(tables, language="ko"),)),
    Family("table_en", (partial(tables, language="en"),)),
)
