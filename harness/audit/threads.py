"""How many threads multiply matrices: one for small models, where more cost a multiple of the time that they save.

Two threads on two busy cores made the audit of a model of width 64 thirty times slower: each waits for the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from harness.audit.pair import Body

SMALL = 1024
"""Widest stream that one thread does for."""


@contextmanager
def fitting_threads(*bodies: Body) -> Iterator[None]:
    """One thread where all streams are small, all that the machine has otherwise."""
    widest = max((stack.width for body in bodies for stack in body.anatomy.stacks.values()), default=0)
    with threadpool_limits(1 if widest <= SMALL else None):
        yield
