from __future__ import annotations

from string import Formatter
from typing import get_args

import pytest

from harness.plan import Round
from harness.records import Fact, Number, Reason, ReasonCode
from harness.story import Story, reason_in
from harness.story.reasons import KOREAN
from harness.verdict import ENGLISH, of_models, reason

NUMBER = Number(value=0.2232, low=0.1863, high=0.2721, level=0.95, n=336)
FACTS: dict[str, Fact] = {
    "suite": "demo_korean",
    "task": "ko_arithmetic",
    "reference": "smol",
    "rival": "haneul",
    "value": NUMBER,
    "threshold": 0.3,
    "difference": Number(value=-1.24, low=-3.0, high=0.61, level=0.95, n=380),
    "ours": ("base",),
    "theirs": ("chat", "thinking"),
    "problems": "it stopped",
    "served": "haneul-1",
    "tasks": ("ko_arithmetic",),
    "files": ("harness/a.py",),
    "parts": ("rules",),
    "items": ("korean", "general"),
    "file": "totals.csv",
    "decision": "advance",
    "source": "a newspaper",
    "model": "haneul",
    "entrant": "haneul",
    "component": "vision",
    "candidate": "Some Encoder",
    "candidates": ("Some Encoder",),
    "relation": "derived",
    "because": "Equal tensors.",
    "finding": "0" * 64,
    "who": "the committee",
    "when": "2026-01-15",
    "reply": "We bought it.",
    "item": "korean",
    "raters": ("expert 01", "expert 07"),
    "least": 8,
    "licence": "MIT",
    "allowed": ("MIT", "Apache-2.0"),
    "gate": "independence",
    "before": "round1",
    "total": Number(value=61.25, low=57.0, high=65.5, level=0.95, n=380),
    "minimum": 60.0,
    **{name: place for place, name in enumerate(("count", "asked", "rank", "ranked", "keep"), start=11)},
}
SHOWN = {
    "en": {
        "suite": "Korean",
        "task": "ko_arithmetic",
        "value": "22.3% (95% interval 18.6–27.2%)",
        "difference": "−1.2 (95% interval −3.0 to +0.6)",
    },
    "ko": {
        "suite": "한국어",
        "task": "우리말 셈",
        "value": "22.3%(95% 신뢰구간 18.6–27.2%)",
        "difference": "−1.2(95% 신뢰구간 −3.0 ~ +0.6)",
        "component": "비전 인코더",
        "relation": "파생",
    },
}
PARTICLES_OF_NAMES = ("이(가)", "은(는)", "을(를)", "와(과)", "(으)로")


def facts_of(code: ReasonCode) -> dict[str, Fact]:
    return {name: FACTS[name] for _, name, _, _ in Formatter().parse(ENGLISH[code]) if name}


def given(code: ReasonCode, plan: Round) -> Reason:
    return reason(plan, code, **facts_of(code))


@pytest.mark.parametrize("code", get_args(ReasonCode))
def test_a_reason_is_worded_from_its_facts_in_both_languages(code: ReasonCode, story: Story) -> None:
    found = given(code, story.plan)
    assert reason_in(found, story.plan, "en") == found.text
    for text, lang in ((found.text, "en"), (reason_in(found, story.plan, "ko"), "ko")):
        shown = {"reference": "SmolLM2 135M", "rival": "하늘 1.0", "threshold": "30%", **SHOWN[lang]}
        shown |= {"ours": "base", "theirs": "chat, thinking"}
        shown |= {"tasks": SHOWN[lang]["task"], "files": "harness/a.py", "parts": "rules"}
        shown |= {"items": "korean, general", "allowed": "MIT, Apache-2.0", "model": "하늘 1.0"}
        shown |= {"raters": "expert 01, expert 07", "candidates": "Some Encoder"}
        shown |= {"total": "61.2 (95% interval 57.0–65.5)" if lang == "en" else "61.2(95% 신뢰구간 57.0–65.5)"}
        for name, fact in facts_of(code).items():
            assert shown.get(name, str(fact)) in text


FOUND = {
    "component": "text",
    "candidate": "smol",
    "relation": "derived",
    "because": "The text descends from smol: 98% of ...",
    "method": "matching",
    "share": 0.983,
    "chance": 2.0**-52,
}


def test_a_finding_of_the_audit_is_told_in_korean_by_its_figures(story: Story) -> None:
    found = reason(story.plan, "independence_forbidden", **FOUND)
    assert found.text.startswith("Independence: text, SmolLM2 135M (Hugging Face, US): derived; forbidden, and these")
    text = reason_in(found, story.plan, "ko")
    assert text.startswith("독자성: 언어 모델 본체, SmolLM2 135M (Hugging Face, US): 파생. 금지된 사항이며")
    assert text.endswith("서로 다른 두 가중치 집합으로 짝지은 결과가 일치한 유닛의 비율: 98.3%(보정한 p값 ≤ 2e-16).")
    assert "descends" not in text


def test_a_finding_without_a_method_keeps_the_sentence_of_its_report(story: Story) -> None:
    found = reason(story.plan, "independence_forbidden", **{**FOUND, "method": "-"})
    assert "The text descends from smol" in reason_in(found, story.plan, "ko")


def test_a_reason_said_of_some_models_names_them_by_title(story: Story) -> None:
    found = of_models(reason(story.plan, "unofficial_unpinned"), ["haneul", "smol"], story.plan)
    assert found.text == "하늘 1.0, SmolLM2 135M: the model's revision is not pinned to a commit"
    assert reason_in(found, story.plan, "ko").startswith("하늘 1.0, SmolLM2 135M: 모델의 리비전")


@pytest.mark.parametrize("code", get_args(ReasonCode))
def test_a_stored_reason_is_read_back_as_it_was(code: ReasonCode, story: Story) -> None:
    found = given(code, story.plan)
    assert Reason.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize("text", KOREAN.values())
def test_no_korean_reason_hangs_a_doubled_particle_on_a_name(text: str) -> None:
    assert not [particle for particle in PARTICLES_OF_NAMES if particle in text]


def test_a_number_without_a_sampling_model_says_so(story: Story) -> None:
    found = reason(story.plan, "floor_pass", suite="demo_korean", value=Number(value=0.44), threshold=0.4)
    assert found.text.startswith("Korean is 44.0% (without an interval);")
    assert reason_in(found, story.plan, "ko").startswith("한국어: 44.0%(신뢰구간 없음).")


def test_an_interval_without_an_upper_end_is_open(story: Story) -> None:
    number = Number(value=1.2, low=0.97, high=None, level=0.95, n=40)
    facts: dict[str, Fact] = {"suite": "demo_korean", "reference": "smol", "value": number, "threshold": 0.95}
    assert "120.0% (95% interval 97.0%–∞) of SmolLM2 135M's" in reason(story.plan, "ratio_pass", **facts).text
