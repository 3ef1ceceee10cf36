"""A dry run in words: margins where a rule can be judged alone, plain words where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.plan import KeepK, Lang, Round
from harness.records import RoundRecord, RunRecord, SuiteResult
from harness.run.rehearsal import rehearsal
from harness.stats import suite_score
from harness.store import RoundFolder
from harness.story import ModelStory, Story
from harness.story.rehearsal import Judgement, judgements, unasked
from harness.verdict import decide
from tests.unit.verdict.rounds import evidence, floor, model, ratio_to, right, round_of


def story_of(planned: Round, right_answers: int | None) -> Story:
    """A dry run of `mine`, so many of its 100 answers right; None: one answer failed."""
    plan = rehearsal(planned, model("mine"))
    scores = [None, *right(0)[1:]] if right_answers is None else right(right_answers)
    found = evidence(plan, {"main": scores})
    assert found.record is not None
    (result,) = decide(plan, {"mine": found})[0].values()
    score = suite_score(found.record.tasks, plan.suites[0], plan.rules.level)
    run: RunRecord = found.record.model_copy(update={"suites": (SuiteResult(suite="main", score=score),)})
    record = RoundRecord(
        round=plan.name,
        title=plan.title,
        demo=False,
        status="complete",
        official=False,
        plan=plan.model_dump(mode="json"),
        entrants={"mine": result},
        references={},
    )
    return Story(RoundFolder(Path("x")), record, plan, (ModelStory(plan.entrants[0], result, None, run, None, None),))


def judged(planned: Round, right_answers: int | None, lang: Lang = "en") -> list[Judgement]:
    return judgements(story_of(planned, right_answers), planned, lang)


@pytest.mark.parametrize(
    ("right_answers", "prospect", "text"),
    [
        (80, "would_pass", "80.0% (95% interval 71.3–87.0%): 30.0 percentage points to spare, and 21.3 at"),
        (20, "would_fail", "20.0% (95% interval 13.0–28.7%): 30.0 percentage points short, and 21.3 at"),
        (55, "not_settled", "5.0 percentage points above, but the interval reaches 4.8 below the threshold"),
        (45, "not_settled", "5.0 percentage points below, but the interval reaches 4.8 above the threshold"),
        (None, "missing", "Some answers failed"),
    ],
)
def test_a_floor_is_judged_with_its_margin(right_answers: int | None, prospect: str, text: str) -> None:
    (judgement,) = judged(round_of(["a"], gates=[floor(0.5)]), right_answers)
    assert judgement.prospect == prospect
    assert judgement.label == "Suite main: at least 50%"
    assert text in judgement.text


def test_an_open_gate_names_the_level() -> None:
    (judgement,) = judged(round_of(["a"], gates=[floor(0.5)]), 55)
    assert judgement.text.endswith("not settled at the 95% level.")


def test_a_ratio_depends_on_the_reference_and_says_up_to_which_score_it_holds() -> None:
    planned = round_of(["a"], gates=[ratio_to("rival", 0.8)], references=["rival"])
    (judgement,) = judged(planned, 40)
    assert judgement.prospect == "depends"
    assert "Depends on RIVAL's score" in judgement.text
    assert "enough where RIVAL scores 50.0% or less" in judgement.text
    (judgement,) = judged(planned, 90)
    assert "enough whatever RIVAL scores" in judgement.text


def test_a_place_among_rivals_is_not_guessed() -> None:
    (judgement,) = judged(round_of(["a", "b"], keep=1), 90)
    assert judgement.prospect == "depends"
    assert judgement.label == "The highest total stays"
    assert "Depends on the totals of the other entrants. Yours, of the 100 points" in judgement.text


def test_a_suite_that_is_not_public_is_named_and_its_rules_left_open() -> None:
    planned = round_of(["a"], gates=[floor(0.5, "hidden")], suites=["main", "hidden"])
    hidden = planned.suites[1].model_copy(update={"public": False})
    rules = planned.rules.model_copy(update={"elimination": KeepK(kind="keep", keep=2)})
    planned = planned.model_copy(update={"suites": (planned.suites[0], hidden), "rules": rules})
    gate, place = judged(planned, 50)
    assert unasked(planned, "en") == ["Suite hidden"]
    assert (gate.prospect, gate.text) == (
        "depends",
        "The suite is not public: it is asked in the official round only.",
    )
    assert place.text.endswith("100 more points come from suites that are not public.")


def test_no_gate_is_worded_as_a_decision() -> None:
    planned = round_of(["a", "b"], gates=[floor(0.5), ratio_to("rival", 0.8)], keep=1, references=["rival"])
    for right_answers in (10, 50, 90):
        for each in judged(planned, right_answers):
            assert not any(word in each.text for word in ("advance", "eliminate"))


def test_korean_is_worded_for_every_kind_of_rule() -> None:
    planned = round_of(["a", "b"], gates=[floor(0.5), ratio_to("rival", 0.8)], keep=1, references=["rival"])
    texts = [each.text for each in judged(planned, 80, "ko")]
    assert "30.0%p 높고" in texts[0]
    assert "RIVAL의 점수" in texts[1]
    assert "다른 참가 모델" in texts[2]
