from __future__ import annotations

import pytest

from harness.request import Answer, Failure, GenerationAnswer, Loglikelihood, LoglikelihoodAnswer, Request
from harness.score.determinism import CONDITIONS, certificate, sample

SCOPE = "s" * 64


def request(number: int) -> Request:
    return Request("task", str(number), 0, 0, Loglikelihood(f"Item {number}", (" A", " B")))


def scored(*logprobs: float) -> LoglikelihoodAnswer:
    return LoglikelihoodAnswer(logprobs, (False,) * len(logprobs))


REQUESTS = [request(number) for number in range(4)]
ANSWERS: list[Answer] = [scored(-1.0, -2.0), scored(-1.0, -1.0005), GenerationAnswer("x", "stop"), Failure("HTTP 500")]


def test_equal_answers_make_a_clean_certificate():
    again = dict(zip(REQUESTS, ANSWERS, strict=True))

    found = certificate(REQUESTS, ANSWERS, {"batched": again, "alone": again})

    assert (found.flip_rate, found.largest, found.requests) == (0.0, 0.0, 4)
    assert [(each.condition, each.compared, each.flips) for each in found.conditions] == [
        ("batched", 3, 0),
        ("alone", 3, 0),
    ]
    assert (found.near_ties, found.choices) == (0, 2)


def test_differences_flips_and_the_near_ties_that_they_could_flip_are_counted():
    again: dict[Request, Answer] = {
        REQUESTS[0]: scored(-1.0004, -2.0),
        REQUESTS[1]: scored(-1.0006, -1.0005),
        REQUESTS[2]: GenerationAnswer("y", "stop"),
        REQUESTS[3]: scored(-1.0, -2.0),
    }

    found = certificate(REQUESTS, ANSWERS, {"shuffled": again})

    assert found.largest == pytest.approx(0.0006)
    assert found.tie_width == pytest.approx(0.0012)
    assert found.flip_rate == pytest.approx(2 / 3)
    assert (found.near_ties, found.ties) == (1, ("task/1",))


def test_what_could_not_be_asked_again_is_not_compared():
    found = certificate(REQUESTS, ANSWERS, {"cold": dict.fromkeys(REQUESTS, Failure("not asked"))})

    assert found.flip_rate is None
    assert found.largest is None
    assert found.conditions[0].compared == 0


def test_the_sample_is_drawn_by_scope_and_question_alone():
    many = [request(number) for number in range(100)]

    drawn = sample(many, 8, SCOPE)

    assert drawn == sample(many[::-1], 8, SCOPE)
    assert drawn != sample(many, 8, "t" * 64)
    assert len(set(drawn)) == 8


def test_every_condition_has_keys_of_its_own():
    scopes = {condition.scope(SCOPE) for condition in CONDITIONS}

    assert len(scopes | {SCOPE}) == len(CONDITIONS) + 1
