"""Queries, keys, values and outputs of a layer as rows of the residual stream: plain, fused, grouped or latent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.audit.matrices import gain, read, reading
from harness.audit.parts import Block, Stack
from harness.audit.values import Floats, Values


@dataclass(frozen=True)
class Projections:
    """Rows (units, width), norm gains folded in; None where the layer has none that could be read."""

    query: Floats | None
    key: Floats | None
    value: Floats | None
    output: Floats | None
    """What each dimension of the query heads' values writes."""
    query_heads: int
    key_heads: int


def projections(stack: Stack, block: Block, values: Values) -> Projections:
    """The attention of one layer."""
    heads = stack.heads or 1
    output: Floats | None = None
    if "output" in block.roles:
        output = reading(stack, values.whole(block.roles["output"]), writes=True)
    if "latent_kv" in block.roles:
        query, key, value = _latent(stack, block, values, output)
        kv_heads = heads
    else:
        query, key, value = _plain(stack, block, values)
        kv_heads = _key_heads(stack, query, key)
    before, after = gain(stack, block, "norm_in", values), gain(stack, block, "norm_after_attention", values)
    query, key, value = (None if rows is None else read(stack, rows, before) for rows in (query, key, value))
    return Projections(query, key, value, None if output is None else output * after, heads, kv_heads)


def _key_heads(stack: Stack, query: Floats | None, key: Floats | None) -> int:
    """Key heads as the config says, else as the sizes of queries and keys do."""
    heads = stack.heads or 1
    if query is None or key is None or len(query) % heads:
        return stack.kv_heads or heads
    stated = stack.kv_heads or heads
    size = len(query) // heads
    return stated if stated * size == len(key) or len(key) % size else len(key) // size


def _plain(stack: Stack, block: Block, values: Values) -> tuple[Floats | None, Floats | None, Floats | None]:
    if "qkv" in block.roles:
        fused = reading(stack, values.whole(block.roles["qkv"]))
        return (None, None, None) if fused is None else _split(stack, fused, block.roles["qkv"])
    query, key, value = (
        None if role not in block.roles else reading(stack, values.whole(block.roles[role]))
        for role in ("query", "key", "value")
    )
    return query, key, value


def _split(stack: Stack, fused: Floats, name: str) -> tuple[Floats | None, Floats | None, Floats | None]:
    """Fused rows: one after the other, or (InternLM2, NeoX, BLOOM) interleaved by head group."""
    heads, kv_heads = stack.heads or 1, stack.kv_heads or stack.heads or 1
    size, left = divmod(len(fused), heads + 2 * kv_heads)
    if left:
        return None, None, None
    if "wqkv" in name.lower() or "query_key_value" in name.lower():
        groups = fused.reshape(kv_heads, heads // kv_heads + 2, size, -1)
        query, key, value = groups[:, :-2], groups[:, -2], groups[:, -1]
        width = fused.shape[1]
        return query.reshape(-1, width), key.reshape(-1, width), value.reshape(-1, width)
    query, key, value = np.split(fused, [heads * size, (heads + kv_heads) * size])
    return query, key, value


def _latent(
    stack: Stack, block: Block, values: Values, output: Floats | None
) -> tuple[Floats | None, Floats | None, Floats | None]:
    """Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): what goes through a latent is one product.

    The latent's basis is free to whoever disguises a model; the products of both matrices around it are not. Of
    queries and keys only the dimensions without positions are taken: keys share those with positions.
    """
    heads = stack.heads or 1
    down = reading(stack, values.whole(block.roles["latent_kv"]))
    if down is None or "latent_kv_up" not in block.roles or output is None or len(output) % heads:
        return None, None, None
    up = values.whole(block.roles["latent_kv_up"])
    rank, size = up.shape[1], len(output) // heads
    plain, left = divmod(len(up) - len(output), heads)
    if left or plain <= 0 or len(down) < rank:
        return None, None, None
    up = (up * _inner_gain(block, "norm_latent_kv", values, rank)).reshape(heads, plain + size, rank)
    latent = down[:rank]
    key = up[:, :plain].reshape(-1, rank) @ latent
    value = up[:, plain:].reshape(-1, rank) @ latent
    return _latent_query(stack, block, values, heads, plain), key, value


def _latent_query(stack: Stack, block: Block, values: Values, heads: int, plain: int) -> Floats | None:
    """Query rows without positions, through a latent or straight."""
    if "latent_query" in block.roles and "latent_query_up" in block.roles:
        down = reading(stack, values.whole(block.roles["latent_query"]))
        up = values.whole(block.roles["latent_query_up"])
        if down is None or up.shape[1] != len(down) or len(up) % heads:
            return None
        up = up * _inner_gain(block, "norm_latent_query", values, len(down))
        return up.reshape(heads, -1, len(down))[:, :plain].reshape(-1, len(down)) @ down
    rows = None if "query" not in block.roles else reading(stack, values.whole(block.roles["query"]))
    if rows is None or len(rows) % heads:
        return None
    straight: Floats = rows.reshape(heads, -1, stack.width)[:, :plain].reshape(-1, stack.width)
    return straight


def _inner_gain(block: Block, role: str, values: Values, rank: int) -> Floats:
    """Gains of the norm inside the latent."""
    stored = values.whole(block.roles[role]) if role in block.roles else None
    return stored if stored is not None and stored.shape == (rank,) else np.ones(rank, np.float32)


def per_key_head(rows: Floats, wanted: int, key_heads: int) -> Floats | None:
    """Rows of query heads summed over the heads that share a key head: the sum is blind to their order."""
    if len(rows) == wanted:
        return rows
    groups, left = divmod(len(rows), wanted)
    if left or wanted % key_heads:
        return None
    summed: Floats = rows.reshape(key_heads, groups, wanted // key_heads, -1).sum(1).reshape(wanted, -1)
    return summed
