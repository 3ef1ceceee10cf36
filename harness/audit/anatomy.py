"""From tensor names to components, layers and roles: one table for all families, and shapes where names say nothing."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from harness.audit import guess
from harness.audit.finding import COMPONENTS, Component
from harness.audit.parts import Block, FeedForward, Stack
from harness.audit.subject import Subject
from harness.audit.values import WEIGHTS
from harness.checkpoint.architecture import EMBEDDING, HEAD
from harness.checkpoint.tensors import Tensor

PLACES: tuple[tuple[Component, re.Pattern[str]], ...] = (
    ("projector", re.compile(r"projector|mm_proj|merger|connector|adapter|aligner|resampler|perceiver|abstractor")),
    ("audio", re.compile(r"audio|speech|whisper|wav|acoustic|mel_")),
    ("vision", re.compile(r"vision|visual|vit\b|vit_|image|img|siglip|clip|patch_embed|pixel|resblocks")),
)
TOWERS: tuple[tuple[Component, re.Pattern[str]], ...] = (
    ("vision", re.compile(r"vision|vit|clip|siglip|dino|image")),
    ("audio", re.compile(r"audio|whisper|wav2vec|hubert|speech")),
)
STACKED: tuple[Component, ...] = ("text", "vision", "audio")
"""Components that are made of layers."""
NUMBERED = re.compile(r"^(?P<stack>.*?)[._](?P<layer>\d{1,6})[._](?P<tail>.+)$")
EXPERT = re.compile(r"experts[._](?P<expert>\d{1,6})[._]")
ANCHOR = re.compile(r"patch|conv1|conv_in|embed")
ANALYTIC = re.compile(r"inv_freq|rotary|rope|position_ids|causal_mask|attn\.bias$|masked_bias|freqs")

ROLES: Mapping[str, str] = {
    "norm_in": "input_layernorm|attention_norm|ln_1|ln1|layer_norm1|layernorm_before|norm1|self_attn_layer_norm"
    "|attn_norm|ln_attn|pre_attention_norm|input_norm",
    "norm_query": "q_norm|query_norm|q_layernorm|query_layernorm|q_ln",
    "norm_key": "k_norm|key_norm|k_layernorm|key_layernorm|k_ln",
    "norm_ffn": "pre_feedforward_layernorm|ffn_norm|ln_2|ln2|layer_norm2|layernorm_after|norm2|final_layer_norm"
    "|pre_mlp_layernorm|ln_mlp|mlp_norm",
    "norm_after_ffn": "post_feedforward_layernorm|post_mlp_layernorm|post_ffn_norm",
    "norm_after_attention": "post_attention_layernorm|post_attention_norm|post_attn_norm",
    "router": r"(?:mlp|feed_forward|block_sparse_moe|ffn|moe)\.(?:gate|router|gate\.wg|router\.layer)",
    "gate_up": "gate_up_proj|gate_and_up|w13|gate_up|linear_in|input_linear",
    "qkv": "qkv_proj|qkv|c_attn|query_key_value|wqkv|w_pack|in_proj|qkv_mix|fused_qkv",
    "latent_query": "q_a_proj|wq_a",
    "latent_kv": "kv_a_proj_with_mqa|kv_a_proj|wkv_a",
    "latent_query_up": "q_b_proj|wq_b",
    "latent_kv_up": "kv_b_proj|wkv_b",
    "query": "q_proj|wq|query|to_q|q_lin|query_proj|attn_q",
    "key": "k_proj|wk|key|to_k|k_lin|key_proj|attn_k",
    "value": "v_proj|wv|value|to_v|v_lin|value_proj|attn_v",
    "output": r"o_proj|wo|(?:self_attn|attn|attention)\.(?:out_proj|proj|c_proj|dense|projection|out)"
    r"|attention\.output\.dense|to_out\.0|to_out|out_lin|out_proj|attn_output|o_lin",
    "gate": r"gate_proj|w1|ffn_gate|wi_0|gate_linear|linear_gate|linear_1\.gate",
    "up": "up_proj|w3|ffn_up|wi_1|linear_up|linear_v",
    "down": r"down_proj|w2|fc2|c_proj|dense_4h_to_h|output\.dense|wo_ffn|ffn_down|lin2|linear_2|linear2|output_linear"
    "|fc_out|linear_out",
    "fc1": r"fc1|c_fc|dense_h_to_4h|intermediate\.dense|lin1|linear_1|linear1|fc_in",
}
"""What families call the parts of a layer; the first role that fits counts."""
ENDING = "weight|linear.weight|base_layer.weight|kernel"
PATTERNS = {role: re.compile(rf"(?:^|.*[._])(?:{names})(?:[._](?:{ENDING}))?$") for role, names in ROLES.items()}


@dataclass(frozen=True)
class Anatomy:
    """A checkpoint's components."""

    members: Mapping[Component, tuple[str, ...]]
    """Weight tensors by component; only components that exist."""
    stacks: Mapping[Component, Stack]
    embedding: str | None
    head: str | None
    anchors: Mapping[Component, str]
    """The matrix that feeds a tower's residual stream: patch or mel convolution."""


