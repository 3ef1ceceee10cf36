from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.graders.number import number, same_formula, same_number


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
    ("text", "target", "same"),
    [
        ("따라서 $x=\\frac{1}{2}$", "0.5", True),
        ("정답: $\\sqrt{8}$", "$2\\sqrt{2}$", True),
        ("\\boxed{(x+1)^2}", "x^2+2x+1", True),
        ("$\\frac{1}{3}$", "0.5", False),
        ("", "1", False),
        ("모르겠습니다.", "1", False),
        ("$" + "9^" * 2000 + "9$", "1", False),
    ],
)
def test_formulas_are_compared_by_what_they_mean(text: str, target: str, same: bool) -> None:
    assert same_formula(text, target) is same
