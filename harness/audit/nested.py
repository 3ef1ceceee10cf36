"""Nested configuration reuse: a sub-configuration whose model type belongs to another model family.

A model whose own code shares nothing with a foreign encoder may still run that encoder, because its configuration names
it. Read from `config.json`, and from the configuration's source, where the foreign type is often a default that
`config.json` does not repeat. Nothing is imported.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from harness.audit.sources import MOST_FILES, Source, installed_files
from harness.plan.base import Frozen

DEEPEST = 20
"""Levels of a configuration that are followed."""
LONGEST = 64 << 10
"""Characters of source of which the syntax tree is built: it takes a thousand times as much memory. The longest of
transformers has less than half of that."""
STEM = re.compile(r"[a-z]+")
GENERIC = frozenset({"auto", "model", "vlm", "llm", "text", "vision", "audio", "encoder", "decoder"})
LOOKUPS = frozenset({"CONFIG_MAPPING", "AutoConfig"})


class Nested(Frozen):
    """One foreign model type inside a configuration."""

    path: str
    """The sub-configuration, such as `vision_config`."""
    model_type: str
    """The foreign type, such as `qwen2_5_vl_vision`."""
    where: str
    """`config.json`, or the source file that sets it as a default."""


def stem(model_type: str) -> str:
    """The family of a model type: its letters up to the first digit or underscore (`qwen2_5_vl` gives `qwen`)."""
    found = STEM.match(model_type.lower())
    return found[0] if found else model_type


def foreign(model_type: str, own: str) -> bool:
    """Whether a nested type belongs to another family than the model's own; generic names do not count."""
    family = stem(model_type)
    return family != stem(own) and family not in GENERIC


def in_config(config: Mapping[str, Any], own: str | None = None) -> tuple[Nested, ...]:
    """Foreign model types in the sub-configurations of a `config.json`, at any depth."""
    named = own or config.get("model_type")
    if not isinstance(named, str):
        return ()
    return tuple(
        Nested(path=path, model_type=found, where="config.json")
        for path, found in _types(config)
        if path and foreign(found, named)
    )


def in_source(source: Source, own: str) -> tuple[Nested, ...]:
    """Foreign model types that a configuration's source sets as defaults; empty where it was not read."""
    found, _ = _parsed(source)
    return tuple(Nested(path=path, model_type=kind, where=source.name) for path, kind in found if foreign(kind, own))


def unread(source: Source) -> str | None:
    """Why a configuration's source was not read; null where it was."""
    return _parsed(source)[1]


@lru_cache(maxsize=MOST_FILES)  # several methods ask for each
def _parsed(source: Source) -> tuple[tuple[tuple[str, str], ...], str | None]:
    """What the source falls back to, or why it was not read."""
    if len(source.text) > LONGEST:
        return (), f"{source.name}: longer than {LONGEST >> 10} Ki characters"
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return (), f"{source.name}: {str(error) or type(error).__name__}"
    return tuple(dict.fromkeys(_defaults(tree))), None


def nested(config: Mapping[str, Any], sources: tuple[Source, ...] = ()) -> tuple[Nested, ...]:
    """Foreign model types of a checkpoint: its `config.json`, then the source of its configuration, shipped or
    installed.
    """
    own = config.get("model_type")
    if not isinstance(own, str):
        return ()
    files = sources or installed_files(own, "configuration_*.py")
    return (*in_config(config), *(one for source in files for one in in_source(source, own)))


def _types(config: Mapping[str, Any], path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    kind = config.get("model_type")
    if isinstance(kind, str):
        yield path, kind
    for key, inner in config.items() if depth < DEEPEST else ():
        if isinstance(inner, Mapping):
            yield from _types(inner, f"{path}.{key}" if path else str(key), depth + 1)


def _defaults(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(sub-configuration, model type) wherever source falls back to a type: `.get("model_type", T)` and
    `CONFIG_MAPPING[T]`.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (kind := _fallback(node)) is not None:
            yield _owner(node), kind
        elif isinstance(node, ast.Assign) and (kind := _looked_up(node.value)) is not None:
            yield _name(node.targets[0]), kind


def _fallback(call: ast.Call) -> str | None:
    """T of `X.get("model_type", T)`."""
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("get", "setdefault", "pop") and len(call.args) == 2:
        key, default = (argument.value if isinstance(argument, ast.Constant) else None for argument in call.args)
        return default if key == "model_type" and isinstance(default, str) else None
    return None


def _owner(call: ast.Call) -> str:
    return _name(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def _looked_up(value: ast.AST) -> str | None:
    """T of `CONFIG_MAPPING[T](...)` and of `AutoConfig.for_model(T)`."""
    if not isinstance(value, ast.Call):
        return None
    function = value.func
    if isinstance(function, ast.Subscript) and _name(function.value) in LOOKUPS:
        return _constant(function.slice)
    if isinstance(function, ast.Attribute) and _name(function.value) in LOOKUPS and value.args:
        return _constant(value.args[0])
    return None


def _constant(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _name(node: ast.AST) -> str:
    """The last name of `self.vision_config` and the like."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
