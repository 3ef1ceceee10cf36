"""The templates of a task against its columns: a misspelt column is named, not rendered as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from harness.errors import SuiteError
from harness.suites.schema import suggestion
from harness.suites.taskfile import TaskFile

T = TypeVar("T")

TEMPLATE_KEYS = ("doc_to_text", "doc_to_target", "doc_to_choice", "description", "gen_prefix")
RENDER_ERRORS = (AssertionError, AttributeError, LookupError, SyntaxError, TypeError, ValueError)
"""What lm-eval or a task's own function raises where a row does not suit it."""

COLUMN_LIKE = re.compile(r"[^\W\d]\w*")


def check(file: TaskFile, config: Mapping[str, Any], columns: list[str]) -> None:
    """SuiteError where a template is a lone word that is no column: lm-eval would show that word in every prompt."""
    for key in ("doc_to_text", "doc_to_target", "doc_to_choice"):
        template = config.get(key)
        if isinstance(template, str) and COLUMN_LIKE.fullmatch(template) and template not in columns:
            raise _unknown_column(file, key, template, template, columns)


def explained(file: TaskFile, task: Any, render: Callable[[], T]) -> T:
    """What `render` returns; SuiteError names the template where one fails."""
    import jinja2

    try:
        return render()
    except jinja2.TemplateError as error:
        raise fault(file, task.config.to_dict(), error, task.features) from error
    except RENDER_ERRORS as error:
        raise SuiteError(
            f"{file.path}: the prompts or answers cannot be built: {type(error).__name__}: {error}",
            f"mend the doc_to_* keys; columns: {', '.join(task.features)}",
        ) from error


def fault(file: TaskFile, config: Mapping[str, Any], error: Exception, columns: list[str]) -> SuiteError:
    """The template that raised `error`, with its key and value."""
    import jinja2
    from jinja2 import meta

    environment = jinja2.Environment()  # noqa: S701  parsed only, nothing is rendered
    for key in TEMPLATE_KEYS:
        template = config.get(key)
        if not isinstance(template, str):
            continue
        try:
            names = meta.find_undeclared_variables(environment.parse(template))
        except jinja2.TemplateSyntaxError as broken:
            where = file.origin.get(key, file.path)
            return SuiteError(f"{where}: {key}: {template!r} is no template: {broken}", "mend the template")
        missing = [name for name in sorted(names) if f"'{name}' is undefined" in str(error)]
        if missing:
            return _unknown_column(file, key, template, missing[0], columns)
    return SuiteError(f"{file.path}: a template fails: {error}", "mend the template")


def _unknown_column(file: TaskFile, key: str, template: str, name: str, columns: list[str]) -> SuiteError:
    where = file.origin.get(key, file.path)
    return SuiteError(f"{where}: {key}: {template!r}: there is no column {name!r}", suggestion(name, columns))
