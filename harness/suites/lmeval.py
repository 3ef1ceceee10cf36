"""The door to lm-eval: everything that is taken from it, imported when first used (it takes seconds)."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import logging
import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

STRUCTURAL_KEYS = frozenset({"include", "class", "tag", "task_list"})
"""Keys of a task file that lm-eval's loader takes for itself."""


def prepare(root: Path) -> None:
    """Before lm-eval or datasets is imported: no network, and caches inside the project, unless the user says else."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
    os.environ.setdefault("HF_EVALUATE_OFFLINE", "1")
    os.environ.setdefault("HF_HOME", str(root / ".cache" / "huggingface"))


def version() -> str:
    """lm-eval's version."""
    return importlib.metadata.version("lm_eval")


def tasks_folder() -> Path:
    """Folder of lm-eval's own task files; found without importing the package."""
    spec = importlib.util.find_spec("lm_eval")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("lm_eval is not installed")
    return Path(spec.submodule_search_locations[0]) / "tasks"


@functools.cache
def task_keys() -> frozenset[str]:
    """Keys that a task file may have."""
    from lm_eval.config.task import TaskConfig

    return frozenset(field.name for field in fields(TaskConfig)) | STRUCTURAL_KEYS


@functools.cache
def fewshot_keys() -> frozenset[str]:
    """Keys that `fewshot_config` may have."""
    from lm_eval.config.task import FewshotConfig

    return frozenset(field.name for field in fields(FewshotConfig))


@functools.cache
def samplers() -> frozenset[str]:
    """Names of few-shot samplers."""
    from lm_eval.api.samplers import SAMPLER_REGISTRY

    return frozenset(SAMPLER_REGISTRY)


@functools.cache
def output_types() -> frozenset[str]:
    """Values that `output_type` may have."""
    from lm_eval.api.task import ALL_OUTPUT_TYPES

    return frozenset(ALL_OUTPUT_TYPES)


def metrics() -> frozenset[str]:
    """Names of registered per-item metrics."""
    import lm_eval.api.metrics  # noqa: F401  importing it fills the registry
    from lm_eval.api.registry import metric_registry

    return frozenset(metric_registry.keys())


def aggregations() -> frozenset[str]:
    """Names of registered aggregations."""
    import lm_eval.api.metrics  # noqa: F401  importing it fills the registry
    from lm_eval.api.registry import aggregation_registry

    return frozenset(aggregation_registry.keys())


def filters() -> frozenset[str]:
    """Names of registered filters."""
    import lm_eval.filters  # noqa: F401  importing it fills the registry
    from lm_eval.api.registry import filter_registry

    return frozenset(filter_registry.keys())


def resolved(path: Path) -> dict[str, Any]:
    """A task file with its includes merged and its `!function` references imported."""
    from lm_eval.tasks._yaml_loader import load_yaml

    config: dict[str, Any] = load_yaml(path)
    return config


def without_downloads(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config without `hf_evaluate`: lm-eval would look on the hub for metrics of choices that it never calls."""
    entries = [
        {key: value for key, value in entry.items() if key != "hf_evaluate"}
        for entry in config.get("metric_list") or []
    ]
    return dict(config) | ({"metric_list": entries} if entries else {})


def build(config: Mapping[str, Any]) -> Any:
    """The task object of a resolved config; its data is loaded. lm-eval's own index is not built (13 s)."""
    import datasets
    import lm_eval.api.task
    from lm_eval.tasks import TaskManager

    datasets.disable_progress_bars()
    # lm-eval draws a bar per task on stderr and offers no switch.
    lm_eval.api.task.tqdm = functools.partial(lm_eval.api.task.tqdm, disable=True)
    with _same_draws():
        (task,) = TaskManager(include_defaults=False).load([without_downloads(config)])["tasks"].values()
    return task


@contextmanager
def _same_draws() -> Iterator[None]:
    """Some tasks (GPQA) shuffle their choices while they load, with Python's global generator: always the same way."""
    before = random.getstate()
    random.seed(0)
    try:
        yield
    finally:
        random.setstate(before)


def columns(config: Mapping[str, Any]) -> list[str]:
    """Columns of the first split of a config's data set."""
    import datasets

    found = datasets.load_dataset(
        config.get("dataset_path"), config.get("dataset_name"), **(config.get("dataset_kwargs") or {})
    )
    return list(next(iter(found.values())).features)


def is_configurable(task: Any) -> bool:
    """Whether the task's behaviour comes from its config, as a YAML task's does."""
    from lm_eval.api.task import ConfigurableTask

    return isinstance(task, ConfigurableTask)


def generation_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """`generation_kwargs` as every lm-eval backend reads them: until, max_gen_toks, temperature, do_sample, others."""
    from lm_eval.models.utils import normalize_gen_kwargs

    return dict(normalize_gen_kwargs(dict(settings)))


HINTS = ("Custom kwargs can be passed to `--metadata` in console", "Repo card metadata block was not found")
"""Said of every task that makes its own rows, and of every set whose README has no front matter: no remarks."""


class _Collector(logging.Handler):
    """Keeps the messages that it is given, each once."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if not any(hint in message for hint in HINTS) and message not in self.messages:
            self.messages.append(message)


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """The warnings of lm-eval and of the hub's libraries go into the yielded list instead of the terminal."""
    collector = _Collector()
    loggers = [logging.getLogger(name) for name in ("lm_eval", "datasets", "huggingface_hub")]
    before = [(logger.handlers, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [collector], False
    try:
        yield collector.messages
    finally:
        for logger, (handlers, propagate) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagate
