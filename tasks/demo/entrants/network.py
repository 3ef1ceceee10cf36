"""The entrants' network (a small Llama), its loss and its files."""

from __future__ import annotations

from collections.abc import Sequence as Several
from itertools import pairwise
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

from tasks.demo.entrants.packing import Sequence

CONTEXT = 2048
STORED = torch.bfloat16
"""The type in which the weights are written; what is evaluated is what is written."""


def network(vocabulary: int) -> LlamaForCausalLM:
    """A Llama of about a million parameters with fresh weights; token 0 ends a text."""
    return LlamaForCausalLM(
        LlamaConfig(
            architectures=["LlamaForCausalLM"],
            vocab_size=vocabulary,
            hidden_size=128,
            intermediate_size=384,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=4,
            head_dim=32,
            max_position_embeddings=CONTEXT,
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=0,
            pad_token_id=0,
        )
    )


def batch_loss(
    model: LlamaForCausalLM, batch: Several[Sequence], *, answers: bool, alone: bool = False
) -> torch.Tensor:
    """Mean negative log-likelihood (nats per token) of the answers, or of all that is no answer.

    `alone` hides the other examples of a sequence from each, as in a prompt without few-shots.
    """
    ids, wanted = _padded(batch, answers=answers)
    mask = _own_example(batch, ids.shape[1] - 1) if alone else None
    return torch.nn.functional.cross_entropy(_logits(model, ids, wanted, mask), ids[:, 1:][wanted])


@torch.no_grad()
def answers_right(model: LlamaForCausalLM, batch: Several[Sequence]) -> tuple[int, int]:
    """Answers of which every token is the likeliest, and all answers; earlier answers are in the context."""
    right = total = 0
    for sequence in batch:
        ids, wanted = _padded([sequence], answers=True)
        hits = _logits(model, ids, wanted).argmax(-1) == ids[:, 1:][wanted]
        places = wanted[0].nonzero().flatten().tolist()
        spans = [0, *(n for n in range(1, len(places)) if places[n] != places[n - 1] + 1), len(places)]
        outcomes = [bool(hits[start:end].all()) for start, end in pairwise(spans)]
        right, total = right + sum(outcomes), total + len(outcomes)
    return right, total


def save(model: LlamaForCausalLM, folder: Path) -> None:
    """Write config.json, generation_config.json and model.safetensors in the hub's layout."""
    model.config.dtype = STORED
    model.config.save_pretrained(folder)
    model.generation_config.save_pretrained(folder)
    weights = {name: value.to(STORED).contiguous() for name, value in model.state_dict().items()}
    del weights["lm_head.weight"]  # tied to the embedding
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _logits(
    model: LlamaForCausalLM, ids: torch.Tensor, wanted: torch.Tensor, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """Logits, shape (wanted tokens, vocabulary): the rest of the head's work is left out."""
    hidden = model.model(input_ids=ids[:, :-1], attention_mask=mask, use_cache=False).last_hidden_state
    logits: torch.Tensor = model.lm_head(hidden[wanted])
    return logits


def _own_example(batch: Several[Sequence], length: int) -> torch.Tensor:
    """Which token sees which: earlier ones of its own example and of the description; (batch, 1, length, length)."""
    parts = torch.full((len(batch), length), -1)
    for place, sequence in enumerate(batch):
        kept = sequence.parts[:length]
        parts[place, : len(kept)] = torch.tensor(kept)
    seen = (parts[:, :, None] == parts[:, None, :]) | (parts[:, None, :] == 0)
    return (seen & torch.ones(length, length, dtype=torch.bool).tril())[:, None]


def _padded(batch: Several[Sequence], *, answers: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids, shape (batch, length), and which of the next ones count, shape (batch, length - 1)."""
    length = max(len(sequence.ids) for sequence in batch)
    ids = torch.zeros(len(batch), length, dtype=torch.long)
    wanted = torch.zeros(len(batch), length, dtype=torch.bool)
    for place, sequence in enumerate(batch):
        ids[place, : len(sequence.ids)] = torch.tensor(sequence.ids)
        wanted[place, : len(sequence.ids)] = torch.tensor(sequence.answers) == answers
    return ids, wanted[:, 1:]
