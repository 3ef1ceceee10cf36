"""What an audit does within the memory that it is given, and what is said of the rest."""

from __future__ import annotations

import math

from harness.audit.finding import LEFT_OUT, Component, Finding

MATRICES, BESIDE_GIB = 7, 0.5
"""Matrices of width x width in 64 bits that are held at once when two streams are brought together; all beside them."""


def widest(memory_gib: float) -> int:
    """The widest streams that are turned within so much memory: 8,192 in 4 GiB."""
    return math.isqrt(int(max(0.0, memory_gib - BESIDE_GIB) * 2**30) // (8 * MATRICES))


def memory_for(width: int) -> int:
    """What streams of this width need to be turned, whole GiB."""
    return math.ceil(8 * MATRICES * width**2 / 2**30 + BESIDE_GIB)


def left_out(component: Component, candidate: str, method: str, width: int, memory_gib: float) -> Finding:
    """What is said where the memory does not suffice: then no evidence is no conclusion either."""
    return Finding(
        component=component, candidate=candidate, method=method, strength="not_comparable",
        statement=f"to turn a stream of {width:,} dimensions takes {memory_for(width)} GiB of memory, and"
        f" {memory_gib:g} were given", details={LEFT_OUT: True},
    )  # fmt: skip
