from __future__ import annotations

import math

import pytest

from harness.graders.corpus import bias_ambiguous, bias_disambiguated, correlation, macro_f1


def test_macro_f1_is_the_mean_of_the_classes_not_of_the_items() -> None:
    target = ["unsafe"] * 96 + ["safe"] * 4
    assert macro_f1(["unsafe"] * 100, target) == pytest.approx(0.5 * 2 * 0.96 / 1.96)
    assert macro_f1(list(target), target) == 1


def test_an_unread_answer_costs_recall_and_makes_no_class() -> None:
    assert macro_f1([None, "b"], ["a", "b"]) == pytest.approx(0.5)


def test_correlations() -> None:
    assert correlation([1, 2, 3, 4], [1, 4, 9, 16], "spearman") == pytest.approx(1)
    assert correlation([1, 2, 3], [3, 2, 1], "pearson") == pytest.approx(-1)
    assert math.isnan(correlation([1, 1, 1], [1, 2, 3], "pearson"))


@pytest.mark.parametrize(
    "call",
    [
        lambda: macro_f1([], []),
        lambda: macro_f1(["a"], ["a", "b"]),
        lambda: correlation([1, 2], [1, 2], "pearson"),
        lambda: bias_ambiguous(0, 0, 0),
        lambda: bias_disambiguated(0, 0, 1, 1),
    ],
)
def test_figures_of_nothing_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match=r"\d|no answers|both kinds"):
        call()  # type: ignore[operator]


def test_bias_scores() -> None:
    assert bias_ambiguous(unknown=80, biased=15, counter=5) == pytest.approx(0.1)
    assert bias_ambiguous(unknown=100, biased=0, counter=0) == 0
    assert bias_disambiguated(right_biased=90, of_biased=100, right_counter=80, of_counter=100) == pytest.approx(0.1)
