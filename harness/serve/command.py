"""The commands that serve a model with vLLM: pure, one per node."""

from __future__ import annotations

from collections.abc import Iterator

from harness.errors import ConfigError
from harness.plan import VllmEngine

# What a checkpoint's files could otherwise change behind the plan's back:
# * generation_config.json would set sampling defaults and a cap on answers (its stop tokens count all the same);
# * params.json and consolidated*.safetensors would win over config.json, and a tokenizer of Mistral's own over ours;
# * pickle files would be loaded where safetensors are missing.
FROM_THE_PLAN_ONLY = (
    *("--generation-config", "vllm"),
    *("--config-format", "hf"),
    *("--tokenizer-mode", "hf"),
    *("--load-format", "safetensors"),
)
QUIET = ("--no-enable-log-requests", "--disable-uvicorn-access-log")
FORCING = "harness.serve.forcing:ForcedTokens"
LOOPBACK = "127.0.0.1"
EVERY_INTERFACE = "0.0.0.0"  # noqa: S104 - nodes and harness reach node 0 over the network


def vllm_commands(engine: VllmEngine, checkpoint_folder: str, name: str, port: int) -> list[list[str]]:
    """`vllm serve` with everything the plan says, one command per node; node 0 is the one that answers HTTP.

    Several nodes use vLLM's own multi-node flags: every command is to be started, each on its machine. ConfigError
    where the parallel sizes cannot be divided among the nodes.
    """
    world = engine.tensor_parallel_size * engine.pipeline_parallel_size * engine.data_parallel_size
    if world % engine.nodes:
        raise ConfigError(
            f"engine.nodes={engine.nodes} does not divide the {world} workers that tensor_parallel_size"
            " x pipeline_parallel_size x data_parallel_size make",
            f"choose sizes whose product is a multiple of {engine.nodes}",
        )
    host = LOOPBACK if engine.nodes == 1 else EVERY_INTERFACE
    start = ["vllm", "serve", checkpoint_folder, "--host", host, "--port", str(port), "--served-model-name", name]
    common = [*start, *_options(engine)]
    if engine.nodes == 1:
        return [[*common, *engine.args]]
    return [[*common, *_node(engine, rank), *engine.args] for rank in range(engine.nodes)]


def _options(engine: VllmEngine) -> Iterator[str]:
    yield from ("--dtype", engine.dtype, "--max-model-len", str(engine.max_model_len), "--seed", str(engine.seed))
    yield from FROM_THE_PLAN_ONLY
    yield from QUIET
    yield "--enable-prefix-caching" if engine.prefix_caching else "--no-enable-prefix-caching"
    if engine.forcing and engine.nodes == 1:  # on other machines our module may not be installed
        yield from ("--logits-processors", FORCING)
    if engine.enforce_eager:
        yield "--enforce-eager"
    for option, value in _values(engine).items():
        if value is not None:
            yield from (option, str(value))


def _values(engine: VllmEngine) -> dict[str, int | float | str | None]:
    return {
        "--block-size": engine.block_size,
        "--max-num-seqs": engine.max_num_seqs,
        "--max-num-batched-tokens": engine.max_num_batched_tokens,
        "--quantization": engine.quantization,
        "--gpu-memory-utilization": engine.gpu_memory_utilization,
        "--reasoning-parser": engine.reasoning_parser,
        "--tensor-parallel-size": _above_one(engine.tensor_parallel_size),
        "--pipeline-parallel-size": _above_one(engine.pipeline_parallel_size),
        "--data-parallel-size": _above_one(engine.data_parallel_size),
    }


def _node(engine: VllmEngine, rank: int) -> Iterator[str]:
    yield from ("--distributed-executor-backend", "mp", "--nnodes", str(engine.nodes), "--node-rank", str(rank))
    yield from ("--master-addr", engine.master_addr, "--master-port", str(engine.master_port))
    if rank > 0:
        yield "--headless"


def _above_one(size: int) -> int | None:
    return size if size > 1 else None
