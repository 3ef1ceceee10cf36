"""From tensor names to components, layers and roles: one table for all families, and shapes where names say nothing."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.audit import guess
from harness.audit.analytic import telling
from harness.audit.finding import COMPONENTS, Component
from harness.audit.parts import Block, FeedForward, Fusion, Stack
from harness.audit.regions import NUMBERED, in_tower, is_tower, places
from harness.audit.roles import TRANSPOSED, bias_of, role_of
from harness.audit.subject import Subject
from harness.audit.units import values_in
from harness.audit.values import WEIGHTS
from harness.checkpoint.architecture import EMBEDDING, HEAD
from harness.checkpoint.tensors import Tensor

STACKED: tuple[Component, ...] = ("text", "vision", "audio")
"""Components that are made of layers."""
PROJECTOR: Component = "projector"
Layers = Mapping[int, Mapping[str, str]]
"""By number: names of tensors by what stands behind the number."""
Numbering = tuple[str, Layers]
LAST_NORM = re.compile(
    r"(^|\.)(norm|final_norm|final_layernorm|final_layer_norm|ln_f|norm_f|ln_out|post_norm)\.weight$"
)
POSITIONS = re.compile(r"posi|pos_emb|(^|[._])wpe[._]")
"""What tables of positions are called, which are as tall as those of tokens."""
NORMS = ("norm_in", "norm_ffn")
LESS_ONE = ("gemma", "qwen3_next", "recurrent_gemma")
"""Families that store norm gains less 1."""
KNOWN_FAMILIES = frozenset({"llama", "mistral", "mixtral", "qwen2", "qwen3", "qwen2_moe", "qwen3_moe", "deepseek_v3"})
"""Families that do not, whatever their gains look like."""
BELOW_ZERO = 0.2
"""Share of gains below 0 that no family has that stores them whole."""
EXPERT = re.compile(r"experts[._](?P<expert>\d{1,6})[._]")
ANCHOR = re.compile(r"patch|conv1|conv_in|embed|stem")
ANALYTIC = re.compile(
    r"(^|[._])(inv_freq|freqs|freqs_cis|(cos|sin)_cached|position_ids|causal_mask|masked_bias)$|attn\.bias$"
)
"""What tensors are called that are worked out and never learned: by the end of their names alone."""
MOST_BESIDE = 4
"""Further stacks of a component that are compared, those of most values."""


@dataclass(frozen=True)
class Anatomy:
    """A checkpoint's components."""

    members: Mapping[Component, tuple[str, ...]]
    """Weight tensors by component; only components that exist."""
    stacks: Mapping[Component, Stack]
    """The layers of each component: of several numberings the most populous."""
    beside: tuple[Stack, ...]
    """The other numberings of a component's layers, and layers in a projector."""
    embedding: str | None
    head: str | None
    last_norm: str | None
    """The norm between the text's layers and its head."""
    anchors: Mapping[Component, str]
    """The matrix that feeds a tower's residual stream: patch or mel convolution."""
    others: tuple[str, ...]
    """Tensors that are no weights, by their type or by what they are called."""


def anatomy(subject: Subject) -> Anatomy:
    """Sort the tensors of a checkpoint."""
    parts = subject.values.parts
    weights = {
        name: tensor
        for name, tensor in subject.values.tensors.items()
        if tensor.dtype in WEIGHTS and tensor.shape and not ANALYTIC.search(name) and name not in parts
    }
    embedding, head = _ends(subject, weights)
    members: dict[Component, list[str]] = defaultdict(list)
    for name, place in places(weights, subject.config, embedding, head).items():
        members[place].append(name)
    stacks: dict[Component, Stack] = {}
    beside: list[Stack] = []
    for component in (*STACKED, PROJECTOR):
        numberings = _numberings(members.get(component, ()))
        main = numberings[:1] if component in STACKED else []
        found = _stack(component, *main[0], weights, subject, embedding) if main else None
        if found is not None:
            stacks[component] = found
            beside += _otherwise(found, subject)
        beside += _beside(component, numberings[len(main) :], weights, subject, embedding)
    anchors: dict[Component, str] = {}
    for component, stack in stacks.items():
        anchor = _anchor(members[component], weights, stack)
        if component != "text" and anchor is not None:
            anchors[component] = anchor
    present = {component: tuple(members[component]) for component in COMPONENTS if members.get(component)}
    last = None if "text" not in stacks else _last_norm(members["text"], weights, stacks["text"])
    others = tuple(name for name in subject.values.tensors if name not in weights and name not in parts)
    return Anatomy(present, stacks, tuple(beside), embedding, head, last, anchors, others)


