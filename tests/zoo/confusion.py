"""What was concluded against what is true: one line a finding and a conclusion, counted and shown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.audit.audit import audit
from harness.audit.finding import AuditReport, Component

Truth = Literal["descends", "independent", "beside", "same seed"]
"""Of a component: it descends; nothing of the two models is related; it does not descend, though another component of
the same model may; both models began from one seed and learned apart."""
COLUMNS = ("derived", "refer", "no_evidence", "not_comparable")
WEIGHTS: tuple[Component, ...] = ("text", "vision", "audio", "projector", "embeddings", "head")
Line = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One checkpoint to audit and the truth about it."""

    name: str
    path: Callable[[], Path]
    against: Mapping[str, Callable[[], Path]]
    truth: Callable[[str, Component], Truth]
    """Of a candidate and a component."""


def judged(cases: Iterable[Case], notify: Callable[[str], None]) -> Iterator[Line]:
    """Every case audited: its findings and conclusions on weights, each with the truth."""
    for case in cases:
        report = audit(case.path(), {name: path() for name, path in case.against.items()}, {}, lambda _: None)
        notify(f"{case.name}: {report.cost.seconds:.1f} s")
        yield from _lines(case, report)


def _lines(case: Case, report: AuditReport) -> Iterator[Line]:
    for one in report.conclusions:
        if one.component in WEIGHTS:
            yield {
                "kind": "conclusion", "checkpoint": case.name, "truth": case.truth(one.candidate, one.component),
                **one.model_dump(include={"candidate", "component", "method", "p_value", "reason"}),
                "said": one.conclusion,
            }  # fmt: skip
    for finding in report.findings:
        if finding.component in WEIGHTS:
            yield {
                "kind": "finding", "checkpoint": case.name, "truth": case.truth(finding.candidate, finding.component),
                **finding.model_dump(include={"candidate", "component", "method", "p_value", "value", "exact"}),
                "said": finding.strength,
                "similarity": finding.details.get("similarity"), "part": finding.details.get("part"),
                "frame": finding.details.get("frame"), "closeness": finding.details.get("closeness"),
            }  # fmt: skip


def conclusions(lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if line["kind"] == "conclusion"]


def matrix(lines: Iterable[Line]) -> dict[tuple[str, str], Counter[str]]:
    """Counts of conclusions by component and truth."""
    counted: dict[tuple[str, str], Counter[str]] = {}
    for line in conclusions(lines):
        counted.setdefault((line["component"], line["truth"]), Counter())[line["said"]] += 1
    return counted


def wrong(lines: Iterable[Line]) -> list[Line]:
    """Conclusions that are not as they should be."""
    return [line for line in conclusions(lines) if line["said"] not in RIGHT[line["truth"]]]


RIGHT: Mapping[str, tuple[str, ...]] = {
    "descends": ("derived",),
    "independent": ("no_evidence", "not_comparable"),
    "beside": ("no_evidence", "not_comparable"),
    "same seed": ("no_evidence", "not_comparable", "refer"),
}


def shown(lines: Iterable[Line]) -> str:
    """The confusion matrix and every conclusion that is not as it should be."""
    kept = list(lines)
    rows = [f"{'':<26}" + "".join(f"{column:>15}" for column in COLUMNS)]
    for (component, truth), counts in sorted(matrix(kept).items()):
        rows.append(f"{f'{component}, {truth}':<26}" + "".join(f"{counts[column]:>15}" for column in COLUMNS))
    rows += [
        f"{line['checkpoint']} ({line['truth']}): {line['said']} {line['component']} of {line['candidate']}"
        f" by {line['method']}: {line['reason']}"
        for line in wrong(kept)
    ]
    return "\n".join(rows)


def write(lines: Iterable[Line], path: Path) -> list[Line]:
    """The lines, written as they come."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept: list[Line] = []
    with path.open("w") as file:
        for line in lines:
            kept.append(line)
            file.write(json.dumps(line) + "\n")
    return kept


def read(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text().splitlines()]
