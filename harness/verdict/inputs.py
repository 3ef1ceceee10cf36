"""What a verdict takes from outside the runs: tables, panels, findings of the audit, rulings of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.plan import Component, TableValue
from harness.plan.policy import Relation
from harness.plan.serving import Mark


@dataclass(frozen=True)
class Cell:
    """One model's entry in a table."""

    text: str
    mark: Mark
    """How surely it is known, from the table's column `mark`; published where it has none."""


@dataclass(frozen=True)
class Table:
    """The lines of a table that one source looks at, by model."""

    cells: Mapping[str, Cell]
    """Without the models whose cell is empty."""

    @property
    def doubtful(self) -> bool:
        """Whether a figure is second-hand or inferred."""
        return any(cell.mark != "published" for cell in self.cells.values())

    def number(self, model: str) -> float | None:
        """A model's number; None where the table has none. Readers have checked that it is one."""
        cell = self.cells.get(model)
        return None if cell is None else float(cell.text)


@dataclass(frozen=True)
class Panel:
    """All scores of one panel."""

    raters: tuple[str, ...]
    entrants: tuple[str, ...]
    criteria: tuple[str, ...]
    scores: NDArray[np.float64]
    """Shape (raters, entrants, criteria); NaN where a rater gave none."""


@dataclass(frozen=True)
class Finding:
    """One conclusion of an audit report, about one entrant."""

    entrant: str
    component: Component
    candidate: str
    owner: str | None
    """Who made the candidate; None where the report does not say."""
    relation: Relation
    method: str
    p_value: float | None
    reason: str
    sha256: str
    """Digest by which a ruling names it."""
    value: float | None = None
    """The statistic that decided; None where the method has none, or the report does not say."""
    country: str | None = None
    """Country of the candidate's owner; None where the report does not say."""
    left_out: bool = False
    """Whether it could not be compared since something was left out, rather than since there is nothing to compare."""


@dataclass(frozen=True)
class Ruling:
    """What people decided about findings."""

    entrant: str
    findings: tuple[str, ...]
    """Digests of the findings that it is about."""
    decision: Literal["cleared", "disqualified"]
    reply: str
    """What the entrant said to them."""
    who: str
    when: str
    """ISO 8601."""


@dataclass(frozen=True)
class Inputs:
    """Everything from outside the runs; empty where a round rests on its runs alone."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    """By `key_of` their source."""
    panels: Mapping[str, Panel] = field(default_factory=dict)
    """By file."""
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)
    """By entrant; one without an audit report is not in it."""
    rulings: tuple[Ruling, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of every file read, by its path as the round names it."""

    def doubtful(self) -> tuple[str, ...]:
        """Tables that hold second-hand or inferred figures."""
        marked = {key.split("|")[0] for key, table in self.tables.items() if table.doubtful}
        return tuple(sorted(marked))

    def cell(self, source: TableValue, model: str) -> Cell | None:
        """A model's entry; None where the table has none or was not supplied."""
        table = self.tables.get(key_of(source))
        return None if table is None else table.cells.get(model)


def key_of(source: TableValue) -> str:
    """What tells one source from another: the file, the columns and the lines."""
    where = ",".join(f"{column}={value}" for column, value in sorted(source.where.items()))
    return f"{source.file}|{source.key}|{source.value}|{where}"
