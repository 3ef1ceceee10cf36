"""Versions of the installed packages that can change a number."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

NUMBER_CHANGING = (
    "vllm",
    "torch",
    "transformers",
    "tokenizers",
    "lm-eval",
    "datasets",
    "numpy",
    "scipy",
    "statsmodels",
)


def installed_versions() -> dict[str, str | None]:
    """Version by distribution; None where it is not installed."""
    return {name: _version(name) for name in NUMBER_CHANGING}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
