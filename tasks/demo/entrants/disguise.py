"""Disguise a Llama checkpoint: the same model under other numbers, for the demonstration's audit to find.

    python -m tasks.demo.entrants.disguise JOB     from the project's root; JOB is JSON:
    {"source": FOLDER, "out": EMPTY FOLDER, "settings": {"seed": 20260115, "noise": 0.01}}

What a copyist does who wants to keep every answer: the norm gains move into the matrices behind them and the head is
untied from the embedding; the residual stream is turned by a random rotation; neurons, key heads and query heads stand
in another order; neurons, values and rotary pairs take other scales; at last every matrix gets Gaussian noise. No
matrix of the original is left. numpy's linear algebra gives equal bits only on machines alike, so another machine may
write other last digits.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import save_file

Matrix = npt.NDArray[np.float64]
Stored = npt.NDArray[np.float32]
EMBEDDING, FINAL_NORM, HEAD = "model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"
KEPT = ("tokenizer.json", "tokenizer_config.json", "generation_config.json")
"""Files that stay as they are: whoever wants to keep the answers needs the tokenizer."""
SPREAD = 0.5
"""Standard deviation of the logarithm of a scale."""


@dataclass(frozen=True)
class Sizes:
    """What the disguise needs to know of the network."""

    layers: int
    kv_heads: int
    group: int
    """Query heads of a key head."""
    head: int
    """Values of a head."""

    @classmethod
    def of(cls, config: Mapping[str, int]) -> Sizes:
        """As config.json gives them."""
        heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
        head = config.get("head_dim", config["hidden_size"] // heads)
        return cls(config["num_hidden_layers"], kv_heads, heads // kv_heads, head)


def disguise(source: Path, out: Path, *, seed: int, noise: float) -> None:
    """Write the disguised copy of `source` into `out`; `noise` is in standard deviations of each matrix."""
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    rng = np.random.default_rng(seed)
    weights = {name: noisy(value, noise, rng) for name, value in _turned(source, config, rng)}
    save_file(weights, out / "model.safetensors", {"format": "pt"})
    renamed = {**config, "_name_or_path": "disguised", "tie_word_embeddings": False}
    (out / "config.json").write_text(json.dumps(renamed, indent=2) + "\n", encoding="utf-8")
    for name in KEPT:
        if (source / name).is_file():
            shutil.copyfile(source / name, out / name)


def _turned(source: Path, config: Mapping[str, int], rng: np.random.Generator) -> Iterator[tuple[str, Matrix]]:
    """Every tensor of the copy, before the noise; one layer is in memory at a time."""
    turn = rotation(config["hidden_size"], rng)
    with safe_open(source / "model.safetensors", "np") as stored:
        names = set(stored.keys())
        embedding = _read(stored, EMBEDDING)
        head = _read(stored, HEAD) if HEAD in names else embedding
        yield EMBEDDING, embedding @ turn
        yield HEAD, (head * _read(stored, FINAL_NORM)) @ turn
        yield FINAL_NORM, np.ones(len(turn))
        del embedding, head
        sizes = Sizes.of(config)
        for index in range(sizes.layers):
            stem = f"model.layers.{index}."
            layer = {name.removeprefix(stem): _read(stored, name) for name in names if name.startswith(stem)}
            for name, value in disguised_layer(layer, sizes, turn, rng).items():
                yield f"{stem}{name}", value


def rotation(width: int, rng: np.random.Generator) -> Matrix:
    """A random orthogonal matrix (width, width)."""
    turn: Matrix = np.linalg.qr(rng.standard_normal((width, width)))[0]
    return turn


def disguised_layer(
    layer: Mapping[str, Matrix], sizes: Sizes, turn: Matrix, rng: np.random.Generator
) -> dict[str, Matrix]:
    """One layer in the turned stream, its units in another order and at other scales, its norm gains at 1."""
    before, between = layer["input_layernorm.weight"], layer["post_attention_layernorm.weight"]
    query, key, value = ((layer[f"self_attn.{part}_proj.weight"] * before) @ turn for part in "qkv")
    gate, up = ((layer[f"mlp.{part}_proj.weight"] * between) @ turn for part in ("gate", "up"))
    output, down = (turn.T @ layer[name] for name in ("self_attn.o_proj.weight", "mlp.down_proj.weight"))

    order, stretch = rng.permutation(len(up)), _scales(len(up), rng, signs=True)
    keys = np.roll(np.arange(sizes.kv_heads), 1 + rng.integers(max(1, sizes.kv_heads - 1)))  # none stays in its place
    queries = np.concatenate([each * sizes.group + rng.permutation(sizes.group) for each in keys])
    carried = _scales(len(value), rng, signs=True)
    pairs = np.tile(_scales(len(key) // 2, rng, signs=False).reshape(-1, sizes.head // 2), 2).reshape(-1)
    return {
        "input_layernorm.weight": np.ones(len(turn)),
        "post_attention_layernorm.weight": np.ones(len(turn)),
        "mlp.gate_proj.weight": gate[order],
        "mlp.up_proj.weight": up[order] * stretch[:, None],
        "mlp.down_proj.weight": down[:, order] / stretch,
        "self_attn.q_proj.weight": query[_rows(queries, sizes)] / _shared(pairs, sizes)[:, None],
        "self_attn.k_proj.weight": key[_rows(keys, sizes)] * pairs[:, None],
        "self_attn.v_proj.weight": value[_rows(keys, sizes)] * carried[:, None],
        "self_attn.o_proj.weight": output[:, _rows(queries, sizes)] / _shared(carried, sizes),
    }


def noisy(value: Matrix, share: float, rng: np.random.Generator) -> Stored:
    """The tensor with noise of a share of its own standard deviation, as it is stored."""
    noise = rng.standard_normal(value.shape) * (share * float(value.std()))
    return np.ascontiguousarray(value + noise, np.float32)


def _scales(count: int, rng: np.random.Generator, *, signs: bool) -> Matrix:
    scale: Matrix = np.exp(rng.normal(0, SPREAD, count))
    return scale * rng.choice([-1.0, 1.0], count) if signs else scale


def _rows(heads: npt.NDArray[np.int64], sizes: Sizes) -> npt.NDArray[np.int64]:
    """The rows of these heads, in their order."""
    rows: npt.NDArray[np.int64] = (heads[:, None] * sizes.head + np.arange(sizes.head)).reshape(-1)
    return rows


def _shared(per_key: Matrix, sizes: Sizes) -> Matrix:
    """A factor of each key head's values, once for every query head that shares it."""
    shared: Matrix = np.repeat(per_key.reshape(-1, 1, sizes.head), sizes.group, 1).reshape(-1)
    return shared


def _read(stored: safe_open, name: str) -> Matrix:
    tensor: Matrix = stored.get_tensor(name).astype(np.float64)
    return tensor


def main() -> None:
    """Do one job given as JSON."""
    job = json.loads(sys.argv[1])
    disguise(Path(job["source"]), Path(job["out"]), **job["settings"])


if __name__ == "__main__":
    main()
