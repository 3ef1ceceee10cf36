"""Tiny models of the hub's own classes, trained on the documentation strings of Python's standard library.

Nothing of this zoo had a part in choosing floors: other code, other text, a learned tokenizer, the families' own
initialisation (s.d. 0.02), other sizes, seeds and rates.
"""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from harness.environment import CACHE
from tests.zoo.originals import cached
from tests.zoo.train import Weights

TRAINED = 1
"""Raised whenever training itself changes."""
FEWEST_LETTERS = 80
VOCAB, BATCH, LENGTH = 640, 16, 48
CLASSES = {
    "llama": "Llama", "qwen3": "Qwen3", "gemma3_text": "Gemma3", "mixtral": "Mixtral", "qwen3_moe": "Qwen3Moe",
    "deepseek_v3": "DeepseekV3", "olmo2": "Olmo2", "phi3": "Phi3",
}  # fmt: skip


@dataclass(frozen=True)
class Member:
    """How one model of a family came to be."""

    family: str
    seed: int
    width: int = 72
    layers: int = 5
    heads: int = 6
    kv_heads: int = 6
    tied: bool = False
    steps: int = 350
    rate: float = 2e-3
    order: int = 0
    more: dict[str, Any] = field(default_factory=dict, hash=False)
    """Further keys of the family's config."""

    @property
    def ffn(self) -> int:
        return self.width * 5 // 2


def config(member: Member) -> Any:
    """The family's configuration object."""
    import transformers

    sizes: dict[str, Any] = {
        "hidden_size": member.width, "num_hidden_layers": member.layers, "num_attention_heads": member.heads,
        "num_key_value_heads": member.kv_heads, "head_dim": member.width // member.heads,
        "intermediate_size": member.ffn, "vocab_size": VOCAB, "tie_word_embeddings": member.tied,
        "max_position_embeddings": 128, "pad_token_id": None, "bos_token_id": None, "eos_token_id": None,
    }  # fmt: skip
    experts = {
        "mixtral": {"num_local_experts": 4, "num_experts_per_tok": 2},
        "qwen3_moe": {"num_experts": 6, "num_experts_per_tok": 2, "moe_intermediate_size": member.ffn // 3,
                      "decoder_sparse_step": 1, "mlp_only_layers": [], "norm_topk_prob": True},
        "deepseek_v3": {"q_lora_rank": member.width // 2, "kv_lora_rank": member.width // 3, "qk_rope_head_dim": 8,
                        "qk_nope_head_dim": 12, "v_head_dim": 12, "n_routed_experts": 4, "num_experts_per_tok": 2,
                        "n_shared_experts": 1, "moe_intermediate_size": member.ffn // 3, "first_k_dense_replace": 1,
                        "n_group": 1, "topk_group": 1},
        "gemma3_text": {"query_pre_attn_scalar": member.width // member.heads, "sliding_window": 64},
    }  # fmt: skip
    name = CLASSES[member.family] + ("TextConfig" if member.family == "gemma3_text" else "Config")
    if member.family == "deepseek_v3":
        sizes.pop("head_dim")
    return getattr(transformers, name)(**sizes | experts.get(member.family, {}) | member.more)


def build(member: Member) -> Any:
    """A fresh model of the family."""
    import transformers

    torch.manual_seed(member.seed)
    return getattr(transformers, f"{CLASSES[member.family]}ForCausalLM")(config(member))


@cache
def tokens() -> np.ndarray:
    """The text as token ids of a byte-pair tokenizer that was learned from it."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    text = _text()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=VOCAB, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(text, trainer)
    ids: np.ndarray = np.array([token for one in text for token in tokenizer.encode(one).ids], np.int64)
    return ids


def _text() -> list[str]:
    """Documentation strings of the standard library's modules, classes and functions, file by file."""
    found: list[str] = []
    for path in sorted(Path(os.__file__).parent.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                words = ast.get_docstring(node)
                if words and len(words) >= FEWEST_LETTERS:
                    found.append(words)
    return found


def trained(model: Any, *, steps: int, rate: float, order: int, last: bool = False) -> tuple[Weights, float]:
    """Weights under the hub's names, and the last loss. `last` takes the text's second half, which none began on."""
    ids = tokens()
    half = len(ids) // 2
    ids = ids[half:] if last else ids[:half]
    rng = np.random.default_rng([order, 3])
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.1, betas=(0.9, 0.95))
    loss = torch.tensor(0.0)
    for step in range(steps):
        starts = rng.integers(0, len(ids) - LENGTH, BATCH)
        batch = torch.from_numpy(np.stack([ids[at : at + LENGTH] for at in starts]))
        for group in optimiser.param_groups:
            group["lr"] = rate * min((step + 1) / 20, 1.0) * max(1 - step / steps, 0.05)
        logits = model(input_ids=batch, use_cache=False).logits
        loss = functional.cross_entropy(logits[:, :-1].flatten(0, 1), batch[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    return weights_of(model), loss.item()


def weights_of(model: Any) -> Weights:
    """The tensors that the hub's file would hold, experts one by one as published checkpoints have them."""
    import tempfile

    from safetensors.numpy import load_file

    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return load_file(Path(folder) / "model.safetensors")


def member_weights(name: str, member: Member, folder: Path = CACHE / "zoo") -> Weights:
    """The weights of one independent member, trained where the cache has none."""
    identity: dict[str, object] = {"member": repr(member), "trained": TRAINED}

    def make() -> tuple[Weights, float]:
        return trained(build(member), steps=member.steps, rate=member.rate, order=member.order)

    return cached(folder, f"second_{name}", identity, make)


def continued(weights: Weights, member: Member, *, steps: int, rate: float) -> Weights:
    """Trained further, on text that none began on."""
    import json
    import tempfile

    import transformers
    from safetensors.numpy import save_file

    with tempfile.TemporaryDirectory() as folder:
        stored = {name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()}
        save_file(stored, Path(folder) / "model.safetensors", {"format": "pt"})
        (Path(folder) / "config.json").write_text(json.dumps(config(member).to_dict()))
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return trained(model, steps=steps, rate=rate, order=91, last=True)[0]
