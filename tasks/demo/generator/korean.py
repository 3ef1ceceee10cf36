"""The Korean families."""

from __future__ import annotations

from itertools import product

from tasks.demo.generator import korean_words as words
from tasks.demo.generator.candidate import Candidate, Family
from tasks.demo.generator.draw import Draw
from tasks.demo.generator.hangul import INITIALS, compose, counting, particle

SIMPLE_VOWELS = "ㅏㅑㅓㅕㅗㅛㅜㅠㅡㅣㅐㅔㅘㅝ"
SIMPLE_FINALS = ("", *"ㄱㄴㄷㄹㅁㅂㅅㅇ")

PARTICLE_FRAMES = (
    ("은", "는", "{} 어디에 있습니까?"),
    ("은", "는", "{} 내가 좋아하는 것입니다."),
    ("이", "가", "{} 여기에 있습니다."),
    ("이", "가", "{} 눈에 띄었습니다."),
    ("을", "를", "{} 그림으로 그렸습니다."),
    ("을", "를", "{} 오래 생각했습니다."),
)
"""Form after a consonant, form after a vowel, and the sentence."""


def number_words(_: Draw) -> list[Candidate]:
    """Adding and taking away with native numbers and counters."""
    found = []
    for (noun, counter), first, second in product(words.COUNTED, range(1, 21), range(1, 10)):
        before = f"{noun} {counting(first)} {counter}"
        change = f"{counting(second)} {counter}{particle(counter, '을', '를')}"
        if first < 10:
            question = f"{before}에 {change} 더하면 모두 몇 {counter}입니까?"
            found.append(Candidate(question, f"{counting(first + second)} {counter}", noun, "add"))
        if first > second:
            question = f"{before}에서 {change} 빼면 몇 {counter}{particle(counter, '이', '가')} 남습니까?"
            found.append(Candidate(question, f"{counting(first - second)} {counter}", noun, "take"))
    return found


def particles(_: Draw) -> list[Candidate]:
    """은/는, 이/가, 을/를 by the noun's last sound."""
    found = []
    for noun, (closed, opened, frame) in product(nouns(), PARTICLE_FRAMES):
        right = particle(noun, closed, opened)
        wrong = opened if right == closed else closed
        found.append(Candidate(frame.format(f"{noun}(  )"), right, noun, right, (wrong,)))
    return found


def categories(draw: Draw) -> list[Candidate]:
    """Which of four words belongs to a category."""
    found = []
    for category, members in words.CATEGORIES.items():
        barred = words.CONFLICTS.get(category, frozenset()) | {category}
        others = [name for name in words.CATEGORIES if name not in barred]
        for member, _ in product(members, range(12)):
            wrong = tuple(draw.choice(words.CATEGORIES[other]) for other in draw.sample(others, 3))
            found.append(Candidate(f"다음 중 {category}에 속하는 것은 무엇입니까?", member, category, category, wrong))
    return found


def honorifics(_: Draw) -> list[Candidate]:
    """The verb form that the sentence's subject asks for. A sentence that two verbs could end is asked of one only."""
    subjects = [(f"{name}께서", "honorific") for name in words.HONOURED]
    subjects += [(name + particle(name, "이", "가"), "plain") for name in words.FAMILIAR]
    found: dict[str, Candidate] = {}
    for (subject, kind), (plain, honorific, befores) in product(subjects, words.VERBS):
        right, wrong = (honorific, plain) if kind == "honorific" else (plain, honorific)
        for before, time in product(befores, ("", "오늘 ", "주말마다 ")):
            question = f"{time}{subject} {before} (  )."
            found.setdefault(question, Candidate(question, right, plain, kind, (wrong,)))
    return list(found.values())


def jamo(draw: Draw) -> list[Candidate]:
    """Jamo into a syllable, or a syllable into jamo; each syllable is asked in one direction only."""
    found = []
    for initial, vowel, final in product(INITIALS, SIMPLE_VOWELS, SIMPLE_FINALS):
        syllable = compose(initial, vowel, final)
        parts = " ".join(part for part in (initial, vowel, final) if part)
        group = f"{vowel}{final}"
        if draw.below(2):
            found.append(Candidate(f"모으기: {parts}", syllable, group, "compose"))
        else:
            found.append(Candidate(f"풀기: {syllable}", parts, group, "decompose"))
    return found


def orders(draw: Draw) -> list[Candidate]:
    """Oldest, youngest, earliest or latest birthday among four people."""
    return [_ages(draw) if draw.below(2) else _birthdays(draw) for _ in range(3000)]


def _ages(draw: Draw) -> Candidate:
    people, ages = draw.sample(words.NAMES, 4), draw.sample(range(5, 60), 4)
    most = draw.below(2) == 1
    facts = ", ".join(f"{name} {age}살" for name, age in zip(people, ages, strict=True))
    right = people[ages.index(max(ages) if most else min(ages))]
    question = f"{facts}. 나이가 가장 {'많은' if most else '적은'} 사람은 누구입니까?"
    kind = "oldest" if most else "youngest"
    return Candidate(question, right, right, kind, tuple(name for name in people if name != right))


def _birthdays(draw: Draw) -> Candidate:
    people = draw.sample(words.NAMES, 4)
    days = [(month, draw.between(1, 28)) for month in draw.sample(range(1, 13), 4)]
    late = draw.below(2) == 1
    facts = ", ".join(f"{name} {month}월 {day}일" for name, (month, day) in zip(people, days, strict=True))
    right = people[days.index(max(days) if late else min(days))]
    question = f"생일: {facts}. 한 해에 생일이 가장 {'늦은' if late else '빠른'} 사람은 누구입니까?"
    kind = "latest" if late else "earliest"
    return Candidate(question, right, right, kind, tuple(name for name in people if name != right))


def word_chains(draw: Draw) -> list[Candidate]:
    """끝말잇기 with a given length. A candidate is kept only where the word list itself has an answer."""
    found = []
    for word, length in product(nouns(), (2, 3)):
        follow = [other for other in nouns() if other[0] == word[-1] and len(other) == length and other != word]
        if follow:
            question = f"'{word}' 다음에 올 {length}글자 낱말을 쓰십시오."
            extra = {"word": word, "length": length}
            found.append(Candidate(question, draw.choice(follow), word[-1], str(length), extra=extra))
    return found


def nouns() -> list[str]:
    """Every noun of two syllables or more, each once, in a fixed order."""
    listed = (noun for members in words.CATEGORIES.values() for noun in members)
    return [noun for noun in dict.fromkeys((*listed, *words.FURTHER_NOUNS)) if len(noun) > 1 and " " not in noun]


FAMILIES = (
    Family("demo_ko_number_words", number_words),
    Family("demo_ko_particle", particles),
    Family("demo_ko_category", categories),
    Family("demo_ko_honorific", honorifics),
    Family("demo_ko_jamo", jamo),
    Family("demo_ko_order", orders),
    Family("demo_ko_word_chain", word_chains),
)
