"""A plain forward pass of our own over a checkpoint's tensors: what its feed-forward blocks see on given tokens.

Nothing of the checkpoint is executed. The pass is the same for all families and leaves out what an audit does not need:
positions, biases, and norms inside queries, keys and latents. Both models of a pair are passed alike, and whatever
leaves a model's function as it is (other orders, scales, rotations) leaves this pass as it is too.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import softmax

from harness.audit.finding import Component
from harness.audit.matrices import gain, read, reading
from harness.audit.pair import Body
from harness.audit.parts import Block, FeedForward, Stack
from harness.audit.projections import SIDES, Projections, Side
from harness.audit.units import gated, is_expert
from harness.audit.values import Floats, Ids, Values

EPSILON = 1e-6
MOST_ROUTED = 64
"""Experts that are read; of larger mixtures only the shared part and attention move the stream on."""

TEXT: Component = "text"


def inputs(body: Body, stack: Stack, tokens: Ids, layers: int) -> Iterator[Floats]:
    """What the feed-forward block of each of the first layers sees, (sequences x length, width), norms without gains.

    `tokens` are rows of the embedding, (sequences, length). Nothing where the embedding has another width (models that
    project it), and nothing more from a layer on where numbers end, as they do in no working model.
    """
    values, embedding = body.subject.values, body.anatomy.embedding
    if embedding is None or values.tensors[embedding].shape[1:] != (stack.width,):
        return
    rows = values.rows(embedding, tokens.reshape(-1)).reshape(*tokens.shape, -1)
    state = rows * np.float32(stack.width**0.5 if stack.norm_offset else 1.0)
    for block in stack.blocks[:layers]:
        with np.errstate(over="ignore", invalid="ignore"):
            seen = normed(stack, state)
            attended = state + _after(stack, _attention(Projections(stack, block, values), seen))
            seen = normed(stack, attended)
            if not np.isfinite(seen).all():
                return
            state = attended + _after(stack, _feed_forward(stack, block, values, seen))
        yield seen.reshape(-1, stack.width)


def normed(stack: Stack, state: Floats) -> Floats:
    """Of root mean square 1, with the mean taken out where the family's norms do so."""
    centred = state - state.mean(-1, keepdims=True) if stack.centred else state
    squares = np.mean(np.square(centred, dtype=np.float64), -1, keepdims=True)
    scaled: Floats = (centred / np.sqrt(squares + EPSILON)).astype(np.float32)
    return scaled


def _after(stack: Stack, written: Floats) -> Floats:
    """Families with a norm behind each block (Gemma, OLMo) scale what it writes; its gains are in the rows already."""
    behind = any("norm_after_ffn" in block.roles for block in stack.blocks)
    return normed(stack, written) if behind else written


def _attention(parts: Projections, seen: Floats) -> Floats:
    """Causal attention without positions; nothing where it cannot be read."""
    count, length, _ = seen.shape
    heads, key_heads = parts.query_heads, parts.key_heads
    of: dict[Side, int] = {"query": heads, "key": key_heads, "value": key_heads, "output": heads}
    sizes = {side: divmod(parts.count(side), of[side]) for side in SIDES}
    fits = sizes["query"] == sizes["key"] and sizes["value"] == sizes["output"]
    if any(not size or left for size, left in sizes.values()) or heads % key_heads or not fits:
        return np.zeros_like(seen)
    query, key, value = (
        (seen @ parts.read(side).T).reshape(count, length, number, -1).transpose(0, 2, 1, 3)
        for side, number in of.items()
        if side != "output"
    )
    key, value = (np.repeat(side, heads // key_heads, 1) for side in (key, value))
    scores = query @ key.transpose(0, 1, 3, 2) / np.float32(query.shape[-1] ** 0.5)
    scores = np.where(np.tri(length, dtype=bool), scores, np.float32(-1e9))
    mixed = (softmax(scores, axis=-1) @ value).transpose(0, 2, 1, 3).reshape(count, length, -1)
    written: Floats = mixed @ parts.read("output")
    return written


def _feed_forward(stack: Stack, block: Block, values: Values, seen: Floats) -> Floats:
    """The dense block, or shared experts and those that the router chooses."""
    written = np.zeros_like(seen)
    routed = [part for part in block.feed_forwards if is_expert(part)]
    for part in block.feed_forwards:
        if not is_expert(part):
            written += _through(stack, block, part, values, seen)
    if routed and len(routed) <= MOST_ROUTED:
        weights = _routes(stack, block, values, seen, len(routed))
        for number, part in enumerate(routed):
            chosen = weights[..., number] > 0
            if chosen.any():
                written[chosen] += weights[chosen][:, number, None] * _through(stack, block, part, values, seen[chosen])
    return written


def _routes(stack: Stack, block: Block, values: Values, seen: Floats, experts: int) -> Floats:
    """Weight of every expert for every token: softmax over those of highest score."""
    name = block.roles.get("router")
    rows = None if name is None else reading(stack, values.whole(name))
    if rows is None or len(rows) != experts:
        return np.full((*seen.shape[:-1], experts), 1 / experts, np.float32)
    scores = seen @ read(stack, rows, gain(stack, block, "norm_ffn", values)).T
    wanted = stack.sizes.get("num_experts_per_tok", 2)
    count = wanted if isinstance(wanted, int) and 0 < wanted <= experts else experts
    least = np.sort(scores, -1)[..., -count][..., None]
    weights: Floats = softmax(np.where(scores >= least, scores, -1e9), axis=-1).astype(np.float32)
    return weights


def _through(stack: Stack, block: Block, part: FeedForward, values: Values, seen: Floats) -> Floats:
    found = gated(stack, block, part, values)
    if found is None:
        return np.zeros_like(seen)
    gate, up, down = found
    vectors = seen.reshape(-1, stack.width)
    linear = up.products(vectors)
    act = _activated(stack, linear) if gate is None else _activated(stack, gate.products(vectors)) * linear
    return down.sums(act).reshape(seen.shape)


def _activated(stack: Stack, value: Floats) -> Floats:
    """SiLU or, where the config names it, GELU (by its tanh form) or ReLU."""
    kind = str(stack.sizes.get("hidden_act", stack.sizes.get("hidden_activation", "silu"))).lower()
    if "relu" in kind:
        return np.maximum(value, 0)
    if "gelu" in kind:
        inner = np.float32(0.7978845608) * (value + np.float32(0.044715) * value**3)
        return np.asarray(value * (1 + np.tanh(inner)) / 2, np.float32)
    active: Floats = value / (1 + np.exp(-np.clip(value, -60, 60)))
    return active
