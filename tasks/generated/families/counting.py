"""Korean numbers with their counters: word problems, and how a number is read."""

from __future__ import annotations

from tasks.demo.generator.draw import Draw
from tasks.demo.generator.hangul import particle
from tasks.generated.family import Candidate, Family
from tasks.generated.korean import NAMES, native, object_, sino, subject, topic

COUNTED = (
    *(("사과", "개"), ("귤", "개"), ("구슬", "개"), ("지우개", "개"), ("달걀", "개"), ("단추", "개")),
    *(("닭", "마리"), ("토끼", "마리"), ("금붕어", "마리"), ("오리", "마리"), ("염소", "마리")),
    *(("공책", "권"), ("동화책", "권"), ("만화책", "권"), ("사전", "권")),
    *(("양말", "켤레"), ("운동화", "켤레"), ("장갑", "켤레"), ("구두", "켤레")),
    *(("연필", "자루"), ("볼펜", "자루"), ("붓", "자루"), ("장미", "송이"), ("튤립", "송이"), ("국화", "송이")),
    *(("색종이", "장"), ("엽서", "장"), ("우표", "장"), ("손수건", "장"), ("자전거", "대"), ("트럭", "대")),
    *(("감나무", "그루"), ("소나무", "그루"), ("우유", "병"), ("주스", "병"), ("셔츠", "벌"), ("한복", "벌")),
)
PACKED = tuple(one for one in COUNTED if one[1] not in {"마리", "대", "그루"})
"""What fits into boxes."""

WRITE_DIGITS = "아라비아 숫자로만 답하십시오."


def word_problem(draw: Draw, level: int) -> Candidate:
    """Native numbers with counters; from level 4 on also prices in Sino-Korean numbers."""
    return (_gain_or_loss, _boxes, _three_people, _change)[level - 1](draw)


def _gain_or_loss(draw: Draw) -> Candidate:
    name, (thing, unit) = draw.choice(NAMES), draw.choice(COUNTED)
    first = draw.between(2, 59)
    start = f"{topic(name)} {object_(thing)} {native(first)} {unit} 가지고 있었습니다."
    if draw.below(2):
        second = draw.between(1, 39)
        change, answer = f"{native(second)} {object_(unit)} 더 얻었습니다.", first + second
    else:
        second = draw.between(1, first - 1)
        change, answer = f"그중 {native(second)} {object_(unit)} 친구에게 주었습니다.", first - second
    return Candidate(f"{start} {change} {topic(thing)} 이제 모두 몇 {unit}입니까? {WRITE_DIGITS}", f"{answer}")


def _boxes(draw: Draw) -> Candidate:
    (thing, unit), boxes, each = draw.choice(PACKED), draw.between(2, 19), draw.between(2, 19)
    sold = draw.between(1, min(99, boxes * each - 1))
    story = f"가게에 상자가 {native(boxes)} 개 있고, 상자마다 {subject(thing)} {native(each)} {unit}씩 들어 있습니다."
    sale = f"오늘 {topic(thing)} {native(sold)} {unit} 팔렸습니다."
    return Candidate(f"{story} {sale} 남은 {topic(thing)} 몇 {unit}입니까? {WRITE_DIGITS}", f"{boxes * each - sold}")


def _three_people(draw: Draw) -> Candidate:
    (one, two, three), (thing, unit) = draw.sample(NAMES, 3), draw.choice(COUNTED)
    first, more, times = draw.between(3, 40), draw.between(1, 40), draw.between(2, 5)
    fewer = draw.below(2) == 1 and more < first
    second = first - more if fewer else first + more
    story = (
        f"{topic(one)} {object_(thing)} {native(first)} {unit} 가지고 있습니다. "
        f"{topic(two)} {one}보다 {native(more)} {unit} {'적게' if fewer else '많이'} 가지고 있습니다. "
        f"{topic(three)} {two}의 {native(times)} 배를 가지고 있습니다."
    )
    question = f"세 사람이 가진 {topic(thing)} 모두 몇 {unit}입니까? {WRITE_DIGITS}"
    return Candidate(f"{story} {question}", f"{first + second + second * times}")


