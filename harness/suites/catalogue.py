"""Where tasks live: a suite's own folder first, then lm-eval's."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path

from harness.errors import SuiteError
from harness.suites import lmeval, schema, taskfile
from harness.suites.taskfile import TaskFile

TASK_LINE = re.compile(rb"""^["']?task["']?:[ \t]*["']?([^\s"'#\[]+)""", re.MULTILINE)
GROUP_LINE = re.compile(rb"""^["']?(?:group|tag)["']?:[ \t]*["']?([^\s"'#\[]+)""", re.MULTILINE)


class Catalogue:
    """Finds the file of a task by its name."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.own = {} if folder is None else own_tasks(folder)

    def find(self, name: str) -> TaskFile:
        """The task's file, read and checked. SuiteError where there is none of that name."""
        if name in self.own:
            return self.own[name]
        tasks, groups = stock_tasks()
        if name in tasks:
            file = taskfile.read(tasks[name], strict=False)
            schema.check(file)
            return file
        if name in groups:
            raise SuiteError(f"{name!r} is a group or tag of lm-eval's, not a task", "list its tasks one by one")
        where = "in lm-eval" if self.folder is None else f"in {self.folder} or in lm-eval"
        close = schema.suggestion(name, self.own) if self.own else schema.suggestion(name, tasks)
        raise SuiteError(f"no task named {name!r} {where}", close)


def own_tasks(folder: Path) -> dict[str, TaskFile]:
    """Every task of a folder by name; each YAML in it is checked, also those that are only included."""
    if not folder.is_dir():
        raise SuiteError(f"task folder {folder} does not exist", "correct `folder` in the suite's config")
    tasks: dict[str, TaskFile] = {}
    for path in sorted(folder.rglob("*.yaml")):
        file = taskfile.read(path)
        schema.check(file)
        name = file.config.get("task")
        if name is None:
            continue
        if name in tasks:
            raise SuiteError(f"{path}: task {name!r} is already defined in {tasks[name].path}", "rename one of them")
        tasks[name] = file
    return tasks


@functools.cache
def stock_tasks() -> tuple[Mapping[str, Path], frozenset[str]]:
    """lm-eval's tasks (name to file), and the names of its groups and tags.

    Found by their first lines: lm-eval's own index parses 14,000 files and takes 13 s, this takes one.
    """
    tasks: dict[str, Path] = {}
    groups: set[str] = set()
    for path in sorted(lmeval.tasks_folder().rglob("*.yaml"), key=Path.as_posix):
        text = path.read_bytes()
        groups |= {match.decode() for match in GROUP_LINE.findall(text)}
        if match := TASK_LINE.search(text):
            tasks.setdefault(match[1].decode(), path)
    return tasks, frozenset(groups - tasks.keys())
