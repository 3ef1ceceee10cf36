"""Tasks are found by name: in the suite's folder first, then among lm-eval's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import SuiteError
from harness.suites import lmeval
from harness.suites.catalogue import Catalogue
from tests.unit.suites.toysuite import write


@pytest.mark.parametrize("name", ["kobest_copa", "mmlu_anatomy", "gsm8k", "kmmlu_law"])
def test_finds_a_task_of_lm_eval(name: str) -> None:
    file = Catalogue(None).find(name)
    assert file.config["task"] == name
    assert file.path.is_relative_to(lmeval.tasks_folder())


def test_the_suites_own_task_comes_first(tmp_path: Path) -> None:
    folder = write(tmp_path, {"task: toy_choice": "task: gsm8k"})
    assert Catalogue(folder).find("gsm8k").path == (folder / "choice.yaml").resolve()


def test_an_unknown_task_is_answered_with_close_names() -> None:
    with pytest.raises(SuiteError) as caught:
        Catalogue(None).find("kobest_copaa")
    assert "'kobest_copaa'" in str(caught.value)
    assert "'kobest_copa'" in str(caught.value)


def test_a_group_is_no_task() -> None:
    with pytest.raises(SuiteError, match="group or tag"):
        Catalogue(None).find("mmlu")
