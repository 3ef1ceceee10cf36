"""The whole audit of one checkpoint: opened, compared with every candidate by every method, concluded."""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from harness.audit import (
    activations,
    aligned,
    census,
    code,
    configuration,
    embeddings,
    norms,
    projector,
    tokenizer,
    trunk,
)
from harness.audit.calibration import ALPHA, CALIBRATED_ON
from harness.audit.conclude import conclude
from harness.audit.finding import COMPONENTS, AuditReport, Component, Cost, Examined, Finding
from harness.audit.neighbours import tempered
from harness.audit.null import Band, Key, PairMethod, bands, within
from harness.audit.pair import Body, Pair
from harness.audit.start import weighed
from harness.audit.subject import open_subject
from harness.audit.threads import fitting_threads
from harness.audit.units import MOST_EXPERTS
from harness.checkpoint.tensors import LONGEST_NAME
from harness.errors import ConfigError
from harness.visible import visible

PAIR_METHODS: tuple[PairMethod, ...] = (
    census.findings,
    trunk.findings,
    aligned.findings,
    activations.findings,
    embeddings.findings,
    projector.findings,
    norms.findings,
)
"""Methods on weights."""
FILE_METHODS = (tokenizer, code, configuration)
"""Methods on files beside the weights: they refer, and never convict."""


def audit(
    checkpoint: Path,
    against: Mapping[str, Path],
    null: Mapping[str, Path],
    notify: Callable[[str], None],
    beside: Sequence[Finding] = (),
) -> AuditReport:
    """Audit `checkpoint` against the candidates. Nothing in any of the folders is executed.

    `beside` are findings made elsewhere, such as those of behaviour, that are weighed together with the rest.

    CheckpointError where a checkpoint is damaged or is none; ConfigError where no candidate is named.
    """
    if not against:
        raise ConfigError("no candidate is named", "give at least one: --against NAME=CHECKPOINT")
    started = time.monotonic()
    ours = Body(open_subject(visible(checkpoint.resolve().name, LONGEST_NAME), checkpoint))
    candidates = [Body(open_subject(name, folder)) for name, folder in against.items()]
    nulls = [Body(open_subject(name, folder)) for name, folder in null.items()]
    opened = time.monotonic()
    components = _components(ours)
    known = bands(nulls, PAIR_METHODS)
    findings = list(beside)
    for candidate in candidates:
        notify(f"comparing {ours.subject.name} with {candidate.subject.name}")
        findings += _compare(ours, candidate, known)
    ended = time.monotonic()
    return AuditReport(
        checkpoint=_examined(ours),
        candidates=tuple(map(_examined, candidates)),
        nulls=tuple(map(_examined, nulls)),
        methods=tuple(sorted({finding.method for finding in findings})),
        alpha=ALPHA,
        tests=sum(finding.p_value is not None for finding in findings),
        null_pairs=len(list(combinations(nulls, 2))),
        notes=_notes(ours, candidates, nulls),
        conclusions=conclude(findings, components, list(against), ALPHA),
        findings=tuple(findings),
        cost=_cost([ours, *candidates, *nulls], started, opened, ended),
    )


def _compare(ours: Body, candidate: Body, known: Mapping[Key, Band]) -> list[Finding]:
    pair = Pair(ours, candidate)
    with fitting_threads(ours, candidate):
        found = [
            within(finding, known.get((finding.component, finding.method)))
            for method in PAIR_METHODS
            for finding in method(pair)
        ]
    for method in FILE_METHODS:
        if method.present(ours.subject):
            found += method.findings(ours.subject, candidate.subject)
    return weighed(tempered(pair, configuration.answered(found)))


def _components(body: Body) -> list[Component]:
    """What the checkpoint has, in the record's order."""
    present: set[Component] = set(body.anatomy.members)
    if tokenizer.present(body.subject):
        present.add("tokenizer")
    if code.present(body.subject):
        present.add("code")
    return [component for component in COMPONENTS if component in present]


def _examined(body: Body) -> Examined:
    kind = body.subject.config.get("model_type")
    stacks = body.anatomy.stacks
    return Examined(
        name=body.subject.name,
        digest=body.subject.digest,
        parameters=sum(math.prod(tensor.shape) for tensor in body.subject.tensors.values()),
        model_type=visible(kind, LONGEST_NAME) if isinstance(kind, str) else None,
        components=tuple(_components(body)),
        layers={component: len(stack.blocks) for component, stack in stacks.items()},
        width={component: stack.width for component, stack in stacks.items()},
    )


def _notes(ours: Body, candidates: Sequence[Body], nulls: Sequence[Body]) -> tuple[str, ...]:
    notes = ["No evidence is no proof of independence: only the named candidates were looked at.", CALIBRATED_ON]
    if nulls:
        sizes = ", ".join(f"{body.subject.name} ({_examined(body).parameters:,} parameters)" for body in nulls)
        notes.append(f"Models named as known independents: {sizes}.")
    for body in (ours, *candidates):
        if body.vocabulary is None and body.anatomy.embedding is not None:
            notes.append(
                f"{body.subject.name} brings no readable tokenizer: row n of its embedding was taken for token n"
            )
        most = max(
            (len(block.feed_forwards) for stack in body.anatomy.stacks.values() for block in stack.blocks), default=0
        )
        if most > MOST_EXPERTS:
            notes.append(f"{body.subject.name}: {MOST_EXPERTS} of {most} experts of each layer were compared")
        if "text" in body.anatomy.members and "text" not in body.anatomy.stacks:
            notes.append(f"{body.subject.name}: no layers were recognised; only tensors of equal shape count")
    notes += configuration.notes(ours.subject, [body.subject for body in candidates])
    return tuple(notes)


def _cost(bodies: Sequence[Body], started: float, opened: float, ended: float) -> Cost:
    layers = sum(len(stack.blocks) for body in bodies for stack in body.anatomy.stacks.values())
    return Cost(
        seconds=round(ended - started, 3),
        bytes_read=sum(body.subject.bytes for body in bodies),
        digest_seconds=round(opened - started, 3),
        seconds_per_layer=round((ended - opened) / layers, 4) if layers else None,
        peak_memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )
