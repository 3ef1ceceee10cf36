"""The page of a whole round: self-contained, escaped, readable without a Hangul font, and drawn by a real browser."""

from __future__ import annotations

import base64
import io
import re
import shutil
import struct
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from harness.report import write_report, write_scores
from harness.store import RoundFolder, write_record
from harness.story import Lang
from tests.rounds import build_round

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Tags(HTMLParser):
    """Every tag and attribute, and the text outside of style and figure."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def parse(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


def in_language(folder: RoundFolder, lang: Lang) -> RoundFolder:
    record = folder.read_record()
    write_record(folder.record, record.model_copy(update={"plan": {**record.plan, "lang": lang}}))
    return folder


@pytest.fixture(scope="module", params=["en", "ko"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RoundFolder:
    return in_language(build_round(tmp_path_factory.mktemp("results")), request.param)


@pytest.fixture(scope="module")
def page(folder: RoundFolder) -> str:
    return write_report(folder).read_text(encoding="utf-8")


def test_no_model_output_or_title_becomes_a_tag(page: str) -> None:
    tags = parse(page)
    assert not {"script", "img", "iframe", "object", "link", "b", "i"} & set(tags.tags)
    assert tags.tags.count("h1") == 1
    assert tags.tags.count("body") == 1
    assert not [name for name, _ in tags.attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in tags.text
    assert "바람 <b>2.0</b> & $x_1$" in tags.text
    assert "{{ 7 * 7 }}" in tags.text


def test_what_steers_a_page_or_terminal_is_shown_instead(page: str) -> None:
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e]", page)
    assert "␛[31mred␛[0m ⟨U+202E⟩gnp.exe ␀" in parse(page).text


def test_the_page_refers_to_nothing_outside_itself(page: str) -> None:
    tags = parse(page)
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


def test_the_ledger_shows_every_outcome_of_every_task(page: str) -> None:
    text = parse(page).text
    for task in ("ko_copy", "ko_arithmetic", "ko_knowledge", "ko_summary", "en_copy", "en_sorting", "en_instructions"):
        assert task in text
    assert 'class="number lost">7<' in page


def test_the_same_round_gives_the_same_bytes(page: str, folder: RoundFolder) -> None:
    assert write_report(folder).read_text(encoding="utf-8") == page


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
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip(f"no browser is installed ({', '.join(BROWSERS)}): the page was not drawn")
    picture = tmp_path / "report.png"
    drawn = _browse(browser, tmp_path / "picture", f"--screenshot={picture}", "--window-size=1200,1600", folder)
    assert drawn.returncode == 0, drawn.stderr
    assert _size(picture) == (1200, 1600)
    assert picture.stat().st_size > 50_000, "an empty page compresses to less"
    seen = _browse(browser, tmp_path / "tree", "--dump-dom", "--enable-logging=stderr", folder)
    assert parse(seen.stdout).tags.count("table") == parse(page).tags.count("table")
    assert "CONSOLE" not in seen.stderr, "no script ran and nothing was refused"


def _browse(
    browser: str, profile: Path, action: str, setting: str, folder: RoundFolder
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
            action,
            setting,
            folder.report.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _size(png: Path) -> tuple[int, int]:
    width, height = struct.unpack(">II", png.read_bytes()[16:24])
    return width, height
