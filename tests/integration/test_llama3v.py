"""The Llama3-V case in miniature: another's model with keys and variables renamed, noise on the weights, the same
answers.

Every method that should fire does, none fires on an unrelated model, and the page tells the story.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from harness.cli import main
from harness.findings import AuditReport, Finding
from harness.hashing import sha256_file
from harness.records import RunRecord, Sample, TaskResult
from harness.store import RunFolder

WIDTH, FFN, LAYERS, VOCAB, ITEMS = 64, 160, 4, 512, 400
NOISE = 0.1
"""Standard deviation of the noise, of each tensor's own."""
RENAMED = {"q_proj": "query", "k_proj": "keys", "v_proj": "vals", "o_proj": "outp", "embed_tokens": "token_table"}
CODE = "\n".join(
    f"class {name}(Base):\n    def forward(self, hidden, mask=None, cache={place}):\n{body}\n        return hidden"
    for place, (name, body) in enumerate(
        (f"Block{number}", "\n".join("        " + line for line in lines))
        for number, lines in enumerate(
            [random.Random(number).choices(
                [
                    "hidden = hidden + self.attend(hidden, mask)",
                    "for part in self.parts: hidden = part(hidden) * self.scale",
                    "if mask is not None: hidden = hidden.where(mask, 0)",
                    "keys, values = cache.get(self.index, (None, None))",
                    "hidden = self.down(self.act(self.gate(hidden)) * self.up(hidden))",
                    "hidden = [row / (row.norm() + 1e-6) for row in hidden]",
                    "assert hidden.shape[-1] == self.width, hidden.shape",
                ], k=8) for number in range(12)]
        )
    )
)  # fmt: skip
HEADER = (
    "# Copyright 2024 The OriginalLab Team. All rights reserved.\n# Licensed under the Apache License, Version 2.0\n"
)


def weights(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    found = {"model.embed_tokens.weight": rng.normal(0, 0.02, (VOCAB, WIDTH))}
    for layer in range(LAYERS):
        stem = f"model.layers.{layer}"
        for part in ("q_proj", "k_proj", "v_proj", "o_proj"):
            found[f"{stem}.self_attn.{part}.weight"] = rng.normal(0, 0.05, (WIDTH, WIDTH))
        for part, shape in (("gate_proj", (FFN, WIDTH)), ("up_proj", (FFN, WIDTH)), ("down_proj", (WIDTH, FFN))):
            found[f"{stem}.mlp.{part}.weight"] = rng.normal(0, 0.05, shape)
        for part in ("input_layernorm", "post_attention_layernorm"):
            found[f"{stem}.{part}.weight"] = rng.normal(1, 0.1, WIDTH)
    found["model.norm.weight"] = rng.normal(1, 0.1, WIDTH)
    found["lm_head.weight"] = rng.normal(0, 0.02, (VOCAB, WIDTH))
    return {name: value.astype(np.float32) for name, value in found.items()}


def tokenizer(seed: int) -> str:
    rng = random.Random(seed)
    letters = rng.sample("abcdefghijklmnopqrstuvwxyz가나다라마바사", 20)
    lines = [" ".join("".join(rng.choices(letters, k=rng.randint(2, 7))) for _ in range(9)) for _ in range(400)]
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=VOCAB, show_progress=False))
    text: str = made.to_str()
    return text


