"""Everything that a round's verdict takes from files: read, checked and digested."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from harness.errors import ConfigError
from harness.panels.files import Locate, digest_of, located
from harness.panels.findings import read_digest, read_report, read_ruling
from harness.panels.panel import read_panel
from harness.panels.table import read_table
from harness.plan import ImportedOutcome, PanelMean, PointItem, Round, TableValue, WeightedMean, basic
from harness.plan.points import slope
from harness.verdict import Finding, Inputs, Panel, Ruling, Table, key_of

ROUNDING = 1e-9


def read_inputs(round_: Round, locate: Locate) -> Inputs:
    """Panels, tables, audit reports and rulings of a round; ConfigError names file, line, value and remedy."""
    findings = _findings(round_, locate)
    files = input_files(round_)
    return Inputs(
        tables=_tables(round_, locate, files),
        panels=_panels(round_, locate, files),
        findings=findings,
        rulings=_rulings(round_, findings, locate),
        files={name: digest_of(locate(name)) for name in files},
    )


def read_what_is_there(round_: Round, locate: Locate) -> Inputs:
    """The inputs of a round that is only planned: as `read_inputs`, without the files that do not exist yet."""
    there = [name for name in input_files(round_) if locate(name).is_file()]
    if len(there) == len(input_files(round_)):
        return read_inputs(round_, locate)
    return Inputs(tables=_tables(round_, locate, there), panels=_panels(round_, locate, there))


def input_files(round_: Round) -> tuple[str, ...]:
    """Every file that a round names, as it names it."""
    files = [source.file for source in round_.rules.sources() if isinstance(source, PanelMean | TableValue)]
    files += [file for reports in round_.audits.values() for file in reports]
    return tuple(dict.fromkeys([*files, *round_.rulings]))


def _tables(round_: Round, locate: Locate, files: Collection[str]) -> dict[str, Table]:
    models = [model.name for model in round_.models]
    outcomes = {key_of(gate.source) for gate in round_.rules.gates if isinstance(gate, ImportedOutcome)}
    found: dict[str, Table] = {}
    for source in round_.rules.sources():
        if isinstance(source, TableValue) and source.file in files:
            path = located(source.file, "table", locate)
            found[key_of(source)] = read_table(path, source, models, outcomes=key_of(source) in outcomes)
    for item in round_.rules.items:
        for table in (each for each in basic(item.source) if isinstance(each, TableValue) and each.file in files):
            _within(item, table, found[key_of(table)])
    if (totals := round_.rules.totals) is not None and totals.file in files:
        _bounded(totals, found[key_of(totals)], round_.rules.points, "all items together can earn")
    return found


def _within(item: PointItem, source: TableValue, table: Table) -> None:
    """No figure may earn more than the item's points, or less than none."""
    worth = slope(item)
    if worth is not None and not isinstance(item.source, WeightedMean):
        low = 0.0 if item.span is None else item.span[0]
        earned = {model: worth * ((table.number(model) or 0.0) - low) for model in table.cells}
        _bounded(source, table, item.points, f"item {item.name!r} can earn", earned)


def _bounded(
    source: TableValue, table: Table, most: float, what: str, earned: Mapping[str, float] | None = None
) -> None:
    for model in table.cells:
        points = earned[model] if earned is not None else table.number(model) or 0.0
        if not -ROUNDING <= points <= most + ROUNDING:
            raise ConfigError(
                f"{source.file}: {model} has {points:g} points of the {most:g} that {what}",
                "mend the table, or the rules' points and scale",
            )


def _panels(round_: Round, locate: Locate, files: Collection[str]) -> dict[str, Panel]:
    sources = [source for source in round_.rules.sources() if isinstance(source, PanelMean)]
    entrants = [model.name for model in round_.entrants]
    return {
        file: read_panel(
            located(file, "panel", locate), [source for source in sources if source.file == file], entrants
        )
        for file in dict.fromkeys(source.file for source in sources)
        if file in files
    }


def _findings(round_: Round, locate: Locate) -> dict[str, tuple[Finding, ...]]:
    for entrant, files in round_.audits.items():
        _refuse_two_checkpoints(entrant, {file: read_digest(located(file, "audit report", locate)) for file in files})
    return {
        entrant: tuple(
            finding for file in files for finding in read_report(located(file, "audit report", locate), entrant)
        )
        for entrant, files in round_.audits.items()
        if files
    }


def _refuse_two_checkpoints(entrant: str, digests: Mapping[str, str | None]) -> None:
    """Reports about one entrant, the round's own audit among them, must be about the same weights."""
    known = [(file, digest) for file, digest in digests.items() if digest is not None]
    for file, digest in known[1:]:
        first, expected = known[0]
        if digest != expected:
            raise ConfigError(
                f"{first} and {file} are about different checkpoints: their digests are {expected} and {digest}",
                f"supply under audits.{entrant} only reports about the checkpoint that takes part",
            )


def _rulings(round_: Round, findings: Mapping[str, tuple[Finding, ...]], locate: Locate) -> tuple[Ruling, ...]:
    entrants = [model.name for model in round_.entrants]
    rulings = []
    for file in round_.rulings:
        ruling = read_ruling(located(file, "ruling", locate))
        if ruling.entrant not in entrants:
            raise ConfigError(
                f"{file}: entrant {ruling.entrant!r} is not in this round; it has: {', '.join(entrants)}",
                "mend the ruling's entrant",
            )
        known = {finding.sha256 for finding in findings.get(ruling.entrant, ())}
        for sha256 in ruling.findings:
            if sha256 not in known:
                raise ConfigError(
                    f"{file}: finding {sha256} is in no audit report of {ruling.entrant}",
                    "supply the report on which it was made; a report that changed since needs a ruling of its own",
                )
        rulings.append((file, ruling))
    _refuse_contradictions(rulings)
    return tuple(ruling for _, ruling in rulings)


def _refuse_contradictions(rulings: Sequence[tuple[str, Ruling]]) -> None:
    """The last ruling on a finding counts, so that two of one day must agree."""
    said: dict[tuple[str, str], tuple[str, Ruling]] = {}
    for file, ruling in rulings:
        for sha256 in ruling.findings:
            other, before = said.setdefault((sha256, ruling.when), (file, ruling))
            if before.decision != ruling.decision:
                raise ConfigError(
                    f"{other} and {file} rule otherwise on finding {sha256} on the same day, {ruling.when}",
                    "leave the one that holds, or give the later one its day",
                )
