"""What families call the parts of a layer: one table for all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

ROLES: Mapping[str, str] = {
    "norm_in": "input_layernorm|attention_norm|ln_1|ln1|layer_norm1|layernorm_before|norm1|self_attn_layer_norm"
    "|attn_norm|ln_attn|pre_attention_norm|input_norm|operator_norm|temporal_pre_norm",
    "norm_latent_query": "q_a_layernorm|q_a_norm",
    "norm_latent_kv": "kv_a_layernorm|kv_a_norm|kv_norm",
    "norm_query": "q_norm|query_norm|q_layernorm|query_layernorm|q_ln",
    "norm_key": "k_norm|key_norm|k_layernorm|key_layernorm|k_ln",
    "norm_ffn": "pre_feedforward_layernorm|ffn_norm|ln_2|ln2|layer_norm2|layernorm_after|norm2|final_layer_norm"
    "|pre_mlp_layernorm|ln_mlp|mlp_norm|channel_pre_norm",
    "norm_after_ffn": "post_feedforward_layernorm|post_mlp_layernorm|post_ffn_norm",
    "norm_after_attention": "post_attention_layernorm|post_attention_norm|post_attn_norm",
    "scale_attention": r"(?:ls1|layer_scale1|layer_scale_1)(?:[._](?:gamma|lambda1|scale))?|gamma_1|lambda_1",
    "scale_ffn": r"(?:ls2|layer_scale2|layer_scale_2)(?:[._](?:gamma|lambda1|scale))?|gamma_2|lambda_2",
    "router": r"(?:mlp|feed_forward|block_sparse_moe|ffn|moe)\.(?:gate|router|gate\.wg|router\.layer)",
    "gate_up": "gate_up_proj|gate_and_up|w13|gate_up|linear_in|input_linear",
    "qkv": "qkv_proj|qkv|c_attn|query_key_value|wqkv|w_pack|in_proj|qkv_mix|fused_qkv",
    "latent_query": "q_a_proj|wq_a",
    "latent_kv": "kv_a_proj_with_mqa|kv_a_proj|wkv_a",
    "latent_query_up": "q_b_proj|wq_b",
    "latent_kv_up": "kv_b_proj|wkv_b",
    "query": r"q_proj|wq|query|to_q|q_lin|query_proj|attn_q|(?:self_?)?attn\.q",
    "key": r"k_proj|wk|key|to_k|k_lin|key_proj|attn_k|(?:self_?)?attn\.k",
    "value": r"v_proj|wv|value|to_v|v_lin|value_proj|attn_v|(?:self_?)?attn\.v",
    "output": r"o_proj|wo|(?:self_attn|attn|attention)\.(?:out_proj|proj|c_proj|dense|projection|projection_layer|out)"
    r"|attention\.output\.dense|to_out\.0|to_out|out_lin|out_proj|attn_output|o_lin",
    "gate": r"gate_proj|w1|ffn_gate|wi_0|gate_linear|linear_gate|linear_1\.gate",
    "up": "up_proj|w3|ffn_up|wi_1|linear_up|linear_v",
    "down": r"down_proj|w2|fc2|c_proj|dense_4h_to_h|output\.dense|output_dense|wo_ffn|ffn_down|lin2|linear_2|linear2"
    "|output_linear|fc_out|linear_out",
    "fc1": r"fc1|c_fc|dense_h_to_4h|intermediate\.dense|intermediate_dense|lin1|linear_1|linear1|fc_in",
}
"""The first role that fits counts."""
ENDING = "weight|linear.weight|base_layer.weight|kernel"
PATTERNS = {role: re.compile(rf"(?:^|.*[._])(?:{names})(?:[._](?:{ENDING}))?$") for role, names in ROLES.items()}
CROSS = re.compile(r"(?:^|[._])indexer[._]|encoder_attn|cross_attn|crossattention|cross_attention|encdecattention")
"""Attention to another stack's stream, and what chooses tokens for attention: neither is compared."""
TRANSPOSED = re.compile(r"(^|[._])c_attn([._]weight)?$")
"""Families (GPT-2) whose matrices all stand as (in, out): where both sides are equal, no shape tells."""
BIAS = "bias"


@cache
def role_of(tail: str) -> str | None:
    """The role of a tensor, by the part of its name behind the layer's number."""
    lowered = tail.lower()
    if CROSS.search(lowered):
        return None
    return next((role for role, pattern in PATTERNS.items() if pattern.match(lowered)), None)


def bias_of(weight: str) -> str:
    """What the bias beside a weight is called."""
    stem = weight.removesuffix(".weight").removesuffix(".kernel")
    return f"{stem}.{BIAS}"