@cache
def role_of(tail: str) -> str | None:
    """The role of a tensor, by the part of its name behind the layer's number."""
    return next((role for role, pattern in PATTERNS.items() if pattern.match(tail.lower())), None)


def anatomy(subject: Subject) -> Anatomy:
    """Sort the tensors of a checkpoint."""
    weights = {
        name: tensor
        for name, tensor in subject.tensors.items()
        if tensor.dtype in WEIGHTS and tensor.shape and not ANALYTIC.search(name)
    }
    embedding, head = _ends(subject, weights)
    places = {name: _component(name, subject.config, embedding, head) for name in weights}
    members: dict[Component, list[str]] = defaultdict(list)
    for name, place in places.items():
        members[place].append(name)
    stacks: dict[Component, Stack] = {}
    for component in STACKED:
        found = _stack(component, {name: weights[name] for name in members.get(component, ())}, subject.config)
        if found is not None:
            stacks[component] = found
    anchors: dict[Component, str] = {}
    for component, stack in stacks.items():
        anchor = _anchor(members[component], weights, stack)
        if component != "text" and anchor is not None:
            anchors[component] = anchor
    present = {component: tuple(members[component]) for component in COMPONENTS if members.get(component)}
    return Anatomy(present, stacks, embedding, head, anchors)


def _ends(subject: Subject, weights: Mapping[str, Tensor]) -> tuple[str | None, str | None]:
    """The token embedding and the output head, by name, else by shape: the largest matrices outside all layers."""
    plain = {name: tensor for name, tensor in weights.items() if len(tensor.shape) == 2 and not _in_tower(name)}
    named = [name for name in plain if EMBEDDING.fullmatch(name)]
    heads = [name for name in plain if HEAD.fullmatch(name) and not NUMBERED.match(name)]
    embedding = max(named, key=lambda name: plain[name].shape[0], default=None)
    if embedding is None and not _is_tower(subject.config):
        loose = [name for name in plain if not NUMBERED.match(name) and name not in heads and _is_tall(plain[name])]
        loose.sort(key=lambda name: (not re.search("emb|tok|wte", name), -plain[name].shape[0]))
        embedding = loose[0] if loose else None
    head = heads[0] if heads else None
    if head is None and embedding is not None:
        same = [name for name in plain if name != embedding and plain[name].shape == plain[embedding].shape]
        head = next((name for name in same if not NUMBERED.match(name)), None)
    return embedding, head


def _is_tall(tensor: Tensor) -> bool:
    return tensor.shape[0] >= 2 * tensor.shape[1]


def _in_tower(name: str) -> bool:
    return any(pattern.search(name.lower()) for _, pattern in PLACES)


