"""Two checkpoints by every method: what was seen, and what it supports once it is weighed together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from harness.audit import (
    activations,
    aligned,
    census,
    code,
    configuration,
    embeddings,
    norms,
    projector,
    reach,
    tokenizer,
    trunk,
)
from harness.audit.finding import Finding
from harness.audit.neighbours import tempered
from harness.audit.null import Band, Key, PairMethod, within
from harness.audit.pair import Pair
from harness.audit.parts import Stack
from harness.audit.start import weighed

LAYER_METHODS: tuple[PairMethod, ...] = (trunk.findings, aligned.findings, activations.findings, norms.findings)
"""Methods that compare layers with layers."""
PAIR_METHODS: tuple[PairMethod, ...] = (
    census.findings,
    trunk.findings,
    aligned.findings,
    activations.findings,
    embeddings.findings,
    projector.findings,
    norms.findings,
)
"""Methods on weights, in the order in which they run."""
FILE_METHODS = (tokenizer, code, configuration)
"""Methods on files beside the weights: they refer, and never convict."""
Timed = Callable[[PairMethod], PairMethod]
"""Gives a method that is timed."""


def compare(pair: Pair, known: Mapping[Key, Band], unread: Sequence[Finding], timed: Timed) -> list[Finding]:
    """What all methods find, weighed. `unread` is what no method reads of the audited checkpoint."""
    main = list(_seen(pair, map(timed, PAIR_METHODS), known))
    beside = list(_beside(pair, list(map(timed, LAYER_METHODS)), known, main))
    for method in FILE_METHODS:
        if method.present(pair.ours.subject):
            main += method.findings(pair.ours.subject, pair.theirs.subject)
    main = configuration.answered([*main, *unread], unless=beside)
    return [*weighed(pair, tempered(pair, main, beside), seen=main), *beside]


def _seen(pair: Pair, methods: Iterable[PairMethod], known: Mapping[Key, Band]) -> Iterator[Finding]:
    """What the methods find, each beside its null band."""
    for method in methods:
        for finding in method(pair):
            yield within(finding, known.get((finding.component, finding.method)))


def _beside(
    pair: Pair, methods: Sequence[PairMethod], known: Mapping[Key, Band], main: Sequence[Finding]
) -> Iterator[Finding]:
    """The same of layers that stand beside the main ones, and of those of one width under names of two components."""
    compared: set[str] = set()
    for other, ours, theirs in pair.beside():
        found = [one for one in _seen(other, methods, known) if one.strength != "not_comparable"]
        compared |= {ours.name} if found else set()
        told = (_told(finding, ours, theirs) for finding in weighed(other, found, seen=[*found, *main]))
        yield from (finding for finding in told if finding.strength != "not_comparable" or finding.p_value is not None)
    for stack in pair.ours.anatomy.beside:
        if stack.name not in compared:
            yield from reach.not_compared(pair.ours, stack, pair.candidate)


def _told(finding: Finding, ours: Stack, theirs: Stack) -> Finding:
    """The finding and the layers that it is about. Layers of two components that are not alike say nothing of either;
    but their p-value counts as one that was looked at.
    """
    where = f"; these are the layers of {ours.name} and of {theirs.name} ({theirs.component})"
    silent = ours.component != theirs.component and finding.strength == "no_evidence"
    strength = "not_comparable" if silent else finding.strength
    return finding.model_copy(update={"statement": finding.statement + where, "strength": strength})
