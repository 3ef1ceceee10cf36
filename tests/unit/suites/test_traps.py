"""Traps that published sets and stock tasks hold: each ends in a message, or in what the suite says instead."""

from __future__ import annotations

import csv
import random
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from harness.config import load_suite
from harness.errors import SuiteError
from harness.plan import Shots, Suite, Task
from harness.request import Answer, Generation, GenerationAnswer
from harness.suites import LoadedTask, load
from tests import mirrors
from tests.mirrors import write_set

CHOICE = """task: trap
dataset_path: {path}
dataset_kwargs: {kwargs}
test_split: test
output_type: multiple_choice
doc_to_text: "{text}"
doc_to_choice: {choices}
doc_to_target: "{target}"
num_fewshot: 0
metric_list: [{{metric: acc, aggregation: mean, higher_is_better: true}}]
"""


def task_file(root: Path, **parts: str) -> None:
    (root / "folder").mkdir()
    (root / "folder/trap.yaml").write_text(CHOICE.format(**parts), encoding="utf-8")


def trap(root: Path, items: int, **changes: Any) -> LoadedTask:
    task = Task(name="trap", metric="acc", items=items, capability="x", **changes)
    (loaded,) = load(Suite(name="s", title={}, language="ko", folder="folder", tasks=(task,)), root=root, seed=0)
    return loaded


def korean_nli(root: Path, file: str, quoting: int) -> None:
    task_file(
        root,
        path="csv",
        kwargs=f"{{data_files: {{test: {mirrors.REAL}/kornlu/{file}}}, delimiter: '\\t', quoting: {quoting}}}".replace(
            "'\\t'", '"\\t"'
        ),
        text="{{sentence1}} {{sentence2}}",
        choices='["entailment", "neutral", "contradiction"]',
        target="{{gold_label}}",
    )


@mirrors.needs_real_data
@pytest.mark.parametrize(
    ("file", "rows", "said"),
    [
        ("xnli.dev.ko.tsv", 2490, "holds 1571 rows, the suite expects 2490"),
        ("xnli.test.ko.tsv", 5010, "holds 4954 rows, the suite expects 5010"),
        ("sts-dev.tsv", 1500, "the data cannot be read: .*Expected 7 fields"),
    ],
)
def test_rows_that_quotes_swallow_are_missed(tmp_path: Path, file: str, rows: int, said: str) -> None:
    korean_nli(tmp_path, file, csv.QUOTE_MINIMAL)
    with pytest.raises(SuiteError, match=said):
        trap(tmp_path, rows)


@mirrors.needs_real_data
def test_without_quoting_every_row_is_there(tmp_path: Path) -> None:
    korean_nli(tmp_path, "xnli.dev.ko.tsv", csv.QUOTE_NONE)
    assert trap(tmp_path, 2490, labels=("entailment", "neutral", "contradiction"), cluster="sentence1").n == 2490


@mirrors.needs_real_data
def test_the_one_file_with_quoted_cells_is_read_with_quotes() -> None:
    plain = mirrors.table("kobest/HellaSwag/test.tsv", quoting=csv.QUOTE_NONE)
    read = mirrors.table("kobest/HellaSwag/test.tsv")
    assert len(plain) == len(read) == 500
    cells = [[cell for row in rows for cell in row.values()] for rows in (plain, read)]
    differ = [pair for pair in zip(*cells, strict=True) if pair[0] != pair[1]]
    assert len(differ) == 4
    assert all(raw.startswith('"') and raw.endswith('"') for raw, _ in differ)


@mirrors.needs_real_data
def test_labels_of_mixed_case_are_refused(tmp_path: Path) -> None:
    write_set(
        tmp_path / ".cache/mirror",
        "org/boolq",
        {"default": {"test": mirrors.table("kobest/BoolQ/test.tsv", quoting=3)}},
    )
    task_file(
        tmp_path, path="org/boolq", kwargs="{}", text="{{Text}}", choices='["True", "False"]', target="{{Answer}}"
    )
    with pytest.raises(SuiteError, match="is not among its choices"):
        trap(tmp_path, 1404, item_id="ID")


@mirrors.needs_real_data
def test_splits_of_different_columns_are_refused(tmp_path: Path) -> None:
    splits = {name: mirrors.table(f"kobest/SentiNeg/{name}.tsv", quoting=3) for name in ("dev", "test")}
    write_set(tmp_path / ".cache/mirror", "org/sentineg", {"default": splits})
    task_file(tmp_path, path="org/sentineg", kwargs="{}", text="{{Text}}", choices='["0", "1"]', target="{{Label}}")
    with pytest.raises(SuiteError, match=r"cannot be read|columns"):
        trap(tmp_path, 397)


