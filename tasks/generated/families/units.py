"""Korean units: what a 두름 or a 섬 holds, and old measures whose factor the prompt gives."""

from __future__ import annotations

from tasks.demo.generator.draw import Draw
from tasks.generated.family import Candidate, Family
from tasks.generated.korean import NAMES, by, native, object_, subject, topic, with_

BUNDLES = (
    ("북어", "쾌", 20, "마리"),
    ("조기", "두름", 20, "마리"),
    ("오징어", "축", 20, "마리"),
    ("고등어", "손", 2, "마리"),
    ("김", "톳", 100, "장"),
    ("마늘", "접", 100, "개"),
    ("배추", "접", 100, "포기"),
    ("바늘", "쌈", 24, "개"),
    ("접시", "죽", 10, "개"),
    ("달걀", "판", 30, "개"),
    ("연필", "다스", 12, "자루"),
)
"""What is counted, the bundle, how many are in it, the counter of one. (국립국어원 표준국어대사전)"""

GIVEN = (
    ("땅", "평", "제곱미터", 33, 10),
    ("금", "돈", "그램", 375, 100),
    ("돼지고기", "근", "그램", 600, 1),
    ("논", "마지기", "제곱미터", 660, 1),
    ("옷감", "자", "센티미터", 30, 1),
)
"""What is measured, the old unit, the new one, and the factor as a fraction; the prompt says the factor."""

VOLUMES = ("섬", "말", "되", "홉")
DIGITS = "숫자로만 답하십시오."


def units(draw: Draw, level: int) -> Candidate:
    """Bundles (1), bundles of two kinds (2), a given factor (3), 섬, 말, 되 and 홉 with carrying (4)."""
    return (_bundle, _two_bundles, _given, _volumes)[level - 1](draw)


def _bundle(draw: Draw) -> Candidate:
    name, (thing, bundle, size, unit), count = draw.choice(NAMES), draw.choice(BUNDLES), draw.between(2, 30)
    sold = draw.between(1, count * size - 1)
    story = f"{name} 씨가 {thing} {native(count)} {object_(bundle)} 사서 {sold}{object_(unit)} 팔았습니다."
    return Candidate(f"{story} 남은 {topic(thing)} 몇 {unit}입니까? {DIGITS}", f"{count * size - sold}")


def _two_bundles(draw: Draw) -> Candidate:
    unit = draw.choice(("마리", "개"))
    (one, bundle, size, _), (two, other, more, _) = draw.sample([one for one in BUNDLES if one[3] == unit], 2)
    first, second = draw.between(2, 40), draw.between(2, 40)
    shop = f"{draw.choice(NAMES)} 씨네 가게"
    story = f"{shop}에 {with_(one)} {subject(two)} 있습니다."
    amounts = f"{topic(one)} {native(first)} {bundle}, {topic(two)} {native(second)} {other}입니다."
    return Candidate(f"{story} {amounts} 모두 합하면 몇 {unit}입니까? {DIGITS}", f"{first * size + second * more}")


def _given(draw: Draw) -> Candidate:
    thing, old, new, numerator, denominator = draw.choice(GIVEN)
    factor = _decimal(numerator, denominator)
    first, second = draw.between(1, 60) * denominator, draw.between(1, 60) * denominator
    rule = f"1{topic(old)} {factor}{by(new)} 계산합니다."
    name = draw.choice(NAMES)
    if draw.below(2):
        story = f"{name} 씨에게 {thing} {subject(f'{first}{old}')} 있었는데 {subject(f'{second}{old}')} 더 생겼습니다."
        question = f"{topic(thing)} 모두 몇 {new}입니까?"
        return Candidate(f"{rule} {story} {question} {DIGITS}", f"{(first + second) * numerator // denominator}")
    story = f"{name} 씨에게 {thing} {subject(f'{first * numerator // denominator}{new}')} 있습니다."
    question = f"{topic(thing)} 몇 {old}입니까?"
    return Candidate(f"{rule} {story} {question} {DIGITS}", f"{first}")


def _decimal(numerator: int, denominator: int) -> str:
    whole, rest = divmod(numerator, denominator)
    return f"{whole}" if not rest else f"{whole}.{f'{rest * 1000 // denominator:03d}'.rstrip('0')}"


def _volumes(draw: Draw) -> Candidate:
    one, two = ([draw.between(1, 9) for _ in range(4)] for _ in range(2))
    rule = "1섬은 10말, 1말은 10되, 1되는 10홉입니다."
    grain = draw.choice(("쌀", "보리", "콩", "팥", "조", "수수"))
    amounts = [" ".join(f"{count}{unit}" for count, unit in zip(counts, VOLUMES, strict=True)) for counts in (one, two)]
    total = sum(value * 10**place for counts in (one, two) for place, value in enumerate(reversed(counts)))
    name, (before, more) = draw.choice(NAMES), amounts
    story = f"{name} 씨네 창고에 {grain} {subject(before)} 있었는데, 가을에 {object_(more)} 더 들였습니다."
    return Candidate(f"{rule} {story} 창고의 {topic(grain)} 모두 몇 홉입니까? {DIGITS}", f"{total}")


FAMILIES = (Family("units_ko", (units,)),)
