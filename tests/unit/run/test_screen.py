"""Every stage ends with its mark and its time."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from harness.run import Screen


@pytest.fixture
def said() -> StringIO:
    return StringIO()


@pytest.fixture
def screen(said: StringIO) -> Screen:
    return Screen(Console(file=said, width=40))


def test_a_stage_that_ends_well_gets_a_tick_and_its_time(screen: Screen, said: StringIO) -> None:
    with screen.waiting("reading [bold]files[/bold]") as notify:
        notify("half [way]")
    assert said.getvalue() == "✓ reading [bold]files[/bold]  0.0 s\n"


def test_a_stage_that_fails_gets_a_cross_and_the_error_goes_on(screen: Screen, said: StringIO) -> None:
    with pytest.raises(ValueError, match="broken"), screen.waiting("reading"):
        raise ValueError("broken")
    assert said.getvalue() == "✗ reading  0.0 s\n"


def test_a_bar_leaves_one_line(screen: Screen, said: StringIO) -> None:
    with screen.counting("3 questions") as advance:
        advance(3, 3)
    assert said.getvalue() == "✓ 3 questions  0.0 s\n"


def test_a_long_line_is_not_broken(screen: Screen, said: StringIO) -> None:
    screen.say("/a/long/path" * 10)
    assert said.getvalue().count("\n") == 1
