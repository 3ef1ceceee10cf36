"""The same word problem in Korean and in English, from the same numbers: a model should answer both alike."""

from __future__ import annotations

from functools import partial

from tasks.demo.generator.draw import Draw
from tasks.generated.family import Candidate, Family

THINGS = (
    ("사과", "apples"),
    ("배", "pears"),
    ("감자", "potatoes"),
    ("양파", "onions"),
    ("당근", "carrots"),
    ("호박", "pumpkins"),
)
ENDS = {"ko": "숫자로만 답하십시오.", "en": "Answer with a number only."}
CODE = (("갑", "A"), ("을", "B"), ("병", "C"))


def reasoning(draw: Draw, level: int, *, language: str) -> Candidate:
    """Trains (1), pay by the hour (2), a shop over several days (3), work shared by machines (4)."""
    said, answer = (_train, _pay, _shop, _machines)[level - 1](draw)
    return Candidate(f"{said[language]} {ENDS[language]}", f"{answer}")


Told = tuple[dict[str, str], int]


def _train(draw: Draw) -> Told:
    first, hours = draw.between(30, 120), draw.between(2, 9)
    second, more = draw.between(30, 120), draw.between(2, 9)
    korean = (
        f"기차가 한 시간에 {first} km씩 {hours}시간을 달린 다음, 한 시간에 {second} km씩 {more}시간을 더 달렸습니다. "
        "기차가 달린 거리는 모두 몇 km입니까?"
    )
    english = (
        f"A train runs at {first} km per hour for {hours} hours, then at {second} km per hour for {more} more hours. "
        "How many km does it run in all?"
    )
    return {"ko": korean, "en": english}, first * hours + second * more


def _pay(draw: Draw) -> Told:
    wage, hours, extra, over = (
        draw.between(20, 90) * 10,
        draw.between(3, 8),
        draw.between(5, 19) * 10,
        draw.between(1, 6),
    )
    days, fee = draw.between(2, 20), draw.between(1, 40) * 10
    korean = (
        f"어떤 사람이 하루에 {hours}시간씩 {days}일을 일하고 한 시간에 {wage}점을 받습니다. 그 밖에 {over}시간을 더 "
        f"일했는데, 이 시간에는 한 시간에 {extra}점씩 더 받습니다. 받은 점수에서 {fee}점을 낸다면 몇 점이 남습니까?"
    )
    english = (
        f"Somebody works {hours} hours a day for {days} days and gets {wage} points an hour. Besides, there are {over} "
        f"further hours, each of which pays {extra} points more. After a fee of {fee} points, how many points are left?"
    )
    return {"ko": korean, "en": english}, wage * hours * days + (wage + extra) * over - fee


def _shop(draw: Draw) -> Told:
    (one, fruit), start, bought = draw.choice(THINGS), draw.between(100, 600), draw.between(20, 99)
    days, sold = draw.between(3, 9), draw.between(20, 120)
    sold = min(sold, start // days + bought - 1)
    spoiled = draw.between(1, start + (bought - sold) * days)
    korean = (
        f"가게에 {one} {start}개가 있었습니다. {days}일 동안 날마다 {bought}개를 들여오고 {sold}개를 팔았으며, "
        f"마지막 날에 상한 {spoiled}개를 버렸습니다. 남은 것은 몇 개입니까?"
    )
    english = (
        f"A shop had {start} {fruit}. On each of {days} days it took in {bought} and sold {sold}, and on the last day "
        f"it threw away {spoiled} that had gone bad. How many are left?"
    )
    return {"ko": korean, "en": english}, start + (bought - sold) * days - spoiled


def _machines(draw: Draw) -> Told:
    rates, hours = [draw.between(3, 60) for _ in range(3)], [draw.between(2, 12) for _ in range(3)]
    each, made = draw.between(3, 12), sum(rate * time for rate, time in zip(rates, hours, strict=True))
    told = [
        (
            f"{one} 기계는 한 시간에 {rate}개씩 {time}시간",
            f"Machine {other} makes {rate} parts an hour for {time} hours",
        )
        for (one, other), rate, time in zip(CODE, rates, hours, strict=True)
    ]
    korean = (
        f"{', '.join(one for one, _ in told)} 동안 부품을 만들었습니다. 부품을 한 상자에 {each}개씩 담고, "
        "가득 찬 상자만 보냅니다. 보내는 상자는 몇 개입니까?"
    )
    english = (
        f"{'. '.join(other for _, other in told)}. The parts are packed {each} to a box, and only full boxes "
        "are sent. How many boxes are sent?"
    )
    return {"ko": korean, "en": english}, made // each


FAMILIES = (
    Family(
        "bilingual_reasoning",
        (partial(reasoning, language="ko"), partial(reasoning, language="en")),
        versions=("-ko", "-en"),
    ),
)