def _change(draw: Draw) -> Candidate:
    name, ((one, unit), (two, other)) = draw.choice(NAMES), draw.sample(COUNTED, 2)
    count, further = draw.between(2, 12), draw.between(2, 12)
    price, second = draw.between(5, 99) * 100, draw.between(5, 99) * 100
    cost = count * price + further * second
    paid = (cost // 10_000 + draw.between(1, 5)) * 10_000
    story = (
        f"한 {unit}에 {sino(price)} 원인 {object_(one)} {native(count)} {unit}, 한 {other}에 {sino(second)} 원인 "
        f"{object_(two)} {native(further)} {other} 샀습니다."
    )
    question = f"{subject(name)} {sino(paid)} 원을 냈다면 거스름돈은 얼마입니까? {WRITE_DIGITS}"
    return Candidate(f"{story} {question}", f"{paid - cost}")


def number_reading(draw: Draw, level: int) -> Candidate:
    """A Sino-Korean number, written in digits; at the last level the sum of two."""
    task = "다음 수를 쉼표 없이 아라비아 숫자로만 쓰십시오"
    if level < 4:
        number = _long(draw, (5, 8, 11)[level - 1])
        return Candidate(f"{task}: {sino(number)}", f"{number}")
    one, two = _long(draw, 7), _long(draw, 8)
    return Candidate(
        f"다음 두 수의 합을 쉼표 없이 아라비아 숫자로만 쓰십시오: {sino(one)}, {sino(two)}", f"{one + two}"
    )


def _long(draw: Draw, digits: int) -> int:
    """A number of so many digits, with more zeros than chance would give."""
    rest = [draw.between(1, 9) if draw.below(10) < 7 else 0 for _ in range(digits - 1)]
    return int("".join(map(str, [draw.between(1, 9), *rest])))


ANIMALS = (
    ("살", "{name} 씨의 거북이는 올해 {}입니다."),
    ("살", "{name} 씨의 앵무새는 올해 {}이 되었습니다."),
    ("살", "{name} 씨가 돌보는 코끼리는 이제 {}입니다."),
    ("살", "{name} 씨네 마당의 소나무는 올해로 {}입니다."),
)
"""살 takes native numbers however large; of other counters large numbers are read in both ways."""

STRICT_NATIVE = (
    *ANIMALS,
    ("켤레", "{name} 씨의 가게에는 양말이 {} 있습니다."),
    ("송이", "{name} 씨의 꽃밭에 장미가 {} 피었습니다."),
    ("그루", "{name} 씨의 밭에 감나무가 {} 있습니다."),
)
"""Counters that take native numbers only, below twenty."""

STRICT_SINO = (
    ("년", "{name} 씨의 할머니는 그 집에서 {} 동안 살았습니다."),
    ("원", "{name} 씨는 동전으로 {}을 냈습니다."),
    ("분", "{name} 씨는 정류장에서 {} 동안 기다렸습니다."),
    ("초", "{name} 씨는 숨을 {} 동안 참았습니다."),
    ("인분", "{name} 씨의 식당은 오늘 불고기를 {} 팔았습니다."),
)
"""Counters that take Sino-Korean numbers only."""


def counter_reading(draw: Draw, level: int) -> Candidate:
    """How a number with its counter is read."""
    if level == 4:
        return _clock(draw)
    unit, frame = draw.choice((STRICT_NATIVE, ANIMALS, STRICT_SINO)[level - 1])
    number = draw.between(*((2, 19), (20, 99), (11, 99))[level - 1])
    shown = f"{number}{unit}"
    owner, friend = draw.sample(NAMES, 2)
    sentence = frame.format(shown, name=f"{owner} 씨의 친구인 {friend}")
    read, other = (sino, native) if level == 3 else (native, sino)
    near = draw.choice([value for value in (number - 10, number - 1, number + 1, number + 10) if 2 <= value <= 99])
    wrong = (f"{other(number)} {unit}", f"{read(near)} {unit}", f"{other(near)} {unit}")
    return Candidate(f"{sentence} {_asking(shown)}", f"{read(number)} {unit}", wrong)


def _asking(shown: str) -> str:
    return f"이 문장의 '{shown}'{particle(shown, '을', '를')} 바르게 읽은 것은 무엇입니까?"


def _clock(draw: Draw) -> Candidate:
    hour, minute = draw.between(1, 12), draw.between(1, 59)
    shown, event = f"{hour}시 {minute}분", draw.choice(("모임", "회의", "수업", "공연", "기차 여행", "운동 경기"))
    sentence = f"{draw.choice(NAMES)} 씨의 {topic(event)} {shown}에 시작합니다."
    hours, minutes = (native(hour), sino(hour)), (sino(minute), native(minute))
    right, *wrong = (f"{one} 시 {two} 분" for one in hours for two in minutes)
    return Candidate(f"{sentence} {_asking(shown)}", right, tuple(wrong))


FAMILIES = (
    Family("counters_ko", (word_problem,)),
    Family("number_reading_ko", (number_reading,)),
    Family("counter_reading_ko", (counter_reading,)),
)
