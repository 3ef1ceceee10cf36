"""A suite's tasks, found, checked and loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import SuiteError
from harness.hashing import sha256_file
from harness.plan import Suite, Task
from harness.suites import ask, checks, data, lmeval, templates
from harness.suites.catalogue import Catalogue
from harness.suites.item import items
from harness.suites.task import LoadedTask
from harness.suites.taskfile import TaskFile

SPLIT_KEYS = ("test_split", "validation_split", "training_split", "fewshot_split")


def load(suite: Suite, *, root: Path, seed: int) -> list[LoadedTask]:
    """Load every task of a suite, in its order.

    `root` is the project's root, from which the suite's folder and its data files are named; `seed` draws few-shots.
    SuiteError names the file, key or row that is at fault, the value found and what it may be.
    """
    root = root.resolve()
    lmeval.prepare(root)
    catalogue = Catalogue(None if suite.folder is None else root / suite.folder)
    return [_load(catalogue.find(plan.name), plan, suite.name, root, seed) for plan in suite.tasks]


def _load(file: TaskFile, plan: Task, suite: str, root: Path, seed: int) -> LoadedTask:
    with lmeval.collected_warnings() as warnings:
        config = data.anchored(_resolved(file), root, file.path)
        task = _build(file, plan, config)
        checks.supported(task, plan)
        checks.filter_named(task, plan)
        templates.check(file, config, list(task.features))
        found = templates.explained(file, task, lambda: items(task, plan))
        shots = checks.fewshots(task, plan, found)
        checks.normal_text(plan, "test", [item.doc for item in found])
        checks.normal_text(plan, "few-shot", shots)
        (first,) = templates.explained(file, task, lambda: _first(task, found, seed))
        checks.metric_works(task, plan, first)
    return LoadedTask(
        plan=plan,
        suite=suite,
        digests=_digests(file, root, [item.doc for item in found], shots),
        locked=data.is_locked(config, root, file.modules),
        warnings=tuple(warnings),
        items=found,
        seed=seed,
        task=task,
    )


def _first(task: Any, found: Sequence[Any], seed: int) -> list[ask.Prompted]:
    return ask.prompt(task, found, seed=seed, chat_template=None, system_prompt=None, limit=1)


def _resolved(file: TaskFile) -> dict[str, Any]:
    try:
        return lmeval.resolved(file.path)
    except (ImportError, AttributeError, SyntaxError, ValueError, OSError) as error:
        remedy = "correct the module or the function's name, or install what it imports"
        raise SuiteError(f"{file.path}: !function: {error}", remedy) from error


def _build(file: TaskFile, plan: Task, config: Mapping[str, Any]) -> Any:
    import datasets
    import jinja2

    where = f"{file.path}: {plan.name}"
    try:
        task = lmeval.build(config)
    except jinja2.TemplateError as error:
        raise templates.fault(file, config, error, lmeval.columns(config)) from error
    except KeyError as error:
        named = ", ".join(f"{key}: {config[key]}" for key in SPLIT_KEYS if config.get(key))
        raise SuiteError(f"{where}: the data has no {error} ({named})", "correct the split or column") from error
    except (datasets.exceptions.DatasetsError, OSError) as error:
        reason = error.__cause__ or error  # what datasets says itself is only that something went wrong
        raise SuiteError(f"{where}: the data cannot be read: {reason}", _data_remedy(config)) from error
    except (ValueError, TypeError, AssertionError) as error:
        templates.check(file, config, lmeval.columns(config))
        raise SuiteError(f"{where}: {type(error).__name__}: {error}", "mend the task file") from error
    if task.config.num_fewshot is None:
        task.set_config(key="num_fewshot", value=0)
    return task


def _data_remedy(config: Mapping[str, Any]) -> str:
    if "data_files" in (config.get("dataset_kwargs") or {}):
        return "mend the data files, whose rows must all have the same columns and types"
    return f"bring {config.get('dataset_path')} into the hub cache, or a copy as a folder of that name beside you"


def _digests(
    file: TaskFile, root: Path, rows: Sequence[Mapping[str, Any]], shots: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    files = {f"file:{_shown(path, root)}": sha256_file(path) for path in (*file.files, *file.modules)}
    rows_of = {"rows:test": data.rows_digest(rows)} | ({"rows:fewshot": data.rows_digest(shots)} if shots else {})
    return files | rows_of | {"lm_eval": lmeval.version()}


def _shown(path: Path, root: Path) -> str:
    """A file's name without this machine's folders in it."""
    stock = lmeval.tasks_folder()
    for base, prefix in ((stock, "lm_eval/tasks/"), (root, "")):
        if path.is_relative_to(base):
            return prefix + path.relative_to(base).as_posix()
    return f"outside/{path.name}"
