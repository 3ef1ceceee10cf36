"""The texts on which the demo's entrants are trained: the train splits, in the format that is evaluated."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import jinja2
import yaml

from harness.hashing import sha256_file
from harness.plan import Suite
from harness.suites import load

ROOT = Path(__file__).resolve().parents[3]
SUITES = ("demo_korean", "demo_general")
HELD_OUT_EVERY = 80
"""One train row in so many is never trained on: it tells how the training goes."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """One question as it stands in a prompt, and its answer."""

    prompt: str
    answer: str
    """With the space that goes before it."""


@dataclass(frozen=True)
class TaskTexts:
    """What a task's file says of its prompts, and its rows."""

    name: str
    description: str
    delimiter: str
    """Between examples."""
    gap: str
    """Between a prompt and its answer."""
    question: jinja2.Template
    labels: tuple[str, ...] | None
    """The answers by index where they are labels; null where they are the row's own choices or its answer."""
    train: tuple[Row, ...]
    held_out: tuple[Row, ...]
    """Rows of the train split that are not trained on."""
    fewshot: tuple[Row, ...]
    test: tuple[Row, ...]
    """Rows that are evaluated; read to check that none of them is trained on."""
    data_sha256: str
    """Digest of the file of train rows."""

    def example(self, row: Row) -> Example:
        """The row as lm-eval puts it into a prompt."""
        answer = row["answer"]
        if "choices" in row:
            answer = (self.labels or row["choices"])[answer]
        return Example(self.question.render(row), f"{self.gap}{answer}")

    def shuffled(self, rng: Random) -> Iterator[Example]:
        """Every train row once, in a new order, its choices in a new order too."""
        for row in rng.sample(self.train, len(self.train)):
            yield self.example(_reordered(row, rng))


def read_tasks(root: Path = ROOT) -> list[TaskTexts]:
    """The tasks of both suites; ValueError where a row that is evaluated would be trained on."""
    found = []
    for name in SUITES:
        suite = Suite(**yaml.safe_load((root / f"configs/suite/{name}.yaml").read_text(encoding="utf-8")))
        found += [_task(loaded.task.config, root) for loaded in load(suite, root=root, seed=0)]
    for task in found:
        refuse_leaks(task)
    return found


def refuse_leaks(task: TaskTexts) -> None:
    """ValueError where a test or few-shot question is among the train rows, whatever the order of its choices."""
    evaluated = {question_key(row) for row in (*task.fewshot, *task.test)}
    leaked = [row for row in (*task.train, *task.held_out) if question_key(row) in evaluated]
    if leaked:
        raise ValueError(f"{task.name}: {len(leaked)} train rows are evaluated, such as {leaked[0]['item_id']}")


def question_key(row: Row) -> str:
    """Equal for rows that ask the same."""
    return "\n".join([row["question"], *sorted(row.get("choices", ()))])


def _task(config: Any, root: Path) -> TaskTexts:
    folder = (root / config.dataset_kwargs["data_files"]["test"]).parent
    train = _rows(folder / "train.jsonl")
    labels = config.doc_to_choice
    return TaskTexts(
        name=config.task,
        description=config.description,
        delimiter=config.fewshot_delimiter,
        gap=config.target_delimiter,
        question=jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(config.doc_to_text),  # noqa: S701
        labels=tuple(labels) if isinstance(labels, list) else None,
        train=tuple(row for place, row in enumerate(train) if place % HELD_OUT_EVERY),
        held_out=tuple(train[::HELD_OUT_EVERY]),
        fewshot=tuple(_rows(folder / "fewshot.jsonl")),
        test=tuple(_rows(folder / "test.jsonl")),
        data_sha256=sha256_file(folder / "train.jsonl"),
    )


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _reordered(row: Row, rng: Random) -> Row:
    if "choices" not in row:
        return row
    order: Sequence[int] = rng.sample(range(len(row["choices"])), len(row["choices"]))
    return row | {"choices": [row["choices"][place] for place in order], "answer": order.index(row["answer"])}
