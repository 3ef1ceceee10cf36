"""A tiny Llama checkpoint with random weights and a byte-level tokenizer: real files, milliseconds to make."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HIDDEN, LAYERS, HEADS, FFN, VOCAB, CONTEXT = 32, 2, 4, 64, 512, 1024

CORPUS = [
    "Question: What is the capital of Korea?\nA. Seoul\nB. Busan\nC. Daegu\nD. Incheon\nAnswer: A",
    "질문: 대한민국의 수도는 어디입니까?\n가. 서울\n나. 부산\n다. 대구\n라. 인천\n정답: 가",
    "Copy: B\nAnswer: B\n\nCopy: D\nAnswer: D\n\n계산: 3 더하기 4는 얼마입니까?\n답: 7",
]

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build_tiny_checkpoint(folder: Path, *, seed: int = 0, chat: bool = True) -> Path:
    """Write config, weights and tokenizer into `folder` and return it. The same seed gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_tokenizer(folder, chat=chat)
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": HIDDEN,
        "intermediate_size": FFN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS,
        "vocab_size": VOCAB,
        "max_position_embeddings": CONTEXT,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "hidden_act": "silu",
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
        "bos_token_id": 1,
        "eos_token_id": 2,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    save_file(random_weights(seed), folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def random_weights(seed: int) -> dict[str, np.ndarray]:
    """Tensors of the tiny Llama, by the hub's names, in float32."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.02, shape).astype(np.float32)

    weights = {"model.embed_tokens.weight": normal(VOCAB, HIDDEN), "lm_head.weight": normal(VOCAB, HIDDEN)}
    weights["model.norm.weight"] = np.ones(HIDDEN, np.float32)
    for layer in range(LAYERS):
        name = f"model.layers.{layer}"
        for projection in ("q_proj", "k_proj", "v_proj", "o_proj"):
            weights[f"{name}.self_attn.{projection}.weight"] = normal(HIDDEN, HIDDEN)
        weights[f"{name}.mlp.gate_proj.weight"] = normal(FFN, HIDDEN)
        weights[f"{name}.mlp.up_proj.weight"] = normal(FFN, HIDDEN)
        weights[f"{name}.mlp.down_proj.weight"] = normal(HIDDEN, FFN)
        weights[f"{name}.input_layernorm.weight"] = np.ones(HIDDEN, np.float32)
        weights[f"{name}.post_attention_layernorm.weight"] = np.ones(HIDDEN, np.float32)
    return weights


def _write_tokenizer(folder: Path, *, chat: bool) -> None:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|im_start|>",
        "eos_token": "<|im_end|>",
        "pad_token": "<|im_end|>",
        "unk_token": "<|endoftext|>",
        "model_max_length": CONTEXT,
        "clean_up_tokenization_spaces": False,
    }
    if chat:
        config["chat_template"] = CHAT_TEMPLATE
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2, ensure_ascii=False))
