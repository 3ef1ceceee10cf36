"""The whole zoo: nobody independent is accused, and next to no copy escapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.zoo.confusion import judge_derivatives, judge_originals, matrix, pairs, shown

pytestmark = [pytest.mark.full, pytest.mark.timeout(3600)]


def test_no_independent_is_accused(tmp_path: Path) -> None:
    assert pairs() >= 60
    judged = judge_originals(tmp_path)
    assert not [one for one in judged if one.conclusion.conclusion == "derived"], shown(judged)


def test_copies_are_found_in_the_text_and_controls_are_not_accused(tmp_path: Path) -> None:
    judged = judge_derivatives(tmp_path)
    assert not [one for one in judged if not one.descends and one.conclusion.conclusion == "derived"], shown(judged)
    counts = matrix(judged)["text, descends"]
    assert counts["derived"] >= 0.95 * counts.total(), shown(judged)
