from __future__ import annotations

import time
import unicodedata
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.graders.number import number, same_number
from harness.graders.numeral import sino


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("#### 42", "42"),
        ("#### -1,234", "-1234"),
        ("답: 3만 5천 원", "35000"),
        ("정답은 1억 2천만 원입니다", "120000000"),
        ("정답: 2조 3,000억", "2300000000000"),
        ("1,234.5개", "1234.5"),
        ("３０", "30"),
        ("정답: −3/4", "-3/4"),
        ("\\boxed{17}", "17"),
        ("x = 3.50.", "3.5"),
        ("5 apples and 3 pears", "3"),
        ("Answer: 12 (not 15)", "12"),
        ("정답: 7\n정답: 9", "9"),
        ("2024년 3월 15일", "15"),
        ("정답은 5만원입니다.", "50000"),
        ("7조 3천억원", "7300000000000"),
        ("답: 12조각", "12"),
        ("만화책: 3만화책", "3"),
        ("½", "1/2"),
        ("정답: $\\frac{3}{4}$", "3/4"),
        ("\\boxed{1{,}234}", "1234"),
        ("정답: 8 + 4 = 12", "12"),
        ("네, 12개입니다.", "12"),
        ("네. 계산하면 12입니다.", "12"),
        ("답: 네, 12개", "12"),
        ("두 개, 세 개를 더하면 5개입니다.", "5"),
        ("한 시간, 즉 60분이므로 총 120분입니다.", "120"),
        ("The answer is 12, 3 more than 9.", "12"),
        ("정답은 12개가 아니라 13개", "13"),
        ("정답은 12입니다. 아니요, 다른 답은 없습니다.", "12"),
        ("Answer: it is 7, not 8", "7"),
    ],
)
def test_the_number_that_a_text_ends_on(text: str, value: str) -> None:
    assert number(text) == Fraction(value)


@pytest.mark.parametrize(
    "text",
    ["", "모르겠습니다", "I refuse.", "정답: 없음", "1/0", "--", "만 억 조", "1" * 20_000, "정답" + " " * 20_000],
)
def test_what_holds_no_number_is_none(text: str) -> None:
    assert number(text) is None


REPLIES: list[tuple[str, str | None]] = [
    ('정답: 3만 5천원', '35000'),
    ('정답은 3만5천 원입니다', '35000'),
    ('삼만 오천 원', '35000'),
    ('정답: 삼만 오천', '35000'),
    ('약 1억 2,345만 6,789원', '123456789'),
    ('1억2345만6789', '123456789'),
    ('2조 3천억 원', '2300000000000'),
    ('1.5억', '150000000'),
    ('3천', '3000'),
    ('천 원', '1000'),
    ('만 원', '10000'),
    ('정답: 백만 원', '1000000'),
    ('정답: 0.5', '1/2'),
    ('정답: 50%', '50'),
    ('정답: 50 %', '50'),
    ('정답: 3/4', '3/4'),
    ('정답: 1과 1/2', '3/2'),
    ('정답: 1 1/2', '3/2'),
    ('정답: -5', '-5'),
    ('정답: －5', '-5'),
    ('정답: 마이너스 5', '-5'),
    ('정답: 1,234', '1234'),
    ('정답: 1,234,567원', '1234567'),
    ('정답은 42입니다.', '42'),
    ('정답은 42.', '42'),
    ('정답: 42.0', '42'),
    ('정답: 42개', '42'),
    ('정답: 42명입니다', '42'),
    ('정답: 42 킬로그램', '42'),
    ('정답: 42kg', '42'),
    ('정답: 42 km/h', '42'),
    ('정답: $42', '42'),
    ('정답: $42$', '42'),
    ('정답: ₩42,000', '42000'),
    ('정답: \\(42\\)', '42'),
    ('\\boxed{42}', '42'),
    ('\\boxed{42\\text{ apples}}', '42'),
    ('\\boxed{\\$42}', '42'),
    ('\\boxed{-\\frac{3}{4}}', '-3/4'),
    ('\\boxed{\\dfrac{3}{4}}', '3/4'),
    ('\\boxed{3\\frac{1}{2}}', '7/2'),
    ('\\boxed{1{,}000}', '1000'),
    ('\\boxed{1\\,000}', '1000'),
    ('#### 42', '42'),
    ('####42', '42'),
    ('The answer is 42.', '42'),
    ('The answer is $1,234.50.', '1234.5'),
    ('Answer: 42 (since 6*7=42)', '42'),
    ('Answer: 6*7=42', '42'),
    ('Answer: 6 × 7 = 42', '42'),
    ('Answer: x = 42', '42'),
    ('Answer: 42 = 6*7', '42'),
    ('따라서 답은 12이다. 검산: 3*4=12', '12'),
    ('답은 12이고 단위는 m이다', '12'),
    ('정답: 12\n\n해설: 3과 4를 곱하면 12', '12'),
    ('첫째 5, 둘째 7. 합은 12', '12'),
    ('12', '12'),
    ('-12', '-12'),
    ('+12', '12'),
    ('1e3', '1000'),
    ('정답: 1e3', '1000'),
    ('정답: 약 3.14', '3.14'),
    ('정답: ３．１４', '3.14'),
    ('정답: 3점', '3'),
    ('답 : 8', '8'),
    ('답은 8', '8'),
    ('정답 8', '8'),
    ('[정답] 8', '8'),
    ('정답(8)', '8'),
    ('정답: **8**', '8'),
    ('**정답: 8**', '8'),
    ('정답: 8번째', '8'),
    ('정답: 스물여덟', '28'),
    ('정답: 열두 개', '12'),
    ('정답은 이십팔', '28'),
    ('정답: 없음', None),
    ('정답을 모르겠습니다', None),
    ('죄송합니다', None),
    ('답은 1개뿐이다', '1'),
    ('3만 원과 5천 원', '5000'),
    ('정답: 5천만', '50000000'),
    ('정답: 5백만 원', '5000000'),
    ('정답: 12억 원', '1200000000'),
    ('정답: 1만', '10000'),
    ('정답: 십만', '100000'),
    ('정답: 1.2만', '12000'),
    ('정답: 2배', '2'),
    ('정답: ½', '1/2'),
    ('정답: 3½', '7/2'),
    ('정답: 1.', '1'),
    ('정답: .5', '1/2'),
    ('정답: 1/0', None),
    ('정답: 100,', '100'),
    ('정답: 007', '7'),
    ('정답: −3', '-3'),
    ('정답: (−3)', '-3'),
    ('정답: 25°', '25'),
    ('정답: 25도', '25'),
    ('정답: 5천', '5000'),
    ('정답: 4천5백', '4500'),
    ('정답: 4천 5백 원', '4500'),
    ('정답: 1만2천3백45', '12345'),
    ('정답: 3할', '3'),
    ('정답: 7일', '7'),
    ('정답: 2조', '2000000000000'),
    ('정답: 2조각', '2'),
    ('정답: 3억년', '300000000'),
    ('정답: 3만 년', '30000'),
    ('정답: 3만여 명', '30000'),
    ("정답: 5-3", None),
    ("정답: 5~7", None),
    ("정답: 5에서 7", None),
    ("정답: 1,23", None),
    ("정답: √4", None),
    ("정답: 2^10", "1024"),
    ("정답: 10^6", "1000000"),
]  # fmt: skip
"""As models write them."""


