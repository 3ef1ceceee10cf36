from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.score.calls import Call, pack
from harness.score.covering import Abilities, Way, cheapest, cover
from harness.score.shapes import MAX_LABELS, EchoCall, LabelsCall, TraceCall

SCOPE = "s" * 64
CONTEXT = tuple(range(100, 400))
ALL = Abilities()
LABELS_ONLY = Abilities(frozenset({"labels"}))
NONE = Abilities(frozenset())

ids = st.lists(st.integers(0, 3), min_size=1, max_size=6).map(tuple)


def logprob(path: tuple[int, ...]) -> float:
    """A model of our own: any function of the tokens so far."""
    return -(hash(path) % 1000) / 100 - 0.01


def answered(call: Call) -> list[float]:
    """What the model would answer to a call."""
    prompt = tuple(call.prompt)
    if isinstance(call, LabelsCall):
        return [logprob((*prompt, label)) for label in call.labels]
    assert isinstance(call, TraceCall | EchoCall)
    each = [logprob(prompt + call.continuation[: place + 1]) for place in range(len(call.continuation))]
    return each if isinstance(call, TraceCall) else [math.fsum(each)]


@pytest.mark.parametrize("can", [ALL, LABELS_ONLY, NONE])
@given(st.lists(ids, min_size=1, max_size=8), st.integers(1, 300))
def test_every_shape_sums_to_the_log_likelihood_of_the_whole(
    can: Abilities, continuations: list[tuple[int, ...]], length: int
):
    found = cover(SCOPE, pack(CONTEXT[:length]), continuations, can)
    scores = [answered(call) for call in found.calls.values()]

    for one in continuations:
        own = math.fsum(scores[call][place] for call, place in found.places[one])
        whole = math.fsum(logprob(CONTEXT[:length] + one[: place + 1]) for place in range(len(one)))
        assert own == pytest.approx(whole)


@given(st.lists(ids, min_size=1, max_size=8))
def test_no_token_is_scored_twice(continuations: list[tuple[int, ...]]):
    found = cover(SCOPE, pack(CONTEXT), continuations, ALL)

    asked = [tuple(call.prompt) for call in found.calls.values() if isinstance(call, LabelsCall) for _ in call.labels]
    assert sum(len(answered(call)) for call in found.calls.values()) == len(
        {one[: place + 1] for one in continuations for place in range(len(one))}
    )
    assert len(asked) <= sum(map(len, continuations))


def test_choices_that_begin_alike_are_traced_from_where_they_part():
    found = cover(SCOPE, pack(CONTEXT), [(1, 2, 3, 4), (1, 2, 5, 6, 7), (1, 2)], ALL)

    calls = [call for call in found.calls.values() if isinstance(call, TraceCall)]
    assert [(call.prompt_length - len(CONTEXT), call.continuation) for call in calls] == [
        (0, (1, 2, 5, 6, 7)),
        (2, (3, 4)),
    ]
    assert len(found.calls) == 2


def test_more_labels_than_one_call_takes_are_split():
    found = cover(SCOPE, pack(CONTEXT), [(label,) for label in range(MAX_LABELS + 5)], ALL)

    assert sorted(len(call.labels) for call in found.calls.values() if isinstance(call, LabelsCall)) == [5, MAX_LABELS]


@pytest.mark.parametrize(
    ("context", "lengths", "can", "way"),
    [
        (300, [10, 10, 10, 10], ALL, "trace"),
        (300, [2, 2, 2, 2], LABELS_ONLY, "labels"),
        (300, [20, 20, 20, 20], LABELS_ONLY, "echo"),
        (1, [500], ALL, "echo"),
        (80, [3], ALL, "trace"),
        (20, [60, 60], ALL, "echo"),
        (300, [10, 10], NONE, "echo"),
        (300, [2, 2], Abilities(frozenset({"labels"}), cached=False), "echo"),
    ],
)
def test_the_way_is_chosen_by_token_count(context: int, lengths: list[int], can: Abilities, way: Way):
    if "labels" in can.shapes:
        assert cheapest(context, lengths, can) == way
    shapes = {call.shape for call in cover(SCOPE, pack([9] * context), _distinct(lengths), can).calls.values()}
    assert shapes == {way}


def _distinct(lengths: list[int]) -> list[tuple[int, ...]]:
    return [tuple([number] * length) for number, length in enumerate(lengths)]
