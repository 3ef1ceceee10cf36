"""Opening the files that a round names: which bytes they are, and what is said where one cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness.errors import ConfigError
from harness.hashing import sha256_file

Locate = Callable[[str], Path]
"""Where the file lies that a round names."""


def located(name: str, what: str, locate: Locate) -> Path:
    """The file; ConfigError where there is none."""
    path = locate(name)
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "no such file"
        raise ConfigError(f"{what} {name}: there is {kind} ({path})", "supply the file, or mend its path")
    return path


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    return sha256_file(path)
