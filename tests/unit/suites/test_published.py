"""Unmodified stock tasks on real rows from a mirror: the same scores as from lm-eval's own evaluate()."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.plan import Shots, Suite, Task
from harness.request import Answer, GenerationAnswer, Loglikelihood, LoglikelihoodAnswer
from harness.suites import LoadedTask, lmeval, load
from harness.suites.catalogue import stock_tasks
from tests import mirrors

LIMIT = 60
"""Items compared of each task."""

TEXTS = (
    "first, second, third",
    "* one *highlighted* word\n* another *highlighted section*\nP.S. Farewell. Is that all? Mr. Kim said so.",
    "THE ANSWER IS 42. So the answer is True.",
    "So the answer is (A).",
    '"{\\"answer\\": [placeholder]}"\n\n<<title>>\n\n***\n\nno commas here',
)
"""Answers that are wrong to most questions and keep some rules."""


def chosen(text: str, n: int) -> int:
    """A number below n that follows from the text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % n


def likelihood(context: str, continuation: str) -> tuple[float, bool]:
    """What the made-up model gives."""
    return -(1 + chosen(f"{context}|{continuation}", 10_000) / 500), chosen(continuation, 2) == 0


class Oracle:
    """Writes the right answer to half of the questions and something else to the others."""

    def __init__(self, right: Mapping[str, str]) -> None:
        self.right = right

    def text(self, context: str) -> str:
        wrong = TEXTS[chosen(context, len(TEXTS))]
        return self.right[context] if chosen(context, 2) else wrong


@pytest.fixture(scope="session")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mirror")
    mirrors.kobest(folder)
    mirrors.mmlu(folder, ["anatomy"])
    mirrors.gsm8k(folder)
    mirrors.bbh(folder)
    mirrors.ifeval(folder)
    mirrors.agieval(folder)
    return folder


def plan(name: str, items: int, metric: str = "acc", **changes: Any) -> Task:
    return Task(name=name, metric=metric, items=items, capability="x", **changes)


STOCK = [
    plan("kobest_boolq", 1404),
    plan("kobest_copa", 1000),
    plan("kobest_hellaswag", 500, "acc_norm"),
    plan("kobest_sentineg", 397),
    plan("mmlu_anatomy", 135, shots=Shots(n=5, split="dev")),
    plan("gsm8k", 1311, "exact_match", filter="flexible-extract"),
    plan("bbh_cot_fewshot_boolean_expressions", 250, "exact_match", filter="get-answer"),
    plan("bbh_cot_fewshot_penguins_in_a_table", 146, "exact_match", filter="get-answer"),
    plan("agieval_sat_math", 220),
    plan("agieval_sat_en", 206),
    plan("agieval_lsat_lr", 510),
    plan("ifeval", 541, "prompt_level_strict_acc"),
]


def loaded(task: Task, project: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> LoadedTask:
    monkeypatch.setenv("HARNESS_MIRROR", str(mirror))
    (found,) = load(Suite(name="s", title={}, language="ko", tasks=(task,)), root=project, seed=0)
    return found


def ours(found: LoadedTask) -> tuple[list[tuple[str, ...]], list[float]]:
    """What the first items are asked, and what their answers score."""
    requests = found.requests(None, None)
    assert found.prompted is not None
    named = {one.item.id: one.item for one in found.prompted}
    oracle = Oracle({one.ask.context: named[one.item_id].target for one in requests})
    answers: dict[tuple[str, int, int], Answer] = {}
    for one in requests:
        if isinstance(one.ask, Loglikelihood):
            pairs = [likelihood(one.ask.context, text) for text in one.ask.continuations]
            answer: Answer = LoglikelihoodAnswer(tuple(p[0] for p in pairs), tuple(p[1] for p in pairs))
        else:
            answer = GenerationAnswer(oracle.text(one.ask.context), "stop")
        answers[one.item_id, one.repeat, one.index] = answer
    samples = found.grade(answers)[:LIMIT]
    return [(one.ask.context,) for one in requests][:LIMIT], [sample.score or 0.0 for sample in samples]


def theirs(task: Task, found: LoadedTask, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """lm-eval's own evaluate() on its own task file, the mirror as working directory and no redirection of ours."""
    from lm_eval.api.model import LM
    from lm_eval.evaluator import evaluate
    from lm_eval.tasks import TaskManager

    assert found.prompted is not None
    oracle = Oracle({ask.ask.context: one.item.target for one in found.prompted for ask in one.asks})

    class Model(LM):  # type: ignore[misc]
        def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
            return [likelihood(*request.args) for request in requests]

        def loglikelihood_rolling(self, requests: Sequence[Any]) -> list[float]:
            raise NotImplementedError

        def generate_until(self, requests: Sequence[Any]) -> list[str]:
            return [oracle.text(request.args[0]) for request in requests]

    monkeypatch.chdir(mirror)
    config = lmeval.without_downloads(lmeval.resolved(stock_tasks()[0][task.name]))
    shots = {} if task.shots is None else {"num_fewshot": task.shots.n}
    tasks = TaskManager(include_defaults=False).load([config | shots])
    for one in tasks["tasks"].values():
        if one.config.num_fewshot is None:
            one.set_config(key="num_fewshot", value=0)
        one.set_fewshot_seed(0)
    with lmeval.collected_warnings():
        results = evaluate(Model(), tasks, limit=LIMIT, bootstrap_iters=0, log_samples=True)
    rows = [row for row in results["samples"][task.name] if row["filter"] == task.filter]
    return [float(row[task.metric]) for row in sorted(rows, key=lambda row: row["doc_id"])]


QUICK = ("kobest_copa", "mmlu_anatomy", "agieval_sat_math")
"""In every test run; the others with `make test-full`."""


@mirrors.needs_real_data
@pytest.mark.parametrize(
    "task",
    [pytest.param(task, id=task.name, marks=() if task.name in QUICK else pytest.mark.full) for task in STOCK],
)
@pytest.mark.filterwarnings("ignore")  # lm-eval's own
def test_scores_equal_those_of_lm_evals_own_evaluate(
    task: Task, project: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = loaded(task, project, mirror, monkeypatch)
    _, scores = ours(found)
    assert scores == theirs(task, found, mirror, monkeypatch)
    assert 0 < sum(scores) < len(scores)