def test_a_few_shot_split_that_lost_rows_is_missed(toy: Path) -> None:
    shots = [{"q": f"{n}번 예", "label": str(n % 2)} for n in range(5)]
    write_set(toy / ".cache/mirror", "org/toy", {"default": {"test": ROWS, "dev": shots}})
    assert trap(toy, 4, shots=Shots(n=2, split="dev", rows=5)).n == 4
    with pytest.raises(SuiteError, match="'dev', from which few-shots are drawn, holds 5 rows, the suite expects 6"):
        trap(toy, 4, shots=Shots(n=2, split="dev", rows=6))


def test_a_changed_set_is_read_anew_and_not_from_a_cache(toy: Path) -> None:
    assert trap(toy, 4).n == 4
    write_set(toy / ".cache/mirror", "org/toy", {"default": {"test": ROWS[:2]}})
    assert trap(toy, 2).n == 2


def test_two_sets_of_one_name_are_told_apart(toy: Path) -> None:
    write_set(toy / ".cache/mirror", "other/toy", {"default": {"test": ROWS[:3]}})
    first = trap(toy, 4)
    path = toy / "folder/trap.yaml"
    path.write_text(path.read_text().replace("org/toy", "other/toy"))
    assert (first.n, trap(toy, 3).n) == (4, 3)


ROWS = [{"q": f"하나 더하기 {n}은?", "label": str(n % 2)} for n in range(4)]


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    write_set(tmp_path / ".cache/mirror", "org/toy", {"default": {"test": ROWS}})
    task_file(tmp_path, path="org/toy", kwargs="{}", text="{{q}}", choices='["0", "1"]', target="{{label}}")
    return tmp_path


def test_a_set_in_the_mirror_is_found_by_its_hub_id(toy: Path) -> None:
    assert trap(toy, 4, columns=("q", "label"), labels=("0", "1")).n == 4


def test_a_label_that_never_occurs_is_missed(toy: Path) -> None:
    with pytest.raises(SuiteError, match="the right answers are 0, 1; the suite expects 0, 1, 2"):
        trap(toy, 4, labels=("0", "1", "2"))


def test_a_missing_column_is_named(toy: Path) -> None:
    with pytest.raises(SuiteError, match="test row 0 lacks 'passage'; it has q, label"):
        trap(toy, 4, columns=("q", "passage"))


def test_a_task_that_nobody_has_counted_is_not_run(toy: Path) -> None:
    with pytest.raises(SuiteError, match="does not say how many items") as caught:
        trap(toy, 0)
    assert "harness data lock" in str(caught.value)


def test_a_set_that_is_nowhere_is_said_with_the_command_that_brings_it(toy: Path) -> None:
    (toy / ".cache/mirror/org/toy").rename(toy / "elsewhere")
    with pytest.raises(SuiteError, match="data cannot be read") as caught:
        trap(toy, 4)
    assert "harness data pull" in str(caught.value)


@pytest.mark.parametrize("normal", [True, False])
def test_text_outside_nfc_is_refused_unless_the_suite_knows_of_it(tmp_path: Path, normal: bool) -> None:
    rows = [ROWS[0], ROWS[1] | {"q": unicodedata.normalize("NFD", "하나")}]
    write_set(tmp_path / ".cache/mirror", "org/toy", {"default": {"test": rows}})
    task_file(tmp_path, path="org/toy", kwargs="{}", text="{{q}}", choices='["0", "1"]', target="{{label}}")
    if not normal:
        assert trap(tmp_path, 2, nfc=False).n == 2
        return
    with pytest.raises(SuiteError, match="not in Unicode NFC"):
        trap(tmp_path, 2)


@pytest.mark.parametrize("sign", ["\u2126", "\u212b", "\uf914"])  # ohm, ångström, 樂 as it is typed for 낙
def test_signs_with_a_twin_are_no_fault(tmp_path: Path, sign: str) -> None:
    rows = [ROWS[0], ROWS[1] | {"q": f"5 {sign}이면?"}]
    write_set(tmp_path / ".cache/mirror", "org/toy", {"default": {"test": rows}})
    task_file(tmp_path, path="org/toy", kwargs="{}", text="{{q}}", choices='["0", "1"]', target="{{label}}")
    assert trap(tmp_path, 2).n == 2


def stock(suite: str, name: str, project: Path, **changes: Any) -> Suite:
    """A task as a public suite of the project has it, but for its size."""
    whole = load_suite(suite, project / "configs")
    (task,) = [task for task in whole.tasks if task.name == name]
    return whole.model_copy(update={"tasks": (task.model_copy(update=changes),)})


def haerae(mirror: Path) -> None:
    rows = [{"query": f"{n}번 물음\n(A) 가 (B) 나 (C) 다 (D) 라 (E) 마", "answer": "(A)"} for n in range(8)]
    write_set(mirror, "HAERAE-HUB/HAE_RAE_BENCH", {"history": {"test": rows}})