def _last_norm(names: Sequence[str], weights: Mapping[str, Tensor], stack: Stack) -> str | None:
    """The one vector outside all layers that is as wide as the stream and called a norm."""
    found = [name for name in names if math.prod(weights[name].shape) == stack.width and LAST_NORM.search(name.lower())]
    return found[-1] if found else None


def _ends(subject: Subject, weights: Mapping[str, Tensor]) -> tuple[str | None, str | None]:
    """The token embedding and the output head, by name, else by shape: the largest matrices outside all layers."""
    plain = {name: tensor for name, tensor in weights.items() if len(tensor.shape) == 2 and not in_tower(name)}
    named = [name for name in plain if EMBEDDING.fullmatch(name)]
    heads = [name for name in plain if HEAD.fullmatch(name) and not NUMBERED.match(name)]
    embedding = max(named, key=lambda name: plain[name].shape[0], default=None)
    if embedding is None and not is_tower(subject.config):
        loose = [name for name in plain if not NUMBERED.match(name) and name not in heads and _is_tall(plain[name])]
        loose.sort(key=lambda name: (not re.search("emb|tok|wte|shared", name), -plain[name].shape[0]))
        embedding = next((name for name in loose if _may_be_tokens(subject, name)), None)
    head = heads[0] if heads else None
    if head is None and embedding is not None:
        same = [name for name in plain if name != embedding and plain[name].shape == plain[embedding].shape]
        head = next((name for name in same if not NUMBERED.match(name)), None)
    return embedding, head


def _may_be_tokens(subject: Subject, name: str) -> bool:
    """Whether a table is none of positions, by its name or by what it holds."""
    return not POSITIONS.search(name.lower()) and telling(subject.values, name)


def _is_tall(tensor: Tensor) -> bool:
    return tensor.shape[0] >= 2 * tensor.shape[1]


