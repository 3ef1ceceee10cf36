"""What neither names nor keys say, from shapes: what reads the stream and what writes to it, and how many heads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

from harness.audit.parts import Block, FeedForward
from harness.checkpoint.tensors import Tensor

MOST_GUESSES = 12
SMALLEST_HEAD = 8
"""Dimensions of the smallest head that any family has."""


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


def heads(sizes: Mapping[str, Any], blocks: Sequence[Block], weights: Mapping[str, Tensor]) -> int | None:
    """Query heads where the config's keys are called otherwise: the largest number in it into which queries divide so
    that keys divide into heads of the same size too.
    """
    block = next((block for block in blocks if {"query", "key"} <= block.roles.keys()), None)
    if block is None:
        return None
    queries, keys = (weights[block.roles[role]].shape[0] for role in ("query", "key"))
    stated = {value for value in sizes.values() if type(value) is int and 1 < value <= queries // SMALLEST_HEAD}
    fitting = [
        count for count in stated
        if queries % count == 0 and keys % (queries // count) == 0
        and (keys == queries or keys // (queries // count) in {1, *stated})
    ]  # fmt: skip
    return max(fitting, default=None)
