"""The demo items' answers, found again by programs that share nothing with the generator but its word lists."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tasks.demo import rules
from tasks.demo.generator import english_words, korean_words
from tests.conftest import PROJECT

DATA = PROJECT / "tasks/demo/data"
Row = dict[str, Any]

UNITS = ["한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉"]
NATIVE = [*UNITS, "열", *(f"열{unit}" for unit in UNITS), "스무", *(f"스물{unit}" for unit in UNITS)]


def rows(task: str) -> Iterator[Row]:
    for split in ("train", "fewshot", "test"):
        for line in (DATA / task / f"{split}.jsonl").read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def number_words(row: Row) -> str:
    first, counter, second, again = (
        re.findall(r" (\S+) (개|자루|권|장|마리|그루|명|대|송이|켤레|통)", row["question"])[0]
        + re.findall(r"(?:에|에서) (\S+) (\S+?)[을를] ", row["question"])[0]
    )
    assert counter == again
    sign = 1 if "더하면" in row["question"] else -1
    number = NATIVE.index(first) + 1 + sign * (NATIVE.index(second) + 1)
    return f"{NATIVE[number - 1]} {counter}"


def ends_in_consonant(word: str) -> bool:
    return "\u11a8" <= unicodedata.normalize("NFD", word)[-1] <= "\u11c2"


def particle(row: Row) -> str:
    closed = ends_in_consonant(row["question"].partition("(")[0])
    (right,) = [choice for choice in row["choices"] if (choice in "은이을") == closed]
    return str(right)


def korean_category(row: Row) -> str:
    category = re.match(r"다음 중 (.+)에 속하는", row["question"])
    assert category
    return only_member(row["choices"], korean_words.CATEGORIES, category[1])


def only_member(choices: list[str], categories: dict[str, tuple[str, ...]], category: str) -> str:
    (member,) = [choice for choice in choices if choice in categories[category]]
    return member


def honorific(row: Row) -> str:
    honoured = "께서 " in row["question"]
    (right,) = [choice for choice in row["choices"] if choice.endswith("신다") == honoured]
    return str(right)


def letters(syllable: str) -> str:
    """The syllable's jamo by their Unicode names."""
    signs = unicodedata.normalize("NFD", syllable)
    names = [unicodedata.name(sign).rpartition(" ")[2] for sign in signs]
    return " ".join(unicodedata.lookup(f"HANGUL LETTER {name}") for name in names)


def jamo(row: Row) -> str:
    task, _, given = row["question"].partition(": ")
    if task == "풀기":
        return letters(given)
    assert letters(row["answer"]) == given
    return str(row["answer"])


def order(row: Row) -> str:
    ages = {name: (int(age), 0) for name, age in re.findall(r"(\S+) (\d+)살", row["question"])}
    days = {name: (int(m), int(d)) for name, m, d in re.findall(r"(\S+) (\d+)월 (\d+)일", row["question"])}
    people = ages or days
    assert len(set(people.values())) == 4
    last = re.search("많은|늦은", row["question"]) is not None
    return sorted(people, key=people.__getitem__)[-1 if last else 0]


def word_chain(row: Row) -> str:
    assert rules.word_chain(row, [row["answer"]]) == {"rule": 1}
    assert row["question"] == f"'{row['word']}' 다음에 올 {row['length']}글자 낱말을 쓰십시오."
    return str(row["answer"])


def arithmetic(row: Row) -> str:
    question = row["question"]
    a, b, c = (int(number) for number in re.findall(r"\d+", question))
    if "shared" in question or "share" in question:
        assert b % a == 0
        return str(b // a + c)
    if "boxes" in question:
        return str(a * b - c)
    if "pages" in question:
        return str(a + b + c)
    return str(c - a * b if "dollars" in question else a + b - c)


def odd_one_out(row: Row) -> str:
    of = {word: name for name, words in english_words.CATEGORIES.items() for word in words}
    names = [of[choice] for choice in row["choices"]]
    (odd,) = [choice for choice, name in zip(row["choices"], names, strict=True) if names.count(name) == 1]
    return str(odd)


def english_category(row: Row) -> str:
    category = re.fullmatch(r"Which of these is an? (.+)\?", row["question"])
    assert category
    return only_member(row["choices"], english_words.CATEGORIES, category[1])


def lists(row: Row) -> str:
    task, _, given = row["question"].partition(": ")
    words = given.split(", ")
    answers: dict[str, Callable[[], str]] = {
        "Reverse the list": lambda: ", ".join(words[::-1]),
        "How many words are in the list": lambda: str(given.count(",") + 1),
        "Give the first letter of the word": lambda: given[0],
        "Give the last letter of the word": lambda: given[-1],
        "Give the first word of the list": lambda: words[0],
        "Give the second word of the list": lambda: words[1],
        "Give the third word of the list": lambda: words[2],
        "Give the last word of the list": lambda: words[-1],
    }
    return answers[task]()


def calendar(row: Row) -> str:
    found = re.search(r"(?:on|in) (\w+)\. .* is (\d) (day|month)s? (later|earlier)\?", row["question"])
    assert found
    away = int(found[2]) * (1 if found[4] == "later" else -1)
    if found[3] == "day":
        days = [date(2024, 1, 1) + timedelta(n) for n in range(7)]
        (start,) = [day for day in days if f"{day:%A}" == found[1]]
        return f"{start + timedelta(away):%A}"
    (month,) = [number for number in range(1, 13) if f"{date(2024, number, 1):%B}" == found[1]]
    total = 2024 * 12 + month - 1 + away
    return f"{date(total // 12, total % 12 + 1, 1):%B}"


def sentence(row: Row) -> str:
    assert rules.sentence(row, [row["answer"]]) == {"rule": 1}
    assert row["question"].endswith(f": {', '.join(row['words'])}")
    return str(row["answer"])


SOLVERS: dict[str, Callable[[Row], str]] = {
    "ko_number_words": number_words,
    "ko_particle": particle,
    "ko_category": korean_category,
    "ko_honorific": honorific,
    "ko_jamo": jamo,
    "ko_order": order,
    "ko_word_chain": word_chain,
    "en_arithmetic": arithmetic,
    "en_odd_one_out": odd_one_out,
    "en_category": english_category,
    "en_lists": lists,
    "en_calendar": calendar,
    "en_sentence": sentence,
}


def test_every_family_has_a_solver() -> None:
    assert {folder.name for folder in DATA.iterdir()} == set(SOLVERS)


@pytest.mark.parametrize("task", SOLVERS)
def test_every_answer_is_right(task: str) -> None:
    for row in rows(task):
        stated = row["choices"][row["answer"]] if "choices" in row else row["answer"]
        assert SOLVERS[task](row) == stated, row


@pytest.mark.parametrize("words", [korean_words, english_words], ids=["ko", "en"])
def test_no_word_stands_in_two_categories(words: Any) -> None:
    listed = [word for members in words.CATEGORIES.values() for word in members]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(("task", "words"), [("ko_category", korean_words), ("en_category", english_words)])
def test_no_wrong_choice_comes_from_a_category_that_could_pass(task: str, words: Any) -> None:
    of = {word: name for name, members in words.CATEGORIES.items() for word in members}
    for row in rows(task):
        barred = words.CONFLICTS.get(row["group"], frozenset())
        assert not barred & {of[choice] for choice in row["choices"]}, row
