"""The bench's own parts: what it asks, and what it writes. Its figures are `make bench`'s business."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.store import read_record
from tests.bench import items, result


def words(text: str) -> int:
    return len(text.split())


def test_items_are_the_same_every_time_and_each_its_own():
    for make in (items.letters, items.endings):
        asked = make(20, words)
        assert asked == make(20, words)
        assert len({each.context for each in asked}) == 20


def test_fewshot_items_share_their_examples_and_zero_shot_items_nothing():
    shared = items.fewshot_letters(4, words, shared=300)
    heads = {" ".join(each.context.split()[:300]) for each in shared}
    assert len(heads) == 1
    assert all(64 <= words(each.context) <= 120 for each in items.letters(40, words))


def test_questions_are_english_and_korean():
    korean = [any("가" <= letter <= "힣" for letter in each.context) for each in items.letters(20, words)]
    assert sum(korean) == 10


def test_a_bench_is_written_as_the_contract_says(tmp_path: Path):
    case = result.Case(
        ours=2.0,
        others={"x": result.Other(value=1.0), "y": result.Other(value=None, skipped="absent")},
        ratio=2.0,
        compared_with="x",
        scores_equal=True,
        unit="items/s",
        aim=3.0,
    )
    bench = result.Bench(quick=False, machine={"cores": 2}, versions={"vllm": "1"}, cases={"a_fewshot_choice": case})
    result.write(tmp_path / "bench" / "scoring.json", bench)

    read = read_record(tmp_path / "bench" / "scoring.json", result.Bench)

    assert read == bench
    assert {"ours", "others", "ratio", "scores_equal", "unit"} <= set(read.cases["a_fewshot_choice"].model_dump())


@pytest.mark.full
def test_a_case_that_does_not_exist_is_refused(project: Path):
    done = subprocess.run([sys.executable, "-m", "tests.bench", "z"], cwd=project, capture_output=True, text=True)
    assert done.returncode == 2
    assert "choose from a b c d e" in done.stderr
