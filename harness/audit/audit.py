"""The whole audit of one checkpoint: opened, compared with every candidate by every method, concluded."""

from __future__ import annotations

import math
import re
import resource
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path

from harness.audit import code, configuration, reach, screening, tokenizer
from harness.audit.calibration import ALPHA, CALIBRATED_ON
from harness.audit.comparison import PAIR_METHODS, Timed, compare
from harness.audit.conclude import conclude
from harness.audit.finding import COMPONENTS, AuditReport, Component, Cost, Examined, Finding, Party
from harness.audit.lineage import ENTRANT, with_parties
from harness.audit.memory import memory_for, widest
from harness.audit.null import Band, Key, PairMethod, bands
from harness.audit.pair import Body, Pair
from harness.audit.reach import MATERIAL, Unread
from harness.audit.sketch import Sketch, read_sketch
from harness.audit.subject import Subject, open_subject, reading
from harness.audit.threads import fitting_threads
from harness.audit.turning import WIDEST
from harness.audit.units import MOST_EXPERTS
from harness.checkpoint.tensors import LONGEST_NAME
from harness.errors import ConfigError
from harness.plan.audit import MEMORY_GIB
from harness.visible import visible

Opened = dict[tuple[str, Path], Subject]
"""Models by name and folder."""
NOBODY: Mapping[str, Party] = {}
NOTHING: Mapping[Component, Unread] = {}


def audit(
    checkpoint: Path,
    against: Mapping[str, Path],
    null: Mapping[str, Path],
    notify: Callable[[str], None],
    beside: Sequence[Finding] = (),
    *,
    name: str | None = None,
    parties: Mapping[str, Party] = NOBODY,
    opened: Opened | None = None,
    memory_gib: float = MEMORY_GIB,
) -> AuditReport:
    """Audit `checkpoint` against the candidates. Nothing in any of the folders is executed.

    `beside` are findings made elsewhere, such as those of behaviour, that are weighed together with the rest. `name` is
    the checkpoint's, its folder's where null. `parties` says who made the candidates and, under `entrant`, the
    checkpoint. `opened` keeps what was read of candidates from one audit to the next. What would take more than
    `memory_gib` is left out, and the record says so.

    CheckpointError where a checkpoint is damaged or is none; ConfigError where no candidate is named.
    """
    if not against:
        raise ConfigError("no candidate is named", "give at least one: --against NAME=CHECKPOINT")
    with reading(checkpoint):
        return _audit(
            checkpoint,
            against,
            null,
            notify,
            beside,
            name or shown_name(checkpoint),
            parties,
            {} if opened is None else opened,
            memory_gib,
        )


def _audit(
    checkpoint: Path,
    against: Mapping[str, Path],
    null: Mapping[str, Path],
    notify: Callable[[str], None],
    beside: Sequence[Finding],
    name: str,
    parties: Mapping[str, Party],
    known_models: Opened,
    memory_gib: float,
) -> AuditReport:
    started = time.monotonic()
    ours = Body(open_subject(name, checkpoint))
    candidates = [_candidate(name, path, known_models) for name, path in against.items()]
    nulls = [_body(name, folder, known_models) for name, folder in null.items()]
    opened = time.monotonic()
    unread = reach.unread(ours)
    components = _components(ours, unread)
    spent: defaultdict[str, float] = defaultdict(float)
    timed = partial(_timed, spent=spent)
    known = bands(nulls, list(map(timed, PAIR_METHODS)), memory_gib)
    findings = list(beside)
    for candidate in candidates:
        notify(f"comparing {ours.subject.name} with {_name(candidate)}")
        findings += _compare(ours, candidate, known, unread, timed, memory_gib)
    return AuditReport(
        checkpoint=examined(ours, parties.get(ENTRANT), unread),
        candidates=tuple(_examined(each, parties.get(_name(each))) for each in candidates),
        nulls=tuple(examined(body, parties.get(body.subject.name)) for body in nulls),
        methods=tuple(sorted({finding.method for finding in findings})),
        alpha=ALPHA,
        tests=sum(finding.p_value is not None for finding in findings),
        null_pairs=len(list(combinations(nulls, 2))),
        notes=_notes(ours, candidates, nulls, memory_gib, unread),
        conclusions=with_parties(conclude(findings, components, list(against), ALPHA), findings, parties),
        findings=tuple(findings),
        cost=_cost(ours, [each for each in candidates if isinstance(each, Body)], nulls, started, opened, spent),
    )


def shown_name(folder: Path) -> str:
    """A folder's name as it is shown: some systems take Hangul syllables apart (NFD)."""
    return visible(unicodedata.normalize("NFC", folder.resolve().name), LONGEST_NAME)


def _candidate(name: str, path: Path, opened: Opened) -> Body | Sketch:
    """A candidate's checkpoint, or the sketch that a file holds."""
    return read_sketch(name, path) if path.is_file() else _body(name, path, opened)


def _body(name: str, folder: Path, opened: Opened) -> Body:
    """A model that may take part in several audits: a terabyte is read for its digests once."""
    if (name, folder) not in opened:
        opened[name, folder] = open_subject(name, folder)
    return Body(opened[name, folder])


def _name(candidate: Body | Sketch) -> str:
    return candidate.name if isinstance(candidate, Sketch) else candidate.subject.name


def _examined(candidate: Body | Sketch, party: Party | None) -> Examined:
    if isinstance(candidate, Sketch):
        return candidate.head.checkpoint.model_copy(update={"name": candidate.name, "party": party, "sketch": True})
    return examined(candidate, party)


