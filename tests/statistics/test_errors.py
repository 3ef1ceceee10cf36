"""Are decisions wrong no more often than declared, and is power what was forecast? Seeded, so a bound is met or not."""

from __future__ import annotations

import pytest

from tests.statistics.errors import Check, everything, many_tasks, measured

FAST = ("Bonferroni", "max-T", "rank", "permutation", "paired", "floor", "ratio", "difference")
FAST_REPEATS, FAST_SLACK = 150, 0.05  # 2.8 standard errors of 150 draws at 5 %
FULL_REPEATS, FULL_SLACK = 1000, 0.02  # 2.9 standard errors of 1000 draws
FAST_FORECAST, FULL_FORECAST = 0.1, 0.05
CHECKS = [*everything(), *many_tasks()]


def name(check: Check) -> str:
    return check.name.replace("/", "-")


@pytest.mark.parametrize("check", [each for each in CHECKS if each.name.startswith(FAST)], ids=name)
def test_errors_are_bounded_and_power_is_as_forecast(check: Check) -> None:
    hold(check, measured(check, FAST_REPEATS), FAST_SLACK, FAST_FORECAST)


def test_holm_rarely_eliminates_who_is_at_the_threshold() -> None:
    check = next(each for each in CHECKS if each.name.startswith("Holm, any elimination") and "n = 60" in each.name)
    hold(check, measured(check, 30), 0.1, 0)


@pytest.mark.full
@pytest.mark.parametrize("check", CHECKS, ids=name)
def test_errors_are_bounded_and_power_is_as_forecast_in_full(check: Check) -> None:
    hold(check, measured(check, FULL_REPEATS), FULL_SLACK, FULL_FORECAST)


def hold(check: Check, share: float, slack: float, forecast: float) -> None:
    if check.forecast:
        assert share == pytest.approx(check.bound, abs=forecast)
    else:
        assert share <= check.bound + slack
