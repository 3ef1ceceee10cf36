"""Which choice an answer takes: right, wrong, refusing, garbled and overlong ones."""

from __future__ import annotations

import time
import unicodedata

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


REPLIES: list[tuple[str, int | None]] = [
    ('정답: ③', 2),
    ('정답은 ③입니다.', 2),
    ('답: (3)', 2),
    ('3번', 2),
    ('정답 3번', 2),
    ('답은 3번입니다', 2),
    ('**정답: B**', 1),
    ('**정답:** B', 1),
    ('정답 : **B**', 1),
    ('정답은 **B**입니다.', 1),
    ('### 정답\nB', 1),
    ('### 정답: B. 서울', 1),
    ('정답：Ｂ', 1),
    ('정답은 (B)이다.', 1),
    ("정답은 'B'입니다", 1),
    ('정답은 B. 서울입니다.', 1),
    ('따라서 정답은 B번이다.', 1),
    ('따라서 답은 ②번입니다.', 1),
    ('$\\boxed{B}$', 1),
    ('\\boxed{2}', 1),
    ('\\boxed{\\textbf{B}}', 1),
    ('\\boxed{\\mathrm{B}}', 1),
    ('\\boxed{②}', 1),
    ('\\boxed{\\text{(B)}}', 1),
    ('**Answer:** B', 1),
    ('Answer: **B**', 1),
    ('Answer: (B)', 1),
    ('Answer: B) Seoul', 1),
    ('The answer is (B).', 1),
    ('The correct answer is B) Seoul.', 1),
    ('The best answer is option B.', 1),
    ('So the answer is B, since A is wrong.', 1),
    ('the answer is not A, but B', 1),
    ("The answer isn't A. The answer is C.", 2),
    ('정답은 A가 아니라 B입니다', 1),
    ('정답은 A가 아닙니다. 정답은 C입니다.', 2),
    ('A는 정답이 아니다. B가 정답이다.', 1),
    ('B가 정답입니다.', 1),
    ('②가 정답입니다.', 1),
    ('②번이 정답이다', 1),
    ('3번이 답입니다.', 2),
    ('정답으로 가장 적절한 것은 ④이다.', 3),
    ('답은 4', 3),
    ('A. 아니다\nB. 맞다\n따라서 B가 정답', 1),
    ('보기 중 옳은 것은 ㄱ, ㄴ이므로 정답은 ③', 2),
    ('정답: 나', 1),
    ('정답: 나.', 1),
    ('정답 (다)', 2),
    ('답 : 라', 3),
    ('선택: C', 2),
    ('선택지 C가 정답', 2),
    ('C', 2),
    ('C.', 2),
    ('(C)', 2),
    ('C) 서울', 2),
    ('[C]', 2),
    ('「C」', 2),
    ('C입니다', 2),
    ('C가 맞습니다.', 2),
    ('④', 3),
    ('④ 서울', 3),
    ('4) 서울', 3),
    ('4. 서울', 3),
    ('4번 서울', 3),
    ('D: because ...', 3),
    ('The answer is D\n\nExplanation: A is wrong because...', 3),
    ('정답: D\n\n해설: A는 틀린 설명이다. B도 아니다. C는 ...', 3),
    ('정답: D\n해설\n① 틀림\n② 틀림\n③ 틀림\n④ 맞음\n⑤ 틀림', 3),
    ('①은 옳다. ②는 틀리다. ③은 옳다.', None),
    ('①, ②, ③ 모두 옳다', None),
    ('Final Answer: D', 3),
    ('FINAL ANSWER: D', 3),
    ('최종 답안: D', 3),
    ('최종답: D', 3),
    ('최종 정답은 D입니다', 3),
    ('답안: D', 3),
    ('결론: D', 3),
    ('정답은 다음 중 D입니다', 3),
    ('정답은 보기 D입니다', 3),
    ('정답은 마이다', 4),
    ('정답은 마입니다', 4),
    ('정답은 가', 0),
    ('정답은 가장 어려운 것이다', None),
    ('답은 나도 모른다', None),
    ('정답은 A 또는 B', None),
    ('A or B', None),
    ('정답: A, C', None),
    ('I choose B.', 1),
    ('I would go with B.', 1),
    ('My answer: B', 1),
    ('My choice is B', 1),
    ('Option B', 1),
    ('Option B is correct.', 1),
    ('B is correct.', 1),
    ('B is the correct answer.', 1),
    ('(B) is the answer', 1),
    ('Choice: B', 1),
    ('answer is: b', 1),
    ('정답은 b', 1),
    ('정답: ⓑ', 1),
    ('정답: ㄴ', None),
    ('정답은 5번', 4),
    ('정답: 5', 4),
    ('정답: 05', 4),
    ('정답은 제3번입니다', 2),
    ('정답: 3)', 2),
    ('정답: #3', 2),
    ('정답:3', 2),
    ('정답3', 2),
    ('정답은3번', 2),
    ('답)3', 2),
    ('답) 3번', 2),
    ('【정답】 ③', 2),
    ('〈정답〉 ③', 2),
    ('[정답: ③]', 2),
    ('(정답: ③)', 2),
    ('정답 → ③', 2),
    ('정답 - ③', 2),
    ('정답=③', 2),
    ('정답\n③', 2),
    ('정답은\n\n③', 2),
    ('Answer\n\nB', 1),
    ('<answer>B</answer>', 1),
    ('<answer>\nB\n</answer>', 1),
    ('{"answer": "B"}', 1),
    ('```\nB\n```', 1),
    ('answer = B', 1),
    ('**B**', 1),
    ('*B*', 1),
    ('__B__', 1),
    ('`B`', 1),
    ('B\n', 1),
    (' B ', 1),
    ('\nB', 1),
    ('The answer is A. Wait, that is wrong. The answer is B.', 1),
    ('처음에는 A가 정답이라고 생각했지만, B가 정답이다.', 1),
    ('A일 수도 있지만 확실하지 않다', None),
    ('정답을 모르겠습니다', None),
    ('답변을 드릴 수 없습니다', None),
    ('정답은 없습니다', None),
    ('해당 없음', None),
    ('None of the above', None),
    ('B and C are both possible, but the answer is C', 2),
    ('1번과 2번 중 2번이 맞다', 1),
    ('1번은 아니고 2번', 1),
    ('보기 2번', 1),
    ('문제 3번의 답은 2번이다', 1),
    ('3번 문제의 정답은 ④', 3),
    ('2023년 정답은 ④', 3),
    ('정답: ④ (2023년 기준)', 3),
    ('정답: ④ [3점]', 3),
    ('정답은 1입니다. 이유는 2가지입니다.', 0),
    ('정답: 1. 이유: 2번은 틀림', 0),
    ('The answer is 2 because 1 + 1 = 2.', 1),
    ('Answer: 2.5', None),
    ('Answer: 12', None),
    ('Answer: -1', None),
    ('정답은 -3', None),
    ('The answer is Apple', None),
    ('The answer is B.C. 300', None),
    ('Answer: I', None),
    ('Answer: a', 0),
    ('The answer is a)', 0),
    ('Answer: A\nB\nC\nD', 0),
    ('A\nB\nC\nD', None),
    ('정답: A ~ D 모두', None),
    ('모두 정답', None),
    ('정답은 A, B, C 중 B입니다', 1),
    ('답은 ㉢', 2),
    ('답은 ㈏', 1),
    ('답은 ⑵', 1),
    ('답은 ⒝', 1),
    ('정답은 Ⓑ', 1),
    ('정답은 🅱', None),
    ('정답은 둘째 보기', None),
    ('두 번째 보기가 정답입니다', None),
    ('정답은 B(서울)입니다', 1),
    ('정답은 B, 서울입니다.', 1),
    ('정답은 B-서울', 1),
    ('정답은 B: 서울', 1),
    ('정답은 B – 서울', 1),
    ('The answer is B, Seoul.', 1),
    ('The answer is B: Seoul', 1),
    ("The answer is B and here's why", 1),
    ('Answer: B and C', None),
    ('정답: B\n정답: B', 1),
]  # fmt: skip
"""As models write them, to a question with five choices."""


