"""What a mistake in a rule file is told with: the key as it is written, the value, what is allowed."""

from __future__ import annotations

import pytest

from harness.config import load_round
from harness.environment import ROOT
from harness.errors import ConfigError


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("rules.gates.0.kind=flor", "rules.gates.0.kind = 'flor': none of floor, safety, ratio,"),
        ("rules.gates.0.kind=flor", "(did you mean floor?)"),
        ("rules.items.0.scale.kind=percent", "rules.items.0.scale.kind = 'percent': none of linear, per_hundred"),
        ("rules.elimination.keep=0", "rules.elimination.keep = 0: Input should be greater than or equal to 1"),
        ("rules.elimination.ties=coin", "rules.elimination.ties = 'coin': Input should be 'undecided', 'stay' or"),
        ("rules.elimination.kind=null", "rules.elimination.kind = 'None': none of keep, leave, lowest, below"),
        ("rules.gates=[{name: floor}]", "rules.gates.0.kind must be given"),
        ("rules.gates=floor", "rules.gates = 'floor': must be a list; put it in [ ]"),
        ("rules.level=nan", "rules.level = nan: Input should be a finite number"),
        ("audits.baram=report.json", "audits.baram = 'report.json': must be a list; put it in [ ]"),
        ("rules.levle=0.9", "rules.levle = 0.9: no such key (did you mean level?)"),
    ],
)
def test_a_mistake_names_the_key_the_value_and_what_is_allowed(override: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_round(["round=fictional", override], ROOT / "configs")
    assert expected in str(caught.value)
