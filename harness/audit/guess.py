"""Roles of matrices whose names say nothing, from their shapes: what reads the stream, what writes to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import permutations

from harness.audit.parts import FeedForward
from harness.checkpoint.tensors import Tensor

MOST_GUESSES = 12


def feed_forwards(names: list[str], weights: Mapping[str, Tensor], width: int) -> list[FeedForward]:
    """Every reading of a layer's matrices as feed-forward blocks.

    A block writes with one (width, n) and reads with one or two (n, width). Which of two is the gate no shape tells:
    both readings are returned, and each comparison counts in the adjustment of p-values.
    """
    reads: dict[int, list[str]] = defaultdict(list)
    writes: dict[int, list[str]] = defaultdict(list)
    for name in sorted(names):
        shape = weights[name].shape
        if len(shape) == 2 and shape[0] != shape[1] and width in shape:
            units = shape[0] if shape[1] == width else shape[1]
            (reads if shape[1] == width else writes)[units].append(name)
    found: list[FeedForward] = []
    for units, down in writes.items():
        ups = reads.get(units, [])
        if len(down) == 1 and len(ups) == 1:
            found.append(FeedForward("ffn", None, ups[0], down[0]))
        elif len(down) == 1 and len(ups) == 2:
            found += [FeedForward("ffn", gate, up, down[0]) for gate, up in permutations(ups)]
        if len(down) == 1 and 2 * units in reads:
            found.append(FeedForward("ffn", None, reads[2 * units][0], down[0], fused="halves"))
    return found[:MOST_GUESSES]
