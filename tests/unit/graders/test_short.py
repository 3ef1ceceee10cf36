from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.graders.short import any_of


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("세종대왕", True),
        ("정답: 세종대왕입니다.", True),
        ("정답은 '세종 대왕'", True),
        (unicodedata.normalize("NFD", "세종대왕"), True),
        ("King Sejong", True),
        ("answer: the king sejong", True),
        ("세종대왕\n\n문제: 다음", True),
        ("이순신", False),
        ("정답: 이순신, 세종대왕 아님", False),
        ("세종대왕이 아니라 이순신", False),
        ("", False),
        ("모르겠습니다.", False),
        ("입니다", False),
    ],
)
def test_a_short_answer_is_one_of_the_right_ones_or_not(text: str, right: bool) -> None:
    assert any_of(text, ["세종대왕", "King Sejong"]) is right


@given(st.text(min_size=1))
def test_an_empty_list_is_met_by_nothing(text: str) -> None:
    assert not any_of(text, [])
