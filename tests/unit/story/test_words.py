from __future__ import annotations

from string import Formatter

import pytest

from harness.story.reasons import KOREAN
from harness.story.words import WORDS, word
from harness.verdict import ENGLISH


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", WORDS)
def test_every_text_exists_in_both_languages_with_the_same_blanks(key: str) -> None:
    english, korean = WORDS[key]
    assert english.strip()
    assert korean.strip()
    assert blanks(english) == blanks(korean)


def test_every_reason_of_the_verdict_has_a_korean_text_with_the_same_blanks() -> None:
    assert {code: blanks(text) for code, text in KOREAN.items()} == {
        code: blanks(text) for code, text in ENGLISH.items()
    }


def test_blanks_are_filled_in() -> None:
    assert word("rule_keep", "en", keep=4) == "The 4 highest totals stay."
    assert word("rule_keep", "ko", keep=4) == "총점 상위 4개가 남습니다."
