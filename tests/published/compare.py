"""Two lists of scores, item beside item."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.records import Sample
from harness.suites import LoadedTask
from tests.published.theirs import Row


@dataclass(frozen=True)
class Item:
    """An item whose scores differ."""

    id: str
    ours: float | None
    theirs: float
    why: str


@dataclass(frozen=True)
class Outcome:
    """One task, compared."""

    task: str
    n: int
    ours: float
    theirs: float
    chance: float
    prompts_differ: int
    texts_differ: int
    """Written answers that are not the same, whatever they score."""
    largest: float
    """Largest difference of two log-likelihoods, nats."""
    outcomes: Mapping[str, int]
    differing: tuple[Item, ...]
    """Items whose scores differ."""


def compared(task: LoadedTask, samples: Sequence[Sample], rows: Mapping[int, Row]) -> Outcome:
    """ValueError where the two did not ask the same items."""
    assert task.prompted is not None
    docs = [one.item.row for one in task.prompted]
    if sorted(rows) != sorted(docs):
        raise ValueError(f"{task.plan.name}: {len(docs)} items here, {len(rows)} in lm-eval's log")
    pairs = [(sample, rows[doc], one) for sample, doc, one in zip(samples, docs, task.prompted, strict=True)]
    counts: dict[str, int] = {}
    for sample in samples:
        counts[sample.outcome] = counts.get(sample.outcome, 0) + 1
    return Outcome(
        task=task.plan.name,
        n=len(pairs),
        ours=sum(sample.score or 0.0 for sample in samples) / len(pairs),
        theirs=sum(row.score for row in rows.values()) / len(pairs),
        chance=task.plan.chance,
        prompts_differ=sum(one.asks[0].ask.context != row.prompt for _, row, one in pairs),
        texts_differ=sum(row.text is not None and sample.response != row.text for sample, row, _ in pairs),
        largest=max((_apart(sample, row) for sample, row, _ in pairs), default=0.0),
        outcomes=counts,
        differing=tuple(
            Item(sample.item_id, sample.score, row.score, _why(sample, row))
            for sample, row, _ in pairs
            if sample.score != row.score
        ),
    )


def _apart(sample: Sample, row: Row) -> float:
    return max((abs(a - b) for a, b in zip(sample.logprobs or (), row.logprobs, strict=False)), default=0.0)


def _why(sample: Sample, row: Row) -> str:
    if sample.score is None:
        return f"failed here: {sample.cause}"
    if row.text is None:
        best, second = sorted(row.logprobs, reverse=True)[:2]
        return f"the two likeliest choices are {best - second:.1e} nats apart, the backends {_apart(sample, row):.1e}"
    if sample.response == row.text:
        return f"the same answer, here {sample.outcome}"
    same = next((n for n, (a, b) in enumerate(zip(sample.response or "", row.text)) if a != b), None)  # noqa: B905
    return f"the answers part at character {same}, here {sample.outcome}"


def write(path: Path, outcomes: Sequence[Outcome]) -> None:
    """One group's outcomes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps([asdict(one) for one in outcomes], ensure_ascii=False, indent=1), encoding="utf-8")
    temporary.replace(path)


def read(path: Path) -> list[Outcome]:
    """Outcomes as `write` wrote them."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return [Outcome(**one | {"differing": tuple(Item(**item) for item in one["differing"])}) for one in found]
