"""Seeded draws that are the same on every machine and under every Python: SHA-256 in counter mode.

(`random.Random` promises its raw stream, but not how `sample` and `shuffle` use it.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A stream of draws, named by a seed and by what it is for."""

    def __init__(self, *names: str | int) -> None:
        self._name = "/".join(str(name) for name in names)
        self._count = 0

    def below(self, n: int) -> int:
        """A whole number from 0 to n-1, each as likely (64 bits: the bias is below 1e-15 for the n used here)."""
        self._count += 1
        block = hashlib.sha256(f"{self._name}#{self._count}".encode()).digest()
        return int.from_bytes(block[:8], "big") % n

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def choice(self, values: Sequence[T]) -> T:
        """One of the values."""
        return values[self.below(len(values))]

    def shuffled(self, values: Sequence[T]) -> list[T]:
        """All values in another order (Fisher-Yates)."""
        result = list(values)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        return result

    def sample(self, values: Sequence[T], n: int) -> list[T]:
        """As many different values as asked."""
        return self.shuffled(values)[:n]
