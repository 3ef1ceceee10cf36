from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 한글 中文 🙂\n\tkept", "plain 한글 中文 🙂\n\tkept"),
        ("\x1b[31mred", "␛[31mred"),
        ("\x00", "␀"),
        ("\u202egnp.exe", "⟨U+202E⟩gnp.exe"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\x7f", "⟨U+007F⟩"),
    ],
)
def test_what_steers_a_terminal_or_a_page_is_shown_instead(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(), st.integers(min_value=1, max_value=30))
def test_nothing_invisible_remains_and_the_limit_holds(text: str, limit: int) -> None:
    shown = visible(text, limit)
    assert len(shown) <= limit
    assert not any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in shown if char not in "\n\t")


def test_a_text_that_fits_is_not_cut() -> None:
    assert visible("가나다", 3) == "가나다"
    assert visible("가나다라", 3) == "가나…"
