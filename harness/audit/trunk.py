"""Methods 2 to 4 on stacks of layers: units in the same order (weights), units matched twice (matching)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.audit.anatomy import STACKED
from harness.audit.calibration import MATCHING, ORDER, Floor
from harness.audit.finding import P_FLOOR, Component, Finding, LayerPair, Strength
from harness.audit.layers import Compared, compare_layers
from harness.audit.pair import Pair

FRAMES = 3
"""Ways of bringing two streams together that may be tried."""


@dataclass(frozen=True)
class Reading:
    """One method's view of a comparison of two layers."""

    agreement: float
    similarity: float
    p_value: float


def _order(compared: Compared) -> Reading | None:
    if compared.in_place is None or compared.p_in_place is None:
        return None
    return Reading(compared.in_place, compared.in_place_similarity, compared.p_in_place)


def _matching(compared: Compared) -> Reading | None:
    weak = compared.agreement < MATCHING.hint[0] or compared.similarity < MATCHING.hint[1]
    # A rotation by moments has seen the gates: a weak agreement under it is no evidence, however small its p-value.
    p_value = 1.0 if compared.frame == "by moments" and weak else compared.p_agreement
    return Reading(compared.agreement, compared.similarity, p_value)


def findings(pair: Pair) -> tuple[Finding, ...]:
    """Both methods on every stack that the audited checkpoint has."""
    found: list[Finding] = []
    for component in STACKED:
        if component not in pair.ours.anatomy.members:
            continue
        compared = compare_layers(pair, component)
        if not compared:
            found.append(_not_comparable(pair, component))
            continue
        found.append(_finding(pair, component, compared, "weights", _order, ORDER))
        found.append(_finding(pair, component, compared, "matching", _matching, MATCHING))
    return tuple(found)


def _not_comparable(pair: Pair, component: Component) -> Finding:
    lacks = component not in pair.theirs.anatomy.members
    why = f"has no {component} component" if lacks else "shares no layers, sizes or tokens that could be compared"
    return Finding(
        component=component, candidate=pair.candidate, method="weights", strength="not_comparable",
        statement=f"{pair.candidate} {why}",
    )  # fmt: skip


def _finding(
    pair: Pair,
    component: Component,
    compared: Sequence[Compared],
    method: str,
    view: Callable[[Compared], Reading | None],
    floor: Floor,
) -> Finding:
    """The strongest pair of layers decides the p-value; every comparison counts in the Bonferroni factor."""
    readings = [(one, reading) for one in compared if (reading := view(one)) is not None]
    if not readings:
        statement = f"the layers of {pair.candidate} have other numbers of units: their order cannot be compared"
        return Finding(
            component=component, candidate=pair.candidate, method=method, strength="not_comparable", statement=statement
        )
    # Frames that were not needed any more count as if they had been tried.
    tests = max(1, math.ceil(len(readings) / len({one.frame for one, _ in readings}))) * FRAMES
    limit = floor.alpha / tests
    convicting = [
        (one, seen) for one, seen in readings if floor.convicts(seen.agreement, seen.similarity, seen.p_value, limit)
    ]
    derived = {one.layer for one, _ in convicting}
    if len(derived) == 1 and not any(floor.suffices(seen.agreement, seen.similarity) for _, seen in convicting):
        derived = set()
    suspicious = any(floor.hints(seen.agreement, seen.similarity, seen.p_value, limit) for _, seen in readings)
    strength: Strength = "derived" if derived else "refer" if suspicious else "no_evidence"
    # A layer that convicts speaks before all others.
    best, reading = min(readings, key=lambda one: (one[0].layer not in derived, one[1].p_value, -one[1].agreement))
    layers = 1 + max(one.layer for one, _ in readings)
    what = WORDS[method].format(
        share=f"{reading.agreement:.0%}", part=best.part, layer=best.layer, other=best.other, candidate=pair.candidate,
        similarity=f"{reading.similarity:.2f}", frame=best.frame,
    )  # fmt: skip
    return Finding(
        component=component, candidate=pair.candidate, method=method, strength=strength,
        statement=f"{what}; {len(derived)} of {layers} layers do so beyond what independent models show",
        statistic="share of units that agree", value=reading.agreement,
        p_value=max(P_FLOOR, min(1.0, reading.p_value * tests)), exact=method == "weights",
        layers=_heat(readings),
        details={
            "layers_derived": sorted(derived), "comparisons": tests, "frame": best.frame, "part": best.part,
            "similarity": round(reading.similarity, 4),
        },
    )  # fmt: skip


WORDS = {
    "weights": "{share} of the units of {part} in layer {layer} stand in the order of {candidate}'s layer {other}"
    " (similarity {similarity}, bases {frame})",
    "matching": "{share} of the units of {part} in layer {layer} find the same partner in {candidate}'s layer {other}"
    " by two separate sets of weights (similarity {similarity}, bases {frame})",
}


def _heat(readings: Sequence[tuple[Compared, Reading]]) -> tuple[LayerPair, ...]:
    """For every two layers the part and frame that agree most."""
    best: dict[tuple[int, int], tuple[Compared, Reading]] = {}
    for one, reading in readings:
        key = one.layer, one.other
        if key not in best or reading.p_value < best[key][1].p_value:
            best[key] = (one, reading)
    return tuple(
        LayerPair(
            layer=one.layer, other=one.other, part=one.part, agreement=reading.agreement,
            similarity=round(max(-1.0, min(1.0, reading.similarity)), 6), p_value=reading.p_value,
        )
        for _, (one, reading) in sorted(best.items())
    )  # fmt: skip
