"""From samples to tasks, suites and points."""

from __future__ import annotations

import pytest

from harness.errors import VerificationError
from harness.plan import Suite, Task
from harness.records import Number, Sample, TaskResult
from harness.stats import items, items_score, pairs, points, proportion, suite_score, task_score


def task(name: str = "t", **changes: object) -> Task:
    return Task(**{"name": name, "metric": "acc", "items": 3, "capability": "knowledge"} | changes)  # type: ignore[arg-type]


def sample(item: str, score: float | None, repeat: int = 0, cluster: str | None = None) -> Sample:
    outcome = "failed" if score is None else "scored"
    return Sample(
        item_id=item,
        repeat=repeat,
        outcome=outcome,
        score=score,
        target="A",
        response="A",
        cluster=cluster,
        prompt_sha256="0" * 64,
    )


def result(name: str, score: Number | None) -> TaskResult:
    return TaskResult(
        task=name,
        suite="s",
        metric="acc",
        mode="base",
        n=3,
        outcomes={},
        score=score,
        chance=0,
        samples_sha256="0" * 64,
    )


def test_binary_items_give_a_proportion() -> None:
    samples = [sample("a", 1), sample("b", 0), sample("c", 1)]
    assert task_score(samples, task(), 0.95) == proportion([1, 0, 1], None, 0.95)


def test_order_of_samples_does_not_matter() -> None:
    samples = [sample("a", 0.1), sample("b", 0.2), sample("c", 0.7)]
    graded = task(binary=False)
    assert task_score(samples, graded, 0.95) == task_score(samples[::-1], graded, 0.95)


def test_repeats_are_averaged_within_items() -> None:
    samples = [sample(item, score, repeat) for item in "abc" for repeat, score in enumerate([1.0, 0.0])]
    found = items(samples, task(repeats=2))
    assert found is not None
    assert list(found.scores) == [0.5, 0.5, 0.5]
    assert not found.binary
    number = task_score(samples, task(repeats=2), 0.95)
    assert number is not None
    assert (number.value, number.n) == (0.5, 3)


def test_items_without_a_cluster_stand_alone() -> None:
    found = items([sample("a", 1, cluster="x"), sample("b", 0, cluster="x"), sample("x", 1)], task())
    assert found is not None
    assert found.clusters == ("cluster:x", "cluster:x", "item:x")


@pytest.mark.parametrize(
    "samples",
    [
        [],
        [sample("a", 1), sample("b", 1)],
        [sample("a", 1), sample("b", 1), sample("c", None)],
        [sample("a", 1), sample("b", 1), sample("c", 1), sample("d", 1)],
        [sample("a", 1), sample("b", 1), sample("b", 1, repeat=1)],
    ],
    ids=["none", "too few", "failed", "too many", "uneven"],
)
def test_incomplete_tasks_have_no_score(samples: list[Sample]) -> None:
    assert task_score(samples, task(), 0.95) is None


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([sample("a", 1), sample("a", 1)], "twice"),
        ([sample("a", 1.5)], "1.5"),
        ([sample("a", float("nan"))], "nan"),
        ([sample("a", 0.5)], "0 or 1"),
        ([sample("a", 0).model_copy(update={"score": None})], "ended as scored"),
        ([sample("a", None).model_copy(update={"score": 1.0})], "ended as failed"),
    ],
)
def test_contradicting_samples_are_refused(samples: list[Sample], message: str) -> None:
    with pytest.raises(VerificationError, match=message):
        task_score(samples, task(), 0.95)


def test_an_item_lies_in_one_cluster() -> None:
    samples = [sample(item, 1, repeat, cluster=str(repeat)) for item in "abc" for repeat in (0, 1)]
    with pytest.raises(VerificationError, match="several clusters"):
        items(samples, task(repeats=2))


def suite() -> Suite:
    return Suite(name="s", title={"en": "S"}, language="en", tasks=(task("one", weight=3), task("two")))


def test_suite_is_the_weighted_mean_of_its_tasks() -> None:
    one, two = proportion([1, 1, 1], None, 0.95), proportion([0, 0, 1, 1], None, 0.95)
    found = suite_score([result("two", two), result("one", one)], suite(), 0.95)
    assert found is not None
    assert found.value == pytest.approx(0.75 + 0.125)
    assert found.n == 7


@pytest.mark.parametrize("tasks", [["one"], ["one", "two"]])
def test_suite_with_a_missing_task_has_no_score(tasks: list[str]) -> None:
    scores = {"one": proportion([1], None, 0.95), "two": None}
    assert suite_score([result(name, scores[name]) for name in tasks], suite(), 0.95) is None


def test_suite_refuses_another_level() -> None:
    number = proportion([1], None, 0.9)
    with pytest.raises(ValueError, match="level"):
        suite_score([result("one", number), result("two", number)], suite(), 0.95)


def test_points_scale_the_mean() -> None:
    found = points(Number(value=0.5, low=0.4, high=0.7, level=0.95, n=9), 40)
    assert found is not None
    assert (found.value, found.low, found.high, found.n) == pytest.approx((20, 16, 28, 9))
    assert points(None, 40) is None


def test_pairs_need_the_same_items() -> None:
    ours, theirs = (items([sample(name, 1) for name in names], task()) for names in ("abc", "abd"))
    assert ours is not None
    assert theirs is not None
    assert pairs([ours], [theirs], [1.0]) is None
    assert pairs([ours], [ours], [1.0]) is not None


def test_repeats_show_their_noise() -> None:
    """Two repeats of 1 and 0: variance 0.5 over 2 repeats."""
    samples = [sample(item, score, repeat) for item in "abc" for repeat, score in enumerate([1.0, 0.0])]
    found = items(samples, task(repeats=2))
    assert found is not None
    assert found.noise == pytest.approx([0.25, 0.25, 0.25])
    fixed, population = items_score(found, 0.95, "fixed"), items_score(found, 0.95)
    assert fixed is not None
    assert population is not None
    assert fixed.value == population.value == 0.5


def test_a_fixed_test_asked_once_has_no_sampling_model() -> None:
    found = items_score(items([sample("a", 1), sample("b", 0), sample("c", 1)], task()), 0.95, "fixed")
    assert found is not None
    assert (found.low, found.level, found.n) == (None, None, 3)


def test_repeats_that_agree_leave_a_fixed_test_no_doubt() -> None:
    samples = [sample(item, 1.0, repeat) for item in "abc" for repeat in (0, 1)]
    found = items_score(items(samples, task(repeats=2)), 0.95, "fixed")
    assert found is not None
    assert (found.low, found.high) == (1, 1)
