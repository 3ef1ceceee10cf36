"""What a task file may say: unknown keys, metrics, filters and settings are mistakes, not silence."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from harness.errors import SuiteError
from harness.suites import lmeval
from harness.suites.taskfile import Function, TaskFile

LENGTH_KEYS = frozenset({"max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"})
GENERATION_KEYS = LENGTH_KEYS | {"until", "temperature", "top_p", "do_sample"}
"""Settings of a generation that a request can carry."""

VOTING_FILTERS = frozenset({"majority_vote", "take_first_k"})
"""Filters that merge an item's repeats; here each repeat is a sample of its own."""


def suggestion(value: object, allowed: Collection[str]) -> str:
    """A remedy: the allowed values close to the given one, else (a dozen of) all of them."""
    close = get_close_matches(str(value), list(allowed), n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(repr(name) for name in close)}?"
    shown = sorted(allowed)
    return f"allowed: {', '.join(shown[:40])}{' ...' if len(shown) > 40 else ''}"


def check(file: TaskFile) -> None:
    """SuiteError for the first thing that lm-eval would not understand or would quietly ignore.

    Of a file without a task, which others include, only the keys are checked: its includers complete it.
    """
    known = lmeval.task_keys()
    for key, value in file.config.items():
        _among(file, key, "key", key, known, f" (value {_short(value)})")
    if "task" not in file.config:
        return
    if file.config.get("unsafe_code"):
        raise _fault(
            file,
            "unsafe_code",
            f"task {file.config['task']!r} would run generated programs outside a sandbox",
            "take its namesake in tasks/code, which runs them in one",
        )
    _among(file, "output_type", "output_type", file.config.get("output_type", "generate_until"), lmeval.output_types())
    _fewshot(file, file.config.get("fewshot_config"))
    _metrics(file, file.config.get("metric_list"))
    _filters(file, file.config.get("filter_list"))
    for key in _mapping(file, "generation_kwargs", file.config.get("generation_kwargs")):
        _among(file, "generation_kwargs", "generation_kwargs", key, GENERATION_KEYS)


def _fewshot(file: TaskFile, config: object) -> None:
    for key, value in _mapping(file, "fewshot_config", config).items():
        _among(file, "fewshot_config", "fewshot_config", key, lmeval.fewshot_keys(), f" (value {_short(value)})")
        if key == "sampler" and isinstance(value, str):
            _among(file, "fewshot_config", "fewshot_config: sampler", value, lmeval.samplers())


def _metrics(file: TaskFile, entries: object) -> None:
    for entry in _entries(file, "metric_list", entries, "metric"):
        if entry.get("hf_evaluate"):
            _downloaded(file, entry)
        elif isinstance(entry["metric"], str) and file.config.get("process_results") is None:
            _among(file, "metric_list", "metric_list: metric", entry["metric"], lmeval.metrics())
        if isinstance(entry.get("aggregation"), str):
            _among(file, "metric_list", "metric_list: aggregation", entry["aggregation"], lmeval.aggregations())


def _downloaded(file: TaskFile, entry: Mapping[str, Any]) -> None:
    """A metric from the hub is code that is not here. Of a choice it is never called: there it may be named."""
    if file.config.get("output_type") != "multiple_choice":
        problem = f"metric {entry['metric']!r} would be downloaded (hf_evaluate)"
        raise _fault(file, "metric_list", problem, "use a metric of lm-eval's, or a !function of your own")


def _filters(file: TaskFile, entries: object) -> None:
    for pipeline in _entries(file, "filter_list", entries, "name"):
        for step in _entries(file, "filter_list", pipeline.get("filter"), "function"):
            if not isinstance(step["function"], Function):
                _among(file, "filter_list", "filter_list: function", step["function"], lmeval.filters())


def _mapping(file: TaskFile, key: str, value: object) -> Mapping[str, Any]:
    if value is None or isinstance(value, Function):
        return {}
    if not isinstance(value, Mapping):
        raise _fault(file, key, f"{key} must hold keys and values, not {_short(value)}", "mend the file")
    return value


def _entries(file: TaskFile, key: str, value: object, needed: str) -> list[dict[str, Any]]:
    entries = [] if value is None else value
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and needed in entry for entry in entries):
        raise _fault(file, key, f"{key} must be a list whose entries have {needed!r}, not {_short(value)}", "mend it")
    return entries


def _among(file: TaskFile, key: str, what: str, value: object, allowed: Collection[str], note: str = "") -> None:
    if value not in allowed:
        problem = f"unknown key {value!r}{note}" if what == "key" else f"{what}: unknown {value!r}{note}"
        raise _fault(file, key, problem, suggestion(value, allowed))


def _fault(file: TaskFile, key: str, problem: str, remedy: str) -> SuiteError:
    return SuiteError(f"{file.origin.get(key, file.path)}: {problem}", remedy)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
