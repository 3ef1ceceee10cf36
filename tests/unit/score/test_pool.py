from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from harness.errors import EngineDied, StorageError
from harness.request import Failure
from harness.score.calls import Call, Result, Tokens, UnusableResponse, pack
from harness.score.casualties import Casualties
from harness.score.pool import Pool
from harness.score.shapes import LabelsCall

DONE = Tokens((1,), "stop")


class Engine:
    """Stands in for the client: notes what is asked, and answers when it is told to."""

    def __init__(self, behave: Callable[[int], Any] = lambda _: asyncio.sleep(0)) -> None:
        self._behave = behave
        self.asked: list[int] = []
        self.in_flight = self.most_in_flight = 0

    async def ask(self, call: Call) -> Result:
        (number,) = call.prompt
        self.asked.append(number)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self._behave(number)
        finally:
            self.in_flight -= 1
        return DONE


class Kept:
    """What was written, and what was told of, in order."""

    def __init__(self) -> None:
        self.written: dict[str, Result] = {}
        self.told: dict[str, Result | Failure] = {}
        self.commits = 0

    def write(self, batch: Mapping[str, Result]) -> None:
        self.commits += 1
        self.written |= batch

    def answered(self, key: str, result: Result | Failure) -> None:
        assert isinstance(result, Failure) or key in self.written, "told of before it was durable"
        self.told[key] = result


def calls(n: int) -> Iterator[tuple[str, Call]]:
    for number in range(n):
        yield str(number), LabelsCall("f" * 64, pack([number]), (1,))


def pool(engine: Engine, kept: Kept, concurrency: int, casualties: Casualties | None = None) -> Pool:
    return Pool(engine, kept.write, concurrency, kept.answered, casualties)  # type: ignore[arg-type]


async def test_calls_are_sent_in_their_order_and_bounded_in_flight():
    engine, kept = Engine(), Kept()

    await pool(engine, kept, 5).run(calls(200))

    assert engine.asked == list(range(200))
    assert engine.most_in_flight == 5
    assert kept.told == {str(number): DONE for number in range(200)}


async def test_one_slow_call_holds_up_no_other():
    """No barrier: all the rest is answered, and durable, before the first."""
    rest_is_told = asyncio.Event()
    kept = Kept()

    async def behave(number: int) -> None:
        if number == 0:
            await rest_is_told.wait()
        elif number == 99:
            while len(kept.told) < 98:  # noqa: ASYNC110 - the pool tells nobody else
                await asyncio.sleep(0)
            rest_is_told.set()

    async with asyncio.timeout(10):
        await pool(Engine(behave), kept, 3).run(calls(100))
    assert len(kept.told) == 100


async def test_calls_are_taken_only_as_workers_are_free():
    """What is in flight and what waits for the disk bounds the memory, not the number of calls."""
    taken = 0

    def counted() -> Iterator[tuple[str, Call]]:
        nonlocal taken
        for pair in calls(50):
            taken += 1
            yield pair

    async def behave(number: int) -> None:
        await asyncio.sleep(0)
        assert taken <= number + 4

    await pool(Engine(behave), Kept(), 4).run(counted())
    assert taken == 50


async def test_answers_that_gather_during_a_commit_share_the_next():
    kept = Kept()

    await pool(Engine(), kept, 64).run(calls(2_000))

    assert len(kept.written) == 2_000
    assert kept.commits < 500


async def test_a_failed_call_is_told_and_never_written():
    async def behave(number: int) -> None:
        if number == 3:
            raise UnusableResponse("no")

    kept = Kept()
    await pool(Engine(behave), kept, 2).run(calls(6))

    assert kept.told["3"] == Failure("no")
    assert "3" not in kept.written
    assert len(kept.told) == 6


async def test_a_death_leaves_what_was_in_flight_as_suspects_and_keeps_what_was_answered():
    async def behave(number: int) -> None:
        if number == 20:
            raise EngineDied("dead")
        if number > 17:
            await asyncio.sleep(60)

    engine, kept, casualties = Engine(behave), Kept(), Casualties()
    with pytest.raises(EngineDied):
        await pool(engine, kept, 4, casualties).run(calls(50))

    alone, together = casualties.apart(calls(50))
    assert {key for key, _ in alone} >= {"18", "19", "20"}
    assert len(alone) <= 4
    assert kept.written.keys() >= {str(number) for number in range(17)}
    assert {key for key, _ in together}.isdisjoint(key for key, _ in alone)


async def test_suspects_are_asked_alone_before_the_rest():
    casualties = Casualties()
    casualties.died(["7", "3"], "dead")
    engine = Engine()

    await pool(engine, Kept(), 4, casualties).run(calls(10))

    assert engine.asked == [3, 7, 0, 1, 2, 4, 5, 6, 8, 9]
    assert casualties.apart(calls(10))[0] == []


def test_a_suspect_that_dies_alone_is_poison_and_one_that_dies_in_company_is_not():
    casualties = Casualties()
    casualties.died(["3"], "first")
    assert casualties.poison == {}
    casualties.died(["3", "4"], "second")
    assert casualties.poison == {}
    casualties.died(["4"], "third")

    assert list(casualties.poison) == ["4"]
    assert "third" in casualties.poison["4"].cause
    alone, together = casualties.apart(calls(6))
    assert [key for key, _ in alone] == ["3"]
    assert [key for key, _ in together] == ["0", "1", "2", "5"]


async def test_a_disk_that_fails_ends_the_run_and_not_in_silence():
    def full(_: Mapping[str, Result]) -> None:
        raise StorageError("full")

    kept = Kept()
    kept.write = full  # type: ignore[method-assign]
    async with asyncio.timeout(10):
        with pytest.raises(StorageError):
            await pool(Engine(), kept, 4).run(calls(5_000))
    assert kept.told == {}