@pytest.mark.parametrize(("text", "value"), REPLIES)
def test_replies_as_models_write_them(text: str, value: str | None) -> None:
    assert number(text) == (None if value is None else Fraction(value))


@pytest.mark.parametrize(("text", "value"), REPLIES)
def test_composed_and_decomposed_hangul_are_read_alike(text: str, value: str | None) -> None:
    assert number(unicodedata.normalize("NFD", text)) == number(text)


@pytest.mark.parametrize(
    ("word", "value"),
    [("삼만 오천", 35_000), ("천백", 1100), ("일억 이천만 삼백", 120_000_300), ("이십일", 21), ("공", 0),
     ("만", 10_000),
     ("백백", None), ("삼사", None), ("만 억", None), ("이조 삼억", 2_000_300_000_000)],
)  # fmt: skip
def test_number_words(word: str, value: int | None) -> None:
    assert sino(word) == value


@pytest.mark.parametrize(
    "text", ["정답: 이 문제는 어렵다", "정답은 일단 모른다", "정답: 오직 하나의 길", "정답: 두려움", "답: 한국"]
)
def test_a_word_that_begins_like_a_number_is_none(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(
    "piece", ["1 ", "1,", "3억 5천만 ", "1 + 1 = ", "1/", "정답: ", "삼만 ", "1^", "\\frac{1}{2}", "마이너스 ", "½"]
)
def test_a_model_that_repeats_itself_does_not_keep_the_grader(piece: str) -> None:
    begun = time.process_time()
    number((piece * 100_000)[:100_000])
    assert time.process_time() - begun < 10


@given(st.integers(-(10**15), 10**15))
def test_a_number_is_read_back_however_it_is_grouped(value: int) -> None:
    assert number(f"정답: {value}") == number(f"정답: {value:,}") == value


@given(st.integers(0, 9999), st.integers(1, 9999))
def test_myriads_add_up(below: int, myriads: int) -> None:
    assert number(f"정답은 {myriads}만 {below}") == myriads * 10_000 + below


@given(st.text())
def test_whatever_is_written_a_number_is_a_fraction(text: str) -> None:
    assert number(text) is None or isinstance(number(text), Fraction)


def test_equality_is_exact_unless_a_tolerance_is_given() -> None:
    assert same_number("약 3.14", "3.14")
    assert not same_number("3.14", "3.1416")
    assert same_number("3.14", "3.1416", Fraction(1, 100))
    assert not same_number("모름", "0")


@pytest.mark.parametrize(
    "text",
    [
        "정답은 12가 아닙니다.",
        "정답: 3 또는 4",
        "The answer is 3 or 4.",
        "The answer is not 12.",
        "정답: 12이 아닌 13",
        "정답: 3, 4, 5",
        "정답: 3 | 4",
        "정답: 3; 4",
        "정답: 3이나 4",
        "정답: 3 (또는 4)",
        "9" * 60 + "^99",
    ],
)
def test_a_denial_and_a_choice_of_two_are_no_answer(text: str) -> None:
    assert number(text) is None
