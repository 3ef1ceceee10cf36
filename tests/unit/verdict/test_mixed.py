"""Numbers that rest on answers and on something else: no doubt of the answers is lost, and no difference of modes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from harness.plan import Mode, Round
from harness.records import EntrantResult
from harness.verdict import Cell, Inputs, Panel, Table, decide, key_of
from tests.unit.verdict.rounds import evidence, model, right, suite

SUITE = {"kind": "suite", "suite": "main"}
TABLE = {"kind": "table", "file": "table.csv", "exact": True}
FIXED = {"kind": "panel", "file": "panel.csv", "high": 1, "raters": "fixed"}
RATERS = {**FIXED, "raters": "population"}


def mixed(other: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": "weighted", "parts": [{"weight": 1, "source": SUITE}, {"weight": 1, "source": other}]}


def round_of(source: Mapping[str, Any], *, gate: Mapping[str, Any] | None = None, **rules: Any) -> Round:
    item = {"name": "all", "points": 100, "source": source, "scale": {"kind": "linear", "low": 0, "high": 1}}
    reference = None if gate is None else gate.get("reference")
    gates = [] if gate is None else [{"name": "gate", "source": source, **gate}]
    return Round.model_validate(
        {
            "name": "test",
            "title": {"en": "Test"},
            "entrants": [model(name).model_dump() for name in ("ab" if reference is None else "a")],
            "references": [] if reference is None else [model(reference).model_dump()],
            "suites": [suite("main", 10).model_dump()],
            "rules": {"name": "test", "version": 1, "items": [item], "gates": gates, **rules},
            "engine": {"kind": "fake", "max_model_len": 128},
            "tracking": {"kind": "none"},
        }
    )


def decided(
    round_: Round, shares: Mapping[str, int], *, value: float = 0.7, modes: tuple[Mode, Mode] = ("base", "base"),
    raters: int = 4,
) -> dict[str, EntrantResult]:  # fmt: skip
    runs = {
        name: evidence(round_, {"main": right(count, 10)}, mode=mode)
        for (name, count), mode in zip(shares.items(), modes, strict=True)
    }
    tables = {
        key_of(source): Table({name: Cell(str(value), "published") for name in shares})
        for source in round_.rules.sources()
        if source.kind == "table"
    }
    scores = np.tile(value + np.linspace(-0.1, 0.1, raters)[:, None, None], (1, 2, 1))
    panels = {"panel.csv": Panel(tuple(f"r{at}" for at in range(raters)), tuple(shares), ("one",), scores)}
    return decide(round_, runs, Inputs(tables=tables, panels=panels))[0]


@pytest.mark.parametrize("other", [TABLE, FIXED, RATERS], ids=["exact table", "fixed raters", "raters"])
def test_half_a_source_in_doubt_leaves_a_floor_in_doubt(other: Mapping[str, Any]) -> None:
    round_ = round_of(mixed(other), gate={"kind": "floor", "minimum": 0.74})
    gate = decided(round_, {"a": 8, "b": 8})["a"].gates["gate"]
    assert gate.outcome == "undecided"
    assert gate.value is not None
    assert gate.value.low is not None
    assert gate.value.high is not None
    assert gate.value.low < 0.74 < gate.value.high


@pytest.mark.parametrize("kind", [{"kind": "noninferiority", "margin": 0.02}, {"kind": "ratio", "minimum": 0.95}])
def test_a_rival_is_compared_in_one_mode_and_with_both_doubts(kind: Mapping[str, Any]) -> None:
    round_ = round_of(mixed(TABLE), gate={**kind, "reference": "b"})
    same = decided(round_, {"a": 8, "b": 8})["a"].gates["gate"]
    assert same.outcome == "undecided"
    apart = decided(round_, {"a": 8, "b": 8}, modes=("base", "chat"))["a"].gates["gate"]
    assert (apart.outcome, apart.reason.code) == ("incomplete", "other_mode")


def test_a_rival_that_is_far_behind_is_settled_against() -> None:
    round_ = round_of(mixed(TABLE), gate={"kind": "noninferiority", "margin": 0.02, "reference": "b"})
    assert decided(round_, {"a": 10, "b": 0})["a"].gates["gate"].outcome == "pass"
    assert decided(round_, {"a": 0, "b": 10})["a"].gates["gate"].outcome == "fail"


def test_totals_that_rest_on_answers_in_two_modes_are_not_ranked() -> None:
    round_ = round_of(mixed(RATERS), elimination={"kind": "keep", "keep": 1})
    found = decided(round_, {"a": 10, "b": 2}, modes=("base", "chat"))
    assert {result.decision for result in found.values()} == {"incomplete"}


def test_an_exact_total_is_settled_against_the_least_points() -> None:
    round_ = round_of(TABLE, elimination={"kind": "below", "minimum": 60})
    assert {one.decision for one in decided(round_, {"a": 1, "b": 1}).values()} == {"advance"}
    assert {one.decision for one in decided(round_, {"a": 1, "b": 1}, value=0.5).values()} == {"eliminate"}


def test_a_gap_of_a_rival_s_panel_is_named_where_it_takes_everyone_s_points() -> None:
    round_ = round_of(RATERS, elimination={"kind": "keep", "keep": 1})
    item = {**round_.rules.items[0].model_dump(), "scale": {"kind": "relative", "to": "best"}}
    round_ = Round.model_validate({**round_.model_dump(), "rules": {**round_.rules.model_dump(), "items": [item]}})
    scores = np.array([[0.7, 0.6], [0.8, np.nan], [0.9, 0.5]])[:, :, None]
    runs = {name: evidence(round_, {"main": right(8, 10)}) for name in "ab"}
    panels = {"panel.csv": Panel(("r0", "r1", "r2"), ("a", "b"), ("one",), scores)}
    (said,) = [one for one in decide(round_, runs, Inputs(panels=panels))[0]["a"].reasons if "rater" in one.code]
    assert said.facts["raters"] == ("r1",)


@pytest.mark.parametrize("when", ["20260101", "2026-W33-2", "2026-1-1", ""])
def test_a_day_has_one_spelling(when: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from harness.plan.base import Day

    assert TypeAdapter(Day).validate_python("2026-08-18") == "2026-08-18"
    with pytest.raises(ValidationError, match="is no day"):
        TypeAdapter(Day).validate_python(when)


def test_resamples_that_cannot_show_every_interval_are_refused() -> None:
    gates = [{"kind": "floor", "name": f"g{at}", "source": SUITE, "minimum": 0.1} for at in range(3)]
    with pytest.raises(ValueError, match=r"resamples = 200 cannot show .* 8 questions held together; raise it to 319"):
        round_of(SUITE, elimination={"kind": "below", "minimum": 60}, gates=gates, resamples=200)
    round_of(SUITE, elimination={"kind": "below", "minimum": 60}, gates=gates, resamples=319)


def test_one_rater_shows_no_doubt_of_raters() -> None:
    with pytest.raises(ValueError, match="one rater shows nothing of how raters differ"):
        round_of({**RATERS, "least_raters": 1})
