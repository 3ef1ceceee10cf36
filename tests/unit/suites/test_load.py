"""Every mistake in a suite, its files or its rows ends in one message that names it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from harness.errors import SuiteError
from harness.suites import load
from tests.unit.suites import toysuite
from tests.unit.suites.toysuite import CHOICE_ROWS, SHOTS, choice_task, suite, write, written_task


def rows(**changes: Any) -> list[dict[str, Any]]:
    """The choice task's rows, the last one changed."""
    changed = copy.deepcopy(CHOICE_ROWS)
    changed[-1] |= changes
    return changed


def fault(root: Path, *tasks: Any) -> str:
    with pytest.raises(SuiteError) as caught:
        load(suite(*tasks), root=root, seed=0)
    assert caught.value.remedy
    return str(caught.value)


def test_loads_a_sound_suite(tmp_path: Path) -> None:
    write(tmp_path)
    choice, written = load(suite(choice_task(), written_task()), root=tmp_path, seed=0)
    assert (choice.n, written.n, choice.suite, choice.locked) == (4, 4, "toy", True)
    assert set(choice.digests) == {"file:folder/choice.yaml", "rows:test", "rows:fewshot", "lm_eval"}


def test_loads_from_any_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert load(suite(), root=tmp_path, seed=0)[0].n == 4


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("doc_to_text:", "doc_to_txt:", ["choice.yaml", "'doc_to_txt'", "{{question}}", "did you mean 'doc_to_text'"]),
        ("metric: acc", "metric: accc", ["choice.yaml", "metric_list", "'accc'", "'acc'"]),
        ("aggregation: mean", "aggregation: meen", ["'meen'", "'mean'"]),
        ("sampler: first_n", "sampler: frist_n", ["sampler", "'frist_n'", "'first_n'"]),
        ("output_type: multiple_choice", "output_type: multiple_choise", ["'multiple_choise'", "'multiple_choice'"]),
        ("{{question}}", "{{qestion}}", ["doc_to_text", "no column 'qestion'", "'question'"]),
        ("doc_to_choice: choices", "doc_to_choice: chioces", ["doc_to_choice", "'chioces'", "'choices'"]),
        ("doc_to_target: answer", "doc_to_target: anwser", ["doc_to_target", "'anwser'", "'answer'"]),
        ("{{question}}", "{{question", ["choice.yaml", "doc_to_text"]),
        ("test_split: test", "test_split: tset", ["choice.yaml", "'tset'"]),
        ("folder/choice.jsonl", "folder/choise.jsonl", ["choice.yaml", "folder/choise.jsonl"]),
        ("task: toy_choice", "taks: toy_choice", ["'taks'", "'toy_choice'", "'task'"]),
        ("num_fewshot: 1", "num_fewshot: 1\nnum_fewshot: 2", ["line", "'num_fewshot' is given twice"]),
        ("num_fewshot: 1", "num_fewshot: [1", ["choice.yaml", "not valid YAML", "line"]),
        ("num_fewshot: 1", "num_fewshot: 3", ["num_fewshot is 3", "2 rows"]),
        ("fewshot_split: fewshot", "fewshot_split: test", ["few-shots are drawn from 'test'"]),
        ("num_fewshot: 1", "include: nowhere.yaml", ["include", "nowhere.yaml"]),
        ("num_fewshot: 1", "include: choice.yaml", ["includes itself"]),
        ("doc_to_target: answer", "doc_to_target: !function rules.gold", ["!function", "rules"]),
    ],
)
def test_names_a_typo_in_a_task_file(tmp_path: Path, old: str, new: str, parts: list[str]) -> None:
    write(tmp_path, {old: new})
    (tmp_path / "folder/written.yaml").unlink()
    message = fault(tmp_path)
    assert all(part in message for part in parts), message


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("function: regex", "function: regexx", ["filter_list", "'regexx'", "'regex'"]),
        ("regex_pattern", "regex_patern", ["regex_patern"]),
        ("max_gen_toks: 8", "max_gen_tokens: 8", ["generation_kwargs", "'max_gen_tokens'", "'max_gen_toks'"]),
        ("output_type: generate_until", "output_type: loglikelihood_rolling", ["loglikelihood_rolling"]),
        ("doc_to_target: answer", "doc_to_target: answer\nunsafe_code: true", ["outside a sandbox"]),
    ],
)
def test_names_a_typo_in_a_written_task(tmp_path: Path, old: str, new: str, parts: list[str]) -> None:
    write(tmp_path, {old: new})
    (tmp_path / "folder/choice.yaml").unlink()
    message = fault(tmp_path, written_task())
    assert all(part in message for part in parts), message


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"metric": "acc_norm"}, ["toy_choice", "'acc_norm'", "'acc'"]),
        ({"filter": "nun"}, ["filter", "'nun'", "allowed: none"]),
        ({"items": 5}, ["holds 4 rows", "expects 5"]),
        ({"item_id": "ident"}, ["item_id", "'ident'", "question"]),
        ({"cluster": "grp"}, ["cluster", "'grp'"]),
        ({"name": "toy_chioce"}, ["'toy_chioce'", "'toy_choice'"]),
    ],
)
def test_names_what_the_suite_expects_in_vain(tmp_path: Path, changes: dict[str, Any], parts: list[str]) -> None:
    write(tmp_path)
    message = fault(tmp_path, choice_task(**changes))
    assert all(part in message for part in parts), message


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"id": "q0"}, ["rows 0 and 3", "'q0'"]),
        ({"id": ""}, ["row 3", "'id'", "empty"]),
        ({"answer": None}, ["row 3", "q3", "no answer"]),
        ({"answer": 2}, ["row 3", "answer 2 is not among its 2 choices"]),
        ({"answer": -1}, ["row 3", "answer -1"]),
        ({"choices": ["one", "one"]}, ["row 3", "the same"]),
        ({"choices": ["one"]}, ["row 3", "two or more"]),
        ({"question": "\u1112\u1161\u11ab"}, ["test row 3", "'question'", "NFC"]),
        (SHOTS[0] | {"id": "q3"}, ["few-shot row 0", "q3"]),
    ],
)
def test_names_a_broken_row(tmp_path: Path, changes: dict[str, Any], parts: list[str]) -> None:
    write(tmp_path, files={"choice": rows(**changes)})
    message = fault(tmp_path)
    assert all(part in message for part in parts), message


