"""The page of a whole round: self-contained, escaped, readable without a Hangul font, and drawn by a real browser."""

from __future__ import annotations

import base64
import io
import re
import shutil
import struct
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from harness.report import write_report, write_scores
from harness.store import RoundFolder, write_record
from harness.story import Lang
from tests.browser import Page, browse
from tests.rounds import build_round


@pytest.fixture(scope="module", params=["en", "ko"])
def lang(request: pytest.FixtureRequest) -> Lang:
    found: Lang = request.param
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, lang: Lang) -> RoundFolder:
    return build_round(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def page(folder: RoundFolder, lang: Lang) -> str:
    return write_report(folder, lang).read_text(encoding="utf-8")


def test_no_model_output_or_title_becomes_a_tag(page: str) -> None:
    tags = Page(page)
    assert not {"script", "img", "iframe", "object", "link", "b", "i"} & set(tags.tags)
    assert tags.tags.count("h1") == 1
    assert tags.tags.count("body") == 1
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in tags.text
    assert "바람 <b>2.0</b> & $x_1$" in tags.text
    assert "{{ 7 * 7 }}" in tags.text


def test_what_steers_a_page_or_terminal_is_shown_instead(page: str) -> None:
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e]", page)
    assert "␛[31mred␛[0m ⟨U+202E⟩gnp.exe ␀" in Page(page).text


def test_the_page_refers_to_nothing_outside_itself(page: str) -> None:
    tags = Page(page)
    references = [value for name, value in tags.attributes if name in ("src", "href", "srcset", "data", "action")]
    assert all(value.startswith("#") for value in references)
    assert re.findall(r"url\((?!#)(.{5})", page) == ["data:", "data:"]
    assert "default-src 'none'" in page
    assert "@@" not in page


def test_demo_unofficial_and_the_verdict_come_first(page: str, folder: RoundFolder) -> None:
    words = ("시연", "비공식", "진출: 하늘") if 'lang="ko"' in page else ("DEMO", "UNOFFICIAL", "하늘 1.0 advances")
    body = page[page.index("<body>") :]
    assert body.index(words[0]) < body.index(words[2]) < body.index(words[1]) < body.index("<table")


def test_every_character_that_the_font_has_is_embedded(page: str) -> None:
    fonts = [TTFont(io.BytesIO(base64.b64decode(data))) for data in re.findall(r"font/woff;base64,([^)]+)\)", page)]
    assert len(fonts) == 2
    hangul = {character for character in page if "가" <= character <= "힣"}
    assert len(hangul) > 30
    for font in fonts:
        assert {ord(character) for character in hangul} <= set(font.getBestCmap())


def test_an_excerpt_shows_its_prompt_folded_and_escaped(page: str) -> None:
    assert "<b>수도</b>는?" in Page(page).text
    assert "한국의 수도는?" in page[page.index('class="sample"') :]


def test_the_ledger_shows_every_outcome_of_every_task(page: str) -> None:
    text = Page(page).text
    for task in ("ko_copy", "ko_arithmetic", "ko_knowledge", "ko_summary", "en_copy", "en_sorting", "en_instructions"):
        assert task in text
    assert 'class="number lost">7<' in page


def test_the_same_round_gives_the_same_bytes(page: str, folder: RoundFolder, lang: Lang) -> None:
    assert write_report(folder, lang).read_text(encoding="utf-8") == page


def test_a_round_without_demo_and_with_an_official_result_says_neither(tmp_path: Path) -> None:
    folder = build_round(tmp_path, demo=False)
    write_record(folder.record, folder.read_record().model_copy(update={"official": True, "unofficial_because": ()}))
    page = write_report(folder).read_text(encoding="utf-8")
    assert ">DEMO<" not in page
    assert "UNOFFICIAL" not in page
    assert "Official result" in page


def test_a_model_without_any_record_leaves_a_page_that_says_so(tmp_path: Path) -> None:
    folder = build_round(tmp_path)
    shutil.rmtree(folder.path / "runs" / "nuri")
    write_scores(folder)
    assert "누리: there is no record of a run." in write_report(folder).read_text(encoding="utf-8")


def test_a_real_browser_draws_the_page(folder: RoundFolder, page: str, tmp_path: Path) -> None:
    picture = tmp_path / "report.png"
    address = folder.report.as_uri()
    size = "--window-size=1200,1600"
    drawn = browse(tmp_path / "picture", address, "--hide-scrollbars", f"--screenshot={picture}", size)
    assert drawn.returncode == 0, drawn.stderr
    assert _size(picture) == (1200, 1600)
    assert picture.stat().st_size > 50_000, "an empty page compresses to less"
    dumped = browse(tmp_path / "tree", address, "--dump-dom", "--enable-logging=stderr")
    assert Page(dumped.stdout).tags.count("table") == Page(page).tags.count("table")
    assert "CONSOLE" not in dumped.stderr, "no script ran and nothing was refused"


def _size(png: Path) -> tuple[int, int]:
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    return width, height
