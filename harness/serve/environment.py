"""The environment that a vLLM of ours runs in: decided by the plan, not by the shell."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from harness.environment import CACHE
from harness.plan import VllmEngine

# A variable of the shell that can change a number would leave no trace in the record: engine.env is the place for it.
# Kernels and precision, threads (and so the order of sums), and code put into the server's process.
DROPPED = (
    *("VLLM_", "TORCH", "PYTORCH_", "ONEDNN_", "DNNL_", "MKL_", "CUBLAS", "NVIDIA_TF32_OVERRIDE"),
    *("TRITON_F32_DEFAULT", "TRITON_DEFAULT_FP_FUSION", "OMP_", "KMP_"),
    *("PYTHONPATH", "PYTHONSTARTUP", "LD_PRELOAD"),
)
"""Beginnings of the names that the server does not inherit."""
KEPT = frozenset({"VLLM_CACHE_ROOT", "TORCHINDUCTOR_CACHE_DIR"})

OFFLINE_AND_SILENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_DO_NOT_TRACK": "1",
    "VLLM_LOGGING_COLOR": "0",
    "PYTHONUNBUFFERED": "1",
}
STOPS = {"VLLM_MAX_STOP_STRINGS": "64"}
"""Of one request. vLLM takes four where nothing is said, and lm-eval's HumanEval alone has five."""


def server_environment(engine: VllmEngine, inherited: Mapping[str, str], cores: Iterable[int]) -> dict[str, str]:
    """The server's whole environment. `cores`: the processor cores that this process may use.

    Caches stay where the shell says, else inside the project; engine.env has the last word.
    """
    kept = {key: value for key, value in inherited.items() if not key.startswith(DROPPED) or key in KEPT}
    path = f"{Path(sys.executable).parent}:{inherited.get('PATH', '')}".rstrip(":")
    said = {**OFFLINE_AND_SILENT, **STOPS, **_device(engine, cores)}
    return {**_caches(), **kept, "PATH": path, **said, **engine.env}


def _caches() -> dict[str, str]:
    return {
        "HF_HOME": str(CACHE / "huggingface"),
        "VLLM_CACHE_ROOT": str(CACHE / "vllm"),
        "TORCHINDUCTOR_CACHE_DIR": str(CACHE / "torchinductor"),
        "TRITON_CACHE_DIR": str(CACHE / "triton"),
        "VLLM_CONFIG_ROOT": str(CACHE / "vllm-config"),
        "FLASHINFER_WORKSPACE_BASE": str(CACHE / "flashinfer"),
    }


def _device(engine: VllmEngine, cores: Iterable[int]) -> dict[str, str]:
    if engine.device != "cpu":
        return {"VLLM_BATCH_INVARIANT": "1"} if engine.batch_invariant else {}
    space = {"VLLM_CPU_KVCACHE_SPACE": str(engine.cpu_kv_cache_gib)} if engine.cpu_kv_cache_gib else {}
    # One worker takes every core; several would fight over them, so there vLLM divides the cores itself.
    alone = engine.tensor_parallel_size * engine.pipeline_parallel_size * engine.data_parallel_size == 1
    threads = engine.cpu_threads or (core_ranges(cores) if alone else None)
    return space | ({"VLLM_CPU_OMP_THREADS_BIND": threads} if threads else {})


def core_ranges(cores: Iterable[int]) -> str:
    """Core numbers in vLLM's notation: 0-3,8."""
    runs = groupby(enumerate(sorted(cores)), key=lambda pair: pair[1] - pair[0])
    ends = [[core for _, core in run] for _, run in runs]
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in ends)
