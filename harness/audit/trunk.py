"""Methods 2 and 3 on stacks of layers: units in the same order (weights), units matched twice (matching)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.audit.calibration import ALPHA, FEWEST_AGREEING, MATCHING, ORDER, Floor
from harness.audit.finding import P_FLOOR, Component, Finding, LayerPair, Strength
from harness.audit.layers import Compared, compare_layers
from harness.audit.pair import Pair

FRAMES = 3
"""Ways of bringing two streams together that may be tried."""


@dataclass(frozen=True)
class Reading:
    """One method's view of a comparison of two layers."""

    compared: Compared
    agreement: float
    similarity: float
    chance: float
    """Of so many agreements by luck. A p-value for units in place; a guard against small numbers elsewhere."""
    enough: bool = True
    """Whether enough units agree for their share to mean something, where no p-value says so."""

    def passes(self, floor: Floor, limit: float) -> bool:
        return self.enough and self.chance <= limit and floor.convicts(self.agreement, self.similarity)

    def hints(self, floor: Floor, limit: float) -> bool:
        return self.enough and self.chance <= limit and floor.hints(self.agreement, self.similarity)


def findings(pair: Pair) -> tuple[Finding, ...]:
    """Both methods on every stack that the audited checkpoint has."""
    found: list[Finding] = []
    for component in pair.components:
        compared = compare_layers(pair, component)
        if not compared:
            found.append(_not_comparable(pair, component))
            continue
        found.append(_finding(pair, component, "weights", _in_place(compared), ORDER))
        found.append(_finding(pair, component, "matching", _matched(compared), MATCHING))
    return tuple(found)


def _in_place(compared: Sequence[Compared]) -> list[Reading]:
    return [
        Reading(one, one.in_place, one.in_place_similarity, one.p_in_place)
        for one in compared
        if one.in_place is not None and one.p_in_place is not None
    ]


def _matched(compared: Sequence[Compared]) -> list[Reading]:
    return [
        Reading(one, one.agreement, one.similarity, one.chance, one.agreeing >= FEWEST_AGREEING) for one in compared
    ]


def _not_comparable(pair: Pair, component: Component) -> Finding:
    lacks = component not in pair.theirs.anatomy.members
    why = f"has no {component} component" if lacks else "shares no layers, sizes or tokens that could be compared"
    return Finding(
        component=component, candidate=pair.candidate, method="weights", strength="not_comparable",
        statement=f"{pair.candidate} {why}",
    )  # fmt: skip


def _finding(pair: Pair, component: Component, method: str, readings: Sequence[Reading], floor: Floor) -> Finding:
    """The strongest pair of layers speaks; every comparison counts in the Bonferroni factor."""
    if not readings:
        statement = f"the layers of {pair.candidate} have other numbers of units: their order cannot be compared"
        return Finding(
            component=component, candidate=pair.candidate, method=method, strength="not_comparable", statement=statement
        )
    # Frames that were not needed any more count as if they had been tried.
    tests = max(1, math.ceil(len(readings) / len({one.compared.frame for one in readings}))) * FRAMES
    limit = ALPHA / tests
    convicting = [one for one in readings if one.passes(floor, limit)]
    derived = {one.compared.layer for one in convicting}
    if len(derived) == 1 and not any(floor.suffices(one.agreement, one.similarity) for one in convicting):
        derived = set()
    suspicious = any(one.hints(floor, limit) for one in readings)
    strength: Strength = "derived" if derived else "refer" if suspicious else "no_evidence"
    # A layer that convicts speaks before all others.
    best = min(readings, key=lambda one: (one.compared.layer not in derived, one.chance, -one.agreement))
    layers = 1 + max(one.compared.layer for one in readings)
    return Finding(
        component=component, candidate=pair.candidate, method=method, strength=strength,
        statement=f"{_words(method, best, pair.candidate)}; {len(derived)} of {layers} layers do so beyond what"
        " independent models show",
        statistic="share of units that agree", value=best.agreement,
        p_value=max(P_FLOOR, min(1.0, best.chance * tests)) if method == "weights" else None,
        exact=method == "weights",
        layers=_heat(readings, lambda one: one.passes(floor, limit), exact=method == "weights"),
        details={
            "layers_derived": sorted(derived), "comparisons": tests, "frame": best.compared.frame,
            "part": best.compared.part, "similarity": round(best.similarity, 4),
        },
    )  # fmt: skip


WORDS = {
    "weights": "{share} of the units of {part} in layer {layer} stand in the order of {candidate}'s layer {other}"
    " (similarity {similarity}, bases {frame})",
    "matching": "{share} of the units of {part} in layer {layer} find the same partner in {candidate}'s layer {other}"
    " by two separate sets of weights (similarity {similarity}, bases {frame})",
}


def _words(method: str, best: Reading, candidate: str) -> str:
    one = best.compared
    return WORDS[method].format(
        share=f"{best.agreement:.0%}", part=one.part, layer=one.layer, other=one.other, candidate=candidate,
        similarity=f"{best.similarity:.2f}", frame=one.frame,
    )  # fmt: skip


def _heat(readings: Sequence[Reading], beyond: Callable[[Reading], bool], *, exact: bool) -> tuple[LayerPair, ...]:
    """For every two layers the part and frame that agree most."""
    best: dict[tuple[int, int], Reading] = {}
    for reading in readings:
        key = reading.compared.layer, reading.compared.other
        if key not in best or reading.chance < best[key].chance:
            best[key] = reading
    return tuple(
        LayerPair(
            layer=layer, other=other, part=one.compared.part, agreement=one.agreement,
            similarity=round(max(-1.0, min(1.0, one.similarity)), 6), p_value=one.chance if exact else None,
            beyond=beyond(one),
        )
        for (layer, other), one in sorted(best.items())
    )  # fmt: skip
