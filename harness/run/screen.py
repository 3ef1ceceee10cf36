"""What the user sees while a round runs: stages with their times, and a bar with an estimate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from harness.visible import visible

Notify = Callable[[str], None]
Advance = Callable[[int, int], None]


class Terminal(Console):
    """A console that shows texts as they are and, where its reader has left (`| head -1`), raises BrokenPipeError."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # rich itself would end the program with 1, which here means a bug


class Screen:
    """Messages and progress on a rich console (stderr, so that stdout stays for results).

    Every text is shown literally: no markup, no control characters.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Terminal(stderr=True)

    def say(self, text: str) -> None:
        """One line that stays."""
        self.console.print(Text(visible(text)), soft_wrap=True)

    @contextmanager
    def waiting(self, text: str) -> Iterator[Notify]:
        """A spinner, then the stage's mark and time; the yielded function replaces what stands beside the spinner."""
        with self._marked(text), self.console.status(Text(visible(text))) as status:
            yield lambda news: status.update(Text(visible(text)).append(f"  {visible(news)}", "dim"))

    @contextmanager
    def counting(self, text: str) -> Iterator[Advance]:
        """A bar with an estimate, then the stage's mark and time; the yielded function takes (done, total)."""
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        # Where there is no terminal, a bar that is wiped at the end would leave an empty line.
        hidden = not self.console.is_terminal
        with self._marked(text), Progress(*columns, console=self.console, transient=True, disable=hidden) as progress:
            bar = progress.add_task(visible(text), total=None)
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
        line = (
            Text(mark, style)
            .append(f" {visible(text)}", "default")
            .append(f"  {time.monotonic() - started:.1f} s", "dim")
        )
        self.console.print(line, soft_wrap=True)
