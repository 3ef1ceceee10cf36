"""The comparison with lm-eval's own program: what it sees. Its figures are those of `python -m tests.published`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.plan import Suite, Task
from harness.records import Sample
from harness.request import Answer, LoglikelihoodAnswer
from harness.suites import LoadedTask, load
from tests.published import compare
from tests.published.theirs import Row

PLAN = Task(name="demo_ko_particle", metric="acc", items=48, chance=0.5, capability="grammar", item_id="item_id")


@pytest.fixture(scope="module")
def task(project: Path) -> LoadedTask:
    (found,) = load(Suite(name="s", title={}, language="ko", folder="tasks/demo", tasks=(PLAN,)), root=project, seed=0)
    return found


@pytest.fixture(scope="module")
def samples(task: LoadedTask) -> list[Sample]:
    """The first choice is always likelier."""
    answers: dict[tuple[str, int, int], Answer] = {
        (one.item_id, one.repeat, one.index): LoglikelihoodAnswer((-1.0, -1.5), (False, False))
        for one in task.requests(None, None)
    }
    return task.grade(answers)


@pytest.fixture
def rows(task: LoadedTask, samples: list[Sample]) -> dict[int, Row]:
    """lm-eval's log, which says the same."""
    assert task.prompted is not None
    return {
        one.item.row: Row(sample.score or 0.0, sample.logprobs or (), None, one.asks[0].ask.context)
        for one, sample in zip(task.prompted, samples, strict=True)
    }


def test_two_equal_logs_differ_nowhere(task: LoadedTask, samples: list[Sample], rows: dict[int, Row]):
    outcome = compare.compared(task, samples, rows)
    assert (outcome.n, outcome.differing, outcome.prompts_differ, outcome.texts_differ) == (48, (), 0, 0)
    assert outcome.ours == outcome.theirs == sum(sample.score or 0.0 for sample in samples) / 48
    assert outcome.largest == 0


def test_another_score_is_named_with_how_near_it_was(task: LoadedTask, samples: list[Sample], rows: dict[int, Row]):
    rows[3] = replace(rows[3], score=1 - rows[3].score, logprobs=(-1.5, -1.25))
    outcome = compare.compared(task, samples, rows)
    (item,) = outcome.differing
    assert item.id == samples[3].item_id
    assert item.why == "the two likeliest choices are 2.5e-01 nats apart, the backends 5.0e-01"
    assert outcome.largest == pytest.approx(0.5)
    assert abs(outcome.ours - outcome.theirs) == pytest.approx(1 / 48)


def test_another_prompt_and_another_text_are_counted(task: LoadedTask, samples: list[Sample], rows: dict[int, Row]):
    rows[0] = replace(rows[0], prompt=rows[0].prompt + " ")
    rows[1] = replace(rows[1], text="은", logprobs=())
    outcome = compare.compared(task, samples, rows)
    assert (outcome.prompts_differ, outcome.texts_differ) == (1, 1)


def test_a_missing_row_is_no_agreement(task: LoadedTask, samples: list[Sample], rows: dict[int, Row]):
    del rows[7]
    with pytest.raises(ValueError, match=r"48 items here, 47 in lm-eval's log"):
        compare.compared(task, samples, rows)


def test_what_was_written_is_read_again(task: LoadedTask, samples: list[Sample], rows: dict[int, Row], tmp_path: Path):
    rows[3] = replace(rows[3], score=1 - rows[3].score)
    outcome = compare.compared(task, samples, rows)
    compare.write(tmp_path / "a/group.json", [outcome])
    assert compare.read(tmp_path / "a/group.json") == [outcome]
