"""How much of a checkpoint no method reads: what lies in other tensors than those of a known form cannot be cleared."""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.audit.analytic import has_few_values
from harness.audit.census import telling
from harness.audit.finding import LEFT_OUT, Component, Finding
from harness.audit.pair import Body
from harness.audit.parts import Stack
from harness.audit.projector import read_loose
from harness.audit.regions import places
from harness.audit.subject import Subject
from harness.audit.units import readable, values_in
from harness.audit.values import FLOAT8, PLAIN, WEIGHTS

MATERIAL = 0.1
"""Share of a component's values from which on no evidence elsewhere says nothing of it."""
WORTH_A_NOTE = 0.01
"""Share from which on the record names it."""
CODES_A_BYTE = 2
"""Values that a byte of an unknown packing holds: four bits each."""
MOST_LEFT = 0.02
"""Share of its bytes that is left of a mask once it is compressed."""
MOST_LOOKED_AT = 64
"""Tensors that are looked at for being worked out, the largest."""


@dataclass(frozen=True)
class Unread:
    """What no method reads of one component."""

    share: float
    """Of the component's values, 0 to 1."""
    largest: str
    """Name of the largest such tensor."""


def unread(body: Body) -> dict[Component, Unread]:
    """By component; only those of which something is not read.

    Vectors (norms, biases) are not counted, nor what is worked out and not learned.
    """
    read, longest = _read(body), _longest(body)
    sizes: defaultdict[Component, dict[str, int]] = defaultdict(dict)
    for name, component in _places(body).items():
        if size := _size(body, name, longest):
            sizes[component][name] = size
    return {component: one for component, held in sizes.items() if (one := _of(body, held, read)) is not None}


def findings(known: Mapping[Component, Unread], candidate: str) -> Iterator[Finding]:
    """What keeps a component from being cleared."""
    for component, one in known.items():
        if one.share >= MATERIAL:
            where = f"{one.share:.0%} of its values, such as {one.largest}, lie in tensors that no method reads"
            yield _left_out(component, candidate, one.share, where)


def not_compared(body: Body, stack: Stack, candidate: str) -> Iterator[Finding]:
    """The same of layers beside the main ones that nothing of the candidate's could be compared with."""
    share = share_of(body, stack)
    if share >= MATERIAL:
        where = f"{share:.0%} of its values lie in the layers of {stack.name}, which could not be compared"
        yield _left_out(stack.component, candidate, share, where)


def _left_out(component: Component, candidate: str, share: float, statement: str) -> Finding:
    return Finding(
        component=component, candidate=candidate, method="reach", strength="not_comparable", statement=statement,
        statistic="share of values that were not compared", value=share, details={LEFT_OUT: True},
    )  # fmt: skip


def notes(body: Body, known: Mapping[Component, Unread]) -> Iterator[str]:
    """A line for every component of which a share worth a note is not read."""
    for component, one in known.items():
        if one.share >= WORTH_A_NOTE:
            yield (
                f"{body.subject.name}: {one.share:.1%} of the values of the {component} lie in tensors that no method"
                f" reads, such as {one.largest}"
            )


def share_of(body: Body, stack: Stack) -> float:
    """A stack's share of the values of its component."""
    inside = sum(math.prod(body.subject.values.tensors[name].shape) for name in body.anatomy.members[stack.component])
    return values_in(stack, body.subject.values) / max(1, inside)


def _of(body: Body, sizes: Mapping[str, int], read: set[str]) -> Unread | None:
    left = sorted(sizes.keys() - read, key=lambda name: (-sizes[name], name))
    worked_out = {name for name in left[:MOST_LOOKED_AT] if _is_worked_out(body.subject, name)}
    left = [name for name in left if name not in worked_out]
    if not left:
        return None
    total = sum(size for name, size in sizes.items() if name not in worked_out)
    return Unread(sum(sizes[name] for name in left) / total, body.subject.values.tensors[left[0]].label)


def _is_worked_out(subject: Subject, name: str) -> bool:
    """Whether a tensor holds nothing learned. What has few values may be a mask, or bits of weights, which do not
    compress.
    """
    if subject.values.tensors[name].dtype not in {*PLAIN, *FLOAT8, "BF16", "BOOL"} or telling(subject, name):
        return False
    beginning = subject.values.beginning(name)
    if has_few_values(beginning):
        return len(zlib.compress(beginning.tobytes(), 1)) < MOST_LEFT * beginning.nbytes
    return True


def _read(body: Body) -> set[str]:
    """Names of the tensors that methods read."""
    anatomy, values = body.anatomy, body.subject.values
    found = {name for name in (anatomy.embedding, anatomy.head, *anatomy.anchors.values()) if name is not None}
    for stack in (*anatomy.stacks.values(), *anatomy.beside):
        found |= {name for block in stack.blocks for name in readable(stack, block, values)}
    return found | set(read_loose(body))


def _places(body: Body) -> dict[str, Component]:
    """The component of every tensor, also of those that are no weights; parts of packed weights belong to those."""
    anatomy, values = body.anatomy, body.subject.values
    scales = {values.scale(name) for name in values.stored}
    found = {name: component for component, names in anatomy.members.items() for name in names if name not in scales}
    parts = {name.removesuffix(".weight") for name in values.packed} | set(values.packed)
    others = {
        name: values.tensors[name]
        for name in anatomy.others
        if name not in scales and name.rpartition(".")[0] not in parts and name.rpartition("_")[0] not in parts
    }
    return found | places(others, body.subject.config, anatomy.embedding, anatomy.head)


def _longest(body: Body) -> int:
    """The largest side of any matrix: no norm and no bias is longer."""
    tensors = body.subject.values.tensors.values()
    return max((size for tensor in tensors if len(tensor.shape) > 1 for size in tensor.shape), default=0)


def _size(body: Body, name: str, longest: int) -> int:
    """Values of a matrix; of codes of an unknown packing as many as they may hold. 0 for vectors."""
    tensor = body.subject.values.tensors[name]
    values = math.prod(tensor.shape)
    if tensor.dtype not in WEIGHTS:
        return CODES_A_BYTE * (tensor.end - tensor.start)
    return 0 if len(tensor.shape) < 2 and values <= longest else values
