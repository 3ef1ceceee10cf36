"""Instructions that are followed to the letter: a list of words, changed step by step, and written in one way only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tasks.demo.generator.draw import Draw
from tasks.demo.generator.hangul import has_final
from tasks.generated.family import Candidate, Family

Words = list[str]
Change = Callable[[Words], Words]


@dataclass(frozen=True)
class Step:
    """One instruction, in words and as what it does."""

    said: str
    change: Change


def _first_last(words: Words) -> Words:
    return [words[-1], *words[1:-1], words[0]] if len(words) > 1 else words


SHARED: tuple[tuple[str, str, Change], ...] = (
    ("순서를 거꾸로 하십시오.", "Reverse the order.", lambda words: words[::-1]),
    ("첫째 낱말을 빼십시오.", "Remove the first word.", lambda words: words[1:]),
    ("마지막 낱말을 빼십시오.", "Remove the last word.", lambda words: words[:-1]),
    ("첫째 낱말과 마지막 낱말의 자리를 서로 바꾸십시오.", "Swap the first and the last word.", _first_last),
    ("첫째 낱말을 맨 뒤로 옮기십시오.", "Move the first word to the end.", lambda words: [*words[1:], words[0]]),
    ("마지막 낱말을 맨 앞에 한 번 더 쓰십시오.", "Write the last word once more, at the front.",
     lambda words: [words[-1], *words]),
    ("둘째 낱말을 빼십시오.", "Remove the second word.", lambda words: [words[0], *words[2:]]),
)  # fmt: skip

KOREAN: tuple[Step, ...] = (
    *(Step(said, change) for said, _, change in SHARED),
    Step("가나다순으로 늘어놓으십시오.", sorted),
    Step("가나다순의 반대로 늘어놓으십시오.", lambda words: sorted(words, reverse=True)),
    Step("받침으로 끝나는 낱말만 남기십시오.", lambda words: [word for word in words if has_final(word)]),
    Step("받침으로 끝나지 않는 낱말만 남기십시오.", lambda words: [word for word in words if not has_final(word)]),
    Step("두 글자인 낱말만 남기십시오.", lambda words: [word for word in words if len(word) == 2]),
    Step("세 글자인 낱말을 모두 빼십시오.", lambda words: [word for word in words if len(word) != 3]),
)
ENGLISH: tuple[Step, ...] = (
    *(Step(said, change) for _, said, change in SHARED),
    Step("Put the words in alphabetical order.", sorted),
    Step("Put the words in reverse alphabetical order.", lambda words: sorted(words, reverse=True)),
    Step("Keep only the words of five letters.", lambda words: [word for word in words if len(word) == 5]),
    Step("Remove every word that ends in e.", lambda words: [word for word in words if not word.endswith("e")]),
    Step("Keep only the words that contain the letter r.", lambda words: [word for word in words if "r" in word]),
    Step("Remove every word that begins with s.", lambda words: [word for word in words if word[0] != "s"]),
)

KOREAN_NOUNS = tuple(
    "감자 강물 거울 고양이 공원 구름 그림 기차 나무 냄비 노래 단추 달력 도서관 돌고래 라디오 마을 모자 무지개 물감 "
    "바구니 바다 발자국 배추 보름달 비누 사과 사전 소나무 손수건 수박 숟가락 시계 신발 양말 얼음 연필 오이 우산 울타리 "
    "의자 이불 자전거 장갑 접시 종이 주전자 참새 창문 촛불 칠판 커피 코끼리 토끼 파도 편지 "
    "풀잎 항아리 호랑이 화분".split()
)
ENGLISH_NOUNS = tuple(
    "anchor apple basket bridge brush button candle carpet castle chair cloud coffee copper corner dragon drawer "
    "engine feather fence flute forest garden glove hammer harbor hill honey island jacket kettle ladder lemon letter "
    "lizard market meadow mirror needle ocean orange paper pencil pepper pillow planet potato puzzle rabbit river "
    "rocket saddle scarf shelf silver spoon stone storm table tiger tower towel valley violin wagon water whale window "
    "winter".split()
)

JOINS = (
    (", ", "쉼표와 빈칸 하나", "a comma and a space"),
    (" / ", "빈칸 하나, 빗금, 빈칸 하나", "a space, a slash and a space"),
    ("-", "붙임표(-)", "a hyphen (-)"),
    (";", "쌍반점(;)", "a semicolon (;)"),
    (" ", "빈칸 하나", "a space"),
)
"""What stands between the words, and how it is called."""
FEWEST = 2
"""Words that are left at least."""


def orders(draw: Draw, level: int, *, language: str) -> Candidate:
    """As many steps as the level says, none of which can be left out, then one way to write what is left."""
    pool, nouns = (KOREAN, KOREAN_NOUNS) if language == "ko" else (ENGLISH, ENGLISH_NOUNS)
    while True:
        words = draw.sample(nouns, 7 if level < 3 else 9)
        steps = draw.sample(pool, level)
        left = _followed(words, steps)
        if left is not None and _needed(words, steps, left):
            break
    sign, korean, english = draw.choice(JOINS)
    if language == "ko":
        how = f"끝으로 남은 낱말을 한 줄에 쓰십시오. 낱말 사이에는 {korean}만 두고, 다른 말은 쓰지 마십시오."
        head = f"다음 낱말에 지시를 차례대로 따르십시오.\n낱말: {', '.join(words)}"
    else:
        how = f"Finally write the words that are left in one line, with only {english} between them and nothing else."
        head = f"Follow the instructions on these words, one after the other.\nWords: {', '.join(words)}"
    listed = "\n".join(f"{place}. {said}" for place, said in enumerate([*(step.said for step in steps), how], 1))
    return Candidate(f"{head}\n{listed}", sign.join(left))


def _followed(words: Words, steps: list[Step]) -> Words | None:
    """What is left; None where a step changes nothing, or leaves too little."""
    for step in steps:
        changed = step.change(words)
        if changed == words or len(changed) < FEWEST:
            return None
        words = changed
    return words


def _needed(words: Words, steps: list[Step], left: Words) -> bool:
    """Whether each step counts: one that a later step undoes would be a level in name only."""
    return all(_plain(words, [*steps[:place], *steps[place + 1 :]]) != left for place in range(len(steps)))


def _plain(words: Words, steps: list[Step]) -> Words:
    for step in steps:
        words = step.change(words) if words else words
    return words


FAMILIES = (
    Family("orders_ko", (partial(orders, language="ko"),)),
    Family("orders_en", (partial(orders, language="en"),)),
)
