"""What is to be known of each panel's raters: who is missing, who stands apart, how far they agree."""

from __future__ import annotations

import numpy as np

from harness.plan import PanelMean, PointItem, Round
from harness.records import PanelResult
from harness.stats import alpha_interval, outlying_raters
from harness.verdict.inputs import Inputs, Panel


def panel_results(round_: Round, inputs: Inputs) -> dict[str, PanelResult]:
    """By item of points; without the panels that were not supplied."""
    return {
        item.name: _result(item, item.source, inputs.panels[item.source.file], round_)
        for item in round_.rules.items
        if isinstance(item.source, PanelMean) and item.source.file in inputs.panels
    }


def _result(item: PointItem, source: PanelMean, panel: Panel, round_: Round) -> PanelResult:
    chosen = [panel.criteria.index(name) for name in source.criteria or panel.criteria]
    ratings = panel.scores[:, :, chosen].reshape(len(panel.raters), -1)
    gaps = np.isnan(ratings)
    rules = round_.rules
    generator = np.random.default_rng(round_.seed)
    return PanelResult(
        item=item.name,
        raters=len(panel.raters),
        missing={name: int(count) for name, count in zip(panel.raters, gaps.sum(axis=1), strict=True) if count},
        outlying={panel.raters[each.rater]: round(each.score, 2) for each in outlying_raters(ratings)},
        alpha=alpha_interval(ratings, "interval", rules.level, rules.resamples, generator),
    )
