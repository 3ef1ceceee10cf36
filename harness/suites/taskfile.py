"""A task file as it is written: parsed strictly, with the files that it includes and the code that it names.

lm-eval skips a task file that it cannot read, and reports the task as unknown; here every fault is named.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.errors import SuiteError


@dataclass(frozen=True)
class Function:
    """A `!function module.name` reference."""

    spec: str
    module: Path | None
    """The module's file beside the task file; null where it is an installed module."""


@dataclass(frozen=True)
class TaskFile:
    """One task file, its includes merged (its own keys win)."""

    path: Path
    config: Mapping[str, Any]
    """As written; `!function` references are `Function`."""
    origin: Mapping[str, Path]
    """File that gave each top-level key."""
    files: tuple[Path, ...]
    """The file itself and everything that it includes."""

    @property
    def modules(self) -> tuple[Path, ...]:
        """Python files that the config names."""
        found = {function.module for function in _functions(self.config) if function.module is not None}
        return tuple(sorted(found))


def read(path: Path, *, strict: bool = True) -> TaskFile:
    """Parse a task file and its includes. SuiteError names the file and the place of a fault.

    `strict` refuses a key that is given twice; a few of lm-eval's own files have one, and the last counts.
    """
    return _read(path.resolve(), (), _StrictLoader if strict else yaml.SafeLoader)


def _read(path: Path, above: tuple[Path, ...], loader: type[yaml.SafeLoader]) -> TaskFile:
    if path in above:
        raise SuiteError(f"{path}: includes itself through {above[-1].name}", "break the circle of includes")
    own = _parse(path, loader)
    includes = own.pop("include", [])
    config: dict[str, Any] = {}
    origin: dict[str, Path] = {}
    files: list[Path] = [path]
    for name in includes if isinstance(includes, list) else [includes]:
        included = _read(_included(path, name), (*above, path), loader)
        config |= {key: value for key, value in included.config.items() if key != "task_list"}
        origin |= included.origin
        files += [file for file in included.files if file not in files]
    return TaskFile(path, config | own, origin | dict.fromkeys(own, path), tuple(files))


def _included(path: Path, name: object) -> Path:
    target = (path.parent / str(name)).resolve()
    if not target.is_file():
        raise SuiteError(f"{path}: include {name!r}: there is no file {target}", "name a file relative to this one")
    return target


def _parse(path: Path, base: type[yaml.SafeLoader]) -> dict[str, Any]:
    try:
        config = yaml.load(path.read_bytes(), Loader=_loader(path.parent, base))  # noqa: S506  a SafeLoader underneath
    except yaml.YAMLError as error:
        raise SuiteError(f"{path}: not valid YAML: {_place(error)}", "mend the file") from error
    if not isinstance(config, dict):
        kind = "empty" if config is None else f"a {type(config).__name__}"
        raise SuiteError(f"{path}: a task file must hold keys and values, this one is {kind}", "mend the file")
    return config


def _place(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}, column {error.problem_mark.column + 1}: {error.problem}"
    return str(error)


class _StrictLoader(yaml.SafeLoader):  # type: ignore[misc]  # yaml ships no types
    """Refuses a key that is given twice, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode) and key_node.tag != "tag:yaml.org,2002:merge":
                if key_node.value in seen:
                    raise yaml.constructor.ConstructorError(
                        problem=f"key {key_node.value!r} is given twice", problem_mark=key_node.start_mark
                    )
                seen.add(key_node.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        return mapping


def _loader(folder: Path, base: type[yaml.SafeLoader]) -> type[yaml.SafeLoader]:
    class Loader(base):  # type: ignore[misc]  # yaml ships no types
        """Knows the folder in which `!function` looks for modules."""

    def function(loader: yaml.SafeLoader, node: yaml.Node) -> Function:
        spec = str(loader.construct_scalar(node))
        module = folder / f"{spec.rpartition('.')[0].replace('.', '/')}.py"
        return Function(spec, module.resolve() if module.is_file() else None)

    Loader.add_constructor("!function", function)
    return Loader


def _functions(value: object) -> Iterator[Function]:
    if isinstance(value, Function):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _functions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _functions(inner)
