"""Examples become sequences of tokens: several of one task in a row, as in a few-shot prompt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count, islice
from random import Random

from tokenizers import Tokenizer

from tasks.demo.entrants.texts import Example, TaskTexts

LENGTH = 256
"""Tokens of a sequence; every evaluated prompt is shorter."""
ROWS = 1000
"""Rows that a pass takes of each task (again and again where a task has fewer)."""
FEWER_ROWS = {"demo_ko_order": 600}
"""Rows of tasks whose questions are long."""


@dataclass(frozen=True)
class Sequence:
    """Tokens of one task's examples."""

    ids: tuple[int, ...]
    answers: tuple[bool, ...]
    """Which tokens are answers; the line's end behind an answer is part of it."""
    parts: tuple[int, ...]
    """To which example a token belongs, from 1; 0 is the task's description."""


def one_pass(tasks: Iterable[TaskTexts], tokenizer: Tokenizer, rng: Random) -> list[Sequence]:
    """As many random rows of each task as a pass takes, packed and mixed."""
    found: list[Sequence] = []
    for task in tasks:
        rows = chain.from_iterable(task.shuffled(rng) for _ in count())
        found += pack(task, list(islice(rows, FEWER_ROWS.get(task.name, ROWS))), tokenizer)
    rng.shuffle(found)
    return found


def pack(task: TaskTexts, examples: list[Example], tokenizer: Tokenizer) -> Iterator[Sequence]:
    """The task's description, then as many examples as fit, again and again."""
    (start,) = _encoded(tokenizer, [task.description])
    (delimiter,) = _encoded(tokenizer, [task.delimiter])
    prompts = _encoded(tokenizer, [example.prompt for example in examples])
    answers = _encoded(tokenizer, [example.answer for example in examples])
    ids, marks, parts = list(start), [False] * len(start), [0] * len(start)
    for prompt, answer in zip(prompts, answers, strict=True):
        size = len(prompt) + len(answer) + len(delimiter)
        if len(ids) + size > LENGTH and len(ids) > len(start):
            yield Sequence(tuple(ids), tuple(marks), tuple(parts))
            ids, marks, parts = list(start), [False] * len(start), [0] * len(start)
        ids += [*prompt, *answer, *delimiter]
        marks += [False] * len(prompt) + [True] * (len(answer) + 1) + [False] * (len(delimiter) - 1)
        parts += [parts[-1] + 1 if parts else 1] * size
    yield Sequence(tuple(ids), tuple(marks), tuple(parts))


def _encoded(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]
