"""Questions in English and Korean, made up from word lists: nothing to download, the same on every machine."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

LABELS = (" A", " B", " C", " D")
"""Each one token."""

ENGLISH = (
    *("the", "river", "city", "teacher", "mountain", "paper", "market", "winter", "bridge", "garden", "letter"),
    *("question", "answer", "number", "house", "school", "window", "summer", "history", "science", "music"),
    *("language", "village", "harbour", "engine", "record", "signal", "changed", "carried", "followed", "measured"),
    *("opened", "closed", "remembered", "explained", "returned", "compared", "wrote", "found", "slowly", "often"),
    *("never", "quickly", "before", "after", "between", "under", "without", "because", "although", "where", "when"),
)
KOREAN = (
    *("강물이", "도시를", "선생님은", "산에서", "종이를", "시장까지", "겨울에는", "다리가", "정원을", "편지로"),
    *("질문에", "대답을", "숫자가", "학교에서", "창문을", "여름마다", "역사를", "과학은", "음악과", "언어를"),
    *("마을에서", "항구로", "기계를", "기록은", "신호가", "바꾸었다", "옮겼다", "따라갔다", "재었다", "열었다"),
    *("닫았다", "기억했다", "설명했다", "돌아왔다", "비교했다", "천천히", "자주", "결코", "빨리", "먼저"),
)

Count = Callable[[str], int]
"""Tokens of a text."""


@dataclass(frozen=True)
class Item:
    """A context and its choices."""

    context: str
    choices: tuple[str, ...]


def fewshot_letters(n: int, count: Count, *, shared: int = 1000, seed: int = 0) -> list[Item]:
    """`shared` tokens of solved examples in common, 64 to 120 of an item's own, four one-token labels."""
    rng = random.Random(seed)
    shots = ""
    while count(shots) < shared:
        shots += _question(rng, count, 70, korean=rng.random() < 0.5) + rng.choice(LABELS) + "\n\n"
    return [Item(shots + each.context, LABELS) for each in letters(n, count, seed=seed + 1)]


def letters(n: int, count: Count, *, seed: int = 1) -> list[Item]:
    """Nothing in common, 64 to 120 tokens each, four one-token labels."""
    rng = random.Random(seed)
    return [Item(_question(rng, count, rng.randint(64, 112), korean=number % 2 == 0), LABELS) for number in range(n)]


def endings(n: int, count: Count, *, seed: int = 2) -> list[Item]:
    """64 to 120 tokens of context each, four endings of several words."""
    rng = random.Random(seed)
    return [_ending(rng, count, korean=number % 2 == 0) for number in range(n)]


def stories(n: int, count: Count, *, seed: int = 3) -> list[str]:
    """Prompts of about 100 tokens that ask for a text."""
    rng = random.Random(seed)
    return [f"Chapter {number}. " + _words(rng, count, 95, korean=False) for number in range(n)]


def _question(rng: random.Random, count: Count, tokens: int, *, korean: bool) -> str:
    ask, end = ("질문", "정답:") if korean else ("Question", "Answer:")
    options = "".join(f"\n{letter}. {rng.choice(KOREAN if korean else ENGLISH)}" for letter in "ABCD")
    frame = f"{ask} {rng.randrange(10**6)}: "
    return frame + _words(rng, count, tokens - count(frame + options + end) - 2, korean=korean) + f"?{options}\n{end}"


def _ending(rng: random.Random, count: Count, *, korean: bool) -> Item:
    words = KOREAN if korean else ENGLISH
    context = f"{rng.randrange(10**6)}. " + _words(rng, count, rng.randint(60, 104), korean=korean)
    choices = tuple(" " + " ".join(rng.sample(words, 3 if korean else rng.randint(5, 9))) + "." for _ in range(4))
    return Item(context, choices)


def _words(rng: random.Random, count: Count, tokens: int, *, korean: bool) -> str:
    text = rng.choice(KOREAN if korean else ENGLISH)
    while count(text) < tokens:
        text += " " + rng.choice(KOREAN if korean else ENGLISH)
    return text
