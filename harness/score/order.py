"""The order of sending: shared prefixes together, so that the engine's cache serves them; longest first.

Labels are never in flight beside traces: where one request of a batch names ids (`logprob_token_ids`), the sampler of
vLLM's V1 runner gives every request of the batch the named ids in place of its likeliest token, and a trace could not
tell whether its tokens are the likeliest ones. rows.py refuses such a response.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.score.calls import BYTES_PER_ID, Call, Shape

BESIDE_TRACES: frozenset[Shape] = frozenset({"trace", "generate", "think"})
"""Shapes that may share a batch with traces; these are the long ones, so they come last and share their end."""
SHARED_SHARE = 0.5
"""Neighbours belong together when they share at least this share of the shorter prompt."""


def in_order(calls: Mapping[str, Call]) -> list[tuple[str, Call]]:
    """Calls with their keys, in groups of shared prefixes, the group with the longest call first."""
    groups: list[list[tuple[str, Call]]] = []
    for key, call in sorted(calls.items(), key=lambda item: item[1].packed):
        if groups and _belong_together(groups[-1][-1][1].packed, call.packed):
            groups[-1].append((key, call))
        else:
            groups.append([(key, call)])
    groups.sort(key=lambda group: max(call.length for _, call in group), reverse=True)
    return [item for group in groups for item in group]


def apart(calls: Mapping[str, Call]) -> list[dict[str, Call]]:
    """Calls by key in the parts that may be in flight together: one after the other, each in any order."""
    parts: tuple[dict[str, Call], ...] = ({}, {})
    for key, call in calls.items():
        parts[call.shape in BESIDE_TRACES][key] = call
    return [part for part in parts if part]


def shared_tokens(left: bytes, right: bytes) -> int:
    """Length of the common prefix of two packed prompts, tokens."""
    low, high = 0, min(len(left), len(right)) // BYTES_PER_ID
    while low < high:
        middle = (low + high + 1) // 2
        if left[: middle * BYTES_PER_ID] == right[: middle * BYTES_PER_ID]:
            low = middle
        else:
            high = middle - 1
    return low


def _belong_together(left: bytes, right: bytes) -> bool:
    shorter = min(len(left), len(right)) // BYTES_PER_ID
    return shared_tokens(left, right) >= SHARED_SHARE * shorter
