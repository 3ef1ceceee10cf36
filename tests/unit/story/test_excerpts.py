from __future__ import annotations

from collections import Counter

from harness.records import Outcome, Sample
from harness.story import choose_excerpts


def sample(index: int, outcome: Outcome, response: str | None = "x") -> Sample:
    score = None if outcome == "failed" else 1.0 if outcome == "correct" else 0.0
    return Sample(
        item_id=str(index),
        repeat=0,
        outcome=outcome,
        score=score,
        target="t",
        response=response,
        cluster=None,
        prompt_sha256="0",
    )


def test_the_choice_is_bounded_repeatable_and_of_lost_answers_only() -> None:
    kinds: list[Outcome] = ["correct", "wrong", "unparsed", "failed"]
    samples = [sample(index, kinds[index % 4]) for index in range(400)]
    chosen = choose_excerpts(samples, "seed")
    assert Counter(excerpt.outcome for excerpt in chosen) == {"wrong": 2, "unparsed": 2, "failed": 2}
    assert choose_excerpts(samples, "seed") == chosen
    assert choose_excerpts(samples, "another seed") != chosen


def test_long_answers_are_cut_and_control_characters_shown() -> None:
    excerpt = choose_excerpts([sample(0, "wrong", "\x1b" + "가" * 10_000)], "seed")[0]
    assert excerpt.response is not None
    assert excerpt.response.startswith("␛가")
    assert len(excerpt.response) == 400


def test_nothing_lost_means_nothing_shown() -> None:
    assert choose_excerpts([sample(0, "correct"), sample(1, "scored")], "seed") == []
