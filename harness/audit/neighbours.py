"""What is trained beside a reused part comes to resemble the part that it replaces.

Two heads that are learned on one trunk, or two projectors between one encoder and one trunk, learn nearly the same in
the same basis, whatever they started from; so where another component is the candidate's, their dimensions are in no
arbitrary order and their likeness must be far above what such learning brings.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.audit.calibration import BESIDE, BESIDE_TIED, EVEN
from harness.audit.finding import Component, Finding, Strength
from harness.audit.pair import Pair

TOGETHER: dict[Component, tuple[Component, ...]] = {
    "embeddings": ("text", "head"), "head": ("text", "embeddings"), "projector": ("text", "vision", "audio"),
}  # fmt: skip
"""Components in whose streams another one stands."""
STORED = "as stored"


def tempered(pair: Pair, findings: Sequence[Finding], further: Sequence[Finding] = ()) -> list[Finding]:
    """The findings of one pair, those on token tables and projectors weighed by what beside them is the candidate's, by
    these and by `further` findings.
    """
    descended = [one for one in (*findings, *further) if one.strength == "derived" and one.method != "turned"]
    return [_weighed(pair, finding, descended, findings) for finding in findings]


def _weighed(pair: Pair, finding: Finding, descended: Sequence[Finding], findings: Sequence[Finding]) -> Finding:
    if finding.strength not in ("derived", "refer"):
        return finding
    beside = [one for one in descended if one.component in TOGETHER.get(finding.component, ())]
    # Whatever a narrow model has learned, a wide one has learned too: of its directions some fit all of the narrow's.
    from_text = finding.method == "turned" or (finding.method == "matching" and finding.component in BESIDE)
    needs_text = from_text or finding.details.get("one_width") is False
    if needs_text and not any(one.component == "text" for one in beside):
        return finding.model_copy(update={"strength": "no_evidence"})
    near = _nearness(findings, finding.component, _bases(beside))
    if not beside or near is None or finding.method == "census":
        return finding
    strength = _strength(pair, finding, *near)
    if strength == finding.strength:
        return finding
    names = sorted({one.component for one in beside})
    why = (
        f"; but the {' and the '.join(names)} beside it {'is' if len(names) == 1 else 'are'} the candidate's, and what"
        f" is learned anew there comes to resemble it too (cosine {near[0]:.2f})"
    )
    return finding.model_copy(update={"strength": strength, "statement": finding.statement + why})


def _bases(beside: Sequence[Finding]) -> set[str]:
    """In which bases the neighbours are the candidate's."""
    return {str(one.details.get("frame", STORED if one.method == "weights" else "")) for one in beside}


def _nearness(findings: Sequence[Finding], component: Component, bases: set[str]) -> tuple[float, float] | None:
    """How close the component is in such a basis, which it did not determine, and how close the least alike of it.

    None where none is known: where the text was brought into the basis by the embeddings themselves.
    """
    methods = {"weights"} if STORED in bases else set()
    if "by layers" in bases or ("by vocabulary" in bases and component == "head"):
        methods |= {"turned", "matching"}
    found = [one.details for one in findings if one.component == component and one.method in methods]
    near = [
        (close, details.get("least", 0.0)) for details in found if isinstance(close := details.get("closeness"), float)
    ]
    return max(((close, least) for close, least in near if isinstance(least, float)), default=None)


def _strength(pair: Pair, finding: Finding, close: float, least: float) -> Strength:
    tied = finding.component == "embeddings" and pair.ours.anatomy.head is None
    derived, refer = BESIDE_TIED if tied else BESIDE[finding.component]
    if finding.strength == "derived" and (close >= derived or (close >= refer and least >= EVEN)):
        return "derived"
    return "refer" if close >= refer else "no_evidence"
