"""The demo's own entrants: what is committed, and the texts that they were trained on."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from random import Random
from typing import Any

import pytest
import yaml
from tokenizers import Tokenizer

from harness.checkpoint import inspect
from harness.hashing import sha256_file
from harness.plan import Suite
from harness.suites import load
from tasks.demo.entrants.packing import LENGTH, pack
from tasks.demo.entrants.recipe import CHECKPOINTS, RECIPES
from tasks.demo.entrants.texts import SUITES, TaskTexts, question_key, read_tasks, refuse_leaks
from tests.conftest import PROJECT

NAMES = sorted(RECIPES)
MIB = 2**20


@pytest.fixture(scope="module")
def tasks() -> list[TaskTexts]:
    return read_tasks()


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(CHECKPOINTS / "specialist" / "tokenizer.json"))


def log_of(name: str) -> dict[str, Any]:
    return json.loads((CHECKPOINTS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_checkpoint_may_be_served(name: str) -> None:
    assert inspect(CHECKPOINTS / name, max_model_len=2048) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_committed_files_are_those_of_the_training_log(name: str) -> None:
    assert {path.name: sha256_file(path) for path in (CHECKPOINTS / name).iterdir()} == log_of(name)["files"]


@pytest.mark.parametrize("name", NAMES)
def test_the_training_log_is_of_the_present_recipe_and_data(name: str, tasks: list[TaskTexts]) -> None:
    assert log_of(name)["recipe"] == asdict(RECIPES[name])
    assert log_of(name)["data"] == {task.name: task.data_sha256 for task in tasks}


@pytest.mark.parametrize("name", NAMES)
def test_a_checkpoint_is_at_most_six_mebibytes(name: str) -> None:
    assert (CHECKPOINTS / name / "model.safetensors").stat().st_size <= 6 * MIB


@pytest.mark.parametrize("name", NAMES)
def test_an_entrants_config_leads_to_its_checkpoint(name: str) -> None:
    config = yaml.safe_load((PROJECT / f"configs/entrant/demo_{name}.yaml").read_text(encoding="utf-8"))
    assert PROJECT / config["source"]["path"] == CHECKPOINTS / name
    assert config["parameters"] == log_of(name)["parameters"]


@pytest.mark.parametrize("text", ["한글은 아름답다", "뷁 쀍 ㅎㅏㄴ", "1 + 23 = 24\n\n", "naïve 漢字 🙂", "(  ) 를"])
def test_a_text_survives_the_tokenizer(text: str, tokenizer: Tokenizer) -> None:
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_digits_and_syllables_are_never_joined(tokenizer: Tokenizer) -> None:
    texts = [tokenizer.decode([number]).strip() for number in range(tokenizer.get_vocab_size())]
    assert [text for text in texts if re.search(r"[0-9가-힣].", text)] == []


def test_no_evaluated_question_is_in_the_training_texts(tasks: list[TaskTexts]) -> None:
    for task in tasks:
        trained = {example.prompt for example in task.shuffled(Random(0))}
        evaluated = {task.example(row).prompt for row in (*task.fewshot, *task.test)}
        keys = {question_key(row) for row in (*task.fewshot, *task.test)}
        assert trained.isdisjoint(evaluated), task.name
        assert keys.isdisjoint(question_key(row) for row in (*task.train, *task.held_out)), task.name


def test_a_train_row_that_is_evaluated_is_refused_whatever_the_order_of_its_choices(tasks: list[TaskTexts]) -> None:
    task = next(task for task in tasks if task.name == "demo_en_odd_one_out")
    leaked = task.test[0] | {"choices": task.test[0]["choices"][::-1]}
    with pytest.raises(ValueError, match="1 train rows are evaluated"):
        refuse_leaks(replace(task, train=(*task.train, leaked)))


def test_training_prompts_have_the_evaluated_format(tasks: list[TaskTexts]) -> None:
    by_name = {task.name: task for task in tasks}
    for name in SUITES:
        suite = Suite(**yaml.safe_load((PROJECT / f"configs/suite/{name}.yaml").read_text(encoding="utf-8")))
        for loaded in load(suite, root=PROJECT, seed=0):
            task = by_name[loaded.plan.name]
            shots = [task.example(row) for row in task.fewshot[: loaded.task.config.num_fewshot]]
            before = "".join(shot.prompt + shot.answer + task.delimiter for shot in shots)
            assert (
                loaded.requests(None, None)[0].ask.context
                == task.description + before + task.example(task.test[0]).prompt
            )


def test_reordered_choices_keep_the_right_answer(tasks: list[TaskTexts]) -> None:
    task = next(task for task in tasks if task.name == "demo_en_category")
    right = {row["question"]: set() for row in task.train}
    for row in task.train:
        right[row["question"]].add(" " + row["choices"][row["answer"]])
    asked = {example.prompt.split(" (")[0]: example.answer for example in task.shuffled(Random(0))}
    assert all(answer in right[question] for question, answer in asked.items())


def test_sequences_hold_whole_examples_and_mark_the_answers(tasks: list[TaskTexts], tokenizer: Tokenizer) -> None:
    for task in tasks:
        examples = list(task.shuffled(Random(0)))[:40]
        sequences = list(pack(task, examples, tokenizer))
        assert max(len(sequence.ids) for sequence in sequences) <= LENGTH
        assert all(tokenizer.decode(sequence.ids).startswith(task.description) for sequence in sequences)
        marked = [token for one in sequences for token, answer in zip(one.ids, one.answers, strict=True) if answer]
        assert tokenizer.decode(marked) == "".join(example.answer + "\n" for example in examples)


def test_a_text_has_the_tokens_of_its_parts(tasks: list[TaskTexts], tokenizer: Tokenizer) -> None:
    """So that what is trained in parts is what is evaluated as a whole."""
    for task in tasks:
        example = task.example(task.train[0])
        parts = [task.description, example.prompt, example.answer, task.delimiter]
        assert tokenizer.encode("".join(parts)).ids == [id_ for part in parts for id_ in tokenizer.encode(part).ids]


def test_the_harness_knows_nothing_of_the_training() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (PROJECT / "harness").rglob("*.py")]
    assert not [source for source in sources if re.search(r"^\s*(from|import) tasks\b", source, re.MULTILINE)]
