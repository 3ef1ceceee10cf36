from __future__ import annotations

import pytest

from harness.records import Decision
from harness.store import write_record
from harness.story import (
    Lang,
    Story,
    describe_entrant,
    headline,
    ledger_problems,
    read_story,
    rules_in_words,
    word,
)
from harness.verdict import reason
from tests.rounds import CONTENDERS, build_round


def test_the_headline_names_every_entrant_under_its_decision(story: Story) -> None:
    assert headline(story, "en") == (
        "하늘 1.0 advances; 도담 소형 is eliminated; 호랑이 (Horang-i) is disqualified; "
        "별빛-멀티모달 is held for the committee; 바람 <b>2.0</b> & $x_1$ remains undecided; "
        "누리 cannot be decided yet, evidence is missing."
    )


def test_the_korean_headline_needs_no_particles(story: Story) -> None:
    assert headline(story, "ko").startswith("진출: 하늘 1.0; 탈락: 도담 소형; 실격: 호랑이 (Horang-i); ")


def test_entrants_come_by_falling_total_and_those_without_one_last(story: Story) -> None:
    totals = [model.result.total.value for model in story.entrants if model.result.total]
    assert totals == sorted(totals, reverse=True)
    assert story.entrants[-1].name == "nuri"


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_decision_that_differs_from_the_point_estimates_says_so(story: Story, lang: Lang) -> None:
    model = next(model for model in story.entrants if model.name == "baram")
    words = describe_entrant(story, model, lang)
    assert word("doubt_by_rule", lang, decision=word("eliminate", lang)) in words.doubt


@pytest.mark.parametrize(
    ("name", "doubt"),
    [("haneul", "doubt_none_advance"), ("dodam", "doubt_none_eliminate"), ("nuri", "doubt_incomplete")],
)
def test_how_sure_a_decision_is_comes_with_it(story: Story, name: str, doubt: str) -> None:
    model = next(model for model in story.entrants if model.name == name)
    expected = word(doubt, "en", level="95%") if "none" in doubt else word(doubt, "en")
    assert expected in describe_entrant(story, model, "en").doubt


def test_a_decision_by_point_estimate_is_doubted_in_the_headline(tmp_path: object, story: Story) -> None:
    folder = build_round(story.folder.path.parent, name="doubted")
    record = folder.read_record()
    haneul = record.entrants["haneul"].model_copy(update={"reasons": (reason(story.plan, "point_estimate"),)})
    write_record(folder.record, record.model_copy(update={"entrants": {**record.entrants, "haneul": haneul}}))
    assert headline(read_story(folder), "en").startswith("하늘 1.0 (in doubt) advances;")


def test_missing_answers_are_said_once_with_their_count(story: Story) -> None:
    assert ledger_problems(story, "en") == ["누리: 7 of 60 answers to ko_copy failed."]


def test_the_rules_are_said_in_full(story: Story) -> None:
    assert rules_in_words(story, "en") == [
        "60 points for Korean: the mean of the suite “Korean”; linear.",
        "40 points for General: the mean of the suite “General”; linear.",
        "Gate: Korean: minimum 40%.",
        "Gate: General: minimum 35%.",
        "Gate: General: at least 95% of SmolLM2 135M.",
        "The 95% level holds for all entrants and gates together (Holm).",
        "The 4 highest totals stay.",
        "Where an interval does not settle a rule, the entrant is reported as undecided.",
        "Source: made up for the demonstration",
    ]


def test_the_made_up_round_holds_every_decision() -> None:
    decisions: set[Decision] = {one.decision for one in CONTENDERS if one.decision}
    assert decisions == {"advance", "eliminate", "disqualify", "held", "undecided", "incomplete"}
