"""The generated suites as they are configured, loaded and graded."""

from __future__ import annotations

import pytest
import yaml

from harness.data.families import items, names
from harness.errors import SuiteError
from harness.plan import Suite
from harness.request import Answer, Generation, GenerationAnswer, Loglikelihood, LoglikelihoodAnswer
from harness.suites import LoadedTask, load
from harness.suites.item import Item
from tests.conftest import PROJECT

SUITES = ("generated_korean", "generated_general")


def _suite(name: str, **changes: object) -> Suite:
    return Suite(**yaml.safe_load((PROJECT / f"configs/suite/{name}.yaml").read_text(encoding="utf-8")) | changes)


@pytest.fixture(scope="module")
def tasks() -> list[LoadedTask]:
    return [task for name in SUITES for task in load(_suite(name), root=PROJECT, seed=0)]


def test_every_family_is_a_task(tasks: list[LoadedTask]) -> None:
    assert sorted(task.plan.name for task in tasks) == [f"gen_{name}" for name in names()]


def test_the_data_is_locked_its_digest_recorded_and_nothing_remarked_on(tasks: list[LoadedTask]) -> None:
    for task in tasks:
        assert task.locked
        assert {"rows:test", "file:tasks/generated/lmeval_rows.py"} <= task.digests.keys()
        assert ("rows:fewshot" in task.digests) == (task.task.config.num_fewshot > 0)
        assert task.warnings == ()


def test_the_rows_are_those_that_generate_writes(tasks: list[LoadedTask]) -> None:
    (task,) = [task for task in tasks if task.plan.name == "gen_kinship_ko"]
    seed = _suite("generated_korean").seed
    assert seed is not None
    assert [item.id for item in task.items] == [row["item_id"] for row in items("kinship_ko", seed=seed, n=task.n)]


def test_another_seed_asks_other_items_with_the_same_few_shots() -> None:
    plan = next(task for task in _suite("generated_korean").tasks if task.name == "gen_age_ko")
    one, two = (load(_suite("generated_korean", tasks=[plan], seed=s), root=PROJECT, seed=0)[0] for s in (1, 2))
    assert one.digests["rows:test"] != two.digests["rows:test"]
    assert one.digests["rows:fewshot"] == two.digests["rows:fewshot"]


def test_a_suite_without_a_seed_is_a_mistake() -> None:
    with pytest.raises(SuiteError, match="has no seed"):
        load(_suite("generated_korean", seed=None), root=PROJECT, seed=0)


def test_a_seed_for_items_that_are_given_is_a_mistake() -> None:
    with pytest.raises(SuiteError, match="items are given"):
        load(_suite("demo_korean", seed=1), root=PROJECT, seed=0)


def _graded_scores(task: LoadedTask, *, right: bool) -> set[float | None]:
    by_id = {item.id: item for item in task.items}
    answers = {
        (request.item_id, request.repeat, request.index): _answer(request.ask, by_id[request.item_id], right)
        for request in task.requests(None, None)
    }
    return {sample.score for sample in task.grade(answers)}


def _answer(ask: Loglikelihood | Generation, item: Item, right: bool) -> Answer:
    if isinstance(ask, Loglikelihood):
        places = range(len(ask.continuations))
        scores = tuple(-1.0 if (place == item.doc["target"]) == right else -2.0 for place in places)
        return LoglikelihoodAnswer(scores, (False,) * len(scores))
    return GenerationAnswer(f" {item.target}" if right else " -987654321", "stop")


@pytest.mark.parametrize("name", ["gen_particle_ko", "gen_number_base_en"])
def test_right_answers_score_one_and_wrong_ones_zero(name: str, tasks: list[LoadedTask]) -> None:
    (task,) = [task for task in tasks if task.plan.name == name]
    assert _graded_scores(task, right=True) == {1.0}
    assert _graded_scores(task, right=False) == {0.0}


@pytest.mark.full
@pytest.mark.parametrize("name", ["generated_long_korean", "generated_long_general"])
def test_the_long_contexts_are_loaded_and_graded(name: str) -> None:
    for task in load(_suite(name), root=PROJECT, seed=0):
        assert {item.doc["level"] for item in task.items} <= {16_000, 32_000, 64_000, 128_000}
        assert _graded_scores(task, right=True) == {1.0}
        assert _graded_scores(task, right=False) == {0.0}


@pytest.mark.full
def test_right_answers_of_every_task_score_one(tasks: list[LoadedTask]) -> None:
    for task in tasks:
        assert _graded_scores(task, right=True) == {1.0}, task.plan.name
        assert _graded_scores(task, right=False) == {0.0}, task.plan.name
