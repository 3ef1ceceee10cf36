"""Audit reports (`harness audit --out`) and the rulings of people about what they found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from harness.errors import ConfigError
from harness.hashing import digest
from harness.plan import Component, Frozen, Name
from harness.plan.base import Day, Sha256
from harness.plan.policy import Relation
from harness.verdict import Finding, Ruling


class Conclusion(BaseModel):
    """One conclusion of a report, as far as a verdict needs it; reports may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    component: Component
    candidate: str
    conclusion: Relation
    owner: str | None = None
    method: str = ""
    p_value: float | None = None
    reason: str = ""
    value: float | None = None
    country: str | None = None
    left_out: bool = False


RULED_ON = frozenset({"component", "candidate", "conclusion", "owner", "method", "p_value", "reason"})
"""What a ruling's digest covers."""


class Checkpoint(BaseModel):
    """What a report says of the checkpoint that it is about."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    digest: str | None = None
    """SHA-256 over all tensors; null where the report does not say."""


class Report(BaseModel):
    """An audit report, as far as a verdict needs it."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    checkpoint: Checkpoint | None = None
    conclusions: tuple[Conclusion, ...]


Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class RulingFile(Frozen):
    """A ruling as people write it, in YAML."""

    entrant: Name
    findings: tuple[Sha256, ...] = Field(min_length=1)
    """Digests of the findings, as the decision's reasons give them."""
    decision: Literal["cleared", "disqualified"]
    reply: Said
    """What the entrant answered."""
    who: Said
    """Who ruled."""
    when: Day
    """Day of the ruling."""


def read_report(path: Path, entrant: str) -> tuple[Finding, ...]:
    """The conclusions about one entrant; ConfigError where the file is no audit report."""
    return tuple(_finding(entrant, conclusion) for conclusion in _report(path).conclusions)


def read_digest(path: Path) -> str | None:
    """Digest of the checkpoint that a report is about; None where it does not say. ConfigError as for `read_report`."""
    checkpoint = _report(path).checkpoint
    return None if checkpoint is None else checkpoint.digest


def _report(path: Path) -> Report:
    try:
        return Report.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, OSError) as error:
        raise ConfigError(
            f"{path}: no audit report: {_first(error)}", "give the file that `harness audit --out` wrote"
        ) from error


def read_ruling(path: Path) -> Ruling:
    """One ruling; ConfigError names the field that is not as it must be."""
    import yaml

    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        # YAML reads an unquoted day as a date.
        given = {**content, "when": str(content.get("when", ""))} if isinstance(content, dict) else content
        ruling = RulingFile.model_validate(given)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(
            f"{path}: no ruling: {_first(error)}",
            "a ruling has: entrant, findings (their SHA-256), decision (cleared | disqualified), reply, who, when",
        ) from error
    return Ruling(ruling.entrant, ruling.findings, ruling.decision, ruling.reply, ruling.who, ruling.when)


def _finding(entrant: str, conclusion: Conclusion) -> Finding:
    said = {"entrant": entrant, **conclusion.model_dump(mode="json", include=set(RULED_ON))}
    return Finding(
        entrant=entrant,
        component=conclusion.component,
        candidate=conclusion.candidate,
        owner=conclusion.owner,
        country=conclusion.country,
        relation=conclusion.conclusion,
        method=conclusion.method,
        p_value=conclusion.p_value,
        value=conclusion.value,
        reason=conclusion.reason,
        left_out=conclusion.left_out,
        sha256=digest(said),
    )


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        said = [(".".join(map(str, detail["loc"])), detail["msg"]) for detail in error.errors(include_url=False)[:5]]
        return "; ".join(f"{where}: {what}" if where else "it holds no fields with names" for where, what in said)
    return str(error).split("\n", 1)[0]
