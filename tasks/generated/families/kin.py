"""촌수 and 호칭 in a family that the prompt describes."""

from __future__ import annotations

from dataclasses import dataclass, field

from tasks.demo.generator.draw import Draw
from tasks.generated.family import Candidate, Family
from tasks.generated.korean import MEN, NAMES, WOMEN, object_, topic
from tasks.generated.numbers import around

TERMS = (
    (("아버지", "형"), "큰아버지"),
    (("아버지", "남동생"), "작은아버지"),
    (("아버지", "누나"), "고모"),
    (("아버지", "여동생"), "고모"),
    (("아버지", "아버지"), "할아버지"),
    (("아버지", "어머니"), "할머니"),
    (("어머니", "아버지"), "외할아버지"),
    (("어머니", "어머니"), "외할머니"),
    (("어머니", "오빠"), "외삼촌"),
    (("어머니", "남동생"), "외삼촌"),
    (("어머니", "언니"), "이모"),
    (("어머니", "여동생"), "이모"),
    (("아버지", "누나", "남편"), "고모부"),
    (("아버지", "여동생", "남편"), "고모부"),
    (("아버지", "형", "아내"), "큰어머니"),
    (("아버지", "남동생", "아내"), "작은어머니"),
    (("어머니", "언니", "남편"), "이모부"),
    (("어머니", "여동생", "남편"), "이모부"),
    (("어머니", "오빠", "아내"), "외숙모"),
    (("어머니", "남동생", "아내"), "외숙모"),
)
"""The way from oneself, and the term of address at its end. (An uncle here is married or not asked by 삼촌.)"""

MALE = ("아버지", "형", "오빠", "남동생", "남편")
"""Steps to a man; the others lead to a woman."""


def kinship(draw: Draw, level: int) -> Candidate:
    """A term of address (level 1: two steps, 2: three); the degree of kinship (3: near, 4: far)."""
    return _term(draw, level) if level < 3 else _degree(draw, level)


def _term(draw: Draw, level: int) -> Candidate:
    steps, right = draw.choice([one for one in TERMS if len(one[0]) == level + 1])
    men, women = draw.shuffled(MEN), draw.shuffled(WOMEN)
    used = [draw.choice((men, women)).pop(), *((men if step in MALE else women).pop() for step in steps)]
    parent = draw.choice(("아버지", "어머니"))
    spare = [draw.choice((men, women)).pop(), (men if parent in MALE else women).pop()]
    facts = [f"{one}의 {topic(step)} {two}입니다." for one, step, two in zip(used, steps, used[1:], strict=False)]
    facts.append(f"{spare[0]}의 {topic(parent)} {spare[1]}입니다.")
    others = dict.fromkeys(term for way, term in TERMS if len(way) == len(steps) and term != right != f"외{term}")
    question = f"{topic(used[0])} {object_(used[-1])} 무엇이라고 부릅니까?"
    return Candidate(f"{' '.join(draw.shuffled(facts))} {question}", right, tuple(draw.sample(tuple(others), 3)))


@dataclass
class Tree:
    """Who is whose parent. Everybody has one named parent, the first nobody."""

    parent: dict[str, str] = field(default_factory=dict)

    def ancestors(self, person: str) -> list[str]:
        """The person, then the parent, and so on to the first."""
        line = [person]
        while line[-1] in self.parent:
            line.append(self.parent[line[-1]])
        return line

    def degree(self, one: str, two: str) -> int:
        """촌수: generations up to the nearest common ancestor and down again."""
        first, second = self.ancestors(one), self.ancestors(two)
        return min(first.index(person) + second.index(person) for person in first if person in second)


def _degree(draw: Draw, level: int) -> Candidate:
    """Two lines of descent from one ancestor, told in any order, with a child that belongs to neither's line."""
    up, down = (draw.between(1, 2), draw.between(1, 2)) if level == 3 else (draw.between(2, 4), draw.between(2, 4))
    people = draw.sample(NAMES, up + down + 3)
    root, first, second = people[0], people[1 : up + 1], people[up + 1 : up + down + 1]
    tree = Tree()
    for line in (first, second):
        tree.parent |= dict(zip(line, [root, *line], strict=False))
    for extra in people[up + down + 1 :]:
        tree.parent[extra] = draw.choice([root, *first, *second])
    facts = [
        f"{topic(child)} {parent}의 {'아들' if child in MEN else '딸'}입니다." for child, parent in tree.parent.items()
    ]
    right = tree.degree(first[-1], second[-1])
    wrong = around(draw, right, (right - 2, right + 2, right - 1, right + 1), least=1, most=right + 4)
    question = f"{first[-1]}에게 {topic(second[-1])} 몇 촌입니까?"
    return Candidate(f"{' '.join(draw.shuffled(facts))} {question}", f"{right}촌", tuple(f"{one}촌" for one in wrong))


FAMILIES = (Family("kinship_ko", (kinship,)),)
