"""Pull, lock, verify: from a carried folder to a run whose data is locked."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from harness.config import load_suite
from harness.data.lock import counted, read_lock
from harness.errors import ConfigError, SetupError
from harness.run import Screen, lock_suites, pull_suites, verify_mirror
from harness.suites import load
from tests.mirrors import write_set

TASK = """task: toy
dataset_path: org/toy
test_split: test
output_type: multiple_choice
doc_to_text: "{{q}}"
doc_to_choice: ["0", "1"]
doc_to_target: "{{label}}"
num_fewshot: 0
metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]
"""
ROWS = [{"q": f"{n}?", "label": str(n % 2)} for n in range(4)]
ORIGIN = {"hub": "org/toy", "revision": None, "licence": "CC0-1.0", "counted": "not known before the data is locked"}


@pytest.fixture
def screen() -> Screen:
    return Screen(Console(file=io.StringIO()))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("HARNESS_MIRROR", raising=False)
    write_set(tmp_path / "stick", "org/toy", {"default": {"test": ROWS}})
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/toy.yaml").write_text(TASK)
    suite(tmp_path)
    return tmp_path


def suite(root: Path, items: int = 0) -> None:
    task = {"name": "toy", "metric": "acc", "items": items, "capability": "x", "origin": ORIGIN}
    content = {"name": "toys", "title": {"en": "Toys"}, "language": "en", "folder": "folder", "tasks": [task]}
    (root / "configs/suite").mkdir(parents=True, exist_ok=True)
    (root / "configs/suite/toys.yaml").write_text(yaml.safe_dump(content))


def test_a_carried_set_is_pulled_locked_counted_and_verified(project: Path, screen: Screen) -> None:
    pull_suites([], project, project / "stick", screen)
    locked = lock_suites(["toys"], project, screen)
    assert locked.problems == ()
    assert read_lock(project).items == {"toy": 4}
    assert verify_mirror(project) == []


def test_locked_data_is_locked_to_a_run_and_tampered_data_is_not(project: Path, screen: Screen) -> None:
    pull_suites([], project, project / "stick", screen)
    lock_suites([], project, screen)
    toys = counted(load_suite("toys", project / "configs"), read_lock(project))
    assert load(toys, root=project, seed=0)[0].locked
    rows = project / ".cache/mirror/org/toy/default/test.jsonl"
    rows.write_text(rows.read_text().replace("0?", "zero?"))
    assert not load(toys, root=project, seed=0)[0].locked
    assert verify_mirror(project) == ["org/toy: default/test.jsonl has changed"]


def test_a_set_that_cannot_be_brought_keeps_no_other_back(project: Path, screen: Screen) -> None:
    path = project / "configs/suite/toys.yaml"
    content = yaml.safe_load(path.read_text())
    content["tasks"].append(content["tasks"][0] | {"name": "absent", "origin": ORIGIN | {"hub": "org/absent"}})
    path.write_text(yaml.safe_dump(content))
    pulled = pull_suites([], project, project / "stick", screen)
    assert [problem.splitlines()[0] for problem in pulled.problems] == [f"{project / 'stick'} holds no org/absent"]
    assert (pulled.folder / "org/toy/README.md").is_file()


def test_a_stated_number_of_items_that_is_not_found_is_named(project: Path, screen: Screen) -> None:
    suite(project, items=5)
    pull_suites([], project, project / "stick", screen)
    assert lock_suites([], project, screen).problems == ("toy: 5 items stated, 4 counted",)


@pytest.mark.parametrize(("total", "said"), [(4, ()), (5, ("Toys: 5 items stated in all, 4 counted",))])
def test_the_items_of_a_whole_benchmark_are_counted(
    project: Path, screen: Screen, total: int, said: tuple[str, ...]
) -> None:
    path = project / "configs/suite/toys.yaml"
    content = yaml.safe_load(path.read_text())
    content["tasks"][0] |= {"benchmark": "Toys", "origin": ORIGIN | {"total": total}}
    path.write_text(yaml.safe_dump(content))
    pull_suites([], project, project / "stick", screen)
    assert lock_suites([], project, screen).problems == said


def test_a_set_that_is_not_in_the_mirror_is_named_and_the_others_are_locked(project: Path, screen: Screen) -> None:
    locked = lock_suites([], project, screen)
    assert locked.problems == (f"org/toy is not in the mirror {project / '.cache/mirror'}",)
    assert locked.lock.sets == {}


def test_a_further_set_in_the_mirror_is_named(project: Path, screen: Screen) -> None:
    pull_suites([], project, project / "stick", screen)
    lock_suites([], project, screen)
    write_set(project / ".cache/mirror", "org/other", {"default": {"test": ROWS}})
    assert verify_mirror(project) == ["org/other: the set is not in the lock"]


def test_verifying_without_a_lock_is_a_mistake(project: Path) -> None:
    with pytest.raises(SetupError, match="names no set"):
        verify_mirror(project)


def test_an_unknown_suite_is_named_with_those_there_are(project: Path, screen: Screen) -> None:
    with pytest.raises(ConfigError, match=r"did you mean toys\?"):
        pull_suites(["toy"], project, project / "stick", screen)
