"""What config.json says about the model, and whether the tensors fit it."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Any

from harness.checkpoint.problem import Problem
from harness.checkpoint.tensors import Tensor

VOCAB = ("vocab_size", "padded_vocab_size")
HIDDEN = ("hidden_size", "n_embd", "d_model")
LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
CONTEXT = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "max_sequence_length")
# Rotary scalings whose factor is not yet in max_position_embeddings, as vLLM reads them.
UNSCALED_ROPE = ("linear", "dynamic")
LARGEST = 1 << 40
"""Far beyond any model's sizes; larger values are damage."""

EMBEDDING = re.compile(
    r"(?P<prefix>(?:.*\.)?)(?:embed_tokens|wte|word_embeddings|tok_embeddings|embed_in|embeddings|embedding)\.weight"
)
HEAD = re.compile(r"(.*\.)?(lm_head|output|output_layer|embed_out|head)\.weight")
LAYER = re.compile(r"(layers|h|blocks|layer)\.([0-9]{1,9})\.")
SERVE_SOUND = "use the config and the weights of one and the same revision"


class Architecture:
    """config.json, with the language model's part looked up under the names that model families give it."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        nested = config.get("text_config") or config.get("llm_config") or config.get("language_config")
        self.text: Mapping[str, Any] = {**config, **nested} if isinstance(nested, dict) else config

    @property
    def vocab_size(self) -> int | None:
        return self._size(VOCAB)

    @property
    def hidden_size(self) -> int | None:
        return self._size(HIDDEN)

    @property
    def layers(self) -> int | None:
        return self._size(LAYERS)

    @property
    def context(self) -> int | None:
        """Longest sequence that the positions cover, tokens; None where the config gives none."""
        positions, factor = self._size(CONTEXT), self.rope_factor
        if positions is None or not _is_size(positions) or not _is_factor(factor):
            return positions
        return int(positions * factor)

    @property
    def rope_factor(self) -> Any:
        """By how much the positions are still to be multiplied, as it stands in the config; 1 where it names none."""
        rope = self.text.get("rope_parameters") or self.text.get("rope_scaling")
        if not isinstance(rope, dict) or (rope.get("rope_type") or rope.get("type")) not in UNSCALED_ROPE:
            return 1
        factor = rope.get("factor")
        return 1 if factor is None else factor

    def _size(self, names: Sequence[str]) -> int | None:
        found = [self.text[name] for name in names if type(self.text.get(name)) is int]
        return found[0] if found else None


def _is_size(value: int) -> bool:
    return 0 < value <= LARGEST


def _is_factor(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value <= LARGEST  # false for NaN


def config_problems(architecture: Architecture, max_model_len: int | None) -> Iterator[Problem]:
    """Sizes that config.json must give, and a context that it does not cover."""
    if not architecture.config.get("architectures"):
        yield Problem("config.json names no architecture (key architectures)", "complete config.json")
    sizes = {VOCAB: architecture.vocab_size, HIDDEN: architecture.hidden_size, LAYERS: architecture.layers}
    for names, size in sizes.items():
        if size is None or size < 1:
            yield Problem(f"config.json gives no {names[0]} (a positive integer)", "complete config.json")
        elif size > LARGEST:
            yield Problem(f"config.json gives a {names[0]} beyond {LARGEST}", "complete config.json")
    yield from _context_problems(architecture, max_model_len)


def _context_problems(architecture: Architecture, max_model_len: int | None) -> Iterator[Problem]:
    given = {name: architecture.text[name] for name in CONTEXT if architecture.text.get(name) is not None}
    context, factor = architecture.context, architecture.rope_factor
    if given and (context is None or not _is_size(context)):
        name, value = next(iter(given.items()))
        yield Problem(f"config.json: {name} is {reprlib.repr(value)}, not a number of tokens", "correct config.json")
    elif not _is_factor(factor):
        yield Problem(
            f"config.json: the factor of the rotary scaling is {reprlib.repr(factor)}, not a number above 0",
            "correct config.json",
        )
    elif context is not None and max_model_len is not None and max_model_len > context:
        yield Problem(
            f"max_model_len {max_model_len} is longer than the model's context of {context} tokens",
            f"set engine.max_model_len={context} or less",
        )


def fit_problems(architecture: Architecture, tensors: Sequence[Tensor], *, whole: bool) -> Iterator[Problem]:
    """Embedding, head and layers against the sizes in config.json.

    Where the files are not `whole`, a tensor that is not there proves nothing: then only those that are, are judged.
    """
    embedding = _language_embedding(tensors)
    if embedding is not None:
        yield from _embedding_problems(architecture, embedding)
        yield from _layer_problems(architecture, tensors, _prefix(embedding), whole=whole)
    elif whole:
        yield Problem("the weights hold no input embedding (a tensor such as embed_tokens.weight)", SERVE_SOUND)
        return
    yield from _head_problems(architecture, tensors, whole=whole)


def _embedding_problems(architecture: Architecture, embedding: Tensor) -> Iterator[Problem]:
    vocab, hidden = architecture.vocab_size, architecture.hidden_size
    expected = (vocab, hidden)
    if vocab and hidden and embedding.shape != expected:
        yield Problem(
            f"{embedding.label} has shape {list(embedding.shape)}; config.json asks for [vocab_size, hidden_size]"
            f" = {list(expected)}",
            SERVE_SOUND,
        )


def _language_embedding(tensors: Sequence[Tensor]) -> Tensor | None:
    """The token embedding: of several (vision towers have some too) the one with the most rows."""
    found = [tensor for tensor in tensors if EMBEDDING.fullmatch(tensor.name) and len(tensor.shape) == 2]
    return max(found, key=lambda tensor: tensor.shape[0], default=None)


def _prefix(embedding: Tensor) -> str:
    match = EMBEDDING.fullmatch(embedding.name)
    return match["prefix"] if match else ""


def _head_problems(architecture: Architecture, tensors: Sequence[Tensor], *, whole: bool) -> Iterator[Problem]:
    heads = [tensor for tensor in tensors if HEAD.fullmatch(tensor.name) and len(tensor.shape) == 2]
    if whole and not heads and architecture.text.get("tie_word_embeddings") is False:
        yield Problem("the weights hold no output head (lm_head.weight), and it is not tied", SERVE_SOUND)
    for head in heads:
        if architecture.vocab_size and head.shape[0] != architecture.vocab_size:
            yield Problem(
                f"{head.label} has {head.shape[0]} rows; config.json says vocab_size {architecture.vocab_size}",
                SERVE_SOUND,
            )


def _layer_problems(
    architecture: Architecture, tensors: Sequence[Tensor], prefix: str, *, whole: bool
) -> Iterator[Problem]:
    matches = (LAYER.match(tensor.name, len(prefix)) for tensor in tensors if tensor.name.startswith(prefix))
    present = {int(match[2]) for match in matches if match}
    layers = architecture.layers or 0
    missing = layers - sum(number < layers for number in present)
    if missing > 0 and whole:
        # Counted, not listed: a damaged config may promise any number of layers.
        first = islice((number for number in count() if number not in present), min(missing, 8))
        numbers = ", ".join(map(str, first)) + (" ..." if missing > 8 else "")
        yield Problem(f"config.json says {layers} layers; the weights lack {missing} of them: {numbers}", SERVE_SOUND)
    # Further layers are right where the model predicts several tokens at once: those are not used in evaluation.
    extra = sorted(number for number in present if number >= layers)
    if layers and extra and not architecture.text.get("num_nextn_predict_layers"):
        yield Problem(f"config.json says {layers} layers; the weights hold layer {extra[-1]} too", SERVE_SOUND)