def test_names_data_that_is_no_json(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "folder/choice.jsonl").write_text("{broken\n")
    message = fault(tmp_path)
    assert "toy_choice: the data cannot be read" in message
    assert "JSON" in message


def test_refuses_a_folder_that_is_missing(tmp_path: Path) -> None:
    assert "does not exist" in fault(tmp_path)


def test_refuses_two_files_with_one_task(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "again.yaml").write_text(toysuite.CHOICE)
    assert "already defined" in fault(tmp_path)


def test_reads_a_fragment_only_where_it_is_included(tmp_path: Path) -> None:
    folder = write(tmp_path, {"num_fewshot: 1": "include: _base.yaml"})
    (folder / "_base.yaml").write_text("num_fewshot: 2\n")
    (task,) = load(suite(), root=tmp_path, seed=0)
    assert "file:folder/_base.yaml" in task.digests
    assert task.requests(None, None)[0].ask.context.count("Which is") == 3


@pytest.mark.parametrize("file", ["choice.yaml", "choice.jsonl", "choice_shots.jsonl", "rules.py"])
def test_changing_a_file_changes_the_digests(tmp_path: Path, file: str) -> None:
    folder = write(tmp_path, {"doc_to_target: answer": "doc_to_target: !function rules.gold"})
    (folder / "written.yaml").unlink()
    (folder / "rules.py").write_text("def gold(doc):\n    return doc['answer']\n")
    before = load(suite(), root=tmp_path, seed=0)[0].digests
    (folder / file).write_text((folder / file).read_text().replace("number", "Number") + "\n")
    if file == "rules.py":
        (folder / file).write_text("def gold(doc):\n    return int(doc['answer'])\n")
    assert load(suite(), root=tmp_path, seed=0)[0].digests != before


def test_data_outside_the_project_is_not_locked(tmp_path: Path) -> None:
    inside = tmp_path / "project"
    inside.mkdir()
    folder = write(inside)
    data = tmp_path / "choice.jsonl"
    (folder / "choice.jsonl").rename(data)
    (folder / "choice.yaml").write_text(toysuite.CHOICE.replace("folder/choice.jsonl", str(data)))
    assert not load(suite(), root=inside, seed=0)[0].locked
