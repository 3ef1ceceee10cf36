from __future__ import annotations

from string import Formatter

import pytest

from harness.records import Number
from harness.story.reasons import reason_in
from harness.verdict.reasons import ENGLISH, Code, Reason


@pytest.mark.parametrize("code", ENGLISH)
def test_a_recorded_reason_becomes_korean_with_its_facts(code: Code) -> None:
    facts = {name: f"사실-{name}" for _, name, _, _ in Formatter().parse(ENGLISH[code]) if name}
    korean = reason_in(Reason(code, **facts).english(), "ko")
    assert korean != Reason(code, **facts).english()
    for fact in facts.values():
        assert fact in korean


def test_an_interval_is_said_in_korean() -> None:
    number = Number(value=0.4, low=0.3, high=0.5, level=0.95, n=10)
    reason = Reason("floor_pass", suite="한국어", value=number, threshold=0.25).english()
    assert (
        reason_in(reason, "ko") == "한국어: 0.4000 (95% 신뢰구간 0.3000–0.5000). 신뢰구간 전체가 하한 0.25 이상입니다."
    )


def test_a_reason_of_unknown_wording_stays_as_recorded() -> None:
    assert reason_in("Something {new} happened.", "ko") == "Something {new} happened."


def test_english_stays_as_recorded() -> None:
    assert reason_in(ENGLISH["no_gates"], "en") == ENGLISH["no_gates"]
