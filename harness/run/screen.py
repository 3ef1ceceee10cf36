"""What the user sees while a round runs: stages with their times, and a bar with an estimate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

Notify = Callable[[str], None]
Advance = Callable[[int, int], None]


class Screen:
    """Messages and progress on a rich console (stderr, so that stdout stays for results)."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)

    def say(self, text: str) -> None:
        """One line that stays."""
        self.console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def waiting(self, text: str) -> Iterator[Notify]:
        """A spinner, then the stage's mark and time; the yielded function replaces what stands beside the spinner."""
        with self._marked(text), self.console.status(_escaped(text)) as status:
            yield lambda news: status.update(f"{_escaped(text)}  [dim]{_escaped(news)}[/dim]")

    @contextmanager
    def counting(self, text: str) -> Iterator[Advance]:
        """A bar with an estimate, then the stage's mark and time; the yielded function takes (done, total)."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        # Where there is no terminal, a bar that is wiped at the end would leave an empty line.
        hidden = not self.console.is_terminal
        with self._marked(text), Progress(*columns, console=self.console, transient=True, disable=hidden) as progress:
            bar = progress.add_task(_escaped(text), total=None)
            yield lambda done, total: progress.update(bar, completed=done, total=total)

    @contextmanager
    def _marked(self, text: str) -> Iterator[None]:
        """One line for the block when it ends: ✓, or ✗ where it raises, and its time."""
        started = time.monotonic()
        try:
            yield
        except BaseException:
            self._mark("✗", "red", text, started)
            raise
        self._mark("✓", "green", text, started)

    def _mark(self, mark: str, style: str, text: str, started: float) -> None:
        line = Text(mark, style).append(f" {text}", "default").append(f"  {time.monotonic() - started:.1f} s", "dim")
        self.console.print(line, soft_wrap=True)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
