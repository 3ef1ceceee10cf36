"""How much of a checkpoint no method reads: what lies in other tensors than those of a known form cannot be cleared."""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from harness.audit.analytic import has_few_values, is_telling, rounding
from harness.audit.finding import LEFT_OUT, Component, Finding
from harness.audit.pair import Body
from harness.audit.parts import Stack
from harness.audit.projector import read_loose
from harness.audit.regions import places
from harness.audit.subject import Subject
from harness.audit.units import values_in
from harness.audit.values import AT_ONCE, FLOAT8, PLAIN, WEIGHTS, Floats

MATERIAL = 0.1
"""Share of a component's values from which on no evidence elsewhere says nothing of it."""
WORTH_A_NOTE = 0.01
"""Share from which on the record names it."""
CODE_BITS, BYTE = 4, 8
"""Bits of a value in an unknown packing, and of a byte."""
INTEGERS = frozenset({"I16", "I32", "I64"})
WHOLE_BYTES = frozenset({*PLAIN, *FLOAT8, "BF16", "BOOL"})
STRETCH = 1 << 18
"""Values of a tensor that are looked at in one go."""
MOST_NUMBERS = 1 << 19
"""Entries of a table of numbers: those of places in a picture have fewer."""
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
    read = _read(body)
    longest = _longest(body, read)
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
    """Whether a tensor holds nothing learned, wherever it is looked at. What has few values may be a mask, or bits of
    weights, which do not compress.
    """
    tensor = subject.values.tensors[name]
    dtype, small = tensor.dtype, math.prod(tensor.shape[1:]) <= AT_ONCE
    return small and dtype in WHOLE_BYTES and not any(_is_learned(part, dtype) for part in _stretches(subject, name))


def _is_learned(part: Floats, dtype: str) -> bool:
    if has_few_values(part):
        return len(zlib.compress(part.tobytes(), 1)) >= MOST_LEFT * part.nbytes
    return is_telling(part, rounding(dtype))


def _stretches(subject: Subject, name: str) -> Iterator[Floats]:
    """The beginning, the end, and what the digest of the tensor draws between them."""
    shape = subject.values.tensors[name].shape
    if math.prod(shape) <= STRETCH:
        yield subject.values.whole(name)
        return
    rows = max(1, min(shape[0], STRETCH // math.prod(shape[1:])))
    drawn = int(subject.digests.get(name, subject.digest), 16) % (shape[0] - rows + 1)
    for first in (0, drawn, shape[0] - rows):
        yield subject.values.span(name, first, rows)


def _read(body: Body) -> set[str]:
    """Names of the tensors that methods read."""
    anatomy = body.anatomy
    outside = {name for name in (anatomy.embedding, anatomy.head, *anatomy.anchors.values()) if name is not None}
    return outside.union(read_loose(body), *body.layered.values())


def _places(body: Body) -> dict[str, Component]:
    """The component of every tensor, also of those that are no weights."""
    anatomy, values = body.anatomy, body.subject.values
    found = {name: component for component, names in anatomy.members.items() for name in names}
    others = {name: values.tensors[name] for name in anatomy.others}
    return found | places(others, body.subject.config, anatomy.embedding, anatomy.head)


def _longest(body: Body, read: set[str]) -> int:
    """The largest side of any matrix that is read: no norm and no bias is longer."""
    shapes = (body.subject.values.tensors[name].shape for name in read)
    return max((size for shape in shapes if len(shape) > 1 for size in shape), default=0)


def _size(body: Body, name: str, longest: int) -> int:
    """Values of a matrix; of codes of an unknown packing as many as they may hold. 0 for vectors and single values."""
    tensor = body.subject.values.tensors[name]
    values = math.prod(tensor.shape)
    if values <= 1:
        return 0
    if tensor.dtype in INTEGERS and values <= MOST_NUMBERS:
        return values * -(-_bits(body.subject, name) // CODE_BITS)
    if tensor.dtype not in WEIGHTS:
        return (tensor.end - tensor.start) * BYTE // CODE_BITS
    return 0 if len(tensor.shape) < 2 and values <= longest else values


def _bits(subject: Subject, name: str) -> int:
    """How many bits the integers of a tensor need, where it is looked at: an index needs few of 64."""
    largest = max(float(np.abs(part).max(initial=0)) for part in _stretches(subject, name))
    return max(1, math.ceil(math.log2(largest + 1)))
