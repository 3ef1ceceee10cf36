"""The exact commands that serve a model: golden."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.errors import ConfigError
from harness.plan import VllmEngine
from harness.serve import vllm_commands
from harness.serve.command import EVERY_INTERFACE, LOOPBACK

FIXED = (
    "--generation-config vllm --config-format hf --tokenizer-mode hf --load-format safetensors"
    " --no-enable-log-requests --disable-uvicorn-access-log"
)
FORCED = " --logits-processors harness.serve.forcing:ForcedTokens"


def engine(**changes: Any) -> VllmEngine:
    return VllmEngine.model_validate(
        {"kind": "vllm", "device": "cuda", "dtype": "bfloat16", "max_model_len": 4096} | changes
    )


def commands(**changes: Any) -> list[str]:
    return [shlex.join(command) for command in vllm_commands(engine(**changes), "/models/m", "m", 8000)]


def start(host: str = "127.0.0.1", length: int = 4096) -> str:
    return (
        f"vllm serve /models/m --host {host} --port 8000 --served-model-name m --dtype bfloat16"
        f" --max-model-len {length} --seed 0 {FIXED} --enable-prefix-caching{FORCED if host == LOOPBACK else ''}"
    )


def test_the_cpu_configs_command(project: Path) -> None:
    cpu = VllmEngine.model_validate(yaml.safe_load((project / "configs/engine/cpu.yaml").read_text()))
    (command,) = vllm_commands(cpu, "/models/m", "m", 8000)
    assert shlex.join(command) == (
        "vllm serve /models/m --host 127.0.0.1 --port 8000 --served-model-name m --dtype float32 --max-model-len 2048"
        f" --seed 0 {FIXED} --enable-prefix-caching{FORCED} --enforce-eager --block-size 32"
    )


def test_one_gpu() -> None:
    assert commands() == [start()]


def test_every_setting_becomes_an_option_and_further_arguments_come_last() -> None:
    (command,) = commands(
        seed=7,
        prefix_caching=False,
        enforce_eager=True,
        block_size=16,
        max_num_seqs=64,
        max_num_batched_tokens=8192,
        quantization="fp8",
        gpu_memory_utilization=0.85,
        reasoning_parser="qwen3",
        args=("--kv-cache-dtype", "fp8"),
    )
    assert command == (
        start().replace("--seed 0", "--seed 7").replace("--enable-prefix", "--no-enable-prefix")
        + " --enforce-eager --block-size 16 --max-num-seqs 64 --max-num-batched-tokens 8192 --quantization fp8"
        " --gpu-memory-utilization 0.85 --reasoning-parser qwen3 --kv-cache-dtype fp8"
    )


def test_tensor_pipeline_and_data_parallel_on_one_machine() -> None:
    assert commands(tensor_parallel_size=4, pipeline_parallel_size=2, data_parallel_size=2) == [
        start() + " --tensor-parallel-size 4 --pipeline-parallel-size 2 --data-parallel-size 2"
    ]


def test_a_model_over_three_nodes_has_one_command_per_node() -> None:
    parallel = " --tensor-parallel-size 8 --pipeline-parallel-size 3 --distributed-executor-backend mp --nnodes 3"
    master = " --master-addr 10.0.0.5 --master-port 29600"
    assert commands(
        tensor_parallel_size=8,
        pipeline_parallel_size=3,
        nodes=3,
        master_addr="10.0.0.5",
        master_port=29600,
        args=("--enable-expert-parallel",),
    ) == [
        start(EVERY_INTERFACE) + f"{parallel} --node-rank 0{master} --enable-expert-parallel",
        start(EVERY_INTERFACE) + f"{parallel} --node-rank 1{master} --headless --enable-expert-parallel",
        start(EVERY_INTERFACE) + f"{parallel} --node-rank 2{master} --headless --enable-expert-parallel",
    ]


def test_data_parallel_copies_over_two_nodes() -> None:
    parallel = " --tensor-parallel-size 8 --data-parallel-size 2 --distributed-executor-backend mp --nnodes 2"
    master = " --master-addr node0 --master-port 29501"
    assert commands(tensor_parallel_size=8, data_parallel_size=2, nodes=2) == [
        start(EVERY_INTERFACE) + f"{parallel} --node-rank 0{master}",
        start(EVERY_INTERFACE) + f"{parallel} --node-rank 1{master} --headless",
    ]


def test_workers_that_the_nodes_cannot_share_evenly_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"engine\.nodes=3 does not divide the 16 workers"):
        commands(tensor_parallel_size=8, pipeline_parallel_size=2, nodes=3)


def test_a_folder_with_a_space_stays_one_argument() -> None:
    assert vllm_commands(engine(), "/my models/m", "m", 1)[0][2] == "/my models/m"