def _is_tower(config: Mapping[str, Any]) -> bool:
    """Whether the checkpoint is a lone encoder."""
    return _tower(config) is not None


def _tower(config: Mapping[str, Any]) -> Component | None:
    kind = str(config.get("model_type", "")).lower()
    nested = any(isinstance(config.get(key), dict) for key in ("text_config", "llm_config", "language_config"))
    if nested or config.get("vocab_size"):
        return None
    return next((component for component, pattern in TOWERS if pattern.search(kind)), None)


def _component(name: str, config: Mapping[str, Any], embedding: str | None, head: str | None) -> Component:
    if name == embedding:
        return "embeddings"
    if name == head:
        return "head"
    lowered = name.lower()
    for component, pattern in PLACES:
        if pattern.search(lowered):
            return component
    return _tower(config) or "text"


def _stack(component: Component, weights: Mapping[str, Tensor], config: Mapping[str, Any]) -> Stack | None:
    """The numbered layers of a component, those of its most populous numbering."""
    by_stack: dict[str, dict[int, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for name in weights:
        match = NUMBERED.match(name)
        if match:
            by_stack[match["stack"]][int(match["layer"])][match["tail"]] = name
    if not by_stack:
        return None
    layers = max(by_stack.values(), key=lambda numbered: sum(len(tails) for tails in numbered.values()))
    sizes = _sub_config(component, config)
    width = _width(layers, weights, sizes)
    if width is None:
        return None
    blocks = tuple(_block(layers[number], weights, width) for number in sorted(layers))
    offset = 1.0 if str(sizes.get("model_type", config.get("model_type", ""))).startswith("gemma") else 0.0
    heads = _size(sizes, "num_attention_heads", "num_heads", "n_head", "encoder_attention_heads", "attention_heads")
    kv_heads = _size(sizes, "num_key_value_heads", "n_head_kv", "num_kv_heads") or heads
    return Stack(component, width, blocks, heads, kv_heads, offset)


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


def _width(
    layers: Mapping[int, Mapping[str, str]], weights: Mapping[str, Tensor], sizes: Mapping[str, Any]
) -> int | None:
    """The residual stream's size: the side that most matrices of the layers share."""
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
    return stated if stated is not None and counted[stated] == most else counted.most_common(1)[0][0]


def _block(tails: Mapping[str, str], weights: Mapping[str, Tensor], width: int) -> Block:
    block = Block()
    experts: dict[str, dict[str, str]] = defaultdict(dict)
    for tail, name in sorted(tails.items()):
        role = role_of(tail)
        if role is None or tail.lower().endswith("bias"):
            continue
        expert = EXPERT.search(tail)
        if expert:
            experts[f"experts.{int(expert['expert'])}"][role] = name
        elif role in ("gate", "up", "down", "fc1", "gate_up"):
            part = "shared" if "shared" in tail else "experts" if "experts" in tail else "ffn"
            experts[part][role] = name
        else:
            block.roles.setdefault(role, name)
    if "norm_ffn" not in block.roles and "norm_after_attention" in block.roles:
        block.roles["norm_ffn"] = block.roles.pop("norm_after_attention")
    for part, names in experts.items():
        block.feed_forwards += _feed_forwards(part, names, weights)
    if not block.feed_forwards:
        known = set(block.roles.values())
        unknown = [name for name in tails.values() if name not in known]
        block.feed_forwards = guess.feed_forwards(unknown, weights, width)
    return block


def _feed_forwards(part: str, names: Mapping[str, str], weights: Mapping[str, Tensor]) -> Sequence[FeedForward]:
    if "down" not in names:
        return []
    down = names["down"]
    up = names.get("gate_up") or names.get("up") or names.get("fc1")
    if up is None:
        return []
    fused = "gate_up" in names
    if len(weights[down].shape) == 3:
        count = min(weights[name].shape[0] for name in (down, up, names.get("gate") or up))
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