def _compare(
    ours: Body, candidate: Body | Sketch, known: Mapping[Key, Band], unread: Mapping[Component, Unread],
    timed: Timed, memory_gib: float,
) -> list[Finding]:  # fmt: skip
    left = list(reach.findings(unread, _name(candidate)))
    if isinstance(candidate, Sketch):
        with fitting_threads(ours):
            return [*screening.findings(ours, candidate, _components(ours, unread), memory_gib), *left]
    with fitting_threads(ours, candidate):
        return compare(Pair(ours, candidate, memory_gib), known, left, timed)


def _timed(method: PairMethod, spent: defaultdict[str, float]) -> PairMethod:
    """The method, which adds the seconds that it takes to those of its module."""

    def timed(pair: Pair) -> tuple[Finding, ...]:
        started = time.monotonic()
        found = method(pair)
        spent[method.__module__.rpartition(".")[2]] += time.monotonic() - started
        return found

    return timed


def _components(body: Body, unread: Mapping[Component, Unread] = NOTHING) -> list[Component]:
    """What the checkpoint has, in the record's order; also what no method could read."""
    present: set[Component] = {*body.anatomy.members, *(name for name, one in unread.items() if one.share >= MATERIAL)}
    if tokenizer.present(body.subject):
        present.add("tokenizer")
    if code.present(body.subject):
        present.add("code")
    return [component for component in COMPONENTS if component in present]


def examined(body: Body, party: Party | None = None, unread: Mapping[Component, Unread] = NOTHING) -> Examined:
    """What the record says of a checkpoint that took part."""
    kind = body.subject.model_type
    stacks = body.anatomy.stacks
    return Examined(
        name=body.subject.name,
        digest=body.subject.digest,
        parameters=sum(math.prod(tensor.shape) for tensor in body.subject.tensors.values()),
        model_type=None if kind is None else visible(kind, LONGEST_NAME),
        components=tuple(_components(body, unread)),
        layers={component: len(stack.blocks) for component, stack in stacks.items()},
        width={component: stack.width for component, stack in stacks.items()},
        party=party,
    )


def _notes(
    ours: Body, against: Sequence[Body | Sketch], nulls: Sequence[Body], memory_gib: float,
    unread: Mapping[Component, Unread],
) -> tuple[str, ...]:  # fmt: skip
    candidates = [each for each in against if isinstance(each, Body)]
    notes = ["No evidence is no proof of independence: only the named candidates were looked at.", CALIBRATED_ON]
    if sketched := [each for each in against if isinstance(each, Sketch)]:
        names = ", ".join(f"{each.name} ({each.head.units_kept:,} units)" for each in sketched)
        notes.append(f"Only sketches were looked at of: {names}. A sketch can send to experts, and never convicts.")
    if nulls:
        sizes = ", ".join(f"{body.subject.name} ({examined(body).parameters:,} parameters)" for body in nulls)
        notes.append(f"Models named as known independents: {sizes}.")
    for body in (ours, *candidates):
        notes += reach.notes(body, unread if body is ours else reach.unread(body))
        if body.vocabulary is None and body.anatomy.embedding is not None:
            notes.append(
                f"{body.subject.name} brings no readable tokenizer: row n of its embedding was taken for token n"
            )
        most = max(
            (len(block.feed_forwards) for stack in body.anatomy.stacks.values() for block in stack.blocks), default=0
        )
        if most > MOST_EXPERTS:
            notes.append(
                f"{body.subject.name}: {MOST_EXPERTS} of {most} experts of each layer were compared, drawn by the"
                " digest of all weights"
            )
        width = max((stack.width for stack in body.anatomy.stacks.values()), default=0)
        if width > widest(memory_gib):
            notes.append(
                f"{body.subject.name}: its stream of {width:,} dimensions was compared in the basis in which it is"
                f" stored alone; to turn it takes {memory_for(width)} GiB of memory, and {memory_gib:g} were given"
            )
        if WIDEST < width <= widest(memory_gib):
            notes.append(
                f"{body.subject.name}: its stream of {width:,} dimensions is too wide to be turned by its layers: of a"
                " copy that was rotated and whose tokens have other numbers nothing would be seen"
            )
        notes += code.notes(body.subject)
        if "text" in body.anatomy.members and "text" not in body.anatomy.stacks:
            notes.append(f"{body.subject.name}: no layers were recognised; only tensors of equal shape count")
    notes += configuration.notes(ours.subject, [body.subject for body in candidates])
    return tuple(notes)


def _cost(
    ours: Body, candidates: Sequence[Body], nulls: Sequence[Body], started: float, opened: float,
    spent: Mapping[str, float],
) -> Cost:  # fmt: skip
    ended, bodies = time.monotonic(), [ours, *candidates, *nulls]
    pairs = [*((ours, candidate) for candidate in candidates), *combinations(nulls, 2)]
    layers = sum(len(stack.blocks) for body in bodies for stack in body.anatomy.stacks.values())
    return Cost(
        seconds=round(ended - started, 3),
        bytes_read=sum(body.subject.bytes for body in bodies),
        digest_seconds=round(opened - started, 3),
        seconds_per_layer=round((ended - opened) / layers, 4) if layers else None,
        layer_pairs=sum(_layer_pairs(*pair) for pair in pairs),
        method_seconds={name: round(seconds, 3) for name, seconds in sorted(spent.items())},
        peak_memory_bytes=_peak_memory(),
    )


def _peak_memory() -> int:
    """Largest resident size of this process, bytes. (`ru_maxrss` may be that of the process that started it.)"""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _layer_pairs(ours: Body, theirs: Body) -> int:
    both = [(stack, theirs.anatomy.stacks.get(component)) for component, stack in ours.anatomy.stacks.items()]
    return sum(len(stack.blocks) * len(other.blocks) for stack, other in both if other is not None)
