"""Whether a model fits the GPUs given, and how it is split over them. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from harness.plan import Hardware, Model, Shape, VllmEngine

GIB = 1024**3
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
HALF = 16.0
"""Weights of so many bits or more are loaded in the engine's type; fewer stay as they are stored."""
QUANTISED = {"fp8": 8.0, "experts_int8": 8.0, "bitsandbytes": 4.5}
"""Bits to which vLLM itself quantises a checkpoint of full width while it loads; other names are how it is stored."""
BATCHED_TOKENS = 8192
"""Tokens that vLLM takes into one step where the engine's plan does not say."""
BYTES_OF_ACTIVATION = 40
"""Bytes at the peak for one token and one unit of width, both feed-forward halves included: a rule of thumb."""
OVERHEAD_GIB = 2.0
"""CUDA context, communication buffers and graphs on every GPU: a rule of thumb."""


@dataclass(frozen=True)
class Memory:
    """What one copy of a model takes, GiB over all its GPUs."""

    weights: float
    """All parameters: a mixture of experts keeps those that a token does not pass too."""
    cache: float | None
    """Keys and values of one request of the longest length; None where the layers' shape is not known."""
    caches: float | None
    """The same of as many requests as are in flight."""
    activations: float
    """The largest step's, on each GPU."""
    heads: float = math.inf
    """Tensor-parallel GPUs over which a cache can be split; 1 where each keeps the whole (latent attention)."""


@dataclass(frozen=True)
class Layout:
    """How one copy of a model is split."""

    tensor: int
    """GPUs of one machine that share every layer."""
    pipeline: int
    """Machines that take the layers in turn."""
    per_gpu: float
    """Memory that each GPU needs at least, GiB."""

    @property
    def gpus(self) -> int:
        """GPUs of one copy."""
        return self.tensor * self.pipeline


def memory(model: Model, engine: VllmEngine) -> Memory | None:
    """What a model takes on an engine; None where its parameters are not declared."""
    if model.parameters is None:
        return None
    tokens = engine.max_num_batched_tokens or BATCHED_TOKENS
    hidden = model.shape.hidden if model.shape else 8192
    cache = None if model.shape is None else _cache(model.shape, engine)
    return Memory(
        weights=model.parameters * _bits(model, engine) / 8 / GIB,
        cache=cache,
        caches=None if cache is None else cache * (engine.max_num_seqs or engine.concurrency),
        activations=tokens * hidden * BYTES_OF_ACTIVATION / GIB,
        heads=_heads(model.shape),
    )


def _bits(model: Model, engine: VllmEngine) -> float:
    """Bits of one parameter in memory: as stored where that is quantised, else in the engine's type."""
    stored = model.serving.weight_bits
    loaded = stored if stored < HALF else 8.0 * BYTES[engine.dtype]
    return min(loaded, QUANTISED.get(engine.quantization or "", loaded))


def _cache(shape: Shape, engine: VllmEngine) -> float:
    """Keys and values of one request of the longest length, GiB."""
    tokens = shape.layers * engine.max_model_len
    tokens += shape.window_layers * min(shape.window or 0, engine.max_model_len)
    return tokens * shape.kv_values * BYTES[engine.dtype] / GIB


def _heads(shape: Shape | None) -> float:
    if shape is None:
        return math.inf
    return 1.0 if shape.shared_cache else float(shape.kv_heads or math.inf)


def per_gpu(needed: Memory, tensor: int, pipeline: int) -> float:
    """GiB that each GPU of a layout needs at least: its share of weights, of one longest request, and a step."""
    cache = (needed.cache or 0.0) / pipeline / min(tensor, needed.heads)
    return needed.weights / (tensor * pipeline) + cache + needed.activations + OVERHEAD_GIB


def layout(needed: Memory, given: Hardware) -> Layout | None:
    """The fewest GPUs that hold a model; None where even all are too few."""
    return next((found for found in _layouts(needed, given) if found.per_gpu <= given.memory_gib * given.usable), None)


def _layouts(needed: Memory, given: Hardware) -> Iterator[Layout]:
    """Tensor parallelism in powers of two within a machine, then pipeline parallelism over whole machines."""
    widest = 2 ** int(math.log2(given.gpus_per_node))
    shapes = [(2**power, 1) for power in range(int(math.log2(widest)) + 1)]
    shapes += [(widest, machines) for machines in range(2, given.nodes + 1)]
    for tensor, pipeline in shapes:
        yield Layout(tensor, pipeline, per_gpu(needed, tensor, pipeline))
