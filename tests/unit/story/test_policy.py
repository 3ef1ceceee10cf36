"""An independence policy reads as sentences, in both languages, with what happens at once told apart."""

from __future__ import annotations

import pytest

from harness.plan import Independence, Lang
from harness.story.policy import policy_in_words

POLICY = [
    {"components": ["text", "vision"], "relations": ["derived", "refer"], "lineage": "foreign", "ruling": "forbidden"},
    {"relations": ["derived"], "lineage": "own", "ruling": "allowed"},
    {"components": ["tokenizer"], "relations": ["refer"], "country": "same", "declared": True, "ruling": "disclose"},
]


def told(lang: Lang, *, automatic: bool) -> list[str]:
    gate = {"kind": "independence", "name": "x", "policy": POLICY, "automatic": automatic}
    return list(policy_in_words(Independence.model_validate(gate), lang))


def test_every_row_is_a_sentence_and_what_disqualifies_at_once_stands_apart() -> None:
    assert told("en", automatic=True) == [
        "Independence: text trunk and vision tower, derived, against somebody else's model: disqualified at once.",
        (
            "Independence: text trunk and vision tower, for experts, against somebody else's model: "
            "held until people rule on it."
        ),
        "Independence: any component, derived, against an earlier model of its own: allowed.",
        (
            "Independence: tokenizer, for experts, by an owner of its own country, declared: "
            "allowed where declared, else held."
        ),
    ]


def test_where_people_rule_nothing_happens_at_once() -> None:
    assert told("en", automatic=False)[0] == (
        "Independence: text trunk and vision tower, derived or for experts, against somebody else's model: held until"
        " people rule on it."
    )


@pytest.mark.parametrize("automatic", [True, False])
def test_the_korean_rows_are_as_many(automatic: bool) -> None:
    korean = told("ko", automatic=automatic)
    assert len(korean) == len(told("en", automatic=automatic))
    assert all(line.startswith("독자성: ") and line.isascii() is False for line in korean)
    assert korean[-1] == "독자성: 토크나이저, 전문가 검토, 같은 나라 기관의 모델, 신고함: 신고하면 허용, 아니면 보류."
