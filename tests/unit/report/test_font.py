from __future__ import annotations

import io

import pytest
from fontTools.ttLib import TTFont

from harness.report.font import Weight, subset_woff

TEXT = "독자 AI 파운데이션 모델 95%–≥"


@pytest.mark.parametrize("weight", ["regular", "bold"])
def test_the_subset_holds_every_character_asked_for(weight: Weight) -> None:
    font = TTFont(io.BytesIO(subset_woff(set(TEXT), weight)))
    assert {ord(character) for character in TEXT} <= set(font.getBestCmap())


def test_the_subset_is_small_and_its_bytes_repeat() -> None:
    first = subset_woff(set(TEXT), "regular")
    assert first == subset_woff(set(TEXT), "regular")
    assert len(first) < 20_000


def test_characters_that_the_font_lacks_are_left_to_the_reader_s_fonts() -> None:
    font = TTFont(io.BytesIO(subset_woff({"가", "🙂"}, "regular")))
    assert set(font.getBestCmap()) == {ord("가")}
