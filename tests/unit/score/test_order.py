from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.score.calls import Call, pack
from harness.score.order import apart, in_order, shared_tokens
from harness.score.shapes import EchoCall, LabelsCall, TraceCall
from harness.score.texts import GenerateCall


def labels(*prompt: int) -> LabelsCall:
    return LabelsCall("s", pack(prompt), (1,))


def keyed(*calls: Call) -> dict[str, Call]:
    return {call.key: call for call in calls}


def test_calls_with_a_shared_prefix_are_neighbours():
    mixed = [labels(*range(10), 50), labels(*range(20, 30), 50), labels(*range(10), 51), labels(*range(20, 30), 51)]

    ordered = [call.prompt[0] for _, call in in_order(keyed(*mixed))]

    assert ordered in ([0, 0, 20, 20], [20, 20, 0, 0])


def test_the_group_with_the_longest_call_comes_first():
    long_text = GenerateCall(
        "s", pack([9]), stop=(), max_tokens=500, temperature=0.0, top_p=1.0, seed=None, vocabulary=512
    )

    ordered = [call for _, call in in_order(keyed(labels(1, 2, 3), labels(*range(40, 80)), long_text))]

    assert ordered == [long_text, labels(*range(40, 80)), labels(1, 2, 3)]


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=6), max_size=12))
def test_every_call_is_sent_once_under_its_key(prompts: list[list[int]]):
    calls = keyed(*(labels(*prompt) for prompt in prompts))

    assert dict(in_order(calls)) == calls
    assert len(in_order(calls)) == len(calls)


@given(st.lists(st.integers(0, 2)), st.lists(st.integers(0, 2)))
def test_shared_tokens_is_the_length_of_the_common_prefix(left: list[int], right: list[int]):
    expected = next(
        (n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
    )

    assert shared_tokens(pack(left), pack(right)) == expected


def test_labels_and_traces_are_never_in_flight_together():
    label, trace, echo = labels(1, 2), TraceCall("s", pack([1]), (2,)), EchoCall("s", pack([1]), (2,))

    first, second = apart(keyed(trace, label, echo))

    assert {call.shape for call in first.values()} == {"labels", "echo"}
    assert {call.shape for call in second.values()} == {"trace"}
    assert apart(keyed(label)) == [keyed(label)]
