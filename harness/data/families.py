"""Generated families: their names, and a family's items written to a file."""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TextIO

from harness.environment import ROOT
from harness.errors import ConfigError, SetupError

Row = Mapping[str, object]
"""`item_id`, `prompt`, `choices` (list or null), `target` (index where there are choices, else text), `level`."""


MOST = 1_000_000
"""Items of one file: more is a slip of the finger."""


def names() -> list[str]:
    """Every family, sorted."""
    return sorted(_registry().FAMILIES)


def items(family: str, *, seed: int, n: int) -> Iterator[Row]:
    """The first `n` items of a family and seed: fewer items are the beginning of more.

    ConfigError names an unknown family, an n that is none, or the largest n that this seed can give.
    """
    registry = _registry()
    if family not in registry.FAMILIES:
        close = get_close_matches(family, names(), n=3, cutoff=0.5)
        remedy = f"did you mean {' or '.join(close)}?" if close else "`harness data families` lists them"
        raise ConfigError(f"there is no family {family!r}", remedy)
    if not 0 <= n <= MOST:
        raise ConfigError(f"--n {n}: a number of items is from 0 to {MOST:,}", "give another number, or several seeds")
    return _rows(registry, family, seed, n)


def _rows(registry: Any, family: str, seed: int, n: int) -> Iterator[Row]:
    try:
        yield from registry.generate(family, seed, n)
    except registry.Exhausted as error:
        raise ConfigError(
            f"--n {n}: {family} with seed {seed} has no more than {error.largest} different items",
            f"ask for at most {error.largest}, or draw a second seed",
        ) from error


def write(family: str, *, seed: int, n: int, out: Path) -> None:
    """Write a family's items, one JSON object a line, atomically: the file appears whole or not at all."""
    rows = items(family, seed=seed, n=n)
    try:
        target = out.resolve()
        if target.exists() and not target.is_file():
            raise SetupError(f"--out {out}: cannot be written: it is not a plain file", "name a file")
        target.parent.mkdir(parents=True, exist_ok=True)
        with _whole(target) as file:
            for row in rows:
                file.write(f"{json.dumps(row, ensure_ascii=False)}\n")
    except OSError as error:
        raise SetupError(
            f"--out {out}: cannot be written: {error.strerror}", "give a path that you may write"
        ) from error


@contextmanager
def _whole(target: Path) -> Iterator[TextIO]:
    """A file beside the target, which takes the target's place when the block ends well."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _registry() -> Any:
    """`tasks.generated`, which lies beside the package, not in it."""
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))
    return importlib.import_module("tasks.generated.registry")
