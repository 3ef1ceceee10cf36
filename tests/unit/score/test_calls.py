from __future__ import annotations

import dataclasses
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.score.calls import MalformedResponse, Scores, Tokens, UnusableResponse, pack, unpack
from harness.score.shapes import EchoCall, LabelsCall, TraceCall
from harness.score.texts import GenerateCall

SCOPE = "s" * 64
LABELS = LabelsCall(SCOPE, pack([5, 6]), (7, 8))
ECHO = EchoCall(SCOPE, pack([5, 6]), (7, 8))
TRACE = TraceCall(SCOPE, pack([5, 6]), (7, 8))
TEXT = GenerateCall(
    SCOPE, pack([5, 6]), stop=("\n",), max_tokens=4, temperature=0.0, top_p=1.0, seed=None, vocabulary=512
)


def row(**values: float | None) -> dict[str, float | None]:
    return {f"token_id:{name[1:]}": value for name, value in values.items()}


def choice(tokens: list[int], rows: list[dict[str, float | None] | None]) -> dict[str, Any]:
    return {"logprobs": {"tokens": [f"token_id:{token}" for token in tokens], "top_logprobs": rows}}


@given(st.lists(st.integers(0, 2**32 - 1), max_size=50))
def test_packing_keeps_every_id(ids: list[int]):
    assert unpack(pack(ids)) == ids


@given(st.lists(st.integers(0, 300_000)), st.lists(st.integers(0, 300_000)))
def test_packed_prompts_sort_as_their_tokens_do(left: list[int], right: list[int]):
    assert (pack(left) < pack(right)) == (left < right)


def test_labels_are_read_from_one_row():
    scores = LABELS.read(choice([9], [row(t7=-1.5, t8=-2.0, t9=-1.0)]))

    assert scores == Scores((-1.5, -2.0), (False, False), (0.5, 1.0))


def test_the_label_that_leads_the_row_is_greedy():
    assert LABELS.read(choice([7], [row(t7=-0.5, t8=-2.0)])).greedy == (True, False)


def test_of_equal_labels_the_lowest_id_is_greedy_as_in_argmax():
    assert LABELS.read(choice([8], [row(t8=-0.5, t7=-0.5)])).greedy == (True, False)


def test_an_echo_sums_its_continuation_and_is_greedy_where_each_token_leads():
    rows = [None, row(t6=-9.0), row(t7=-1.0), row(t8=-0.25)]

    assert ECHO.read(choice([5, 6, 7, 8], rows)) == Scores((-1.25,), (True,), (0.0,))


def test_an_echo_with_one_token_behind_is_not_greedy():
    rows = [None, row(t6=-9.0), row(t7=-1.0), row(t8=-2.0, t3=-0.5)]

    assert ECHO.read(choice([5, 6, 7, 8], rows)) == Scores((-3.0,), (False,), (1.5,))


def test_what_the_server_generates_behind_an_echo_is_not_scored():
    rows = [None, row(t6=-9.0), row(t7=-1.0), row(t8=-0.25), row(t4=-7.0)]

    assert ECHO.read(choice([5, 6, 7, 8, 4], rows)).logprobs == (-1.25,)


def test_a_trace_has_a_score_for_each_token():
    rows = [row(t7=-1.0, t2=-0.5), row(t8=-0.25)]

    assert TRACE.read(choice([7, 8], rows)) == Scores((-1.0, -0.25), (False, True), (0.5, 0.0))


def test_a_trace_of_other_tokens_is_unusable():
    with pytest.raises(UnusableResponse, match="other tokens than it was sent"):
        TRACE.read(choice([7, 9], [row(t7=-1.0), row(t9=-1.0)]))


@pytest.mark.parametrize("displaced", [row(t7=-1.0, t0=-9999.0), row(t7=-9999.0)])
def test_a_trace_whose_likeliest_tokens_were_displaced_is_asked_again(displaced: dict[str, float | None]):
    with pytest.raises(MalformedResponse, match="another token than the likeliest"):
        TRACE.read(choice([7, 8], [displaced, row(t8=-0.25)]))


def test_texts_are_taken_as_token_ids():
    assert TEXT.read({"token_ids": [3, 4], "finish_reason": "length"}) == Tokens((3, 4), "length")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None])
def test_a_log_probability_that_is_no_number_is_unusable(value: float | None):
    with pytest.raises(UnusableResponse, match="no number"):
        LABELS.read(choice([9], [row(t7=value, t8=-1.0)]))
    with pytest.raises(UnusableResponse, match="no number"):
        ECHO.read(choice([5, 6, 7, 8], [None, row(t6=-1.0), row(t7=-1.0), row(t8=-1.0, t2=value)]))


def test_a_missing_label_is_unusable():
    with pytest.raises(UnusableResponse, match="token 8"):
        LABELS.read(choice([9], [row(t7=-1.0, t9=-0.5)]))


def test_an_echo_of_other_tokens_is_unusable():
    with pytest.raises(UnusableResponse, match="other tokens"):
        ECHO.read(choice([5, 6, 7], [None, row(t6=-1.0), row(t7=-1.0)]))


@pytest.mark.parametrize("broken", [{}, {"logprobs": None}, {"logprobs": {"tokens": None, "top_logprobs": []}}])
def test_a_response_without_columns_is_malformed(broken: dict[str, Any]):
    for call in (LABELS, ECHO):
        with pytest.raises(MalformedResponse):
            call.read(broken)


