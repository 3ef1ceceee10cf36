"""Solvers of the Korean families: from the prompt's text (and choices) alone to the answer."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from fractions import Fraction

from tests.unit.tasks.generated.korean_text import NATIVE, integers, last_sound, native, sino

Choices = list[str] | None


def counters(prompt: str, _: Choices) -> str:
    story = prompt.rsplit("아라비아", 1)[0]
    if "거스름돈" in story:
        prices = [sino(text) for text in re.findall(r"한 \S+에 ([^원]+) 원인", story)]
        counts = [native(text) for text in re.findall(r"원인 \S+ (\S+) ", story)]
        paid = sino(re.search(r"(?:이|가) ([^ ]+(?: [^ ]+)?) 원을 냈다면", story)[1])  # type: ignore[index]
        return str(paid - sum(price * count for price, count in zip(prices, counts, strict=True)))
    values = [NATIVE[word] for word in re.findall(r"\S+", story) if word in NATIVE]
    if "친구에게 주었" in story:
        return str(values[0] - values[1])
    if "더 얻었" in story:
        return str(sum(values))
    if "상자마다" in story:
        return str(values[0] * values[1] - values[2])
    second = values[0] + values[1] * (-1 if "적게" in story else 1)
    return str(values[0] + second + second * values[2])


def number_reading(prompt: str, _: Choices) -> str:
    return str(sum(sino(text) for text in prompt.partition(":")[2].split(",")))


def counter_reading(prompt: str, choices: Choices) -> str:
    """Every choice is read back; right is the one of the right value and the system that the counter takes."""
    assert choices
    shown = re.search(r"'([^']+)'", prompt)[1]  # type: ignore[index]
    wanted = re.findall(r"(\d+)([^\d ]+)", shown)
    right = [
        choice
        for choice in choices
        if all(
            _read(word, unit) == int(number)
            for (number, unit), word in zip(wanted, choice.split(" ")[::2], strict=True)
        )
    ]
    (one,) = right
    assert one.split(" ")[1::2] == [unit for _, unit in wanted]
    return one


def _read(word: str, unit: str) -> int | None:
    if unit in {"시", "살", "켤레", "송이", "그루"}:
        return NATIVE.get(word) if word not in {"하나", "둘", "셋", "넷", "스물"} else None
    return sino(word) if set(word) <= set("일이삼사오육칠팔구십백") else None


def calendar(prompt: str, choices: Choices) -> str:
    names = ["월", "화", "수", "목", "금", "토", "일"]
    days = [_ordinal(*map(int, found)) for found in re.findall(r"(\d+)년 (\d+)월 (\d+)일", prompt)]
    known = names.index(re.search(r"(.)요일입니다", prompt)[1])  # type: ignore[index]
    if "며칠" in prompt:
        asked = re.search(r"(첫째|둘째|셋째|넷째) (.)요일", prompt)
        assert asked
        turn = ["첫째", "둘째", "셋째", "넷째"].index(asked[1])
        hits = [day for day in range(1, 32) if (known + day - 1) % 7 == names.index(asked[2])]
        return f"{hits[turn]}일"
    away = int(re.search(r"(\d+)일 뒤", prompt)[1]) if "일 뒤" in prompt else days[1] - days[0]  # type: ignore[index]
    return f"{names[(known + away) % 7]}요일"


def _ordinal(year: int, month: int, day: int) -> int:
    """Day count by a formula of its own (days from civil, March first)."""
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day


def age(prompt: str, _: Choices) -> str:
    days = [tuple(map(int, found)) for found in re.findall(r"(\d+)년 (\d+)월 (\d+)일", prompt)]
    if "더하면 얼마" in prompt:
        return str(_counted(days[0], days[2]) + _full(days[1], days[2]))
    if "몇 년에" in prompt:
        month, day = map(int, re.search(r"생일은 (\d+)월 (\d+)일", prompt).groups())  # type: ignore[union-attr]
        age_ = int(re.search(r"로 (\d+)살입니다", prompt)[1])  # type: ignore[index]
        (year,) = [year for year in range(1900, 2100) if _full((year, month, day), days[0]) == age_]
        return str(year)
    return str((_counted if "세는나이" in prompt else _full)(days[0], days[1]))


def _counted(born: tuple[int, ...], day: tuple[int, ...]) -> int:
    return len(range(born[0], day[0] + 1))


def _full(born: tuple[int, ...], day: tuple[int, ...]) -> int:
    """Birthdays are counted one by one."""
    year, month, of = born
    if date(*day) < date(*born):
        return -1
    return sum(date(later, month, of) <= date(*day) for later in range(year + 1, day[0] + 1))


LEADS = dict(zip("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", map(chr, range(0x1100, 0x1113)), strict=True))


def jamo(prompt: str, _: Choices) -> str:
    text = prompt.rpartition(": ")[2]
    if prompt.startswith("빗금"):
        return "".join(_joined(part.split()) for part in text.split(" / "))
    parts = [unicodedata.normalize("NFD", sign) for sign in text]
    if "받침" in prompt:
        return "".join(unicodedata.normalize("NFC", one[:2]) for one in parts)
    if "서로 바꾸어" in prompt:
        changed = [parts[2][0] + parts[0][1:], parts[1], parts[0][0] + parts[2][1:]]
        return "".join(unicodedata.normalize("NFC", one) for one in changed)
    return " ".join(_lone(sign) for one in parts for sign in one)


def _lone(sign: str) -> str:
    """The compatibility letter of a conjoining jamo, by its Unicode name."""
    return unicodedata.lookup(f"HANGUL LETTER {unicodedata.name(sign).split(' ', 2)[2]}")


def _joined(letters: list[str]) -> str:
    names = [unicodedata.name(letter).removeprefix("HANGUL LETTER ") for letter in letters]
    kinds = ("CHOSEONG", "JUNGSEONG", "JONGSEONG")
    signs = [unicodedata.lookup(f"HANGUL {kind} {name}") for kind, name in zip(kinds, names, strict=False)]
    return unicodedata.normalize("NFC", "".join(signs))


def particle(prompt: str, _: Choices) -> str:
    words = re.findall(r"'([^']+)'\(", prompt)
    pairs = re.findall(r"'([^'/]+)/([^'/]+)'", prompt)
    return ", ".join(_form(word, *pair) for word, pair in zip(words, pairs, strict=True))


def _form(word: str, after_consonant: str, after_vowel: str) -> str:
    last = word[-1]
    if last.isascii():
        closed, liquid = last in "LMN013678", last in "L178"
    else:
        closed, liquid = last_sound(word) != "", last_sound(word) == "RIEUL"
    if after_vowel == "로" and liquid:
        closed = False
    return after_consonant if closed else after_vowel


HUMBLE = ("드렸", "드리셨", "뵈", "모시고")
HONORIFIC = ("주셨", "드리셨", "만나셨", "뵈셨", "오셨", "나가셨", "드셨", "주무셨", "계셨", "말씀하셨")


def honorific(prompt: str, choices: Choices) -> str:
    """Every choice is judged: 께서 and 시 for an honoured actor, 께 and the humble verb for an honoured other."""
    assert choices
    honoured = prompt.split(": 높임의 대상.", 1)[0].split(", ")
    sentence = prompt.rsplit("\n", 1)[1]
    if ", " in sentence:
        return _two_who_act(sentence, honoured, choices)
    people = re.findall(r"(\S+(?: 선생님)?)\(  \)", sentence)
    roles = [any(person == one or person.endswith(f" {one}") for one in honoured) for person in people]
    (right,) = [choice for choice in choices if _fits(choice.split(" / "), roles)]
    return right


def _two_who_act(sentence: str, honoured: list[str], choices: list[str]) -> str:
    """Each verb honours, or does not, the one whom its half of the sentence names."""
    roles = [any(f"{one}는" in half or f"{one}은" in half for one in honoured) for half in sentence.split(", ")]
    (right,) = [one for one in choices if [verb.startswith(HONORIFIC) for verb in one.split(" / ")] == roles]
    return right


def _fits(said: list[str], roles: list[bool]) -> bool:
    verb = said[-1]
    actor = (said[0] == "께서", verb.rsplit(" ", 1)[-1].startswith(HONORIFIC))
    humble = verb.startswith(HUMBLE)
    other = (humble, humble if said[1] in {"을", "를"} else said[1] == "께")
    return actor == (roles[0],) * 2 and other == (roles[1],) * 2


SIDES = {
    "아버지 형": "큰아버지", "아버지 남동생": "작은아버지", "아버지 누나": "고모", "아버지 여동생": "고모",
    "어머니 오빠": "외삼촌", "어머니 남동생": "외삼촌", "어머니 언니": "이모", "어머니 여동생": "이모",
    "아버지 아버지": "할아버지", "아버지 어머니": "할머니", "어머니 아버지": "외할아버지", "어머니 어머니": "외할머니",
}  # fmt: skip
MARRIED = {"큰아버지": "큰어머니", "작은아버지": "작은어머니", "고모": "고모부", "외삼촌": "외숙모", "이모": "이모부"}


def kinship(prompt: str, _: Choices) -> str:
    if "몇 촌" in prompt:
        return _degree(prompt)
    edges = {one: (step, two) for one, step, two in re.findall(r"(\S+)의 (\S+?)[은는] (\S+)입니다\.", prompt)}
    person, goal = re.search(r"(\S\S)[은는] (\S\S)[을를] 무엇", prompt).groups()  # type: ignore[union-attr]
    way: list[str] = []
    while person != goal:
        step, person = edges[person]
        way.append(step)
    term = SIDES[" ".join(way[:2])]
    return MARRIED[term] if len(way) == 3 else term


def _degree(prompt: str) -> str:
    """The shortest way between the two, in steps between parent and child, breadth first."""
    near: dict[str, set[str]] = {}
    for child, parent in re.findall(r"(\S\S)[은는] (\S\S)의 (?:아들|딸)", prompt):
        near.setdefault(child, set()).add(parent)
        near.setdefault(parent, set()).add(child)
    start, goal = re.search(r"(\S\S)에게 (\S\S)[은는] 몇 촌", prompt).groups()  # type: ignore[union-attr]
    reached, steps = {start}, 0
    while goal not in reached:
        reached |= {other for one in reached for other in near[one]}
        steps += 1
    return f"{steps}촌"


SIZES = {"쾌": 20, "두름": 20, "축": 20, "손": 2, "톳": 100, "접": 100, "쌈": 24, "죽": 10, "판": 30, "다스": 12}


def units(prompt: str, _: Choices) -> str:
    story = prompt.replace("숫자로만 답하십시오.", "")
    if "10홉" in story:
        return str(sum(int("".join(found)) for found in re.findall(r"(\d)섬 (\d)말 (\d)되 (\d)홉", story)))
    if "계산합니다" in story:
        factor = Fraction(re.search(r"(\d+(?:\.\d+)?)\S+ 계산", story)[1])  # type: ignore[index]
        amounts = integers(story.split("계산합니다.")[1])
        return str(sum(amounts) * factor if len(amounts) == 2 else amounts[0] / factor)
    parcels = re.findall(r"(\S+) (쾌|두름|축|손|톳|접|쌈|죽|판|다스)", story)
    total = sum(NATIVE[word] * SIZES[bundle] for word, bundle in parcels if word in NATIVE)
    return str(total - sum(integers(story)))
