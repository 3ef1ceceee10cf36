"""The rules of the demo tasks that are graded by a rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.demo import rules

CHAIN = {"word": "사과", "length": 2}
SENTENCE = {"words": ["tiger", "piano"]}


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("과일", 1),
        (" 과자. ", 1),
        ("'과학'", 1),
        ("과", 0),
        ("과수원", 0),
        ("사과", 0),
        ("과과", 0),
        ("일과", 0),
        ("과일 과자", 0),
        ("과a", 0),
        ("ㄱㅏ", 0),
        ("", 0),
    ],
)
def test_word_chain(answer: str, kept: int) -> None:
    assert rules.word_chain(CHAIN, [answer]) == {"rule": kept}


@pytest.mark.parametrize(
    ("syllable", "soft"),
    [("력", "역"), ("로", "노"), ("녀", "여"), ("래", "내"), ("리", "이"), ("사", "사"), ("나", "나"), ("름", "늠")],
)
def test_the_initial_sound_law(syllable: str, soft: str) -> None:
    assert rules.softened(syllable) == soft
    assert rules.word_chain({"word": f"가{syllable}", "length": 2}, [f"{soft}각"]) == {"rule": 1}


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("The tiger plays the piano.", 1),
        (" A piano fell on the tiger! ", 1),
        ("Tiger, piano, and me?", 1),
        ("The tiger plays the piano", 0),
        ("the tiger plays the piano.", 0),
        ("Tiger piano.", 0),
        ("The tiger sleeps here.", 0),
        ("The tigers play the piano.", 0),
        ("The tiger runs. The piano plays.", 0),
        ("The tiger " + "very " * 12 + "likes the piano.", 0),
        ("", 0),
    ],
)
def test_sentence(answer: str, kept: int) -> None:
    assert rules.sentence(SENTENCE, [answer]) == {"rule": kept}


@given(st.text(st.characters(codec=None)))
def test_no_text_stops_a_rule(answer: str) -> None:
    assert rules.word_chain(CHAIN, [answer])["rule"] in (0, 1)
    assert rules.sentence(SENTENCE, [answer])["rule"] in (0, 1)
