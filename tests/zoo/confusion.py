"""Every model of the zoo audited against others: what was concluded, against what is true."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

from harness.audit.audit import audit
from harness.audit.finding import Conclusion
from tests.zoo.derivatives import DERIVATIVES, derivative
from tests.zoo.originals import ORIGINALS, original, write_checkpoint

WEIGHTS = ("text", "embeddings", "head")
CONTROLS = ("base_b", "tied_a")
"""Independents that every derivative is held against too."""


@dataclass(frozen=True)
class Judged:
    """One conclusion and the truth."""

    checkpoint: str
    descends: bool
    conclusion: Conclusion

    @property
    def truth(self) -> str:
        return "descends" if self.descends else "independent"


def originals(folder: Path, names: Iterable[str] = ORIGINALS) -> dict[str, Path]:
    """The independents as checkpoints."""
    return {name: write_checkpoint(folder / name, original(name), ORIGINALS[name].shape.config()) for name in names}


def judge_originals(folder: Path, names: Iterable[str] = ORIGINALS) -> list[Judged]:
    """Every pair of independents, once."""
    paths = originals(folder, names)
    found: list[Judged] = []
    for index, (name, path) in enumerate(paths.items()):
        against = dict(list(paths.items())[index + 1 :])
        if not against:
            continue
        report = audit(path, against, {}, lambda _: None)
        found += [Judged(name, False, one) for one in report.conclusions if one.component in WEIGHTS]
    return found


def judge_derivatives(folder: Path, names: Iterable[str] = DERIVATIVES) -> list[Judged]:
    """Every derivative against its parent and the controls."""
    paths = originals(folder)
    found: list[Judged] = []
    for name in names:
        spec = DERIVATIVES[name]
        path = write_checkpoint(folder / name, *derivative(name))
        against = {other: paths[other] for other in dict.fromkeys((spec.parent, *CONTROLS))}
        report = audit(path, against, {}, lambda _: None)
        found += [Judged(name, _descends(name, one), one) for one in report.conclusions if one.component in WEIGHTS]
    return found


def _descends(name: str, one: Conclusion) -> bool:
    spec = DERIVATIVES[name]
    return one.candidate == spec.parent and one.component in spec.descends


def matrix(judged: Iterable[Judged]) -> dict[str, Counter[str]]:
    """Counts of conclusions by component and truth."""
    counted: dict[str, Counter[str]] = {}
    for one in judged:
        counted.setdefault(f"{one.conclusion.component}, {one.truth}", Counter())[one.conclusion.conclusion] += 1
    return counted


def shown(judged: list[Judged]) -> str:
    """The confusion matrix and every conclusion that is not as it should be."""
    columns = ("derived", "refer", "no_evidence", "not_comparable")
    lines = [f"{'':<26}" + "".join(f"{column:>15}" for column in columns)]
    for row, counts in sorted(matrix(judged).items()):
        lines.append(f"{row:<26}" + "".join(f"{counts[column]:>15}" for column in columns))
    for one in judged:
        wanted = "derived" if one.descends else "no_evidence"
        got = one.conclusion.conclusion
        if got != wanted and not (got == "not_comparable" and not one.descends):
            lines.append(
                f"{one.checkpoint} ({one.truth}): {got} {one.conclusion.component} of"
                f" {one.conclusion.candidate} by {one.conclusion.method}: {one.conclusion.reason}"
            )
    return "\n".join(lines)


def pairs(names: Iterable[str] = ORIGINALS) -> int:
    """Unordered pairs of independents."""
    return len(list(permutations(names, 2))) // 2


def write(judged: list[Judged], path: Path) -> None:
    """Every judged conclusion, one a line."""
    with path.open("w") as file:
        for one in judged:
            file.write(
                json.dumps({"checkpoint": one.checkpoint, "descends": one.descends, **one.conclusion.model_dump()})
                + "\n"
            )
