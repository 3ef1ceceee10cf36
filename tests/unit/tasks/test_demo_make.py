"""The generator of the demo items: what is committed is what it makes, and it keeps its promises."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tasks.demo import make
from tasks.demo.generator.draw import Draw
from tasks.demo.generator.split import SIZES, Row
from tests.conftest import PROJECT


@pytest.fixture(scope="module")
def made() -> dict[str, list[Row]]:
    return make.files(make.SEED)


def test_the_committed_files_are_what_the_generator_makes(made: dict[str, list[Row]]) -> None:
    assert list(make.differences(made)) == []


def test_ids_are_unique_questions_asked_once_and_answers_evenly_placed(made: dict[str, list[Row]]) -> None:
    assert list(make.broken_promises(made)) == []


def test_there_are_enough_items(made: dict[str, list[Row]]) -> None:
    tests = [rows for name, rows in made.items() if name.endswith("/test.jsonl")]
    assert {len(rows) for rows in tests} == {SIZES["test"]}
    assert sum(map(len, tests)) >= 600


def test_another_seed_makes_other_items(made: dict[str, list[Row]]) -> None:
    other = make.files(make.SEED + 1)
    assert list(make.broken_promises(other)) == []
    assert all(other[name] != rows for name, rows in made.items())


def test_the_bytes_do_not_depend_on_the_hash_seed_or_the_working_directory() -> None:
    program = PROJECT / "tasks/demo/make.py"
    done = subprocess.run(
        [sys.executable, program, "--check"],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_draw_is_the_same_everywhere() -> None:
    draw = Draw(1, "golden")
    assert [draw.below(100) for _ in range(5)] == GOLDEN
    assert sorted(draw.shuffled(range(10))) == list(range(10))
    assert all(3 <= draw.between(3, 5) <= 5 for _ in range(50))


GOLDEN = [52, 74, 71, 2, 64]
