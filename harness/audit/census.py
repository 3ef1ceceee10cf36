"""Method 1: which components there are, and which tensors are the candidate's to the last bit."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np

from harness.audit.calibration import FEWEST_DISTINCT, IDENTICAL_SHARE
from harness.audit.finding import Component, Finding, Strength
from harness.audit.pair import Pair
from harness.audit.subject import Subject
from harness.audit.values import Floats

ANALYTIC_RESIDUE = 1e-3
"""How far a table of sines may be from its recurrence."""
COARSE_RESIDUE = {"BF16": 1e-2, "F16": 2e-3}
"""The same where values are rounded to fewer digits: four roundings of a column's largest value."""


def findings(pair: Pair) -> tuple[Finding, ...]:
    """Identical tensors, whatever their names, component by component."""
    known: dict[str, list[str]] = defaultdict(list)
    for name, value in pair.theirs.subject.digests.items():
        known[value].append(name)
    return tuple(_component(pair, component, names, known) for component, names in pair.ours.anatomy.members.items())


def _component(pair: Pair, component: Component, names: tuple[str, ...], known: dict[str, list[str]]) -> Finding:
    subject = pair.ours.subject
    digests = {name: _digest(subject, name) for name in names}
    same = [
        name for name in names
        if digests[name] in known and is_telling(subject.values.beginning(name), _residue(subject, name))
    ]  # fmt: skip
    sizes = {name: math.prod(subject.values.tensors[name].shape) for name in names}
    share = sum(sizes[name] for name in same) / max(1, sum(sizes.values()))
    theirs = pair.theirs.anatomy.members.get(component, ())
    shapes = {pair.theirs.subject.values.tensors[name].shape for name in theirs}
    comparable = any(subject.values.tensors[name].shape in shapes for name in names)
    otherwise: Strength = "no_evidence" if comparable else "not_comparable"
    strength: Strength = "derived" if share >= IDENTICAL_SHARE else "refer" if same else otherwise
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


def _residue(subject: Subject, name: str) -> float:
    return COARSE_RESIDUE.get(subject.values.tensors[name].dtype, ANALYTIC_RESIDUE)


def is_telling(values: Floats, residue: float = ANALYTIC_RESIDUE) -> bool:
    """Whether being identical means anything: not for constants, tables of sines, and tensors of a few values."""
    if len(np.unique(values.reshape(-1)[:100_000])) < FEWEST_DISTINCT:
        return False
    table = np.squeeze(values)
    return not (table.ndim == 2 and min(table.shape) >= 3 and is_sines(table, residue))


def is_sines(table: Floats, most: float = ANALYTIC_RESIDUE) -> bool:
    """Whether every column is a sampled sinusoid, to within `most`: x(t+1) + x(t-1) = 2 cos(w) x(t)."""
    around, middle = (table[2:] + table[:-2]).astype(np.float64), table[1:-1].astype(np.float64)
    energy = (middle**2).sum(0)
    factor = (around * middle).sum(0) / np.where(energy > 0, energy, 1)
    # Column by column: beside one that is far larger, learned values would look as small as rounding errors.
    residues = np.abs(around - factor * middle).max(0) / np.maximum(np.abs(table).max(0), 1e-30)
    return bool(np.all(residues < most) and np.all(np.abs(factor) <= 2 + most))
