"""The zoos: nobody independent is accused, and next to no copy escapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.zoo.cases import ZOOS
from tests.zoo.confusion import conclusions, judged, matrix, shown

pytestmark = [pytest.mark.full, pytest.mark.timeout(7200)]


@pytest.mark.parametrize("zoo", ZOOS)
def test_copies_are_found_where_they_are_copies_and_nothing_else_is_accused(zoo: str, tmp_path: Path) -> None:
    lines = list(judged(ZOOS[zoo](tmp_path), lambda _: None))
    accused = [one for one in conclusions(lines) if one["truth"] != "descends" and one["said"] == "derived"]
    assert not accused, shown(lines)
    for (_, truth), counts in matrix(lines).items():
        if truth == "descends":
            assert counts["derived"] >= 0.9 * counts.total(), shown(lines)
