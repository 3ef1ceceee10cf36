"""Answered calls, counted as requests done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

Progress = Callable[[int, int], None]
"""Told of requests done and requests to be asked."""


class Tally:
    """Which requests wait for which calls."""

    def __init__(self, missing: Sequence[Collection[str]]) -> None:
        """`missing`: for each request the keys of the calls that it waits for."""
        self._waiting: dict[str, list[int]] = {}
        self._left = {number: len(keys) for number, keys in enumerate(missing) if keys}
        for number, keys in enumerate(missing):
            for key in keys:
                self._waiting.setdefault(key, []).append(number)
        self._total, self._done = len(self._left), 0

    def answered(self, key: str, following: str | None) -> tuple[int, int]:
        """Requests done and requests in all, now that a call is answered; who waited for it waits for what follows."""
        for number in self._waiting.pop(key, ()):
            if following is not None:
                self._waiting.setdefault(following, []).append(number)
            else:
                self._left[number] -= 1
                self._done += self._left[number] == 0
        return self._done, self._total
