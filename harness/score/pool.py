"""All calls of all tasks in one pool: bounded in flight, no barrier, durable before they count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping

from harness.errors import EngineDied
from harness.request import Failure
from harness.score.calls import Call, MalformedResponse, Result, UnusableResponse
from harness.score.casualties import Casualties
from harness.score.client import Client
from harness.score.response import TransientError

MOST_UNWRITTEN = 1024
"""Answers that may wait for the disk before workers wait with them."""

Answered = Callable[[str, Result | Failure], None]
"""Told of each call's key and its result, once that is written."""
Write = Callable[[Mapping[str, Result]], None]
"""Makes a batch of results durable; called from a worker thread, one batch at a time."""


class Pool:
    """Workers that take calls from one iterator, and a recorder that commits their answers in groups."""

    def __init__(
        self, client: Client, write: Write, concurrency: int, answered: Answered, casualties: Casualties | None = None
    ) -> None:
        self._client, self._write = client, write
        self._concurrency, self._answered = concurrency, answered
        self._casualties = casualties or Casualties()
        self._unwritten: asyncio.Queue[tuple[str, Result]] = asyncio.Queue(MOST_UNWRITTEN)
        self._in_flight: set[str] = set()

    async def run(self, calls: Iterable[tuple[str, Call]]) -> None:
        """Answer all calls, given with their keys; what was answered before an error or Ctrl-C is still written.

        EngineDied where the engine did; the casualties then know what was in flight. With the same casualties the next
        pool asks the suspects alone, and poison not at all.
        """
        try:
            async with asyncio.TaskGroup() as group:
                recorder = group.create_task(self._record())
                try:
                    await self._ask_all(calls)
                finally:
                    if not recorder.done():
                        await self._unwritten.join()
                    recorder.cancel()
        except BaseExceptionGroup as errors:
            first = _first(errors)
            if isinstance(first, EngineDied):
                self._casualties.died(self._in_flight, first.message)
            raise first from None

    async def _ask_all(self, calls: Iterable[tuple[str, Call]]) -> None:
        alone, together = self._casualties.apart(calls)
        await self._work(iter(alone))
        async with asyncio.TaskGroup() as group:
            for _ in range(self._concurrency):
                group.create_task(self._work(together))

    async def _work(self, calls: Iterator[tuple[str, Call]]) -> None:
        for key, call in calls:
            following = await self._ask_one(key, call)
            while following is not None:
                following = await self._ask_one(following.key, following)

    async def _ask_one(self, key: str, call: Call) -> Call | None:
        """Ask one call and hand its result on; returns what is to be asked next on its ground."""
        self._in_flight.add(key)
        following = None
        try:
            result = await self._client.ask(call)
        except (TransientError, MalformedResponse, UnusableResponse) as failure:
            self._answered(key, Failure(str(failure)))
        else:
            await self._unwritten.put((key, result))
            following = call.then(result)
        self._in_flight.discard(key)
        self._casualties.survived(key)
        return following

    async def _record(self) -> None:
        """Write whatever has gathered while the last commit ran."""
        while True:
            batch = [await self._unwritten.get()]
            while not self._unwritten.empty():
                batch.append(self._unwritten.get_nowait())
            await asyncio.to_thread(self._write, dict(batch))
            for key, result in batch:
                self._answered(key, result)
                self._unwritten.task_done()


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
