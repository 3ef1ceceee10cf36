"""Short answers: right, wrong, refusing, garbled and overlong ones."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.graders.short import any_of

ANSWERS = ["세종대왕", "King Sejong", "필요", "3월 1일"]
REPLIES = [
    ("세종대왕", True),
    ("정답: 세종대왕입니다.", True),
    ("정답은 '세종 대왕'", True),
    ("**정답:** 세종대왕", True),
    ("정답: **세종대왕**", True),
    ("답변: 세종대왕", True),
    ("답은 세종대왕이다.", True),
    ("세종대왕이요", True),
    ("세종대왕요.", True),
    ("세종대왕임", True),
    ("「세종대왕」", True),
    ("세종대왕 (King Sejong the Great)", True),
    ("세종대왕（1397~1450）입니다", False),
    ("\\boxed{세종대왕}", True),
    ("정답: $\\boxed{\\text{세종대왕}}$", True),
    ("정답은 이순신이 아니라 세종대왕입니다.", True),
    ("오답: 이순신\n정답: 세종대왕", True),
    ("King Sejong", True),
    ("answer: the king sejong", True),
    ("ＫＩＮＧ　ＳＥＪＯＮＧ", True),
    ("세종대왕\n\n문제: 다음", True),
    ("필요", True),
    ("필요입니다", True),
    ("3월1일", True),
    ("이순신", False),
    ("정답: 이순신, 세종대왕 아님", False),
    ("세종대왕이 아니라 이순신", False),
    ("세종대왕, 이순신", False),
    ("오답: 세종대왕\n정답: 이순신", False),
    ("세종대왕님의 아들", False),
    ("", False),
    ("모르겠습니다.", False),
    ("죄송하지만 답할 수 없습니다.", False),
    ("입니다", False),
    ("요", False),
    ("$#@!", False),
    ("\x00\ufffd", False),
    ("세종" * 50_000, False),
]


@pytest.mark.parametrize(("text", "right"), REPLIES)
def test_a_short_answer_is_one_of_the_right_ones_or_not(text: str, right: bool) -> None:
    assert any_of(text, ANSWERS) is right
    assert any_of(unicodedata.normalize("NFD", text), ANSWERS) is right


@given(st.text(min_size=1))
def test_an_empty_list_is_met_by_nothing(text: str) -> None:
    assert not any_of(text, [])


@given(st.text(), st.text())
def test_whatever_is_written_it_is_right_or_wrong(text: str, answer: str) -> None:
    assert any_of(text, [answer]) in (True, False)


@given(st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=12))
def test_an_answer_is_itself_however_it_is_claimed(answer: str) -> None:
    for frame in ("{}", "정답: {}", "정답은 '{}'입니다.", "**{}**", "Answer: {}\n"):
        assert any_of(frame.format(answer), [answer])


@pytest.mark.parametrize("piece", ["답:", "가이 아니라 ", "\\text{", "(", "*", " ", "정답 : * "])
def test_a_model_that_repeats_itself_does_not_keep_the_grader(piece: str) -> None:
    begun = time.process_time()
    any_of((piece * 100_000)[:100_000], ANSWERS)
    assert time.process_time() - begun < 10
