"""What a dry run keeps of a round, and how its settings are told from the round's."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.plan import Round, Suite
from harness.run.rehearsal import parse_options, rehearsal
from tests.unit.verdict.rounds import floor, model, ratio_to, round_of


def planned(public: bool = True) -> Round:
    gates = [floor(0.5), floor(0.5, "hidden"), ratio_to("rival", 0.9)]
    round_ = round_of(["a", "b"], gates=gates, keep=1, references=["rival"], suites=["main", "hidden"])
    return round_.model_copy(update={"suites": tuple(_suite(suite, public) for suite in round_.suites)})


def _suite(suite: Suite, public: bool) -> Suite:
    return suite.model_copy(update={"public": public and suite.name == "main"})


def test_settings_of_the_dry_run_are_told_from_overrides_of_the_round() -> None:
    options = parse_options(["round=demo", "entrant.mode=chat", "tokenizer=/models/x", "engine.concurrency=3"])
    assert options.overrides == ("round=demo", "engine.concurrency=3")
    assert options.entrant == {"mode": "chat"}
    assert options.tokenizer == Path("/models/x")


@pytest.mark.parametrize("override", ["tracking=mlflow", "tracking.uri=http://x"])
def test_logging_a_dry_run_is_refused(override: str) -> None:
    with pytest.raises(ConfigError, match="logged nowhere"):
        parse_options([override])


def test_one_entrant_the_public_suites_and_the_floors_on_them_remain() -> None:
    round_ = rehearsal(planned(), model("mine"))
    assert [entrant.name for entrant in round_.models] == ["mine"]
    assert [suite.name for suite in round_.suites] == ["main"]
    assert [gate.name for gate in round_.rules.gates] == ["main_floor"]
    assert [item.name for item in round_.rules.items] == ["main_points"]
    assert round_.rules.elimination is None


def test_it_is_marked_lies_in_its_own_folder_and_is_not_tracked() -> None:
    round_ = rehearsal(planned(), model("mine"))
    assert round_.dry_run
    assert round_.title["en"].endswith("(dry run)")
    assert (round_.results, round_.folder) == ("results/dry-run", "test/mine")
    assert round_.tracking.kind == "none"


def test_a_round_without_public_suites_is_refused() -> None:
    with pytest.raises(ConfigError, match="no public suite that earns points"):
        rehearsal(planned(public=False), model("mine"))
