"""Candidates become rows: three splits without a common question, answers evenly over the places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tasks.demo.generator.candidate import Candidate, Family
from tasks.demo.generator.draw import Draw

SIZES = {"test": 48, "fewshot": 8, "train": 2000}
"""Rows of each split; train takes what is left where a family has less."""

Row = dict[str, object]


def splits(family: Family, seed: int) -> dict[str, list[Row]]:
    """The rows of each split. The same seed gives the same rows; no question stands in two of them."""
    unique: dict[str, Candidate] = {}
    for candidate in family.candidates(Draw(seed, family.task, "candidates")):
        unique.setdefault(candidate.key, candidate)
    draw = Draw(seed, family.task, "splits")
    pool = draw.shuffled(list(unique.values()))
    name = family.task.removeprefix("demo_")
    found: dict[str, list[Row]] = {}
    for split, size in SIZES.items():
        chosen = _spread(pool, split)[:size]
        taken = {candidate.key for candidate in chosen}
        pool = [candidate for candidate in pool if candidate.key not in taken]
        found[split] = _rows(chosen, name if split == "test" else f"{name}-{split}", draw)
    return found


def _spread(pool: Sequence[Candidate], split: str) -> list[Candidate]:
    """The candidates in the order in which a split takes them: test spreads over groups, few-shots over kinds."""
    if split == "train":
        return list(pool)
    seen: Counter[str] = Counter()
    turns = []
    for candidate in pool:
        label = candidate.group if split == "test" else candidate.kind
        turns.append(seen[label])
        seen[label] += 1
    return [pool[place] for place in sorted(range(len(pool)), key=turns.__getitem__)]


def _rows(chosen: Sequence[Candidate], prefix: str, draw: Draw) -> list[Row]:
    places = _places(chosen, draw)
    return [
        {
            "item_id": f"{prefix}-{number:04d}",
            "group": candidate.group,
            "question": candidate.question,
            **_answer(candidate, place, draw),
            **candidate.extra,
        }
        for number, (candidate, place) in enumerate(zip(chosen, places, strict=True), start=1)
    ]


def _places(chosen: Sequence[Candidate], draw: Draw) -> list[int]:
    """A place for each answer among its choices: every place as often as the others (within one), mixed."""
    kinds = len(chosen[0].wrong) + 1
    return draw.shuffled([number % kinds for number in range(len(chosen))])


def _answer(candidate: Candidate, place: int, draw: Draw) -> Row:
    if not candidate.wrong:
        return {"answer": candidate.answer}
    choices = draw.shuffled(candidate.wrong)
    choices.insert(place, candidate.answer)
    return {"choices": choices, "answer": place}
