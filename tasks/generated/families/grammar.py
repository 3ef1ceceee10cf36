"""Particles by the last sound of what is read aloud: nouns, numbers, Latin letters."""

from __future__ import annotations

from itertools import product

from tasks.demo.generator.draw import Draw
from tasks.demo.generator.hangul import FINALS, FIRST
from tasks.generated.family import Candidate, Family
from tasks.generated.korean import RIEUL, SINO_DIGITS

LETTERS = dict(
    zip(
        "ABCDEFGHIJKLMNOPQSTUVWXYZ",
        "에이 비 시 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 에스 티 유 브이 "
        "더블유 엑스 와이 제트".split(),
        strict=True,
    )
)
"""Names of the letters. R is left out: it is read 아르 and 알."""

NOUNS = (
    *(
        "사과",
        "연필",
        "책상",
        "나무",
        "달",
        "우산",
        "구름",
        "바람",
        "학교",
        "교실",
        "시장",
        "기차",
        "물",
        "커피",
        "가방",
    ),
    *(
        "신문",
        "라디오",
        "칼",
        "지도",
        "열쇠",
        "모자",
        "거울",
        "비누",
        "수건",
        "서울",
        "부산",
        "제주",
        "창문",
        "의자",
        "종이",
    ),
    *(
        "고양이",
        "호랑이",
        "말",
        "곰",
        "토끼",
        "참새",
        "쌀",
        "밥",
        "떡",
        "김치",
        "공원",
        "강",
        "바다",
        "산",
        "들",
        "마을",
    ),
)

PARTICLES = (("은", "는"), ("이", "가"), ("을", "를"), ("과", "와"), ("으로", "로"), ("이나", "나"), ("이라고", "라고"))
"""The form after a consonant, the form after a vowel."""


def particles(draw: Draw, level: int) -> Candidate:
    """Two blanks: nouns at level 1, numbers at 2, Latin letters at 3, a code of letters and digits at 4."""
    kinds = (_noun, _number, _letters, _code)
    words = [_noun(draw), kinds[level - 1](draw)]
    if level == 1 and words[0] == words[1]:
        words[1] = draw.choice([noun for noun in NOUNS if noun != words[0]])
    words = draw.shuffled(words)
    used = draw.sample(PARTICLES, 2)
    right = tuple(form(word, pair) for word, pair in zip(words, used, strict=True))
    wrong = [both for both in product(*used) if both != right]
    blanks = " ".join(f"'{word}'(  )" for word in words)
    first, second = (f"'{one}/{two}'" for one, two in used)
    task = "두 빈칸에 차례로 들어갈 조사의 꼴을 고르십시오. 앞말을 소리 내어 읽었을 때의 끝소리를 따릅니다."
    reads = "수는 한자어 수로(7은 칠), 로마자는 글자 이름으로(L은 엘) 읽습니다."
    question = (
        f"{task} {reads}\n{blanks}\n첫 빈칸에는 {first} 가운데 하나가, 둘째 빈칸에는 {second} 가운데 하나가 들어갑니다."
    )
    return Candidate(question, _pair(right), tuple(_pair(both) for both in wrong))


def _pair(forms: tuple[str, ...]) -> str:
    return ", ".join(forms)


def form(word: str, pair: tuple[str, str]) -> str:
    """The form that the word takes; 로, not 으로, after ㄹ."""
    final = (ord(reading(word)[-1]) - FIRST) % len(FINALS)
    return pair[1] if final == 0 or (final == RIEUL and pair[1] == "로") else pair[0]


def reading(word: str) -> str:
    """The end of the word as it is read; digits at the end of a code and of a number end in the same sound."""
    last = word[-1]
    if last in LETTERS:
        return LETTERS[last]
    if not last.isdigit():
        return word
    zeros = len(word) - len(word.rstrip("0"))
    return SINO_DIGITS[int(last)] if not zeros else ("십", "백", "천", "만", "십만", "백만")[zeros - 1]


def _noun(draw: Draw) -> str:
    return draw.choice(NOUNS)


def _number(draw: Draw) -> str:
    return f"{draw.between(1, 99) * 10 ** draw.below(4) if draw.below(2) else draw.between(1, 9999)}"


def _letters(draw: Draw) -> str:
    """Two to four letters; as often as not the last one's name ends in a consonant."""
    last = draw.choice("LMN") if draw.below(2) else draw.choice(tuple(LETTERS))
    return "".join(draw.choice(tuple(LETTERS)) for _ in range(draw.between(1, 3))) + last


def _code(draw: Draw) -> str:
    """Letters and a digit, or digits and a letter."""
    digits = f"{draw.between(1, 99)}{draw.between(1, 9)}"
    letters = _letters(draw)
    return f"{letters}-{draw.between(1, 9)}" if draw.below(2) else f"{digits}{letters}"


FAMILIES = (Family("particle_ko", (particles,)),)
