"""The harness's side: load, ask, grade, as a run does."""

from __future__ import annotations

from pathlib import Path

from harness.environment import ROOT
from harness.hashing import digest
from harness.plan import Suite
from harness.records import Sample
from harness.score import Journal, Scorer, Tokenizer
from harness.suites import LoadedTask, count, load
from tests.bench.engine import Served
from tests.published.groups import Group

SEED = 1234
"""lm-eval's program draws few-shots with it unless told otherwise."""


def loaded(group: Group) -> list[LoadedTask]:
    """The group's tasks, from the mirror that HARNESS_MIRROR names."""
    suite = Suite(
        name="compared", title={}, language="en", folder=group.folder, tasks=tuple(t.plan for t in group.tasks)
    )
    counts, problems = count(suite, root=ROOT)
    if problems:
        raise RuntimeError("; ".join(problems))
    tasks = tuple(task.model_copy(update={"items": counts[task.name]}) for task in suite.tasks)
    return load(suite.model_copy(update={"tasks": tasks}), root=ROOT, seed=SEED)


def samples(group: Group, tasks: list[LoadedTask], served: Served, journal: Path) -> dict[str, list[Sample]]:
    """Every task's samples, in item order. RuntimeError where a prompt does not fit or fast scores disagree."""
    tokenizer = Tokenizer.load(served.folder, thinking=False if group.chat else None)
    template = tokenizer.chat_template if group.chat else None
    requests = [request for task in tasks for request in task.requests(template, None)]
    with Journal.open(journal) as opened:
        scorer = Scorer(tokenizer, opened, served.engine, digest({"served": str(served.folder), "chat": group.chat}))
        if problems := scorer.preflight(requests) + scorer.agree(requests, served.endpoint):
            raise RuntimeError("; ".join(problems))
        answers = dict(zip(requests, scorer.answer(requests, served.endpoint, _progress), strict=True))
    return {
        task.plan.name: task.grade(
            {
                (request.item_id, request.repeat, request.index): answer
                for request, answer in answers.items()
                if request.task == task.plan.name
            }
        )
        for task in tasks
    }


def _progress(done: int, total: int) -> None:
    if done % 50 == 0 or done == total:
        print(f"\r  ours: {done} of {total} requests", end="" if done < total else "\n", flush=True)  # noqa: T201
