"""The demo suites as they are configured and loaded."""

from __future__ import annotations

import pytest
import yaml

from harness.plan import Suite
from harness.request import Generation
from harness.suites import LoadedTask, load
from tests.conftest import PROJECT

SUITES = ("demo_korean", "demo_general")


@pytest.fixture(scope="module")
def tasks() -> list[LoadedTask]:
    paths = [PROJECT / f"configs/suite/{name}.yaml" for name in SUITES]
    suites = [Suite(**yaml.safe_load(path.read_text(encoding="utf-8"))) for path in paths]
    return [task for suite in suites for task in load(suite, root=PROJECT, seed=0)]


def test_there_are_at_least_eight_tasks_and_six_hundred_items(tasks: list[LoadedTask]) -> None:
    assert len(tasks) >= 8
    assert sum(task.n for task in tasks) >= 600


def test_nothing_had_to_be_remarked_on(tasks: list[LoadedTask]) -> None:
    assert [task.warnings for task in tasks if task.warnings] == []


def test_the_data_is_locked_and_every_file_is_in_the_digests(tasks: list[LoadedTask]) -> None:
    assert all(task.locked for task in tasks)
    by_name = {task.plan.name: set(task.digests) for task in tasks}
    assert {"file:tasks/demo/demo_en_sentence.yaml", "file:tasks/demo/rules.py"} <= by_name["demo_en_sentence"]
    assert {"file:tasks/demo/_rule.yaml", "file:tasks/demo/_base.yaml"} <= by_name["demo_en_sentence"]


def test_chance_is_one_in_as_many_as_there_are_choices(tasks: list[LoadedTask]) -> None:
    for task in tasks:
        counts = {len(item.choices) for item in task.items if item.choices}
        assert task.plan.chance == (1 / counts.pop() if counts else 0), task.plan.name


def test_a_task_has_enough_clusters_for_an_interval(tasks: list[LoadedTask]) -> None:
    assert min(len({item.cluster for item in task.items}) for task in tasks) >= 10


def test_prompts_are_different_and_written_answers_short(tasks: list[LoadedTask]) -> None:
    for task in tasks:
        asks = [request.ask for request in task.requests(None, None)]
        assert len({ask.context for ask in asks}) == task.n
        assert all((ask.until, ask.max_tokens) == (("\n",), 24) for ask in asks if isinstance(ask, Generation))