def test_few_shots_out_of_the_asked_split_are_refused_and_the_suite_shows_none(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_MIRROR", str(tmp_path))
    haerae(tmp_path)
    (loaded,) = load(stock("korean_public", "haerae_history", project, items=8), root=project, seed=0)
    assert loaded.task.config.num_fewshot == 0
    with pytest.raises(SuiteError, match="few-shots are drawn from 'test', the split that is asked"):
        load(stock("korean_public", "haerae_history", project, items=8, shots=Shots(n=2)), root=project, seed=0)


def kmmlu(mirror: Path) -> None:
    row = {"A": "가", "B": "나", "C": "다", "D": "라"}
    test = [row | {"question": f"물음 {n}", "answer": n % 4 + 1} for n in range(8)]
    dev = [row | {"question": f"보기 {n}", "answer": n % 4 + 1} for n in range(5)]
    write_set(mirror, "HAERAE-HUB/KMMLU", {"Law": {"test": test, "dev": dev}})


def test_a_full_stop_ends_no_written_answer(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_MIRROR", str(tmp_path))
    kmmlu(tmp_path)

    def asked(**changes: Any) -> Generation:
        suite = stock("korean_written", "kmmlu_direct_law", project, items=8, **changes)
        (loaded,) = load(suite, root=project, seed=0)
        ask = loaded.requests(None, None)[0].ask
        assert isinstance(ask, Generation)
        return ask

    as_published = asked(until=None, max_tokens=None)
    assert "." in as_published.until
    here = asked()
    assert "." not in here.until
    assert here.max_tokens == 1024
    assert here.context.count("정답：") == 6


SAID = {
    "B": "correct",
    "정답은 ②입니다.": "correct",
    "A일까? 아니다. 따라서 정답: B": "correct",
    "2번": "correct",
    "The answer is (B).": "correct",
    "정답: C": "wrong",
    "정답: 2": "unparsed",
    "B와 C": "unparsed",
}
"""Answers to questions whose right choice is B, and what each is."""


@pytest.mark.parametrize(
    ("filter_", "right"), [("read_choice", list(SAID.values())), ("none", ["correct", *["wrong"] * 7])]
)
def test_a_written_choice_is_read_as_it_is_said(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch, filter_: str, right: list[str]
) -> None:
    """The stock task takes the whole answer for the letter."""
    monkeypatch.setenv("HARNESS_MIRROR", str(tmp_path))
    row = {"A": "가", "B": "나", "C": "다", "D": "라", "answer": 2}
    splits = {
        "test": [row | {"question": f"물음 {n}"} for n in range(8)],
        "dev": [row | {"question": f"보기 {n}"} for n in range(5)],
    }
    write_set(tmp_path, "HAERAE-HUB/KMMLU", {"Law": splits})
    suite = stock("korean_written", "kmmlu_direct_law", project, items=8, filter=filter_)
    (loaded,) = load(suite, root=project, seed=0)
    answers: dict[tuple[str, int, int], Answer] = {
        (one.item_id, 0, 0): GenerationAnswer(text, "stop")
        for one, text in zip(loaded.requests(None, None), SAID, strict=True)
    }
    assert [sample.outcome for sample in loaded.grade(answers)] == right


def test_a_reader_of_written_answers_reads_no_log_likelihoods(toy: Path) -> None:
    with pytest.raises(SuiteError, match="'read_choice' reads written answers; the task is of type multiple_choice"):
        trap(toy, 4, filter="read_choice")


def test_the_first_shots_stand_before_every_item(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_MIRROR", str(tmp_path))
    kmmlu(tmp_path)
    (loaded,) = load(stock("korean_public", "kmmlu_law", project, items=8), root=project, seed=0)
    contexts = [one.ask.context for one in loaded.requests(None, None)]
    prefix = contexts[0][: contexts[0].index("물음 0")]
    assert all(f"보기 {n}" in prefix for n in range(5))
    assert all(context.startswith(prefix) for context in contexts)


def test_choices_that_are_shuffled_while_loading_are_always_shuffled_the_same_way(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_MIRROR", str(tmp_path))
    rows = [
        {"Question": f"Which is {n}?", "Correct Answer": f"{n}"}
        | {f"Incorrect Answer {k}": f"{n + 10 * k}" for k in (1, 2, 3)}
        for n in range(6)
    ]
    write_set(tmp_path, "Idavidrein/gpqa", {"gpqa_diamond": {"train": rows}})

    def answers(state: int) -> list[str]:
        random.seed(state)
        before = random.getstate()
        (loaded,) = load(stock("round1_common", "gpqa_diamond_cot_zeroshot", project, items=6), root=project, seed=0)
        assert random.getstate() == before
        return [item.target for item in loaded.items]

    assert answers(1) == answers(2)
    assert len(set(answers(1))) > 1
