"""Method 1: which components there are, and which tensors are the candidate's to the last bit."""

from __future__ import annotations

import math
from collections import defaultdict

from harness.audit.analytic import is_telling, residue
from harness.audit.calibration import IDENTICAL_SHARE
from harness.audit.finding import Component, Finding, Strength
from harness.audit.pair import Pair
from harness.audit.regions import NUMBERED
from harness.audit.subject import Subject

LAYERED: tuple[Component, ...] = ("text", "vision", "audio")
"""Components whose tensors outside all layers may be worked out in ways that nobody thought of here."""


def findings(pair: Pair) -> tuple[Finding, ...]:
    """Identical tensors, whatever their names, component by component."""
    known: dict[str, list[str]] = defaultdict(list)
    for name, value in pair.theirs.subject.digests.items():
        known[value].append(name)
    return tuple(_component(pair, component, names, known) for component, names in pair.ours.anatomy.members.items())


def _component(pair: Pair, component: Component, names: tuple[str, ...], known: dict[str, list[str]]) -> Finding:
    subject = pair.ours.subject
    digests = {name: _digest(subject, name) for name in names}
    same = [name for name in names if digests[name] in known and telling(subject, name)]
    sizes = {name: math.prod(subject.values.tensors[name].shape) for name in names}
    share = sum(sizes[name] for name in same) / max(1, sum(sizes.values()))
    theirs = pair.theirs.anatomy.members.get(component, ())
    shapes = {pair.theirs.subject.values.tensors[name].shape for name in theirs}
    comparable = any(subject.values.tensors[name].shape in shapes for name in names)
    otherwise: Strength = "no_evidence" if comparable else "not_comparable"
    convicts = share >= IDENTICAL_SHARE and (component not in LAYERED or any(map(NUMBERED.match, same)))
    strength: Strength = "derived" if convicts else "refer" if same else otherwise
    example = "" if not same else f", such as {same[0]} ({known[digests[same[0]]][0]} there)"
    return Finding(
        component=component, candidate=pair.candidate, method="census", strength=strength,
        statement=f"{len(same)} of {len(names)} tensors ({share:.0%} of the values) are {pair.candidate}'s to the last"
        f" bit{example}",
        statistic="share of values in identical tensors", value=share, exact=True, details={"identical": same[:50]},
    )  # fmt: skip


def _digest(subject: Subject, name: str) -> str:
    """Of a tensor, or of the codes of one that is stored packed."""
    return subject.digests[name if name in subject.digests else subject.values.packed[name].codes]


def telling(subject: Subject, name: str) -> bool:
    """Whether it means anything that another model holds the same tensor."""
    return is_telling(subject.values.beginning(name), residue(subject.values.tensors[name].dtype))
