"""Every stage ends with its mark and its time."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from harness.run import Screen, Terminal


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"\[/b] [/b] [red]", r"\[/b] [/b] [red]"),
        ("a\x1b]0;owned\x07 \u202eb\r", "a␛]0;owned␇ ⟨U+202E⟩b␍"),
        (":bomb: C:\\", ":bomb: C:\\"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_every_text_is_shown_literally(text: str, shown: str) -> None:
    said = StringIO()
    screen = Screen(Console(file=said, width=200, force_terminal=True, highlight=False, color_system=None))
    screen.say(text)
    assert said.getvalue() == f"{shown}\n"
    with screen.waiting(text) as notify:
        notify(text)
    with screen.counting(text) as advance:
        advance(1, 2)
    assert f"✓ {shown}  0.0 s\n" in said.getvalue()
    assert not any(steering in said.getvalue() for steering in ("\x1b]0", "\x07", "\u202e"))


def test_a_reader_who_left_is_a_broken_pipe_and_no_exit_code_of_ours() -> None:
    class Closed(StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    terminal = Terminal()
    terminal.file = Closed()
    with pytest.raises(BrokenPipeError):
        Screen(terminal).say("x")


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
