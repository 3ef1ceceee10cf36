"""Which calls were in flight when the engine died, and which of them killed it.

Every call in flight at a death is a suspect: the restarted engine is asked it alone. A suspect that is alone in flight
when the engine dies again is poison: it is not asked any more, gets a Failure with the cause, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from harness.request import Failure
from harness.score.calls import Call


class Casualties:
    """What the deaths of one run's engine taught about its calls, by key."""

    def __init__(self) -> None:
        self._suspects: set[str] = set()
        self._poison: dict[str, Failure] = {}

    @property
    def poison(self) -> Mapping[str, Failure]:
        """The calls that killed the engine twice, and how it died."""
        return self._poison

    def died(self, in_flight: Collection[str], cause: str) -> None:
        """The engine died while these calls were in flight."""
        if len(in_flight) == 1 and self._suspects.issuperset(in_flight):
            (key,) = in_flight
            self._suspects.discard(key)
            self._poison[key] = Failure(f"the engine died twice over this request, the second time alone: {cause}")
        else:
            self._suspects.update(in_flight)

    def survived(self, key: str) -> None:
        """The call was answered, or failed without a death."""
        self._suspects.discard(key)

    def apart(self, calls: Iterable[tuple[str, Call]]) -> tuple[list[tuple[str, Call]], Iterator[tuple[str, Call]]]:
        """Suspects, to be asked one at a time, and the calls that nothing is known against; poison is in neither."""
        if not self._suspects and not self._poison:
            return [], iter(calls)
        found = list(calls)
        known = self._suspects | self._poison.keys()
        return (
            [(key, call) for key, call in found if key in self._suspects],
            iter([(key, call) for key, call in found if key not in known]),
        )
