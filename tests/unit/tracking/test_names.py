from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.tracking.names import KEY_LIMIT, cut, key, markdown


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("task", "mmlu/abstract algebra"), "task/mmlu_abstract_algebra"),
        (("gate", "floor", "margin_low"), "gate/floor/margin_low"),
        (("지식",), "__"),
        (("..",), "_"),
    ],
)
def test_names_hold_only_what_mlflow_takes(parts: tuple[str, ...], name: str) -> None:
    assert key(*parts) == name


@given(st.lists(st.text(), min_size=1, max_size=3))
def test_no_name_is_refused(parts: list[str]) -> None:
    name = key(*parts)
    assert re.fullmatch(r"[A-Za-z0-9_.\-/]+", name)
    assert len(name) <= KEY_LIMIT
    assert ".." not in name.split("/")


def test_a_note_shows_foreign_text_as_it_is() -> None:
    assert markdown("<b>*x*</b> & [a](b)\n# c") == r"&lt;b&gt;\*x\*&lt;/b&gt; &amp; \[a\]\(b\) # c"


def test_a_text_that_is_too_long_says_that_it_was_cut() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcd", 4) == "abcd"
