"""The server's environment comes from the plan, not from the shell."""

from __future__ import annotations

from typing import Any

import pytest

from harness.environment import CACHE
from harness.plan import VllmEngine
from harness.serve.environment import core_ranges, server_environment


def environment(inherited: dict[str, str] | None = None, **changes: Any) -> dict[str, str]:
    plan = {"kind": "vllm", "device": "cpu", "dtype": "float32", "max_model_len": 64, "cpu_kv_cache_gib": 2}
    return server_environment(VllmEngine.model_validate(plan | changes), inherited or {}, {0, 1})


def test_it_is_offline_and_silent() -> None:
    made = environment({"HF_HUB_OFFLINE": "0", "VLLM_MAX_STOP_STRINGS": "2"})
    assert int(made["VLLM_MAX_STOP_STRINGS"]) > 8
    assert {
        made[name] for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "VLLM_NO_USAGE_STATS", "DO_NOT_TRACK")
    } == {"1"}


def test_the_cpu_gets_its_cache_and_every_core() -> None:
    made = environment()
    assert (made["VLLM_CPU_KVCACHE_SPACE"], made["VLLM_CPU_OMP_THREADS_BIND"]) == ("2", "0-1")
    assert environment(cpu_threads="1")["VLLM_CPU_OMP_THREADS_BIND"] == "1"


def test_several_workers_divide_the_cores_themselves() -> None:
    assert "VLLM_CPU_OMP_THREADS_BIND" not in environment(tensor_parallel_size=2)


def test_a_gpu_has_no_cpu_settings() -> None:
    assert not [name for name in environment(device="cuda", cpu_kv_cache_gib=None) if name.startswith("VLLM_CPU")]


@pytest.mark.parametrize(
    ("device", "wanted", "found"), [("cuda", True, "1"), ("cuda", False, None), ("cpu", True, None)]
)
def test_batch_invariant_kernels_are_asked_of_gpus_alone(device: str, wanted: bool, found: str | None) -> None:
    assert environment(device=device, batch_invariant=wanted).get("VLLM_BATCH_INVARIANT") == found


def test_vllm_variables_of_the_shell_do_not_reach_the_server() -> None:
    made = environment({"VLLM_ALLOW_LONG_MAX_MODEL_LEN": "1", "VLLM_CACHE_ROOT": "/mine", "LANG": "ko_KR.UTF-8"})
    assert "VLLM_ALLOW_LONG_MAX_MODEL_LEN" not in made
    assert (made["VLLM_CACHE_ROOT"], made["LANG"]) == ("/mine", "ko_KR.UTF-8")


@pytest.mark.parametrize(
    "name",
    [
        *("ONEDNN_MAX_CPU_ISA", "DNNL_DEFAULT_FPMATH_MODE", "MKL_CBWR", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"),
        *("TORCHINDUCTOR_FREEZING", "TORCHDYNAMO_DISABLE", "PYTORCH_CUDA_ALLOC_CONF", "NVIDIA_TF32_OVERRIDE"),
        *("CUBLAS_WORKSPACE_CONFIG", "CUBLASLT_WORKSPACE_SIZE", "OMP_NUM_THREADS", "KMP_AFFINITY"),
        *("TRITON_F32_DEFAULT", "TRITON_DEFAULT_FP_FUSION", "PYTHONPATH", "PYTHONSTARTUP", "LD_PRELOAD"),
    ],
)
def test_what_can_change_a_number_comes_from_the_plan_alone(name: str) -> None:
    assert name not in environment({name: "1"})
    assert environment({name: "1"}, env={name: "2"})[name] == "2"


@pytest.mark.parametrize(
    "name",
    ["CUDA_VISIBLE_DEVICES", "OPENBLAS_NUM_THREADS", "TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "HOME"],
)
def test_what_says_where_the_server_runs_comes_from_the_shell(name: str) -> None:
    assert environment({name: "1"})[name] == "1"


def test_the_plans_own_variables_have_the_last_word() -> None:
    made = environment({"VLLM_X": "shell"}, env={"VLLM_X": "plan", "HF_HUB_OFFLINE": "0"})
    assert (made["VLLM_X"], made["HF_HUB_OFFLINE"]) == ("plan", "0")


def test_caches_stay_in_the_project_unless_the_user_says_otherwise() -> None:
    assert environment()["HF_HOME"] == str(CACHE / "huggingface")
    assert environment({"HF_HOME": "/mine"})["HF_HOME"] == "/mine"
    assert environment()["TORCHINDUCTOR_CACHE_DIR"] == str(CACHE / "torchinductor")


@pytest.mark.parametrize(
    ("cores", "text"), [({0}, "0"), ({0, 1}, "0-1"), ({3, 0, 1, 2, 8}, "0-3,8"), ({1, 3, 5}, "1,3,5")]
)
def test_cores_are_written_as_ranges(cores: set[int], text: str) -> None:
    assert core_ranges(cores) == text
