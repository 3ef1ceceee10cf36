"""What a guesser earns, as the public suites say it and as the published rows have it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import fmean

import pytest

from harness.config import load_suite
from harness.plan import Task
from harness.request import Loglikelihood
from harness.suites import load
from tests import mirrors

pytestmark = mirrors.needs_real_data

Fill = Callable[[Path], object]


def _anatomy(mirror: Path) -> object:
    return mirrors.mmlu(mirror, ["anatomy"])


CHOSEN: tuple[tuple[str, Fill, tuple[str, ...]], ...] = (
    ("korean_public", mirrors.kobest, ("kobest_boolq", "kobest_copa", "kobest_hellaswag", "kobest_sentineg")),
    ("korean_public", mirrors.klue_nli, ("klue_nli",)),
    ("korean_public", mirrors.kornli, ("kornli",)),
    ("general_public", _anatomy, ("mmlu_anatomy",)),
    ("nia_like", mirrors.kobbq, ("kobbq",)),
    ("safety_public", mirrors.safety, ("square_sensitive", "square_acceptable", "kosbi_safe")),
)


@pytest.mark.parametrize(("name", "fill", "tasks"), CHOSEN, ids=[tasks[0] for _, _, tasks in CHOSEN])
def test_the_chance_of_chosen_answers_is_that_of_their_number(
    name: str, fill: Fill, tasks: tuple[str, ...], project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fill(tmp_path)
    monkeypatch.setenv("HARNESS_MIRROR", str(tmp_path))
    suite = load_suite(name, project / "configs")
    kept = tuple(task for task in suite.tasks if task.name in tasks)
    assert len(kept) == len(tasks)
    for loaded in load(suite.model_copy(update={"tasks": kept}), root=project, seed=0):
        asked = [one.ask for one in loaded.requests(None, None)]
        counts = [len(ask.continuations) for ask in asked if isinstance(ask, Loglikelihood)]
        assert len(counts) == loaded.n
        assert loaded.plan.chance == pytest.approx(fmean(1 / n for n in counts), abs=1e-4), loaded.plan.name


def test_the_chance_of_bbh_is_that_of_the_options_which_its_questions_name(project: Path):
    tasks = [task for task in load_suite("general_public", project / "configs").tasks if task.benchmark == "BBH"]
    assert len(tasks) == 27
    for task in tasks:
        assert task.chance == pytest.approx(_guessed(task), abs=2e-3), task.name


def _guessed(task: Task) -> float:
    path = mirrors.REAL / "bbh/bbh" / f"{task.name.removeprefix('bbh_cot_fewshot_')}.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["examples"]
    answers = {row["target"].lower() for row in rows}
    if len(answers) == 2:
        return 0.5
    return fmean(_shown(row["input"]) for row in rows)


def _shown(question: str) -> float:
    options: Iterable[str] = re.findall(r"^\(([A-Z])\)", question, re.MULTILINE)
    count = len(list(options))
    return 1 / count if count else 0.0