@pytest.mark.parametrize(("text", "place"), REPLIES)
def test_replies_as_models_write_them(text: str, place: int | None) -> None:
    assert choice(text, 5) == place


@pytest.mark.parametrize(("text", "place"), REPLIES)
def test_composed_and_decomposed_hangul_are_read_alike(text: str, place: int | None) -> None:
    assert choice(unicodedata.normalize("NFD", text), 5) == place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("정답: 3", None),
        ("The answer is 3.", None),
        ("Answer: 2 apples", None),
        ("3", None),
        ("정답: 3번", 2),
        ("정답: ③", 2),
        ("정답은 3이므로 C", None),
        ("정답: 3 (C)", None),
        ("계산하면 3이다. 정답: C", 2),
        ("The answer is 3, so the answer is C.", 2),
        ("정답: (나)", 1),
    ],
)
def test_among_letters_a_bare_digit_may_be_what_a_choice_says(text: str, place: int | None) -> None:
    assert choice(text, 5, labels="letters") == place


@given(st.text())
def test_whatever_is_written_a_place_is_one_of_the_choices(text: str) -> None:
    found = choice(text, 4)
    assert found is None or 0 <= found < 4


@given(st.sampled_from(ROWS), st.integers(0, 9), st.text(alphabet="이 문제는 어렵다. \n", max_size=50))
def test_a_claimed_sign_of_any_row_is_read_back(row: str, place: int, before: str) -> None:
    assert choice(f"{before}\n정답: {row[place]}", 10) == place


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "정답",
            "답: * ",
            "정답은 다음",
            "answer is not A but ",
            "정답: A, B, C, ",
            "1번이 아니라 ",
            "\\boxed{\\text{",
            "따라서 A",
        ),
        *(
            " ",
            "*",
            "\n",
            "(",
            "1,",
            "①",
            "가",
            "A. x ",
            "A는 정답이 아니",
            "Choice: ",
            "\u1100\u1161",
            "가장 좋은 것은",
        ),
    ],
)
def test_a_model_that_repeats_itself_does_not_keep_the_grader(piece: str) -> None:
    begun = time.process_time()
    choice((piece * 100_000)[:100_000], 5)
    assert time.process_time() - begun < 10
