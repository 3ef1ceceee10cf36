"""Fingerprints survive renaming and layout, not rewriting."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.audit.winnow import K, UnreadableSourceError, W, fingerprints, jaccard, normalised, shared

SOURCE = "\n".join(
    f"def step_{n}(hidden, weight={n}):\n    total = hidden @ weight + {n}\n"
    f"    return total if total > {n} else [total, 'x{n}']"
    for n in range(12)
)


def test_names_numbers_strings_comments_and_layout_leave_no_trace():
    disguised = re.sub(r"\b(hidden|weight|total)\b", lambda found: f"renamed_{found[1]}_x", SOURCE)
    disguised = re.sub(r"(?<![\w])\d+", "7", disguised).replace("'x", "'why")
    disguised = "# another author\n" + disguised.replace("    ", "\t").replace("\n\tr", "\n\n\tr")
    assert jaccard(fingerprints(SOURCE), fingerprints(disguised)) == 1.0


def test_keywords_and_operators_do_leave_traces():
    assert list(normalised("if a: b = 1")) == ["if", "name", ":", "name", "=", "number"]
    assert list(normalised("f'{x}'")) == list(normalised("f'{y}'"))


def test_a_run_of_k_plus_w_minus_1_tokens_is_always_found():
    run = " ".join(["a", "+", "b", "*", "(", "c", "-", "d", ")", "/", "e", "%"] * 3).split()[: K + W - 1]
    first = fingerprints("x = [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" * 5 + "y = " + " ".join(run) + "\n")
    second = fingerprints("z = {1: 2, 3: 4, 5: 6}\n" * 5 + "w = " + " ".join(run) + "\n")
    assert shared(first, second)


def test_equal_text_has_equal_fingerprints_in_every_process():
    assert min(fingerprints(SOURCE)) == 1566146732513837150


@pytest.mark.parametrize("text", ["x = (", "'''open", "  x\n y", "\x00\x00("])
def test_text_that_is_no_python_is_said_to_be_unreadable(text):
    with pytest.raises(UnreadableSourceError):
        fingerprints(text)


def test_names_with_marks_of_other_scripts_are_python():
    assert list(normalised("ภาษาไทย = 1"))[-2:] == ["=", "number"]


def test_too_little_code_has_no_fingerprints_and_no_similarity():
    assert len(fingerprints("x = 1")) == 0
    assert jaccard(fingerprints(""), fingerprints("")) is None


@given(st.text(max_size=300))
def test_wild_text_is_read_or_refused(text):
    try:
        fingerprints(text)
    except UnreadableSourceError:
        return
