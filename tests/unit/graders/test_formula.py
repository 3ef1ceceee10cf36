"""The formula that a written answer ends on, and its equality with the right one."""

from __future__ import annotations

import threading
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.graders import algebra
from harness.graders.algebra import Algebra
from harness.graders.formula import equal, formula, same

ANSWERS = [
    ("따라서 $\\boxed{12}$ 입니다.", "12", True),
    ("The answer is $\\frac{1}{2}$.", "\\frac{1}{2}", True),
    ("The final answer is 0.5", "\\frac{1}{2}", True),
    ("The answer is $\\$18.90$.", "\\$18.90", True),
    ("It costs $\\$3$ more, so $\\$5$.", "\\$3", False),
    ("\\boxed{\\dfrac12}", "\\frac{1}{2}", True),
    ("정답은 3만 5천 원입니다.", "35000", True),
    ("\\boxed{35,000\\text{ 원}}", "35000", True),
    ("\\boxed{5x}", "5", False),
    ("\\boxed{5\\text{ cm}}", "5", True),
    ("\\boxed{5 cm}", "5", True),
    ("\\boxed{2\\pi}", "2", False),
    ("\\boxed{x = 7}", "7", True),
    ("\\boxed{7} wait, no: \\boxed{8}", "8", True),
    ("\\boxed{7} wait, no: \\boxed{8}", "7", False),
    ("\\boxed{\\text{(C)}}", "C", True),
    ("\\boxed{\\text{Evelyn}}", "\\text{Evelyn}", True),
    ("\\boxed{(3, \\frac{\\pi}{2})}", "\\left( 3, \\frac{\\pi}{2} \\right)", True),
    ("\\boxed{[0,1)}", "(0,1)", False),
    ("\\boxed{90^\\circ}", "90", True),
    ("\\boxed{50\\%}", "50", True),
    ("\\boxed{\\$18.90}", "18.90", True),
    ("\\boxed{-\\frac{2}{3}}", "-\\frac23", True),
    ("\\boxed{3\\frac{1}{2}}", "\\frac{7}{2}", True),
    ("\\boxed{1,234}", "1234", True),
    ("\\boxed{2\\sqrt{2}}", "\\sqrt{8}", True),
    ("**Answer:** 42", "42", True),
    ("답: (3)", "3", True),
    ("#### 72", "72", True),
    ("So we get $x=3$ and $y=4$.", "4", True),
    ("I do not know.", "4", False),
    ("", "4", False),
    ("\\boxed{}", "4", False),
    ("\\boxed{4", "4", True),
    ("최종 답은 열두 개입니다", "12", True),
    ("정답: x^2 + 2x + 1", "(x+1)^2", True),
    ("The answer is $\\boxed{１２}$", "12", True),
    ("\\boxed{11\\sqrt2}", "11\\sqrt{2}", True),
    ("\\boxed{x \\in [-2,7]}", "x \\in [-2,7]", True),
    ("\\boxed{[-2,7]}", "x \\in [-2,7]", True),
    ("\\boxed{10^6}", "1000000", True),
    ("\\boxed{1.0}", "1", True),
    ("\\boxed{0.333}", "\\frac13", False),
    ("\\boxed{2, 3}", "3,2", True),
    ("\\boxed{1,2,3}", "123", False),
    ("\\boxed{y=2x+3}", "y = 2x + 3", True),
    ("\\boxed{3-2i}", "3-2i", True),
    ("\\boxed{12\\text{ 개}}", "12", True),
    ("\\boxed{m/s}", "m/s", True),
    ("\\boxed{5^2}", "25", True),
    ("The answer is 3 or 4.", "3", False),
    ("정답은 12가 아닙니다.", "12", False),
    ("\\boxed{3 4}", "34", False),
    ("\\boxed{3 4}", "12", False),
    ("\\boxed{3 1/2}", "7/2", True),
    ("\\boxed{1\\,000}", "1000", True),
    ("\\boxed{1{,}000}", "1000", True),
    ("\\boxed{3~4}", "3", False),
    ("\\boxed{2 \\times 3}", "6", True),
    ("\\boxed{\\sin x}", "\\sin(x)", True),
    ("\\boxed{even}", "\\text{even}", True),
    ("\\boxed{5} so the answer is unique.", "5", True),
    ("$\\begin{pmatrix}1\\\\2\\end{pmatrix}$", "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", True),
    ("따라서 $x=\\frac{1}{2}$", "0.5", True),
    ("정답: $\\sqrt{8}$", "2\\sqrt{2}", True),
    ("\\boxed{(x+1)^2}", "x^2+2x+1", True),
    ("모르겠습니다.", "1", False),
    ("$" + "9^" * 2000 + "9$", "1", False),
    ("정답은 없습니다.", "0", False),
    (r"\boxed{\pi r^2}", r"\pi r^{2}", True),
    (r"\boxed{\frac{\pi}{4}}", r"\pi/4", True),
    (r"\boxed{2xy}", "2ab", False),
    (r"\boxed{2}", "2xy", False),
    (r"\boxed{2yx}", "2xy", True),
    (r"\boxed{x=3, x=4}", "4", False),
    (r"\boxed{3=4}", "4", False),
    (r"\boxed{3 \vee 4}", "4", False),
    (r"\boxed{m+n=21+49=70}", "70", True),
    (r"\boxed{f(1,2)=5}", "5", True),
    ("답할 수 없습니다. I cannot help with 3 of them.", "3", True),
]
"""An answer, what is right, whether it is."""


