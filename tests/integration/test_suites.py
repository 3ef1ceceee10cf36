"""Our requests and grades against lm-eval's own: the same prompts, and the same metric for every item."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.plan import Suite, Task
from harness.request import Answer, Generation, GenerationAnswer, LoglikelihoodAnswer, Request
from harness.suites import LoadedTask, lmeval, load
from tests import mirrors
from tests.conftest import PROJECT

SHARED = mirrors.REAL
SEED = 7

Row = Mapping[str, Any]


def drawn(*texts: str) -> int:
    """A number that depends on nothing but the texts."""
    return int.from_bytes(hashlib.sha256("\0".join(texts).encode()).digest()[:4], "big")


def logprob(context: str, continuation: str) -> tuple[float, bool]:
    number = drawn(context, continuation)
    return -(number % 1000) / 10, number % 5 == 0


def written(context: str, targets: Mapping[str, str]) -> str:
    """The right answer, a decorated one, a wrong one, or none."""
    right = targets.get(context, "")
    return (f" {right}", f" {right}.", " 7", "", "헛소리 nonsense")[drawn(context) % 5]


def dummy_model(targets: Mapping[str, str]) -> Any:
    """An lm-eval model that gives these answers."""
    from lm_eval.api.model import LM

    class Dummy(LM):
        def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
            return [logprob(*request.args) for request in requests]

        def generate_until(self, requests: Sequence[Any]) -> list[str]:
            return [written(request.args[0], targets) for request in requests]

        def loglikelihood_rolling(self, requests: Sequence[Any]) -> list[float]:
            raise AssertionError("nothing here asks for it")

    return Dummy()


def answer(request: Request, targets: Mapping[str, str]) -> Answer:
    """The same answers, in our types."""
    ask = request.ask
    if isinstance(ask, Generation):
        return GenerationAnswer(written(ask.context, targets), "stop")
    pairs = [logprob(ask.context, continuation) for continuation in ask.continuations]
    return LoglikelihoodAnswer(tuple(value for value, _ in pairs), tuple(greedy for _, greedy in pairs))


def by_lm_eval(names: Sequence[str], folder: Path | None, targets: Mapping[str, str]) -> dict[str, list[Row]]:
    """lm-eval's own samples of each task: found, loaded, asked and graded without any code of ours."""
    from lm_eval.evaluator import evaluate
    from lm_eval.tasks import TaskManager

    with lmeval.collected_warnings():
        paths = [str(folder)] if folder else [str(lmeval.tasks_folder() / name) for name in STOCK_FOLDERS]
        loaded = TaskManager(include_path=paths, include_defaults=False).load(list(names))
        for task in loaded["tasks"].values():
            if task.get_config("num_fewshot") is None:
                task.set_config(key="num_fewshot", value=0)
            task.set_fewshot_seed(SEED)
        results = evaluate(dummy_model(targets), loaded, bootstrap_iters=0)
    samples: dict[str, list[Row]] = results["samples"]
    return samples


def right_answers(task: LoadedTask, requests: Sequence[Request]) -> dict[str, str]:
    by_id = {item.id: item.target for item in task.items}
    return {request.ask.context: by_id[request.item_id] for request in requests}


def compare(suite: Suite, root: Path) -> None:
    """Ours and lm-eval's, item by item."""
    tasks = load(suite, root=root, seed=SEED)
    asked = {task.plan.name: task.requests(None, None) for task in tasks}
    targets: dict[str, str] = {}
    for task in tasks:
        targets |= right_answers(task, asked[task.plan.name])
    theirs = by_lm_eval(list(asked), None if suite.folder is None else root / suite.folder, targets)
    for task in tasks:
        plan = task.plan
        answers = {(r.item_id, r.repeat, r.index): answer(r, targets) for r in asked[plan.name]}
        samples = task.grade(answers)
        their = sorted(
            (row for row in theirs[plan.name] if row["filter"] == plan.filter), key=lambda row: row["doc_id"]
        )
        assert [row["arguments"][0][0] for row in their] == [r.ask.context for r in asked[plan.name] if r.index == 0]
        assert [sample.score for sample in samples] == [row[plan.metric] for row in their], plan.name
        assert len({sample.score for sample in samples}) > 1, f"{plan.name}: the answers tell nothing apart"


@pytest.mark.parametrize("name", ["demo_korean", "demo_general"])
def test_demo_tasks_are_graded_as_lm_eval_grades_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)  # where plain lm-eval finds the data files
    compare(Suite(**yaml.safe_load((PROJECT / f"configs/suite/{name}.yaml").read_text(encoding="utf-8"))), PROJECT)


STOCK_FOLDERS = ("kobest", "gsm8k", "mmlu/default")


def mirror(folder: Path, repository: str, configs: Mapping[str, Mapping[str, Sequence[Row]]]) -> None:
    """A hub data set as local files: a front matter that names the splits of each config, and their rows."""
    base = folder / repository
    base.mkdir(parents=True)
    named = []
    for config, splits in configs.items():
        files = [{"split": split, "path": f"{config}-{split}.jsonl"} for split in splits]
        named.append({"config_name": config, "data_files": files})
        for split, rows in splits.items():
            lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            (base / f"{config}-{split}.jsonl").write_text(lines, encoding="utf-8")
    (base / "README.md").write_text(f"---\n{yaml.safe_dump({'configs': named})}---\n", encoding="utf-8")


def copa(split: str) -> list[Row]:
    with (SHARED / f"kobest/COPA/{split}.tsv").open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        names = {"sentence": "premise", "1": "alternative_1", "2": "alternative_2", "question": "question"}
        return [{new: row[old] for old, new in names.items()} | {"label": int(row["Answer"]) - 1} for row in table]


def anatomy(split: str) -> list[Row]:
    with (SHARED / f"mmlu/{split}/anatomy_{split}.csv").open(encoding="utf-8", newline="") as file:
        return [
            {
                "question": row["question"],
                "choices": [row[f"choice{n}"] for n in range(4)],
                "answer": int(row["answer"]),
            }
            for row in csv.DictReader(file)
        ]


def mirror_copa(folder: Path) -> int:
    rows = copa("test")
    mirror(folder, "skt/kobest_v1", {"copa": {"train": rows[:1], "validation": copa("dev"), "test": rows}})
    return len(rows)


def mirror_gsm8k(folder: Path) -> int:
    lines = (SHARED / "gsm8k/test.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    mirror(folder, "openai/gsm8k", {"main": {"train": rows[200:], "test": rows[:200]}})
    return 200


def mirror_anatomy(folder: Path) -> int:
    rows = anatomy("test")
    mirror(folder, "cais/mmlu", {"anatomy": {"dev": anatomy("dev"), "test": rows}})
    return len(rows)


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data, real benchmark rows, is not here")
@pytest.mark.parametrize(
    ("name", "make", "metric", "filter_"),
    [
        ("kobest_copa", mirror_copa, "acc", "none"),
        ("mmlu_anatomy", mirror_anatomy, "acc", "none"),
        ("gsm8k", mirror_gsm8k, "exact_match", "strict-match"),
        ("gsm8k", mirror_gsm8k, "exact_match", "flexible-extract"),
    ],
)
def test_stock_tasks_are_graded_as_lm_eval_grades_them(
    name: str, make: Callable[[Path], int], metric: str, filter_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = make(tmp_path)
    monkeypatch.chdir(tmp_path)
    plan = Task(name=name, metric=metric, filter=filter_, items=items, capability="any")
    compare(Suite(name="stock", title={"en": "Stock"}, language="en", tasks=(plan,)), tmp_path)
