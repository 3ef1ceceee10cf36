"""A logits processor for vLLM: a request's answer is forced, token by token, while its raw log-probabilities are kept.

    vllm serve ... --logits-processors harness.serve.forcing:ForcedTokens

A request that carries `"vllm_xargs": {"forced_tokens": [ids]}` generates these ids. vLLM takes log-probabilities before
logits processors (`logprobs_mode` raw_logprobs, its default), so they are those of the model, and the prompt is read
from the prefix cache. This file imports nothing of the harness: an operator may copy it beside any server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from vllm.v1.sample.logits_processor import LogitsProcessor
from vllm.v1.sample.logits_processor.builtin import process_dict_updates
from vllm.v1.worker.gpu.sample.logits_processor import LogitsProcessor as LogitsProcessorV2

if TYPE_CHECKING:
    from vllm import SamplingParams
    from vllm.v1.sample.logits_processor import BatchUpdate

ARGUMENT = "forced_tokens"
HIGHEST = torch.finfo(torch.float32).max
"""Above every logit: greedy decoding takes it."""


class ForcedTokens(LogitsProcessor, LogitsProcessorV2):
    """One class for both of vLLM's model runners, which call it differently."""

    def __init__(self, _config: Any, device_or_requests: Any, _is_pin_memory: bool = False) -> None:
        self._requests = device_or_requests
        self._forced: dict[int, tuple[Sequence[int], Sequence[int]]] = {}
        """By row (V1) or slot (V2): the ids to force and those generated so far (V2: empty)."""

    @classmethod
    def validate_params(cls, sampling_params: SamplingParams) -> None:
        """ValueError where the ids are none, or fewer than are to be generated."""
        forced = _forced(sampling_params)
        if forced is None:
            return
        if not isinstance(forced, list) or not all(type(token) is int and token >= 0 for token in forced):
            raise ValueError(f"{ARGUMENT} must be a list of token ids")
        if len(forced) != sampling_params.max_tokens:
            raise ValueError(f"{ARGUMENT} holds {len(forced)} ids, max_tokens={sampling_params.max_tokens}")

    def is_argmax_invariant(self) -> bool:
        """Greedy decoding is what it changes."""
        return False

    def update_state(self, batch_update: BatchUpdate | None) -> None:
        """V1: requests came, went or moved to other rows."""
        process_dict_updates(self._forced, batch_update, _state)

    def add_request(self, req_idx: int, sampling_params: SamplingParams) -> bool:
        """V2: a request takes a slot."""
        forced = _forced(sampling_params)
        self._forced.pop(req_idx, None)
        if forced:
            self._forced[req_idx] = (forced, ())
        return bool(forced)

    def apply(self, logits: torch.Tensor, ctx: Any = None) -> torch.Tensor:
        """Raise the next forced token of every row that has one above all others."""
        if self._forced:
            rows, tokens = self._next() if ctx is None else self._next_v2(ctx)
            if rows:
                logits[rows, tokens] = HIGHEST
        return logits

    def _next(self) -> tuple[list[int], list[int]]:
        places = [(row, forced, len(done)) for row, (forced, done) in self._forced.items()]
        return _at(places)

    def _next_v2(self, ctx: Any) -> tuple[list[int], list[int]]:
        prompt_lengths: np.ndarray = self._requests.prompt_len.np
        places = []
        for row, (slot, length) in enumerate(zip(ctx.idx_mapping_np, ctx.seq_lens_upper_bound_np, strict=False)):
            if int(slot) in self._forced:
                places.append((row, self._forced[int(slot)][0], int(length) - int(prompt_lengths[slot])))
        return _at(places)


def _at(places: Sequence[tuple[int, Sequence[int], int]]) -> tuple[list[int], list[int]]:
    """Rows and their tokens, of (row, ids, step); a prompt still being read has a step below 0."""
    due = [(row, forced[step]) for row, forced, step in places if 0 <= step < len(forced)]
    return [row for row, _ in due], [token for _, token in due]


def _forced(params: SamplingParams) -> Any:
    return (params.extra_args or {}).get(ARGUMENT)


def _state(
    params: SamplingParams, _: list[int] | None, generated: list[int]
) -> tuple[Sequence[int], Sequence[int]] | None:
    forced = _forced(params)
    return (forced, generated) if forced else None
