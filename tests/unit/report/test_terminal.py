from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.report import summary
from harness.store import RoundFolder
from harness.story import Lang


def printed(folder: RoundFolder, lang: Lang, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(summary(folder, lang))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.mark.parametrize(("lang", "demo", "unofficial"), [("en", "DEMO", "UNOFFICIAL"), ("ko", "시연", "비공식")])
def test_demo_and_unofficial_come_before_the_verdict(
    folder: RoundFolder, lang: Lang, demo: str, unofficial: str
) -> None:
    text = printed(folder, lang)
    assert text.index(demo) < text.index(unofficial) < text.index("하늘 1.0")


def test_a_title_is_never_markup(folder: RoundFolder) -> None:
    assert "바람 <b>2.0</b> & $x_1$" in printed(folder, "en")


def test_every_decision_its_total_and_what_is_missing_are_said(folder: RoundFolder) -> None:
    text = printed(folder, "en")
    for decision in ("advance", "eliminate", "disqualify", "held", "undecided", "incomplete"):
        assert decision in text
    assert "7 of 60 answers to ko_copy failed" in text
    assert "report.html" in text.replace("\n", "")


def test_it_fits_a_narrow_terminal(folder: RoundFolder) -> None:
    assert max(len(line) for line in printed(folder, "en", width=80).splitlines()) <= 80
