"""Honorifics: who is honoured decides particle and verb. The prompt says who is, so that one answer is right."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from tasks.demo.generator.draw import Draw
from tasks.demo.generator.hangul import particle
from tasks.generated.family import Candidate, Family
from tasks.generated.korean import NAMES, topic

HONOURED = (
    "할머니",
    "할아버지",
    "선생님",
    "교장 선생님",
    "원장님",
    "사장님",
    "교수님",
    "이모님",
    "고모님",
    "의사 선생님",
)
TIMES = ("오늘", "어제", "아까", "조금 전에", "지난주에", "며칠 전에", "방금", "그저께")
TASK = "높임법에 맞게 빈칸을 채운 것을 고르십시오."

ALONE = (
    (("점심을", "저녁을", "아침을", "죽을", "떡을", "국수를"), "먹었습니다", "드셨습니다"),
    (("방에서", "거실에서", "일찍", "늦게까지", "두 시간 동안", "푹"), "잤습니다", "주무셨습니다"),
    (("집에", "공원에", "시장에", "병원에", "도서관에", "마당에"), "있었습니다", "계셨습니다"),
    (("크게", "천천히", "다시", "조용히", "짧게", "먼저"), "말했습니다", "말씀하셨습니다"),
)
"""What goes before, the plain verb, the verb that honours the one who acts."""

THINGS = (
    "사과를",
    "책을",
    "선물을",
    "편지를",
    "꽃을",
    "우산을",
    "사진을",
    "열쇠를",
    "떡을",
    "안경을",
    "달력을",
    "수첩을",
)

GIVING = ("주었습니다", "주셨습니다", "드렸습니다", "드리셨습니다")
"""Nobody honoured; the giver; the receiver; both."""

MEETING = (
    ("만났습니다", "만나셨습니다", "뵈었습니다", "뵈셨습니다"),
    ("데리고 왔습니다", "데리고 오셨습니다", "모시고 왔습니다", "모시고 오셨습니다"),
    ("데리고 나갔습니다", "데리고 나가셨습니다", "모시고 나갔습니다", "모시고 나가셨습니다"),
)
PLACES = ("역에서", "시장에서", "공원에서", "병원에서", "학교에서", "도서관에서", "강당에서", "정류장에서")


def honorifics(draw: Draw, level: int) -> Candidate:
    """Two who act (level 1); one who gives and one who receives (2); one who meets or brings another (3)."""
    high, low = draw.sample(HONOURED, 2), draw.sample(NAMES, 2)
    up, other_up = draw.below(2), draw.below(2)
    actor, other = (high if up else low)[0], (high if other_up else low)[1]
    roles = f"{', '.join(high)}: 높임의 대상. {', '.join(low)}: 높임의 대상이 아님."
    time = draw.choice(TIMES)
    if level == 1:
        return _both_act(draw, roles, time, ((actor, up), (other, other_up)))
    first, verbs = _subjects(actor), GIVING if level == 2 else draw.choice(MEETING)
    if level == 2:
        second = ("에게", "께")
        sentence = f"{time} {actor}(  ) {other}(  ) {draw.choice(THINGS)} (  )."
    else:
        second = (particle(other, "을", "를"),) * 2
        sentence = f"{time} {actor}(  ) {other}(  ) {draw.choice(PLACES)} (  )."
    said = {
        (one, two): f"{first[one]} / {second[two]} / {verbs[one + 2 * two]}" for one, two in product((0, 1), (0, 1))
    }
    return _asked(roles, sentence, said[up, other_up], said.values())


def _both_act(draw: Draw, roles: str, time: str, who: tuple[tuple[str, int], tuple[str, int]]) -> Candidate:
    """Only the verbs are asked: 할머니가 주무셨습니다 is no mistake, and each of the four choices is right at times."""
    (one, one_up), (two, two_up) = who
    (befores, *verbs), (others, *more) = draw.sample(ALONE, 2)
    story = f"{time} {topic(one)} {draw.choice(befores)} (  ), {topic(two)} {draw.choice(others)} (  )."
    said = {(first, second): f"{_linked(verbs[first])} / {more[second]}" for first, second in product((0, 1), (0, 1))}
    return _asked(roles, story, said[one_up, two_up], said.values())


def _linked(verb: str) -> str:
    """먹었습니다 within a sentence that goes on: 먹었고."""
    return f"{verb.removesuffix('습니다')}고"


def _subjects(word: str) -> tuple[str, str]:
    return particle(word, "이", "가"), "께서"


def _asked(roles: str, sentence: str, right: str, said: Iterable[str]) -> Candidate:
    return Candidate(f"{roles}\n{TASK}\n{sentence}", right, tuple(one for one in said if one != right))


FAMILIES = (Family("honorific_ko", (honorifics,), levels=(1, 2, 3)),)
