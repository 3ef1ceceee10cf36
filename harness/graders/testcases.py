"""Test cases of programming contests, as LiveCodeBench's sets hold them, and whether an output is expected. Pure.

Source of the format: Jain et al. 2024, LiveCodeBench, arXiv 2403.07974, and the columns of its published sets:
`public_test_cases` is JSON; `private_test_cases` is JSON, or that text pickled, deflated and written in base 64.
"""

from __future__ import annotations

import base64
import io
import json
import pickle
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

LONGEST = 1 << 28
"""Bytes of one item's test cases, unpacked: more is no set of tests but a trap."""


@dataclass(frozen=True)
class Case:
    """One test case."""

    given: str
    """Standard input, or the arguments as JSON, one a line."""
    expected: str
    """Standard output, or the value as JSON."""
    kind: Literal["stdin", "functional"]


class _Texts(pickle.Unpickler):
    """Reads pickled text and refuses everything that would import something."""

    def find_class(self, module: str, name: str) -> Any:
        raise ValueError(f"test cases would import {module}.{name}")


def cases(row: Mapping[str, Any]) -> list[Case]:
    """Every test case of an item, public ones first. ValueError for what is none."""
    found = [*_listed(row["public_test_cases"]), *_listed(row["private_test_cases"])]
    if not found:
        raise ValueError("the item has no test case")
    return [_case(each) for each in found]


def _listed(text: str) -> list[Any]:
    if not text:
        return []
    if not text.lstrip().startswith("["):
        text = _unpacked(text)
    listed = json.loads(text)
    if not isinstance(listed, list):
        raise ValueError(f"test cases are a list, not {text[:40]!r}")
    return listed


def _unpacked(text: str) -> str:
    inflating = zlib.decompressobj()
    raw = inflating.decompress(base64.b64decode(text, validate=True), LONGEST)
    if inflating.unconsumed_tail:
        raise ValueError(f"test cases of more than {LONGEST} bytes")
    whole = _Texts(io.BytesIO(raw)).load()
    if not isinstance(whole, str):
        raise ValueError("packed test cases are a text")
    return whole


def _case(each: Any) -> Case:
    kind = each["testtype"]
    if kind not in ("stdin", "functional"):
        raise ValueError(f"a test case of the kind {kind!r}")
    return Case(each["input"], each["output"], kind)


def same_output(written: str, expected: str) -> bool:
    """Line by line, blanks at the ends aside: the same text, or the same numbers (0.50 is 0.5)."""
    ours, theirs = _lines(written), _lines(expected)
    return len(ours) == len(theirs) and all(map(_same_line, ours, theirs))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().split("\n")]


def _same_line(ours: str, theirs: str) -> bool:
    if ours == theirs:
        return True
    one, two = _numbers(ours), _numbers(theirs)
    return one is not None and one == two


def _numbers(line: str) -> list[Decimal] | None:
    try:
        found = [Decimal(word) for word in line.split()]
    except InvalidOperation:
        return None
    return found if all(number.is_finite() for number in found) else None


def calls(row: Mapping[str, Any], found: list[Case]) -> str:
    """Tests of functional cases in Python: `Solution` is asked anew for each, tuples count as lists."""
    name = json.loads(row["metadata"] or "{}").get("func_name", "")
    if not name.isidentifier():
        raise ValueError(f"the metadata names no function to call: {row['metadata']!r}")
    listed = [
        [[json.loads(line) for line in case.given.splitlines() if line.strip()], json.loads(case.expected)]
        for case in found
    ]
    return (
        "import json\n"
        "def plain(value):\n"
        "    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value\n"
        f"for given, expected in json.loads({json.dumps(listed)!r}):\n"
        f"    assert plain(Solution().{name}(*given)) == expected\n"
    )
