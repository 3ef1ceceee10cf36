"""Test cases of programming contests are read whole or not at all, and outputs compared as judges do."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.graders import testcases
from harness.graders.testcases import Case, calls, cases, same_output

CASES = [{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]


def packed(content: object) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(content))).decode()


def row(public: str = "[]", private: str = "[]", metadata: str = "{}") -> Mapping[str, Any]:
    return {"public_test_cases": public, "private_test_cases": private, "metadata": metadata}


def test_public_and_hidden_cases_are_both_read() -> None:
    found = cases(row(json.dumps(CASES), packed(json.dumps(CASES * 2))))
    assert found == [Case("1 2\n", "3\n", "stdin")] * 3
    assert cases(row("", json.dumps(CASES))) == found[:1]


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        import os

        return os.system, ("echo trapped",)


@pytest.mark.parametrize(
    ("private", "said"),
    [
        ("[]", "has no test case"),
        (packed(Trap()), "would import"),
        (packed(["no text"]), "are a text"),
        (packed("{}"), "are a list"),
        ("not base 64!", "."),
        (packed(json.dumps([{"input": "", "output": "", "testtype": "interactive"}])), "'interactive'"),
    ],
)
def test_what_is_no_list_of_cases_is_refused(private: str, said: str) -> None:
    with pytest.raises((ValueError, pickle.UnpicklingError), match=said):
        cases(row(private=private))


def test_cases_that_would_fill_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testcases, "LONGEST", 1000)
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        cases(row(private=packed("x" * 100_000)))


@pytest.mark.parametrize(
    ("written", "expected", "same"),
    [
        ("3\n", "3", True),
        ("3  \n\n", "\n3", True),
        ("1 2\n3", "1 2\n3\n", True),
        ("0.50", "0.5", True),
        ("1e3 2", "1000 2", True),
        ("Yes", "YES", False),
        ("1 2", "1  2", True),
        ("a b", "a  b", False),
        ("1\n2", "1 2", False),
        ("3", "3\n4", False),
        ("nan", "nan", True),
        ("inf", "nan", False),
        ("0.5000001", "0.5", False),
        ("", "", True),
        ("", "0", False),
    ],
)
def test_outputs_are_compared_line_by_line(written: str, expected: str, same: bool) -> None:
    assert same_output(written, expected) is same


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared_and_a_text_is_itself(one: str, two: str) -> None:
    assert same_output(one, one)
    assert same_output(one, two) in (True, False)


def test_functional_cases_become_calls() -> None:
    found = [Case("[1,2]\n3", "[3,4]", "functional"), Case('"a\'b\\n"\n', '"ok"', "functional")]
    source = calls(row(metadata='{"func_name": "addTo"}'), found)

    class Solution:
        def addTo(self, first: Any, second: int = 0) -> Any:  # noqa: N802 - as the site names it
            return tuple(each + 2 for each in first) if second else "ok"

    exec(source, {"Solution": Solution})  # noqa: S102
    with pytest.raises(AssertionError):
        exec(source.replace("[3, 4]", "[3, 5]"), {"Solution": Solution})  # noqa: S102


@pytest.mark.parametrize("metadata", ["{}", '{"func_name": "a(); import os"}', ""])
def test_a_name_that_is_none_is_not_called(metadata: str) -> None:
    with pytest.raises(ValueError, match="names no function"):
        calls(row(metadata=metadata), [Case("1", "1", "functional")])
