"""What the user sees while a round runs: stages with their times, and a bar with an estimate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Notify = Callable[[str], None]
Advance = Callable[[int, int], None]


class Screen:
    """Messages and progress on a rich console (stderr, so that stdout stays for results)."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)

    def say(self, text: str) -> None:
        """One line that stays."""
        self.console.print(text, markup=False)

    @contextmanager
    def waiting(self, text: str) -> Iterator[Notify]:
        """A spinner; the yielded function replaces what stands beside it."""
        started = time.monotonic()
        with self.console.status(text) as status:
            yield lambda news: status.update(f"{text}  [dim]{_escaped(news)}[/dim]")
        self.say(f"{text}  {time.monotonic() - started:.1f} s")

    @contextmanager
    def counting(self, text: str) -> Iterator[Advance]:
        """A bar with an estimate; the yielded function takes (done, total)."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console) as progress:
            bar = progress.add_task(text, total=None)
            yield lambda done, total: progress.update(bar, completed=done, total=total)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
