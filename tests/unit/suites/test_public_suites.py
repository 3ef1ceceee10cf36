"""The public suites: every task exists, says where its rows come from, and has its share of a benchmark's weight."""

from __future__ import annotations

import functools
import re
import shutil
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.config import load_round, load_suite
from harness.data.lock import Lock, write_lock
from harness.plan import Suite
from harness.suites.catalogue import Catalogue, stock_tasks
from harness.suites.readers import READERS

PROJECT = Path(__file__).parents[3]
NAMES = (
    "code_public",
    "general_public",
    "korean_public",
    "korean_written",
    "nia_like",
    "round1_common",
    "safety_public",
)


@pytest.fixture(scope="module", params=NAMES)
def suite(request: pytest.FixtureRequest) -> Suite:
    return load_suite(request.param, PROJECT / "configs")


@functools.cache
def catalogue(folder: str | None) -> Catalogue:
    return Catalogue(None if folder is None else PROJECT / folder)


@functools.cache
def config(folder: str | None, name: str) -> Mapping[str, Any]:
    return catalogue(folder).find(name).config


def test_every_task_exists_in_lm_eval_or_in_the_project(suite: Suite) -> None:
    known = set(catalogue(suite.folder).own) | set(stock_tasks()[0])
    assert [task.name for task in suite.tasks if task.name not in known] == []


def test_every_task_reads_the_set_that_it_names(suite: Suite) -> None:
    for task in (first for first in suite.tasks if first.origin):
        assert task.origin is not None
        assert config(suite.folder, task.name)["dataset_path"] == task.origin.hub, task.name


def test_no_hash_is_made_up(suite: Suite) -> None:
    assert all(task.origin is not None and task.origin.revision is None for task in suite.tasks)


def test_the_tasks_of_a_benchmark_weigh_as_much_as_one_benchmark(suite: Suite) -> None:
    weights: dict[str | None, float] = defaultdict(float)
    for task in suite.tasks:
        weights[task.benchmark] += task.weight
    assert None not in weights
    assert all(abs(weight - 1) < 1e-4 for weight in weights.values()), weights


def test_no_few_shot_comes_out_of_the_asked_split(suite: Suite) -> None:
    for task in suite.tasks:
        file = config(suite.folder, task.name)
        shots = task.shots.n if task.shots is not None else file.get("num_fewshot") or 0
        if shots and "fewshot_config" not in file:
            named = None if task.shots is None else task.shots.split
            asked = file.get("test_split") or file.get("validation_split")
            assert (named or file.get("fewshot_split") or file.get("training_split")) not in (None, asked), task.name


def test_the_primary_filter_exists(suite: Suite) -> None:
    for task in suite.tasks:
        file = config(suite.folder, task.name)
        named = [pipeline["name"] for pipeline in file.get("filter_list") or []]
        assert task.filter in (*(named or ["none"]), *READERS), task.name
        if task.filter in READERS:
            assert file.get("output_type") == "generate_until", task.name


def test_a_written_choice_is_read_as_it_is_written_in_korean(suite: Suite) -> None:
    """The stock filters take the first letter anywhere, or one phrase."""
    for task in suite.tasks:
        if task.filter in ("get-answer", "custom-extract", "flexible-extract") or "direct" in task.name:
            file = config(suite.folder, task.name)
            assert not _takes_a_letter(file), task.name


def test_an_answer_that_repeats_its_question_is_not_cut_off(suite: Suite) -> None:
    """A chat model may well begin with `Question:`; only a next example of a text that goes on ends an answer."""
    for task in suite.tasks:
        file = config(suite.folder, task.name)
        if file.get("output_type") == "generate_until" and task.style == "chat":
            until = (file.get("generation_kwargs") or {}).get("until") if task.until is None else task.until
            assert until is not None, f"{task.name}: lm-eval would stop at a blank line"
            assert all(stop.startswith(("\n\n", "<")) and stop.strip() for stop in until), task.name


def _takes_a_letter(file: Mapping[str, Any]) -> bool:
    steps = [step for pipeline in file.get("filter_list") or [] for step in pipeline["filter"]]
    return any("A-" in str(step.get("regex_pattern", "")) or "ABC" in str(step.get("regex_pattern")) for step in steps)


def test_a_guesser_earns_one_of_the_choices_that_are_read(suite: Suite) -> None:
    for task in suite.tasks:
        if task.filter == "read_choice":
            question = str(config(suite.folder, task.name)["doc_to_text"])
            if shown := set(re.findall(r"\{\{ *([A-J]) *\}\}", question)):
                assert len(shown) == task.choices, task.name
            assert task.chance == pytest.approx(1 / (task.choices or 10), abs=1e-5), task.name


def test_a_written_answer_has_a_budget(suite: Suite) -> None:
    for task in suite.tasks:
        file = config(suite.folder, task.name)
        if file.get("output_type") == "generate_until" and task.style == "chat":
            settings = file.get("generation_kwargs") or {}
            assert task.max_tokens or settings.get("max_gen_toks"), task.name


def test_a_round_takes_a_public_suite_by_name_and_the_lock_counts_its_items(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "configs", tmp_path / "configs")
    write_lock(tmp_path, Lock(items={"kmmlu_law": 1000}))
    round_ = load_round(["round=demo", "+suite@suites.korean_public=korean_public"], tmp_path / "configs")
    items = {task.name: task.items for task in round_.suite("korean_public").tasks}
    assert (items["kobest_copa"], items["kmmlu_law"], items["kmmlu_math"]) == (1000, 1000, 0)
