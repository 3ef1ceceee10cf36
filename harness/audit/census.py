"""Method 1: which components there are, and which tensors are the candidate's to the last bit."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from harness.audit.analytic import telling
from harness.audit.calibration import IDENTICAL_SHARE, MOST_OF_IT
from harness.audit.finding import Component, Finding, Strength
from harness.audit.pair import Body, Pair
from harness.audit.subject import Subject

TABLES: tuple[Component, ...] = ("embeddings", "head")
"""Components that are one matrix. In others, what is no matrix of a layer may be worked out, or drawn by a seed that
many share.
"""


def findings(pair: Pair) -> tuple[Finding, ...]:
    """Identical tensors, whatever their names, component by component."""
    known: dict[str, list[str]] = defaultdict(list)
    for name, value in pair.theirs.subject.digests.items():
        known[value].append(name)
    return tuple(_component(pair, component, names, known) for component, names in pair.ours.anatomy.members.items())


def _component(pair: Pair, component: Component, names: tuple[str, ...], known: dict[str, list[str]]) -> Finding:
    subject = pair.ours.subject
    digests = {name: _digest(subject, name) for name in names}
    same = [name for name in names if digests[name] in known and telling(subject.values, name)]
    sizes = {name: math.prod(subject.values.tensors[name].shape) for name in names}
    share = sum(sizes[name] for name in same) / max(1, sum(sizes.values()))
    theirs = pair.theirs.anatomy.members.get(component, ())
    shapes = {pair.theirs.subject.values.tensors[name].shape for name in theirs}
    comparable = any(subject.values.tensors[name].shape in shapes for name in names)
    otherwise: Strength = "no_evidence" if comparable else "not_comparable"
    convicts = _convicts(pair.ours, component, same, share)
    strength: Strength = "derived" if convicts else "refer" if same else otherwise
    example = "" if not same else f", such as {same[0]} ({known[digests[same[0]]][0]} there)"
    return Finding(
        component=component, candidate=pair.candidate, method="census", strength=strength,
        statement=f"{len(same)} of {len(names)} tensors ({share:.0%} of the values) are {pair.candidate}'s to the last"
        f" bit{example}",
        statistic="share of values in identical tensors", value=share, exact=True, details={"identical": same[:50]},
    )  # fmt: skip


def _convicts(body: Body, component: Component, same: Sequence[str], share: float) -> bool:
    """Whether a component is the candidate's: by most of its values, or by some of them in matrices of its layers."""
    telling_place = component in TABLES or not body.layered.get(component, frozenset()).isdisjoint(same)
    return share >= MOST_OF_IT or (share >= IDENTICAL_SHARE and telling_place)


def _digest(subject: Subject, name: str) -> str:
    """Of a tensor, or of the codes of one that is stored packed."""
    return subject.digests[name if name in subject.digests else subject.values.packed[name].codes]
