"""Which choice an answer takes: right, wrong, refusing, garbled and overlong ones."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.graders.choice import ROWS, choice


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("정답: ③", 2),
        ("정답은 (나)입니다.", 1),
        ("**정답**: 2번", 1),
        ("정답 : ４", 3),
        ("답은 ④이다", 3),
        ("가장 좋은 답은 다", 2),
        ("정답은 다음과 같다: ②", 1),
        ("최종 답: ㉡", 1),
        ("Answer: B", 1),
        ("answer: b", 1),
        ("The answer is C.", 2),
        ("The correct option is **(D)**.", 3),
        ("Final answer: \\boxed{C}", 2),
        ("\\boxed{\\text{B}}", 1),
        ("Ｂ", 1),
        ("B. because the sky is blue", 1),
        ("B\n\nQuestion: next", 1),
        ("(나)", 1),
        ("③", 2),
        ("3", 2),
        ("3번입니다.", 2),
        ("①번은 틀리고 ②번이 맞다", 1),
        ("처음에는 정답: A라고 생각했다.\n다시 보니 정답: D", 3),
        ("<think>Answer: A?</think> Answer: E", 4),
        ("정답은 1번이 아니라 2번입니다.", 1),
        ("[정답] 4", 3),
        ("답변: 3", 2),
        ("정답은 가입니다.", 0),
        ("정답은 나번입니다", 1),
        ("The answer is A because B is wrong", 0),
        ("따라서 옳은 것은 ③이다.\n오답 풀이: ① ②", 2),
        ("해설이 길다. " * 400 + "정답: ⑤", 4),
    ],
)
def test_the_choice_that_is_said_last_counts(text: str, place: int) -> None:
    assert choice(text, 5) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\t",
        "나는 모르겠다",
        "죄송하지만 답할 수 없습니다.",
        "I think so.",
        "As an AI, I cannot answer.",
        "#$%^&",
        "정답:",
        "정답은 없다",
        "정답: 7",
        "정답: 10",
        "Answer: F",
        "A라는 보기",
        "가나다",
        "2024년",
        "Because",
        "B12 vitamin",
        "A man walks",
        "Answer: a lot of things",
        "The answer is I don't know.",
        "답은 A와 B입니다",
        "정답: ③, ⑤",
        "정답은 가방이다",
    ],
)
def test_what_takes_no_choice_is_none(text: str) -> None:
    assert choice(text, 5) is None


@given(st.text())
def test_whatever_is_written_a_place_is_one_of_the_choices(text: str) -> None:
    found = choice(text, 4)
    assert found is None or 0 <= found < 4


@given(st.sampled_from(ROWS), st.integers(0, 9), st.text(alphabet="이 문제는 어렵다. \n", max_size=50))
def test_a_claimed_sign_of_any_row_is_read_back(row: str, place: int, before: str) -> None:
    assert choice(f"{before}\n정답: {row[place]}", 10) == place


@pytest.mark.parametrize("text", ["정답" + " " * 20_000, "답:" + "*" * 20_000, "정답: " + " *" * 10_000, "답=" * 8_000])
def test_a_model_that_repeats_itself_does_not_keep_the_grader(text: str) -> None:
    begun = time.process_time()
    assert choice(text, 5) is None
    assert time.process_time() - begun < 2