def test_a_text_without_token_ids_or_with_an_unknown_end_is_refused():
    with pytest.raises(UnusableResponse, match="return_token_ids"):
        TEXT.read({"token_ids": None, "finish_reason": "stop"})
    with pytest.raises(MalformedResponse, match="abort"):
        TEXT.read({"token_ids": [1], "finish_reason": "abort"})


@pytest.mark.parametrize(
    "broken",
    [
        {"token_id:7": -1.0, "token_id:8": -1.0, " A": -2.0},
        {"token_id:7": -1.0, "token_id:8": -1.0, "token_id:x": -2.0},
        {"token_id:7": -1.0, "token_id:8": -1.0, "token_id:²": -2.0},
        {"token_id:7": -1.0, "token_id:8": -1.0, "token_id:-1": -2.0},
        {"token_id:7": "-1.0", "token_id:8": -1.0},
        {"token_id:7": -1.0, "token_id:8": {"logprob": -1.0}},
        {"token_id:7": True, "token_id:8": -1.0},
        ["token_id:7", -1.0],
        "token_id:7",
    ],
)
def test_a_row_of_another_make_is_malformed(broken: Any):
    with pytest.raises(MalformedResponse):
        LABELS.read(choice([9], [broken]))
    with pytest.raises(MalformedResponse):
        ECHO.read(choice([5, 6, 7, 8], [None, row(t6=-1.0), row(t7=-1.0), broken]))


def test_an_echo_with_fewer_rows_than_tokens_is_malformed():
    with pytest.raises(MalformedResponse, match="fewer"):
        ECHO.read(choice([5, 6, 7, 8], [None, row(t6=-1.0), row(t7=-1.0)]))


def test_numbers_that_no_engine_means_are_unusable():
    with pytest.raises(UnusableResponse, match="no number"):
        LABELS.read(choice([9], [row(t7=-(10**400), t8=-1.0)]))


@pytest.mark.parametrize("token", [-1, 512, 10**30, 1.0, "1", None, True, [1]])
def test_generated_tokens_outside_the_vocabulary_are_malformed(token: Any):
    assert TEXT.read({"token_ids": [0, 511], "finish_reason": "stop"}) == Tokens((0, 511), "stop")
    with pytest.raises(MalformedResponse, match="512"):
        TEXT.read({"token_ids": [3, token], "finish_reason": "stop"})


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["token_id:7", "token_id:8", "stop"]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["token_id:7", "token_id:8", "token_id:9", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(tokens=WILD, rows=st.lists(WILD, max_size=5) | WILD, ids=WILD, finish=WILD)
def test_whatever_a_server_sends_is_an_answer_or_one_of_two_errors(tokens: Any, rows: Any, ids: Any, finish: Any):
    sent = {"logprobs": {"tokens": tokens, "top_logprobs": rows}, "token_ids": ids, "finish_reason": finish}
    echoed = {"logprobs": {"tokens": [f"token_id:{token}" for token in (5, 6, 7, 8)], "top_logprobs": rows}}
    for call, answer in ((LABELS, sent), (TRACE, sent), (ECHO, sent), (ECHO, echoed), (TEXT, sent)):
        with suppress(MalformedResponse, UnusableResponse):
            assert call.read(answer) is not None


CHANGED = [
    LabelsCall("t" * 64, pack([5, 6]), (7, 8)),
    LabelsCall(SCOPE, pack([5]), (7, 8)),
    LabelsCall(SCOPE, pack([5, 6]), (8, 7)),
    ECHO,
    EchoCall(SCOPE, pack([5, 6, 7]), (8,)),
    TEXT,
    GenerateCall(SCOPE, pack([5, 6]), stop=(), max_tokens=4, temperature=0.0, top_p=1.0, seed=None, vocabulary=512),
    GenerateCall(
        SCOPE, pack([5, 6]), stop=("\n",), max_tokens=5, temperature=0.0, top_p=1.0, seed=None, vocabulary=512
    ),
    GenerateCall(SCOPE, pack([5, 6]), stop=("\n",), max_tokens=4, temperature=0.7, top_p=1.0, seed=1, vocabulary=512),
    GenerateCall(SCOPE, pack([5, 6]), stop=("\n",), max_tokens=4, temperature=0.7, top_p=0.9, seed=1, vocabulary=512),
    GenerateCall(SCOPE, pack([5, 6]), stop=("\n",), max_tokens=4, temperature=0.7, top_p=0.9, seed=2, vocabulary=512),
]


def test_whatever_can_change_an_answer_changes_its_key():
    assert len({call.key for call in (LABELS, *CHANGED)}) == len(CHANGED) + 1


def test_the_vocabulary_changes_no_key():
    assert TEXT.key == dataclasses.replace(TEXT, vocabulary=7).key


def test_keys_are_pinned():
    assert (LABELS.key, ECHO.key, TEXT.key) == (
        "60d524f497709953fc116cd81a8a1bd19c93b68cdbc185e3bf4a0b9610dbd5a5",
        "05b6ab2e704aab78c9d8fbc83a8c6652f35dff17cbde4b98b14c7bef40c3f5bc",
        "fef59f4ba5b3a9eb5ab9db2f2ab10b128c880863118b0d89c9f32ea155db0d5e",
    )
