"""A suite's tasks, found, checked and loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.data.lock import Lock, read_lock
from harness.data.mirror import Mirror, mirror_of
from harness.errors import SuiteError
from harness.hashing import sha256_file
from harness.plan import Suite, Task
from harness.suites import ask, checks, data, lmeval, overrides, sentences, templates
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
    mirror, lock = mirror_of(root), read_lock(root)
    return [_load(catalogue.find(plan.name), plan, suite, root, seed, mirror, lock) for plan in suite.tasks]


def count(suite: Suite, *, root: Path) -> tuple[dict[str, int], list[str]]:
    """Items of every task of a suite as the data has them, and a sentence for each task that cannot be loaded."""
    root = root.resolve()
    lmeval.prepare(root)
    catalogue = Catalogue(None if suite.folder is None else root / suite.folder)
    counts: dict[str, int] = {}
    problems: list[str] = []
    for plan in suite.tasks:
        try:
            counts[plan.name] = _count(catalogue.find(plan.name), plan, suite.seed, root)
        except SuiteError as error:
            problems.append(error.message)
    return counts, problems


def _count(file: TaskFile, plan: Task, seed: int | None, root: Path) -> int:
    with lmeval.collected_warnings():
        config = _config(file, plan, seed, root, mirror_of(root))
        return len(_build(file, plan, config).eval_docs)


def _load(file: TaskFile, plan: Task, suite: Suite, root: Path, seed: int, mirror: Mirror, lock: Lock) -> LoadedTask:
    with lmeval.collected_warnings() as warnings:
        checks.counted(plan)
        config = _config(file, plan, suite.seed, root, mirror)
        task = _build(file, plan, config)
        checks.supported(task, plan)
        checks.filter_named(task, plan)
        templates.check(file, config, list(task.features))
        found = templates.explained(file, task, lambda: items(task, plan))
        shots = checks.fewshots(task, plan, found)
        checks.rows(plan, found, shots)
        (first,) = templates.explained(file, task, lambda: _first(task, found, seed))
        checks.metric_works(task, plan, first)
    return LoadedTask(
        plan=plan,
        suite=suite.name,
        digests=_digests(file, root, [item.doc for item in found], shots, mirror),
        locked=data.is_locked(config, plan, root, file.modules, mirror, lock),
        warnings=tuple(warnings),
        items=found,
        seed=seed,
        task=task,
    )


def _first(task: Any, found: Sequence[Any], seed: int) -> list[ask.Prompted]:
    return ask.prompt(task, found, seed=seed, chat_template=None, system_prompt=None, limit=1)


def _config(file: TaskFile, plan: Task, seed: int | None, root: Path, mirror: Mirror) -> dict[str, Any]:
    """The task file as the suite wants it, its data where it lies on this machine."""
    cache = root / ".cache"
    if sentences.used_by(file.path):
        sentences.place(mirror, cache)
    config = data.seeded(overrides.applied(_resolved(file), plan), seed, file.path)
    return data.mirrored(data.anchored(config, root, file.path), mirror, cache)


def _resolved(file: TaskFile) -> dict[str, Any]:
    try:
        config = lmeval.resolved(file.path)
    except (ImportError, AttributeError, SyntaxError, ValueError, OSError) as error:
        remedy = "correct the module or the function's name, or install what it imports"
        raise SuiteError(f"{file.path}: !function: {error}", remedy) from error
    sentences.settle_language_guesses()
    return config


def _build(file: TaskFile, plan: Task, config: Mapping[str, Any]) -> Any:
    import datasets
    import jinja2
    import pyarrow

    where = f"{file.path}: {plan.name}"
    try:
        task = lmeval.build(config)
    except jinja2.TemplateError as error:
        raise templates.fault(file, config, error, lmeval.columns(config)) from error
    except KeyError as error:
        named = ", ".join(f"{key}: {config[key]}" for key in SPLIT_KEYS if config.get(key))
        raise SuiteError(f"{where}: the data has no {error} ({named})", "correct the split or column") from error
    except StopIteration as error:
        raise SuiteError(f"{where}: the data holds no rows", _data_remedy(config, plan)) from error
    except (datasets.exceptions.DatasetsError, OSError, pyarrow.ArrowException, UnicodeDecodeError) as error:
        reason = str(error.__cause__ or error)  # what datasets says itself is only that something went wrong
        said = reason.partition(" with any supported extension")[0]
        raise SuiteError(f"{where}: the data cannot be read: {said}", _data_remedy(config, plan)) from error
    except (ValueError, TypeError, AssertionError) as error:
        if columns := _columns(config):
            templates.check(file, config, columns)
        raise SuiteError(f"{where}: {type(error).__name__}: {error}", "mend the task file") from error
    if task.config.num_fewshot is None:
        task.set_config(key="num_fewshot", value=0)
    return task


def _columns(config: Mapping[str, Any]) -> list[str]:
    """Columns of the data; none where it cannot be read at all."""
    try:
        return lmeval.columns(config)
    except (ValueError, OSError):
        return []


def _data_remedy(config: Mapping[str, Any], plan: Task) -> str:
    if data.has_own_files(config):
        return "mend the data files, whose rows must all have the same columns and types"
    if Path(path := str(config.get("dataset_path"))).is_dir():
        return f"bring it anew: harness data pull ({path}); harness data verify says what differs from the lock"
    return f"bring {path if plan.origin is None else plan.origin.hub} into the mirror: harness data pull"


def _digests(
    file: TaskFile,
    root: Path,
    rows: Sequence[Mapping[str, Any]],
    shots: Sequence[Mapping[str, Any]],
    mirror: Mirror,
) -> dict[str, str]:
    files = {f"file:{_shown(path, root)}": sha256_file(path) for path in (*file.files, *file.modules)}
    rows_of = {"rows:test": data.rows_digest(rows)} | ({"rows:fewshot": data.rows_digest(shots)} if shots else {})
    splitter = {"punkt": sentences.model_digest(mirror)} if sentences.used_by(file.path) else {}
    return files | rows_of | splitter | {"lm_eval": lmeval.version()}


def _shown(path: Path, root: Path) -> str:
    """A file's name without this machine's folders in it."""
    stock = lmeval.tasks_folder()
    for base, prefix in ((stock, "lm_eval/tasks/"), (root, "")):
        if path.is_relative_to(base):
            return prefix + path.relative_to(base).as_posix()
    return f"outside/{path.name}"
