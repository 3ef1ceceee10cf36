"""Looking up in a long context: one record, several records, the record that another one points to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from tasks.demo.generator.draw import Draw
from tasks.generated.family import Candidate, Family, by_ruler

LEVELS = (4_000, 8_000, 16_000, 32_000, 64_000, 128_000)
"""Tokens of the prompt, about, by Gemma 3's tokenizer; one that knows no Korean needs more than twice as many there."""


@dataclass(frozen=True)
class Words:
    """What a language puts into its records."""

    tokens: int
    """Tokens of a record, about."""
    places: tuple[str, ...]
    goods: tuple[str, ...]
    record: str
    intro: str
    one: str
    sum_: str
    chain: str
    pointer: str


KOREAN = Words(
    tokens=24,
    places=tuple(
        "가평 강릉 거제 경주 고성 공주 광양 구례 군산 김포 나주 남원 단양 담양 동해 목포 문경 밀양 보령 부여 삼척 서산 "
        "속초 순천 안동 양산 여수 영월 예천 완도 울진 원주 익산 정선 제천 진도 진주 창녕 천안 청송 춘천 충주 태백 통영 "
        "평창 포천 하동 함안 해남 홍천".split()
    ),
    goods=tuple(
        "가구 간장 거울 공구 과자 그릇 기름 꽃병 담요 도자기 라면 모자 밀가루 밧줄 벽지 비누 사전 소금 수건 "
        "시계 식초 신발 악기 약초 양초 연필 우산 의자 인형 "
        " 자전거 장갑 접시 종이 참기름 책장 커피 타일 톱밥 한지 화분".split()
    ),
    record="{place} 창고 {code}번 칸에는 {good} {amount}상자가 있다.",
    intro="아래는 창고의 기록입니다. 기록을 읽고 물음에 답하십시오.",
    one="{cell}에는 물건이 몇 상자 있습니까? 숫자로만 답하십시오.",
    sum_="{cells}에 있는 물건은 모두 몇 상자입니까? 숫자로만 답하십시오.",
    chain="메모에 적힌 칸에는 물건이 몇 상자 있습니까? 숫자로만 답하십시오.",
    pointer="메모: {cell}을 확인할 것.",
)

ENGLISH = Words(
    tokens=20,
    places=tuple(
        "Alder Amber Ash Aspen Birch Bramble Cedar Cherry Clover Copper Coral Crane Dale Dune Elm Ember Falcon Fern "
        "Finch Flint Garnet Glen Granite Harbor Hazel Heron Holly Iris Ivory Jasper Juniper Lark Laurel Linden Lotus "
        "Maple Marble Meadow Moss Olive Onyx Opal Orchid Otter Pearl Pine Poplar Quartz Raven Reed".split()
    ),
    goods=tuple(
        "apples baskets bells blankets bolts books boots bottles bowls bricks brooms brushes buckets buttons cables "
        "candles carpets chairs clocks coats combs cups drums fans flutes forks gloves hammers hats helmets kettles "
        "keys ladders lamps locks maps mirrors mugs nails pans".split()
    ),
    record="Shelf {code} of the {place} warehouse holds {amount} crates of {good}.",
    intro="Below are the records of some warehouses. Read them and answer the question.",
    one="How many crates are on {cell}? Answer with a number only.",
    sum_="How many crates are there in total on {cells}? Answer with a number only.",
    chain="How many crates are on the shelf that the note names? Answer with a number only.",
    pointer="Note: check {cell}.",
)

CELL = {"ko": "{place} 창고 {code}번 칸", "en": "shelf {code} of the {place} warehouse"}
AND = {"ko": ", ", "en": " and "}


@dataclass(frozen=True)
class Record:
    place: str
    code: int
    good: str
    amount: int


def lookup(draw: Draw, level: int, *, language: str) -> Candidate:
    """A question about records whose cells (place and code) are unique; for each asked one a near miss is there too."""
    words = KOREAN if language == "ko" else ENGLISH
    records = _records(draw, words, level // words.tokens)
    lines = [words.record.format(place=one.place, code=one.code, good=one.good, amount=one.amount) for one in records]
    kind = draw.below(3)
    asked = draw.sample(range(0, len(records) - 1, 2), 3 if kind == 1 else 1)
    cells = [CELL[language].format(place=records[place].place, code=records[place].code) for place in asked]
    if kind == 0:
        question = words.one.format(cell=cells[0])
    elif kind == 1:
        question = words.sum_.format(cells=AND[language].join(cells))
    else:
        question = words.chain
        lines.append(words.pointer.format(cell=cells[0]))
    answer = sum(records[place].amount for place in asked)
    return Candidate("\n".join([words.intro, "", *draw.shuffled(lines), "", question]), f"{answer}")


def _records(draw: Draw, words: Words, count: int) -> list[Record]:
    """Records in pairs whose codes differ in the last digit only."""
    records: list[Record] = []
    taken: set[tuple[str, int]] = set()
    while len(records) < count:
        place, tens = draw.choice(words.places), draw.between(100, 999)
        if (place, tens) in taken:
            continue
        taken.add((place, tens))
        records += [
            Record(place, 10 * tens + digit, draw.choice(words.goods), draw.between(2, 999))
            for digit in draw.sample(range(10), 2)
        ]
    return records


FAMILIES = (
    Family("lookup_ko", (partial(lookup, language="ko"),), levels=LEVELS, schedule=by_ruler),
    Family("lookup_en", (partial(lookup, language="en"),), levels=LEVELS, schedule=by_ruler),
)
