"""Queries, keys, values and outputs of a layer as rows of the residual stream: plain, fused, grouped or latent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal

import numpy as np

from harness.audit.matrices import folded, gain, gain_after, is_across, read, reading
from harness.audit.parts import Block, Stack
from harness.audit.values import Floats, Ids, Values

Side = Literal["query", "key", "value", "output"]
SIDES: tuple[Side, ...] = ("query", "key", "value", "output")
LATENT_QUERY = ("latent_query", "latent_query_up")
NONE: Mapping[Side, int] = dict.fromkeys(SIDES, 0)


class Projections:
    """The attention of one layer: its sides as rows (units, width), norm gains folded in.

    A side is read whenever it is asked for: the four of a wide layer take gigabytes.
    """

    def __init__(self, stack: Stack, block: Block, values: Values) -> None:
        self.stack, self.block, self.values = stack, block, values
        self.query_heads = stack.heads or 1

    def count(self, side: Side) -> int:
        """Rows of that side, told by shapes; 0 where it cannot be read."""
        return self._counts[side]

    def read(self, side: Side) -> Floats:
        """Rows of that side, for `output` what each dimension of the query heads' values writes; ValueError where it
        has none.
        """
        if not self.count(side):
            raise ValueError(f"the layer has no {side} that can be read")
        rows = self._latent_rows(side) if self._is_latent and side != "output" else self._plain_rows(side)
        if side == "output":
            return folded(rows, gain_after(self.stack, self.block, "attention", self.values))
        return read(self.stack, rows, gain(self.stack, self.block, "norm_in", self.values))

    def names(self) -> Iterator[str]:
        """Tensors that the sides are read from."""
        roles = {role for side in SIDES if self.count(side) for role in self._roles(side)}
        return (self.block.roles[role] for role in roles)

    def _roles(self, side: Side) -> tuple[str, ...]:
        if side == "output":
            return ("output",)
        if not self._is_latent:
            return ("qkv",) if "qkv" in self.block.roles else (side,)
        if side != "query":
            return ("latent_kv", "latent_kv_up")
        return LATENT_QUERY if set(LATENT_QUERY) <= self.block.roles.keys() else (side,)

    @cached_property
    def key_heads(self) -> int:
        """As the config says, else as the sizes of queries and keys do."""
        heads, queries, keys = self.query_heads, self.count("query"), self.count("key")
        if self._is_latent:
            return heads
        stated = self.stack.kv_heads or heads
        if not queries or not keys or queries % heads:
            return stated
        size = queries // heads
        return stated if stated * size == keys or keys % size else keys // size

    @property
    def _is_latent(self) -> bool:
        return "latent_kv" in self.block.roles

    @cached_property
    def _counts(self) -> Mapping[Side, int]:
        stored = {side: self._stored(side) for side in SIDES}
        if self._is_latent:
            return self._latent_counts(stored["output"], stored["query"])
        if "qkv" in self.block.roles:
            return {**{side: len(rows) for side, rows in self._fused.items()}, "output": stored["output"]}
        return stored

    def _stored(self, role: str) -> int:
        """Rows that a matrix has as the stream reads it, or is written by it; 0 where there is none."""
        if role not in self.block.roles:
            return 0
        shape = self._shape(role)
        across = is_across(self.stack, shape, writes=role == "output")
        return 0 if across is None else shape[1 if across else 0]

    def _shape(self, role: str) -> tuple[int, ...]:
        return self.values.tensors[self.block.roles[role]].shape

    def _whole(self, role: str) -> Floats:
        return self.values.whole(self.block.roles[role])

    def _plain_rows(self, side: Side) -> Floats:
        if side == "output" or "qkv" not in self.block.roles:
            return _known(reading(self.stack, self._whole(side), writes=side == "output"))
        if is_across(self.stack, self._shape("qkv")):
            return self._whole("qkv").T[self._fused[side]]
        return self.values.rows(self.block.roles["qkv"], self._fused[side])

    @cached_property
    def _fused(self) -> Mapping[Side, Ids]:
        """Rows of the fused matrix: one side after the other, or (InternLM2, NeoX, BLOOM) interleaved by head group."""
        heads, kv_heads = self.query_heads, self.stack.kv_heads or self.query_heads
        fused = self._stored("qkv")
        size, left = divmod(fused, heads + 2 * kv_heads)
        rows = np.arange(fused)
        outputs = self._stored("output")  # linear attention and state spaces fuse other things
        if left or not fused or heads % kv_heads or (outputs and outputs != heads * size):
            return dict.fromkeys(SIDES[:3], rows[:0])
        name = self.block.roles["qkv"].lower()
        if "wqkv" in name or "query_key_value" in name:
            groups = rows.reshape(kv_heads, heads // kv_heads + 2, size)
            parts = groups[:, :-2], groups[:, -2], groups[:, -1]
        else:
            parts = tuple(np.split(rows, [heads * size, (heads + kv_heads) * size]))
        return {side: part.reshape(-1) for side, part in zip(SIDES[:3], parts, strict=True)}

    def _latent_counts(self, outputs: int, queries: int) -> Mapping[Side, int]:
        """Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): what goes through a latent is one product.

        The latent's basis is free to whoever disguises a model; the products of both matrices around it are not. Of
        queries and keys only the dimensions without positions are taken: keys share those with positions.
        """
        heads, only = self.query_heads, {**NONE, "output": outputs}
        if "latent_kv_up" not in self.block.roles or not self._stored("latent_kv") or not outputs or outputs % heads:
            return only
        up = self._shape("latent_kv_up")
        if len(up) != 2 or not up[1] <= self._stored("latent_kv") <= 2 * up[1]:
            return only
        plain, left = divmod(up[0] - outputs, heads)
        if left or plain <= 0:
            return only
        counts = {**only, "key": heads * plain, "value": outputs}
        if set(LATENT_QUERY) <= self.block.roles.keys():
            asked = self._shape("latent_query_up")
            if len(asked) != 2 or asked[1] != self._stored("latent_query"):
                return counts
            queries = asked[0]
        return {**counts, "query": heads * min(plain, queries // heads) if queries % heads == 0 else 0}

    def _latent_rows(self, side: Side) -> Floats:
        heads, plain = self.query_heads, self.count("key") // self.query_heads
        if side == "query":
            if not set(LATENT_QUERY) <= self.block.roles.keys():
                rows = _known(reading(self.stack, self._whole("query")))
                return rows.reshape(heads, -1, self.stack.width)[:, :plain].reshape(-1, self.stack.width)
            down = _known(reading(self.stack, self._whole("latent_query")))
            up = folded(self._whole("latent_query_up"), self._inner_gain("norm_latent_query", len(down)))
            return _through(up.reshape(heads, -1, len(down))[:, :plain].reshape(-1, len(down)), down)
        rank = self._shape("latent_kv_up")[1]
        up = folded(self._whole("latent_kv_up"), self._inner_gain("norm_latent_kv", rank))
        up = up.reshape(heads, -1, rank)
        up = up[:, :plain] if side == "key" else up[:, plain:]
        latent = _known(reading(self.stack, self._whole("latent_kv")))[:rank]
        return _through(up.reshape(-1, rank), latent)

    def _inner_gain(self, role: str, rank: int) -> Floats:
        """Gains of the norm inside the latent."""
        has = role in self.block.roles and self._shape(role) == (rank,)
        return self._whole(role) if has else np.ones(rank, np.float32)


def _through(up: Floats, latent: Floats) -> Floats:
    """The product of both factors; nothing where that is beyond numbers, as in no working model."""
    with np.errstate(over="ignore", invalid="ignore"):
        rows: Floats = up @ latent
    return np.nan_to_num(rows, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def _known(rows: Floats | None) -> Floats:
    """Rows of a matrix whose shape was looked at before."""
    if rows is None:
        raise ValueError("a matrix has no side of the stream's width")
    return rows


def per_key_head(rows: Floats, wanted: int, key_heads: int) -> Floats | None:
    """Rows of query heads summed over the heads that share a key head: the sum is blind to their order."""
    if len(rows) == wanted:
        return rows
    groups, left = divmod(len(rows), wanted)
    if left or wanted % key_heads:
        return None
    summed: Floats = rows.reshape(key_heads, groups, wanted // key_heads, -1).sum(1).reshape(wanted, -1)
    return summed