@pytest.mark.parametrize(("text", "target", "right"), ANSWERS)
def test_answers_as_models_write_them(text: str, target: str, right: bool) -> None:
    assert same(text, target) is right


@pytest.mark.parametrize(
    ("text", "target", "right"), [one for one in ANSWERS if "가" <= max(one[0], default="") <= "힣"]
)
def test_decomposed_hangul_is_read_alike(text: str, target: str, right: bool) -> None:
    assert same(unicodedata.normalize("NFD", text), target) is right


@pytest.mark.parametrize(
    "piece",
    [
        "\\boxed{",
        "\\boxed{}",
        "$",
        "$x",
        "\\(",
        "\\[x",
        "정답: ",
        "정답: $",
        "{",
        "}",
        "\\text{",
        "\\frac{1}{2}",
        "#### ",
        "**답** ",
    ],
)
def test_a_model_that_repeats_itself_does_not_keep_the_grader(piece: str) -> None:
    begun = time.process_time()
    same((piece * 100_000)[:100_000], "1")
    assert time.process_time() - begun < 10


@given(st.text(alphabet=st.sampled_from("\\{}$ ()[]boxedfrac정답은: 0123456789+-=^_.,\n"), max_size=80))
@settings(max_examples=300)
def test_whatever_is_written_something_or_nothing_is_read(text: str) -> None:
    assert formula(text) is None or formula(text) == formula(unicodedata.normalize("NFD", text))


@given(st.integers(-(10**9), 10**9), st.integers(1, 999))
def test_fractions_are_equal_however_they_are_written(above: int, below: int) -> None:
    sign, size = ("-" if above < 0 else ""), abs(above)
    assert equal(f"{above}/{below}", f"{sign}\\frac{{{size}}}{{{below}}}")
    assert equal(f"{above * below}", f"{above * below:,}")
    assert not equal(f"{above}", f"{above + below}")


def test_a_formula_that_never_ends_costs_its_limit_and_the_next_is_compared() -> None:
    asked = Algebra(cpu_seconds=1.0)
    assert not asked.same("9^{9^{9^{9}}}", "1")
    assert asked.same("x+x", "2x")
    assert not asked.same("x" * (algebra.LONGEST + 1), "x")


def test_a_machine_that_stands_still_says_nothing_of_a_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algebra, "WALL_SECONDS", 0.0)
    asked = Algebra()
    with pytest.raises(TimeoutError, match="not compared within 0 s"):
        asked.same("x+x", "2x")


def test_a_process_that_ends_for_no_limit_says_nothing_of_a_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(algebra, "__name__", "harness.graders.no_such_module")
    with pytest.raises(ChildProcessError, match="ended with 1"):
        Algebra().same("x+x", "2x")


def test_threads_take_turns() -> None:
    found: list[bool] = []
    pairs = [("x+x", "2x"), ("x+x", "3x")] * 6
    threads = [threading.Thread(target=lambda pair=pair: found.append(algebra.ALGEBRA.same(*pair))) for pair in pairs]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 6 + [True] * 6
