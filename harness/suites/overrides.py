"""What a suite says other than a task file: few-shots, stop strings, the budget of an answer, how it is read."""

from __future__ import annotations

from typing import Any

from harness.plan import Task
from harness.suites import readers

LENGTHS = frozenset({"max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"})
"""lm-eval's names of one setting."""


def applied(config: dict[str, Any], plan: Task) -> dict[str, Any]:
    """The config as the suite wants it; the task file itself stays as it is, and so does all that is not named."""
    return config | _shots(config, plan) | _generation(config, plan) | readers.added(config, plan)


def _shots(config: dict[str, Any], plan: Task) -> dict[str, Any]:
    if plan.shots is None:
        return {}
    own = config.get("fewshot_config") or {}
    split = {} if plan.shots.split is None else {"split": plan.shots.split}
    named = {} if plan.shots.split is None else {"fewshot_split": plan.shots.split}
    return {"num_fewshot": plan.shots.n, "fewshot_config": own | split | {"sampler": plan.shots.sampler}} | named


def _generation(config: dict[str, Any], plan: Task) -> dict[str, Any]:
    if config.get("output_type", "generate_until") != "generate_until":
        return {}
    changes: dict[str, Any] = {}
    if plan.max_tokens is not None:
        changes["max_gen_toks"] = plan.max_tokens
    if plan.until is not None:
        changes["until"] = list(plan.until)
    if not changes:
        return {}
    dropped = LENGTHS if plan.max_tokens is not None else frozenset()
    kept = {key: value for key, value in (config.get("generation_kwargs") or {}).items() if key not in dropped}
    return {"generation_kwargs": kept | changes}
