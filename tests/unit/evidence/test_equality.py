"""Which differences between a recorded and a recomputed result are another processor's rounding."""

from __future__ import annotations

from typing import Any

import pytest

from harness.evidence.equality import misworded, same
from harness.plan import Round
from harness.records import Flip, ModelResult, Number, PointResult, Reason
from harness.verdict import reason
from tests.rounds import build_round

NUMBER = Number(value=0.4125, low=0.36, high=0.47, level=0.95, n=336)


def result(number: Number, **changes: Any) -> ModelResult:
    items = {"korean": PointResult(name="korean", points=60.0, value=number)}
    return ModelResult(**{"run": "runs/a/0", "total": number, "items": items} | changes)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Round:
    return Round.model_validate(build_round(tmp_path_factory.mktemp("round")).read_record().plan)


@pytest.mark.parametrize("change", [{"value": 0.4125 * (1 + 2e-8)}, {"low": 0.36 - 3e-10}, {"high": 0.47 * (1 - 5e-7)}])
def test_the_last_digits_of_a_number_may_differ(change: dict[str, float]) -> None:
    assert same(result(NUMBER), result(NUMBER.model_copy(update=change)))


@pytest.mark.parametrize(
    "change",
    [{"value": 0.41251}, {"low": None}, {"high": 0.470001}, {"n": 337}, {"level": 0.975}, {"value": float("nan")}],
)
def test_any_other_difference_of_a_number_is_one(change: dict[str, Any]) -> None:
    assert not same(result(NUMBER), result(NUMBER.model_copy(update=change)))


@pytest.mark.parametrize("change", [{"run": "runs/a/1"}, {"items": {}}, {"total": None}])
def test_names_and_what_is_missing_are_exact(change: dict[str, Any]) -> None:
    assert not same(result(NUMBER), result(NUMBER, **change))


def test_counts_are_exact() -> None:
    flip = Flip(rule="rank", rival=None, unit="items", count=999, exact=True)
    assert not same(flip, flip.model_copy(update={"count": 1000.0}))
    assert not same({"a": 1_000_000_000}, {"a": 1_000_000_001})
    assert not same((1, 2), (1, 2, 3))


def test_a_reason_is_its_code_and_facts_and_its_words_follow_from_the_recorded_ones(plan: Round) -> None:
    def below(total: float) -> Reason:
        return reason(plan, "below_fail", total=Number(value=total), minimum=70.0)

    one, other = below(61.25), below(61.25 * (1 + 1e-8))
    assert one.text != other.text
    assert same(one, other)
    assert not same(one, below(61.3))
    assert list(misworded(result(NUMBER, reasons=(one, other)), plan)) == []
    forged = one.model_copy(update={"text": "The total is enough."})
    assert list(misworded(result(NUMBER, reasons=(forged,)), plan)) == ["The total is enough."]
