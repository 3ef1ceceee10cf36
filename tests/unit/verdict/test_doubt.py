"""How sure a decision is, on answers."""

from __future__ import annotations

import pytest

from harness.plan import Round
from harness.verdict import Evidence, decide
from tests.unit.verdict.rounds import floor, ratio_to, right, round_of, single


def decided(round_: Round, evidence: dict[str, Evidence], name: str = "a"):  # type: ignore[no-untyped-def]
    return decide(round_, evidence)[0][name]


def test_a_decision_on_the_line_is_often_reversed_and_a_clear_one_never() -> None:
    round_ = round_of(["a"], gates=[floor(0.5)], items=400)
    assert decided(round_, single(round_, {"a": right(201, 400)})).p_reversal == pytest.approx(0.48, abs=0.06)
    assert decided(round_, single(round_, {"a": right(390, 400)})).p_reversal == 0.0


@pytest.mark.parametrize(
    ("count", "minimum", "least"),
    [(45, 0.5, 5), (50, 0.5, 1), (55, 0.5, 6), (49, 0.5, 1)],
)
def test_the_flip_card_of_a_floor_is_the_fewest_items(count: int, minimum: float, least: int) -> None:
    round_ = round_of(["a"], gates=[floor(minimum)])
    result = decided(round_, single(round_, {"a": right(count)}))
    card = next(flip for flip in result.flips if flip.rule == "main_floor")
    assert (card.count, card.unit, card.exact) == (least, "items", True)
    turned = count + least if count / 100 < minimum else count - least
    other = decided(round_, single(round_, {"a": right(turned)}))
    assert other.decision_by_rule != result.decision_by_rule


def test_the_flip_card_of_a_ratio_may_turn_the_reference() -> None:
    round_ = round_of(["a"], gates=[ratio_to("ref", 0.95)], references=["ref"])
    result = decided(round_, single(round_, {"a": right(50), "ref": right(60)}))
    card = next(flip for flip in result.flips if flip.rule == "main_ratio")
    assert card.count == 7  # 57 of 60 needed
    assert card.rival == "ref"


def test_equal_totals_need_one_item_and_more_items_never_settle_them() -> None:
    round_ = round_of(["a", "b"], keep=1)
    result = decided(round_, single(round_, {"a": right(50), "b": right(49)}))
    assert next(flip for flip in result.flips if flip.rule == "rank").count == 2
    assert result.more_items is not None
    assert result.more_items > 1000
    tied = decided(round_, single(round_, {"a": right(50), "b": right(50)}))
    assert tied.more_items is None


def test_gates_are_decided_for_the_whole_family() -> None:
    gates = [floor(0.40)]
    alone = round_of(["a"], gates=gates)
    many = round_of(list("abcdefgh"), gates=gates)
    assert decided(alone, single(alone, {"a": right(50)})).gates["main_floor"].outcome == "pass"
    scores = {name: right(50) for name in "abcdefgh"}
    found = decided(many, single(many, scores)).gates["main_floor"]
    assert found.outcome == "undecided"
    assert found.value is not None
    assert found.value.level == pytest.approx(1 - 0.05 / 8)
