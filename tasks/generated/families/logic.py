"""Orders with exactly one solution: who is where in a row."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import permutations

from tasks.demo.generator.draw import Draw
from tasks.generated.family import Candidate, Family
from tasks.generated.korean import NAMES, topic

ENGLISH_NAMES = (
    *("Adam", "Beth", "Carl", "Dora", "Emil", "Faye", "Greg", "Hana", "Ivan", "June", "Kurt", "Lena", "Mona", "Noel"),
    *("Olga", "Paul", "Rita", "Sven", "Tara", "Vera", "Walt", "Yara", "Zane", "Nina", "Otto", "Ruth", "Theo", "Uma"),
)
PEOPLE = {1: 4, 2: 5, 3: 6, 4: 7}
"""People in the row, by level."""

ORDINALS = ("첫", "두", "세", "네", "다섯", "여섯", "일곱")

Order = tuple[int, ...]
"""Place of each person."""

Clue = tuple[str, int, int]
"""Its kind, a person, and another person or a place."""

HOLDS: dict[str, Callable[[Order, int, int], bool]] = {
    "before": lambda order, one, two: order[one] < order[two],
    "right_before": lambda order, one, two: order[one] + 1 == order[two],
    "beside": lambda order, one, two: abs(order[one] - order[two]) == 1,
    "not_beside": lambda order, one, two: abs(order[one] - order[two]) > 1,
    "not_at": lambda order, one, place: order[one] != place,
}

KOREAN = {
    "before": "{one} {two}보다 앞에 섰습니다.",
    "right_before": "{one} {two} 바로 앞에 섰습니다.",
    "beside": "{one} {two} 바로 앞이나 바로 뒤에 섰습니다.",
    "not_beside": "{one} {two} 바로 앞에도 바로 뒤에도 서지 않았습니다.",
    "not_at": "{one} 앞에서 {place} 번째가 아닙니다.",
}
ENGLISH = {
    "before": "{one} stands somewhere in front of {two}.",
    "right_before": "{one} stands directly in front of {two}.",
    "beside": "{one} stands directly in front of or directly behind {two}.",
    "not_beside": "{one} stands neither directly in front of nor directly behind {two}.",
    "not_at": "{one} is not number {place} from the front.",
}


def ordering(draw: Draw, level: int, *, language: str) -> Candidate:
    """True clues, each of which excludes something, until one order is left; asked is who stands at a place."""
    count = PEOPLE[level]
    people = draw.sample(NAMES if language == "ko" else ENGLISH_NAMES, count)
    order = tuple(draw.shuffled(range(count)))
    clues = [_told(clue, people, language) for clue in _clues(draw, order)]
    place = draw.below(count)
    right = people[order.index(place)]
    wrong = draw.sample([name for name in people if name != right], 3)
    if language == "ko":
        start = f"{', '.join(people)} {count}명이 한 줄로 섰습니다."
        question = f"앞에서 {ORDINALS[place]} 번째 사람은 누구입니까?"
    else:
        start = f"{', '.join(people)} stand in one line, {count} people in all."
        question = f"Who is number {place + 1} from the front?"
    return Candidate(" ".join([start, *clues, question]), right, tuple(wrong))


def _clues(draw: Draw, order: Order) -> list[Clue]:
    left, chosen = list(permutations(range(len(order)))), []
    for clue in draw.shuffled(_true(order)):
        kind, first, second = clue
        holds = HOLDS[kind]
        kept = [one for one in left if holds(one, first, second)]
        if len(kept) < len(left):
            chosen.append(clue)
            left = kept
        if len(left) == 1:
            break
    return chosen


def _true(order: Order) -> list[Clue]:
    """Every clue that holds."""
    people = range(len(order))
    pairs = [(one, two) for one in people for two in people if one != two]
    found = [(kind, *pair) for kind in ("before", "right_before", "beside", "not_beside") for pair in pairs]
    found += [("not_at", one, place) for one in people for place in people]
    return [clue for clue in found if _holds(clue, order)]


def _holds(clue: Clue, order: Order) -> bool:
    kind, one, other = clue
    return HOLDS[kind](order, one, other)


def _told(clue: Clue, people: list[str], language: str) -> str:
    kind, one, other = clue
    name = topic(people[one]) if language == "ko" else people[one]
    if kind == "not_at":
        if language == "ko":
            return KOREAN[kind].format(one=name, place=ORDINALS[other])
        return ENGLISH[kind].format(one=name, place=other + 1)
    return (KOREAN if language == "ko" else ENGLISH)[kind].format(one=name, two=people[other])


FAMILIES = (
    Family("ordering_ko", (partial(ordering, language="ko"),)),
    Family("ordering_en", (partial(ordering, language="en"),)),
)