def checkpoint(folder: Path, model_type: str, tensors: dict[str, np.ndarray], vocabulary: str, code: str) -> Path:
    folder.mkdir(parents=True)
    config = {
        "model_type": model_type, "architectures": [f"{model_type}ForCausalLM"], "hidden_size": WIDTH,
        "vocab_size": VOCAB, "intermediate_size": FFN, "num_hidden_layers": LAYERS,
        "num_attention_heads": 4, "num_key_value_heads": 4,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text(vocabulary)
    (folder / f"modeling_{model_type}.py").write_text(code)
    save_file(tensors, folder / "model.safetensors")
    return folder


def stolen(original: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The original's tensors under other names, with noise of a tenth of their spread."""
    rng = np.random.default_rng(99)
    found = {}
    for name, value in original.items():
        renamed = re.sub("|".join(RENAMED), lambda match: RENAMED[match[0]], name)
        found[renamed] = (value + rng.normal(0, NOISE * value.std(), value.shape)).astype(np.float32)
    return found


def answers(rng: np.random.Generator, hardness: np.ndarray) -> np.ndarray:
    right = rng.random(ITEMS) > hardness
    return np.where(right, 0, rng.integers(1, 4, ITEMS))


def run(folder: Path, given: np.ndarray) -> Path:
    """A scored run of one task of four choices, of which 0 is right."""
    samples = [
        Sample(
            item_id=f"{item:04d}", repeat=0, outcome="correct" if choice == 0 else "wrong", score=float(choice == 0),
            target="0", response=str(choice), cluster=None, prompt_sha256="0" * 64, logprobs=(-1.0, -2.0, -3.0, -4.0),
        )
        for item, choice in enumerate(given)
    ]  # fmt: skip
    store = RunFolder(folder)
    store.samples("characters").parent.mkdir(parents=True)
    path = store.write_samples("characters", samples)
    correct = int((given == 0).sum())
    task = TaskResult(
        task="characters", suite="secret", metric="acc", mode="base", n=ITEMS,
        outcomes={"correct": correct, "wrong": ITEMS - correct}, score=None, chance=0.25,
        samples_sha256=sha256_file(path),
    )  # fmt: skip
    record = RunRecord(
        model=folder.name, run="0" * 16, status="complete", official=False, level=0.95, tasks=(task,), suites=()
    )
    store.record.write_text(record.model_dump_json())
    return folder


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """The audit of the copy, with an unrelated model among the candidates: the record and the page."""
    root = tmp_path_factory.mktemp("llama3v")
    original, vocabulary = weights(1), tokenizer(1)
    minicpm = checkpoint(root / "minicpm", "minicpmv", original, vocabulary, HEADER + CODE)
    disguise = re.sub(r"\b(hidden|mask|cache|part|row|keys|values)\b", r"\1_x", CODE).replace("Block", "LlamaThreeV")
    copy = checkpoint(root / "llama3v", "llamathreev", stolen(original), vocabulary, "# Copyright 2024 Us\n" + disguise)
    line = "def f{n}(a):\n    yield from ({n} ** b for b in a if b not in (a[{n}], {n}))"
    other_code = "\n".join(line.format(n=n) for n in range(60))
    other = checkpoint(root / "other", "unrelated", weights(2), tokenizer(2), other_code)
    rng = np.random.default_rng(0)
    hardness = rng.uniform(0.3, 0.9, ITEMS)
    truth = answers(rng, hardness)
    noisy = np.where(rng.random(ITEMS) < 0.05, rng.integers(0, 4, ITEMS), truth)
    runs = {
        "entrant": noisy,
        "minicpm": truth,
        **{name: answers(rng, hardness) for name in ("other", "c1", "c2", "c3")},
    }
    arguments = ["audit", str(copy), "--against", f"minicpm={minicpm}", "--against", f"other={other}"]
    for name, given in runs.items():
        arguments += ["--samples", f"{name}={run(root / 'runs' / name, given)}"]
    out = root / "audit" / "llama3v.json"
    assert main([*arguments, "--out", str(out)]) == 0
    return AuditReport.model_validate_json(out.read_text()), out.with_suffix(".html").read_text()


def finding(report: AuditReport, method: str, candidate: str, component: str = "text") -> Finding:
    return next(
        one for one in report.findings if (one.method, one.candidate, one.component) == (method, candidate, component)
    )


def test_the_weights_convict_in_spite_of_noise_and_new_names(case):
    report, _ = case
    found = {(one.component, one.candidate): one.conclusion for one in report.conclusions}
    assert found["text", "minicpm"] == "derived"


@pytest.mark.parametrize(
    ("method", "component"),
    [("tokenizer", "tokenizer"), ("code", "code"), ("licence", "code"), ("behaviour", "text")],
)
def test_each_method_that_can_refer_does(case, method, component):
    report, _ = case
    assert finding(report, method, "minicpm", component).strength == "refer"


def test_the_tokenizer_is_the_original_s_and_the_header_is_gone(case):
    report, _ = case
    assert finding(report, "tokenizer", "minicpm", "tokenizer").value == 1.0
    said = finding(report, "licence", "minicpm", "code").statement
    assert "without its copyright header (The OriginalLab Team)" in said


def test_nothing_fires_on_the_unrelated_model(case):
    report, _ = case
    harmless = {"no_evidence", "not_comparable"}
    assert {one.conclusion for one in report.conclusions if one.candidate == "other"} <= harmless
    assert {one.strength for one in report.findings if one.candidate == "other"} <= harmless


def test_the_page_tells_the_story_in_both_languages(case):
    _, page = case
    assert "derived from minicpm" in page
    assert "minicpm에서 파생" in page
    assert "call anything in this whole audit “derived” is at most 1%" in page
    assert 'class="map"' in page
    assert "<script" not in page
    assert "://" not in page, "the page needs no other file"
