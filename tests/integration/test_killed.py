"""kill -9 of the harness, of its engine and of both: the same command again loses nothing and changes nothing."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.score.calls import Result, Scores
from harness.store import RunFolder
from tests.killing import (
    RealStage,
    Stage,
    Victim,
    answers,
    asked_again,
    journal_rows,
    kill,
    outcome,
    run_folder,
)

VICTIMS: tuple[Victim, ...] = ("harness", "engine", "both")
MOMENTS = 20
IN_SHORT = (0, 8)
"""Moments that every test run strikes at: the harness, and both. Poison kills the engine alone."""


class Uninterrupted:
    """A run that nobody disturbed, against which the others are held."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        began = time.monotonic()
        self.folder: RunFolder = stage.run(stage.folder / "whole")
        self.seconds = time.monotonic() - began
        self.asked = [payload for _, payload in stage.asked()]
        self.outcome = outcome(stage.folder / "whole")
        self.trials = stage.trials(stage.folder / "whole") | {one for one in self.asked if self.asked.count(one) > 1}
        """Asked past the journal, whenever an engine proves itself, or asked again to see whether answers differ."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Uninterrupted:
    return Uninterrupted(Stage(tmp_path_factory.mktemp("killed")))


def moment(whole: Uninterrupted, number: int) -> Callable[[], bool]:
    """When to strike: after a random count of questions, or after a random time (starting, grading, writing too)."""
    rng = random.Random(number)
    if number % 2 == 0:
        last = len(whole.stage.asked()) + rng.randint(1, len(whole.asked))
        return lambda: len(whole.stage.asked()) >= last
    end = time.monotonic() + rng.uniform(0, whole.seconds)
    return lambda: time.monotonic() >= end


@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=() if n in IN_SHORT else pytest.mark.full) for n in range(MOMENTS)]
)
def test_nothing_is_lost_and_nothing_asked_twice_after_kill_9(whole: Uninterrupted, number: int) -> None:
    stage, victim = whole.stage, VICTIMS[number % 3]
    results, before = stage.folder / f"killed-{number}", len(stage.asked())
    kill(stage, results, victim, moment(whole, number))
    restart, answered = len(stage.asked()), stage.journalled(results)

    stage.run(results)

    assert outcome(results) == whole.outcome
    assert asked_again(stage, restart, answered - whole.trials) == {}
    everything = asked_again(stage, before, set(whole.asked) - whole.trials)
    assert max(everything.values()) <= 2
    if victim == "engine":
        assert sum(times - 1 for times in everything.values()) <= stage.concurrency, "only what was in flight"


def test_a_request_that_kills_the_engine_twice_is_recorded_and_the_rest_goes_on(tmp_path: Path) -> None:
    stage = Stage(tmp_path, poison="Item copy_word-7\n")
    folder = stage.run(tmp_path / "results")
    record = folder.read_record()

    assert record.status == "incomplete"
    assert {task.task: task.outcomes["failed"] for task in record.tasks} == {"copy_choice": 0, "copy_word": 1}
    (failed,) = [sample for sample in folder.read_samples("copy_word") if sample.outcome == "failed"]
    assert failed.item_id == "copy_word-7"
    assert failed.score is None
    assert failed.cause is not None
    assert "the engine died twice over this request" in failed.cause
    assert "SIGKILL" in failed.cause
    assert folder.read_execution().requests["restarts"] == 2
    assert len({engine for engine, _ in stage.asked()}) == 3


@pytest.mark.real
@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("victim", "rows"), [("both", 15), ("engine", 40)])
def test_the_real_engine_killed_in_the_middle_changes_no_outcome(
    tmp_path_factory: pytest.TempPathFactory, victim: Victim, rows: int
) -> None:
    stage = RealStage(tmp_path_factory.getbasetemp() / "real")
    whole, results = stage.folder / "whole", stage.folder / f"killed-{victim}"
    if not whole.exists():
        stage.run(whole)
    kill(stage, results, victim, lambda: journal_rows(results) >= rows)
    kept = answers(stage, results)

    folder = stage.run(results)

    assert len(kept) >= rows
    found, expected = answers(stage, results), answers(stage, whole)
    assert found.keys() == expected.keys()
    assert {key: found[key] for key in kept} == kept, "what was answered is not asked again"
    assert folder.read_record().status == "complete"
    assert graded(folder) == graded(run_folder(whole))
    assert largest_difference(found, expected) <= 1e-4


def graded(folder: RunFolder) -> list[tuple[str, str, float | None]]:
    """Item, outcome and score of every sample."""
    tasks = [task.task for task in folder.read_record().tasks]
    return [(one.item_id, one.outcome, one.score) for task in tasks for one in folder.read_samples(task)]


def largest_difference(found: Mapping[str, Result], expected: Mapping[str, Result]) -> float:
    """Of two log-likelihoods of the same question, nats."""
    pairs = [(result, expected[key]) for key, result in found.items()]
    scores = [(one, other) for one, other in pairs if isinstance(one, Scores) and isinstance(other, Scores)]
    return max(abs(a - b) for one, other in scores for a, b in zip(one.logprobs, other.logprobs, strict=True))
