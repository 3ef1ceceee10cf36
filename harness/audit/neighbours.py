"""What is trained beside a reused part comes to resemble the part that it replaces.

Two heads that are learned on one trunk, or two projectors between one encoder and one trunk, learn nearly the same in
the same basis, whatever they started from; so where another component is the candidate's, their dimensions are in no
arbitrary order and their likeness must be far above what such learning brings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.audit.calibration import BESIDE, BESIDE_TIED
from harness.audit.finding import Component, Finding, Strength
from harness.audit.pair import Pair

TOGETHER: tuple[Component, ...] = ("text", "embeddings", "head")
"""Components that stand in one residual stream."""
UNFITTED = ("weights", "turned", "matching")
OF_TOKENS = (*UNFITTED, "alignment")


def tempered(pair: Pair, findings: Sequence[Finding]) -> list[Finding]:
    """The findings of one pair, those on token tables weighed by whether something beside them is the candidate's."""
    descended = {one.component for one in findings if one.strength == "derived" and one.method != "turned"}
    known = {component: _closeness(findings, component) for component in BESIDE}
    return [_weighed(pair, finding, descended, known) for finding in findings]


def _closeness(findings: Sequence[Finding], component: Component) -> float | None:
    """How close the tokens of a table are in a basis that they did not determine; None where none is known."""
    found = [one.details.get("closeness") for one in findings if one.component == component and one.method in UNFITTED]
    return max((value for value in found if isinstance(value, float)), default=None)


def _weighed(
    pair: Pair, finding: Finding, descended: set[Component], known: Mapping[Component, float | None]
) -> Finding:
    if finding.component not in BESIDE or finding.method not in OF_TOKENS:
        return finding
    beside = [component for component in TOGETHER if component in descended and component != finding.component]
    if finding.method == "turned" and "text" not in descended:
        return finding.model_copy(update={"strength": "no_evidence"})
    close = known[finding.component]
    if close is None:
        close = finding.details.get("closeness")
    if not beside or finding.strength not in ("derived", "refer") or not isinstance(close, float):
        return finding
    strength = _strength(pair, finding, close)
    if strength == finding.strength:
        return finding
    why = (
        f"; but the {' and the '.join(beside)} beside it {'is' if len(beside) == 1 else 'are'} the candidate's, and what"
        f" is learned anew there comes to resemble it too (median cosine of tokens {close:.2f})"
    )
    return finding.model_copy(update={"strength": strength, "statement": finding.statement + why})


def _strength(pair: Pair, finding: Finding, close: float) -> Strength:
    tied = finding.component == "embeddings" and pair.ours.anatomy.head is None
    derived, refer = BESIDE_TIED if tied else BESIDE[finding.component]
    if close >= derived and finding.strength == "derived":
        return "derived"
    return "refer" if close >= refer else "no_evidence"