def _numberings(names: Iterable[str]) -> list[Numbering]:
    """What stands before the numbers of layers, with the layers' tensors; the most populous first."""
    by_stack: dict[str, dict[int, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for name in names:
        match = NUMBERED.match(name)
        if match:
            by_stack[match["stack"]][int(match["layer"])][match["tail"]] = name
    return sorted(by_stack.items(), key=lambda entry: -sum(len(tails) for tails in entry[1].values()))


def _beside(
    component: Component, further: Sequence[Numbering], weights: Mapping[str, Tensor], subject: Subject,
    embedding: str | None,
) -> list[Stack]:  # fmt: skip
    """Those of the further numberings that can be read as layers, and hold most."""
    stacks = [_stack(component, name, layers, weights, subject, embedding) for name, layers in further]
    sizes = [(values_in(stack, subject.values), stack) for stack in stacks if stack is not None]
    return [stack for size, stack in sorted(sizes, key=lambda entry: -entry[0])[:MOST_BESIDE] if size]


def _stack(
    component: Component, name: str, layers: Layers, weights: Mapping[str, Tensor], subject: Subject,
    embedding: str | None,
) -> Stack | None:  # fmt: skip
    """The numbered layers of a component."""
    entering = None if embedding is None or component != "text" else weights[embedding].shape[1]
    sizes = _sub_config(component, subject.config)
    width = _width(layers, weights, sizes, entering)
    if width is None:
        return None
    family = str(sizes.get("model_type", subject.model_type or ""))
    blocks = tuple(_block(layers[number], weights, width, family) for number in sorted(layers))
    heads = _size(sizes, "num_attention_heads", "num_heads", "n_head", "encoder_attention_heads", "attention_heads")
    if heads is None:
        heads = guess.heads(sizes, blocks, weights)
    return Stack(
        component, width, blocks, heads,
        kv_heads=_size(sizes, "num_key_value_heads", "n_head_kv", "num_kv_heads") or heads,
        norm_offset=_offset(family, blocks, subject),
        sizes=sizes,
        centred=any(bias_of(block.roles.get(role, "")) in weights for block in blocks for role in NORMS),
        transposed=any(TRANSPOSED.search(tensor) for block in blocks for tensor in block.roles.values()),
        name=name,
        seed=int(subject.digest, 16),
    )  # fmt: skip


def _offset(family: str, blocks: Sequence[Block], subject: Subject) -> float:
    """1 where gains are stored less 1: by the family's name, else where many gains are below 0, as no others are."""
    if family.startswith(LESS_ONE) and not family.startswith("gemma3n"):
        return 1.0
    if subject.model_type in KNOWN_FAMILIES:
        return 0.0
    names = [block.roles[role] for block in blocks for role in NORMS if role in block.roles]
    gains = [subject.values.whole(name).reshape(-1) for name in names]
    return float(bool(gains) and np.mean(np.concatenate(gains) < 0) > BELOW_ZERO)


def _otherwise(stack: Stack, subject: Subject) -> list[Stack]:
    """The same layers with gains as they are stored, where only the values said that they are stored less 1."""
    family = str(stack.sizes.get("model_type", subject.model_type or ""))
    guessed = stack.norm_offset and not family.startswith(LESS_ONE)
    return [replace(stack, norm_offset=0.0)] if guessed else []


def _sub_config(component: Component, config: Mapping[str, Any]) -> Mapping[str, Any]:
    keys = {
        "text": ("text_config", "llm_config", "language_config"),
        "vision": ("vision_config", "visual", "vision_tower_config"),
        "audio": ("audio_config", "encoder_config", "audio_encoder_config"),
    }.get(component, ())
    nested = next((config[key] for key in keys if isinstance(config.get(key), dict)), None)
    return nested if nested is not None else config


def _size(sizes: Mapping[str, Any], *names: str) -> int | None:
    return next((sizes[name] for name in names if type(sizes.get(name)) is int and sizes[name] > 0), None)


def _width(layers: Layers, weights: Mapping[str, Tensor], sizes: Mapping[str, Any], entering: int | None) -> int | None:
    """The residual stream's size: that of the vectors that enter it where many matrices of the layers have it, else the
    side that most of them share.
    """
    counted: Counter[int] = Counter()
    for tails in layers.values():
        for name in tails.values():
            shape = weights[name].shape
            if len(shape) == 2:
                counted.update({shape[0], shape[1]})
            elif len(shape) == 3:
                counted.update({shape[1], shape[2]})
    if not counted:
        return None
    stated = _size(sizes, "hidden_size", "d_model", "n_embd", "embed_dim", "width")
    most = counted.most_common(1)[0][1]
    if entering is not None and 2 * counted[entering] >= most:
        return entering
    return stated if stated is not None and counted[stated] == most else counted.most_common(1)[0][0]


def _block(tails: Mapping[str, str], weights: Mapping[str, Tensor], width: int, family: str) -> Block:
    block = Block()
    experts: dict[str, dict[str, str]] = defaultdict(dict)
    for tail, name in sorted(tails.items()):
        role = role_of(tail)
        if tail.lower().endswith("bias"):
            continue
        if role is None:
            shape = weights[name].shape
            block.unknown += [name] if math.prod(shape) == max(shape) == width else []
            continue
        expert = EXPERT.search(tail)
        if expert:
            experts[f"experts.{int(expert['expert'])}"][role] = name
        elif role in ("gate", "up", "down", "fc1", "gate_up"):
            part = "shared" if "shared" in tail else "experts" if "experts" in tail else "ffn"
            experts[part][role] = name
        else:
            block.roles.setdefault(role, name)
    if "norm_after_attention" in block.roles and not {"norm_ffn", "norm_after_ffn"} & block.roles.keys():
        block.roles["norm_ffn"] = block.roles.pop("norm_after_attention")
    for part, names in experts.items():
        block.feed_forwards += _feed_forwards(part, names, weights, family)
    if not block.feed_forwards:
        known = set(block.roles.values())
        unknown = [name for name in tails.values() if name not in known]
        block.feed_forwards = guess.feed_forwards(unknown, weights, width)
    return block


def _feed_forwards(
    part: str, names: Mapping[str, str], weights: Mapping[str, Tensor], family: str
) -> Sequence[FeedForward]:
    if "down" not in names:
        return []
    down = names["down"]
    up = names.get("gate_up") or names.get("up") or names.get("fc1")
    if up is None:
        return []
    together: Fusion = "alternating" if family == "gpt_oss" else "halves"
    fused: Fusion = together if "gate_up" in names else "no"
    if len(weights[down].shape) == 3:
        counts = {weights[name].shape[0] for name in (down, up, names.get("gate") or up)}
        if len(counts) > 1:
            return []
        count = counts.pop()
        return [FeedForward(f"experts.{index}", names.get("gate"), up, down, fused, index) for index in range(count)]
    return [FeedForward(part, names.get("gate"), up, down, fused)]


def _anchor(names: Sequence[str], weights: Mapping[str, Tensor], stack: Stack) -> str | None:
    """The matrix through which a tower's input enters its stream: rows of patches, as wide as the stream."""
    entering = [
        name
        for name in names
        if weights[name].shape[0] == stack.width and len(weights[name].shape) >= 2 and ANCHOR.search(name.lower())
    ]
    return max(entering, key=lambda name: len(weights[name].shape), default=None)
