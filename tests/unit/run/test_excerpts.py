from __future__ import annotations

from collections import Counter

from harness.hashing import sha256_text
from harness.records import Outcome, Sample
from harness.request import Loglikelihood, Request
from harness.run.excerpts import PROMPT_LIMIT, choose_excerpts


def sample(index: int, outcome: Outcome) -> Sample:
    score = None if outcome == "failed" else 1.0 if outcome == "correct" else 0.0
    prompt = f"question {index}"
    return Sample(
        item_id=str(index),
        repeat=0,
        outcome=outcome,
        score=score,
        target="t",
        response="x",
        cluster=None,
        prompt_sha256=sha256_text(prompt),
    )


def request(item: str, context: str, index: int = 0) -> Request:
    return Request("task", item, index, 0, Loglikelihood(context, (" a", " b")))


KINDS: tuple[Outcome, ...] = ("correct", "wrong", "unparsed", "truncated", "failed", "refused")
SAMPLES = [sample(index, KINDS[index % len(KINDS)]) for index in range(400)]
REQUESTS = [request(str(index), f"question {index}") for index in range(400)]


def test_the_choice_is_bounded_and_prefers_what_earned_nothing() -> None:
    chosen = choose_excerpts(SAMPLES, REQUESTS, "seed")
    by_id = {sample.item_id: sample for sample in SAMPLES}
    counts = Counter(by_id[excerpt.item_id].outcome for excerpt in chosen)
    assert counts == {"wrong": 3, "unparsed": 3, "failed": 2, "truncated": 1, "refused": 1, "correct": 2}


def test_the_seed_alone_decides() -> None:
    assert choose_excerpts(SAMPLES, REQUESTS, "seed") == choose_excerpts(SAMPLES, REQUESTS[::-1], "seed")
    assert choose_excerpts(SAMPLES, REQUESTS, "seed") != choose_excerpts(SAMPLES, REQUESTS, "another")


def test_a_kept_prompt_is_the_one_that_the_sample_s_digest_names() -> None:
    by_id = {sample.item_id: sample for sample in SAMPLES}
    for excerpt in choose_excerpts(SAMPLES, REQUESTS, "seed"):
        assert sha256_text(excerpt.prompts[0]) == by_id[excerpt.item_id].prompt_sha256
        assert excerpt.left_out == 0


def test_an_item_with_a_context_for_each_choice_keeps_all_of_them_in_order() -> None:
    requests = [request("0", "second", 1), request("0", "first", 0)]
    assert choose_excerpts([sample(0, "wrong")], requests, "seed")[0].prompts == ("first", "second")


def test_the_middle_of_a_very_long_prompt_is_left_out_and_counted() -> None:
    long = "가" * 50_000 + "끝"
    (excerpt,) = choose_excerpts([sample(0, "wrong")], [request("0", long)], "seed")
    assert excerpt.prompts[0].endswith("끝")
    assert len(excerpt.prompts[0]) < PROMPT_LIMIT + 10
    assert excerpt.left_out == 50_001 - PROMPT_LIMIT
