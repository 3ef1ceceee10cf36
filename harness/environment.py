"""The process environment that every command runs in: caches inside the project, telemetry off.

Whatever the user has set stays as it is.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The project's root: configs/, tasks/, results/ lie here."""

CACHE = ROOT / ".cache"
"""Converted checkpoints and the caches of libraries; ignored by git."""


def contain() -> None:
    """Set what is not set: cache folders under `CACHE`, and every library's telemetry off."""
    for name, value in _defaults().items():
        os.environ.setdefault(name, value)


def _defaults() -> dict[str, str]:
    return {
        "HF_HOME": str(CACHE / "huggingface"),
        "VLLM_CACHE_ROOT": str(CACHE / "vllm"),
        "TORCHINDUCTOR_CACHE_DIR": str(CACHE / "torchinductor"),
        "TRITON_CACHE_DIR": str(CACHE / "triton"),
        "MPLCONFIGDIR": str(CACHE / "matplotlib"),
        "DO_NOT_TRACK": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "VLLM_NO_USAGE_STATS": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "TOKENIZERS_PARALLELISM": "false",
    }
