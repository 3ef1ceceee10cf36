from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont

from harness.report.figure import forest_svg, panels
from harness.report.font import font_file
from harness.story import Story


@pytest.fixture(scope="module")
def svg(request: pytest.FixtureRequest) -> str:
    from harness.story import read_story

    return forest_svg(read_story(request.getfixturevalue("folder")), "ko")


def test_a_panel_for_the_totals_and_one_for_each_suite(story: Story) -> None:
    found = panels(story, "en")
    assert [panel.title for panel in found] == ["Total, of 100 points", "Korean", "General"]
    assert [row.name for row in found[0].rows][:2] == ["하늘 1.0", "호랑이 (Horang-i)"]


def test_thresholds_stand_where_the_rules_put_them(story: Story) -> None:
    general = panels(story, "en")[2]
    smol = next(model for model in story.references if model.name == "smol")
    assert smol.record is not None
    reference = smol.record.suites[1].score
    assert reference is not None
    assert [(line.value, line.dashed) for line in general.lines] == [
        (0.35, False),
        (pytest.approx(0.95 * reference.value), True),
    ]


def test_the_plot_is_whole_in_itself(svg: str) -> None:
    assert ElementTree.fromstring(svg).tag == "svg"  # noqa: S314 - drawn by the test itself
    assert "http" not in svg
    assert "<text" not in svg, "glyphs are paths, so that no font is needed"
    assert "<style" not in svg
    assert "<!--" not in svg


def test_hangul_is_drawn_with_nanum_gothic(svg: str) -> None:
    with TTFont(font_file("regular")) as font:
        names = font.getBestCmap()
        wanted = {f"NanumGothic-{font.getGlyphID(names[ord(character)]):x}" for character in "하늘별빛"}
    assert wanted <= set(re.findall(r'id="(NanumGothic-[0-9a-f]+)"', svg))


def test_colours_are_the_page_s(svg: str) -> None:
    assert not re.findall(r"#[0-9a-f]{6}", svg)
    assert "var(--ink)" in svg
    assert "var(--accent)" in svg


def test_the_same_round_gives_the_same_plot(story: Story, svg: str) -> None:
    assert forest_svg(story, "ko") == svg
