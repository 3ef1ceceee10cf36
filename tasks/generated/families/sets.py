"""Set operations, and the assignment that makes a formula true."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from tasks.demo.generator.draw import Draw
from tasks.generated.family import Candidate, Family

Numbers = frozenset[int]

OPERATIONS: dict[str, Callable[[Numbers, Numbers], Numbers]] = {
    "union": frozenset.union,
    "intersection": frozenset.intersection,
    "difference": frozenset.difference,
    "symmetric difference": frozenset.symmetric_difference,
}
SIGNS = {"union": "∪", "intersection": "∩", "difference": "\\", "symmetric difference": "△"}
NAMED = (
    "Here X ∪ Y is the union, X ∩ Y the intersection, X \\ Y the elements of X that are not in Y, "
    "and X △ Y those that are in exactly one of the two."
)


def sets(draw: Draw, level: int) -> Candidate:
    """Two sets and one operation (1); three sets and two operations (2); larger sets (3)."""
    count, size, top = ((2, 5, 12), (3, 5, 12), (3, 7, 16))[level - 1]
    while True:
        given = [frozenset(draw.sample(range(1, top + 1), size)) for _ in range(count)]
        names = [draw.choice(tuple(OPERATIONS)) for _ in range(count - 1)]
        right = _value(given, names)
        others = [_value(given, list(other)) for other in product(OPERATIONS, repeat=count - 1)]
        if count == 2:
            others.append(given[1] - given[0])
        wrong = list(dict.fromkeys(_listed(one) for one in others if one != right))
        if len(wrong) >= 3:
            break
    told = "; ".join(f"{name} = {_listed(one)}" for name, one in zip("ABC", given, strict=False))
    formula = f"A {SIGNS[names[0]]} B" if count == 2 else f"(A {SIGNS[names[0]]} B) {SIGNS[names[1]]} C"
    return Candidate(f"{NAMED}\n{told}\nWhich set is {formula}?", _listed(right), tuple(draw.sample(wrong, 3)))


def _value(given: list[Numbers], names: list[str]) -> Numbers:
    value = given[0]
    for name, other in zip(names, given[1:], strict=True):
        value = OPERATIONS[name](value, other)
    return value


def _listed(numbers: Numbers) -> str:
    return "{" + ", ".join(f"{number}" for number in sorted(numbers)) + "}"


@dataclass(frozen=True)
class Formula:
    """A formula over p, q, r, s."""

    text: str
    holds: Callable[[tuple[bool, ...]], bool]


CONNECTIVES: dict[str, Callable[[bool, bool], bool]] = {
    "and": lambda one, two: one and two,
    "or": lambda one, two: one or two,
    "xor": lambda one, two: one != two,
    "implies": lambda one, two: two or not one,
}
VARIABLES = "pqrs"
READ = (
    "'not' negates the letter after it, 'xor' means exactly one of the two, "
    "'x implies y' is false only for x true and y false."
)


def boolean(draw: Draw, level: int) -> Candidate:
    """Which of four assignments makes a formula true: of three (1), four (2), five (3) connectives."""
    count = 3 if level == 1 else 4
    while True:
        formula = _formula(draw, level + 2, count)
        values = list(product((True, False), repeat=count))
        true = [one for one in values if formula.holds(one)]
        false = [one for one in values if not formula.holds(one)]
        if true and len(false) >= 3 and set(VARIABLES[:count]) <= set(re.findall(r"\w+", formula.text)):
            break
    question = f"{READ}\nWhich assignment makes this formula true: {formula.text}"
    return Candidate(question, _shown(draw.choice(true)), tuple(_shown(one) for one in draw.sample(false, 3)))


def _formula(draw: Draw, connectives: int, variables: int) -> Formula:
    if connectives == 0:
        place = draw.below(variables)
        if draw.below(3) == 0:
            return Formula(f"not {VARIABLES[place]}", lambda values: not values[place])
        return Formula(VARIABLES[place], lambda values: values[place])
    left = draw.below(connectives)
    one, two = _formula(draw, left, variables), _formula(draw, connectives - 1 - left, variables)
    name = draw.choice(tuple(CONNECTIVES))
    return Formula(
        f"({one.text} {name} {two.text})", lambda values: CONNECTIVES[name](one.holds(values), two.holds(values))
    )


def _shown(values: tuple[bool, ...]) -> str:
    return ", ".join(f"{name} {'true' if value else 'false'}" for name, value in zip(VARIABLES, values, strict=False))


FAMILIES = (Family("sets_en", (sets,), levels=(1, 2, 3)), Family("boolean_en", (boolean,), levels=(1, 2, 3)))
